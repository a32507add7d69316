/*
 * files.h - what the configuration names, opened by who has the rights
 *
 * Outputs, state, pidfiles and agent.ini itself are opened by the warden where
 * there is one: it knows the same configuration, is asked by number, and opens
 * nothing else.  Every path goes through agent/base/path.h.  Each call may take as long as
 * rights_ask() does.  `why` says more than an error's number where others may interfere; else it is "".
 */
#ifndef EPITAPH_FILES_H
#define EPITAPH_FILES_H

#include <sys/types.h>

#include "agent/base/rights.h"
#include "agent/files/connect.h"
#include "agent/files/open.h"

/* Outputs: a descriptor or -errno. */
int files_open_output(const struct output_config *o, char why[FILES_WHY]);   /* to append; made if it is missing */
int files_rotate_output(const struct output_config *o, char why[FILES_WHY]); /* keep > 0; after an error the old file has its name still */
/*
 * *stream, of the local daemon: tried first, and how it was reached.  To another
 * host -EINPROGRESS means that the connection is being made: ask again.
 */
int files_connect_syslog(const struct output_config *o, bool *stream, char why[FILES_WHY]);
int files_start_program(const struct output_config *o, char why[FILES_WHY]); /* agent/files/program.h */
int files_open_control(const struct config *c, char why[FILES_WHY]); /* a socket that listens at [agent] control; root's, 0600 */
int files_open_standard(void); /* a description of standard output of our own, not blocking, to append */

/* The file FILES_STATE of state_dir: read, and replaced by what is written between begin and end. */
int files_open_state(const struct config *c, char why[FILES_WHY]);
int files_begin_state(struct files_state *s, const struct config *c, char why[FILES_WHY]); /* a descriptor or -errno */
int files_end_state(struct files_state *s, bool whole); /* gives it the name if it is whole; 0 or -errno, with the old file in place */

/* *user: whose it is, 0 = ours. */
int files_open_pidfile(const struct target_config *t, uid_t *user, char why[FILES_WHY]);

/*
 * The text of agent.ini as it is now, to be parsed, with the number for
 * config_number().  A descriptor, or -errno: it is wrong, which has been told.
 */
int files_open_config(const char *path, config_tell tell, void *ctx, uint32_t *generation);
/* The running configuration is the one that was opened last (generation), or stays (0). */
void files_take_config(uint32_t generation);

/* The answering side.  Zeroed, but for config, which it takes over. */
struct files_served {
	struct config *config, *next;  /* next: opened, and not yet taken */
	uint32_t       generations;    /* given out */
	struct files_state state;
	struct connections connections;
	bool           has_control;    /* it is bound */
	uint64_t       programs_since; /* ns CLOCK_BOOTTIME */
	unsigned       programs;       /* that were started since then */
};

void files_serve(struct files_served *f, const struct rights_request *r, struct rights_answer *a);
void files_served_end(struct files_served *f); /* what an asker that is gone has begun is given up */

#endif
