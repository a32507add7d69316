/* audit_machine.h - what /proc says about auditing here */
#ifndef EPITAPH_AUDIT_MACHINE_H
#define EPITAPH_AUDIT_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

bool     machine_booted_with_audit(void);    /* audit=1 on /proc/cmdline */
bool     machine_is_initial_network(void);   /* in PID 1's network namespace; true if it is not known */
/* An abstract socket's name, free again when its holder dies: whose audit's settings and rules are.  A descriptor, or -1. */
int      machine_take_lock(bool *taken);
bool     machine_lock_is_free(void);         /* and nobody holds it now */
bool     machine_is_alive(pid_t pid);
uint64_t machine_process_start(pid_t pid);   /* ns, CLOCK_BOOTTIME, to a clock tick; 0 if it is gone */
unsigned machine_count_programs(uint64_t before); /* processes started before then that are no kernel threads; reads /proc */

#endif
