/* open.h - the opening itself, in the process that has the rights; files.h has the comments */
#ifndef EPITAPH_FILES_OPEN_H
#define EPITAPH_FILES_OPEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "agent/base/replace_file.h"
#include "config/config.h"

#define FILES_WHY 512
#define FILES_JOURNAL "/run/systemd/journal/socket"
#define FILES_STATE "watched"

/* An output's directory may be open to a group, as /var/log is on some distributions: its file is ours, and has one link. */
#define FILES_OUTPUT_MAY_BE OPEN_TO_GROUP

struct files_state {
	struct replace_file replace; /* one that is begun, if `begun` */
	bool                begun;
};

int open_output(const struct output_config *o, char why[FILES_WHY]);
int open_rotated(const struct output_config *o, char why[FILES_WHY]);
int open_syslog(const struct output_config *o, bool *stream);
int open_standard(void);
int open_control(const struct config *c, char why[FILES_WHY]); /* bound, and listening; one that an agent that is gone has left is replaced */
void remove_control(const struct config *c);
int open_state(const struct config *c, char why[FILES_WHY]);
int begin_state(struct files_state *s, const struct config *c, char why[FILES_WHY]);
int end_state(struct files_state *s, bool whole);
int open_pidfile(const struct target_config *t, uid_t *user, char why[FILES_WHY]);

#endif
