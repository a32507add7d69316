/* tracepoints_6_18.h - where the fields are on a 6.18 kernel, taken by eye from tests/data/tracepoint-formats-6.18.txt */
#ifndef EPITAPH_TRACEPOINTS_6_18_H
#define EPITAPH_TRACEPOINTS_6_18_H

#include "backends/tracepoint_format.h"

static const struct tracepoint_formats of_6_18 = {
	.id = {261, 366, 369, 365, 609, 260},
	.flags = {2, 1},
	.signo = {8, 4}, .code = {16, 4}, .group = {40, 4}, .result = {44, 4}, .signal_pid = {36, 4},
	.child_pid = {20, 4},
	.exit_pid = {24, 4},
	.exec_filename = {8, 4},
	.oom_pid = {8, 4},
	.deliver_signo = {8, 4}, .deliver_code = {16, 4}, .handler = {24, 8},
};

#endif
