/* boot_id.h - which boot of the machine this is */
#ifndef EPITAPH_BOOT_ID_H
#define EPITAPH_BOOT_ID_H

#include <stdbool.h>

#define BOOT_ID_SIZE 37 /* a UUID and its NUL */

/* From /proc/sys/kernel/random/boot_id; false, and *id is "unknown", if that cannot be read. */
bool boot_id(char id[BOOT_ID_SIZE]);

#endif
