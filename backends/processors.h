/* processors.h - which processors this machine can ever have, online or not */
#ifndef EPITAPH_PROCESSORS_H
#define EPITAPH_PROCESSORS_H

#define PROCESSORS_LIST 256

/* One more than the highest number that a processor can have; the numbers may have gaps. */
unsigned processors_possible(void);
/* The same of a list such as "0-3,8", which is sorted. */
unsigned processors_list_end(const char *list);
/* That list as the kernel has it.  0 or -errno. */
int processors_possible_list(char list[PROCESSORS_LIST]);

#endif
