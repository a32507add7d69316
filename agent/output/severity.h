/* severity.h - the syslog severity of a record */
#ifndef EPITAPH_SEVERITY_H
#define EPITAPH_SEVERITY_H

#include "agent/base/event.h"
#include "config/config.h"

/* As the target has it; that of an exit follows the verdict unless the configuration sets it (README, "Severity"). */
int severity_of(const struct target_config *t, const struct event *e);

#endif
