/* request_words.h - the commands by which people ask a supervisor to end something, and what their command lines say */
#ifndef EPITAPH_REQUEST_WORDS_H
#define EPITAPH_REQUEST_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Who is asked; a command may ask several. */
enum supervisor {
	SUPERVISOR_SYSTEMD    = 1 << 0,
	SUPERVISOR_INIT       = 1 << 1, /* of System V, OpenRC, Upstart, and what their scripts use */
	SUPERVISOR_CONTAINERS = 1 << 2,
	SUPERVISOR_SUPERVISORD = 1 << 3,
	SUPERVISOR_RUNIT      = 1 << 4,
	SUPERVISOR_S6         = 1 << 5,
	SUPERVISOR_MONIT      = 1 << 6
};

/* enum supervisor: what a process of that comm is; 0: none. */
unsigned supervisor_of(const char *comm);
/* enum supervisor: whom a program of that name asks; 0: it is no such command. */
unsigned request_asks(const char *name);
/* The name of the i-th of these commands; NULL behind the last. */
const char *request_command(size_t i);

/* How the one is called that was signalled.  NULL: not known, or not to be compared. */
struct request_names {
	const char *unit;         /* as systemd has it: web.service */
	const char *container_id;
	const char *service;      /* what its supervisor calls it */
	const char *target, *comm, *program;
};

/*
 * Does the command line (each argument ends in NUL) of that command ask to stop,
 * restart or signal one of these names, or everything?  signo: what was sent; a
 * mere reload sends neither TERM nor KILL.
 */
bool request_is_for(const char *name, const char *args, size_t len, const struct request_names *names, int signo);

#endif
