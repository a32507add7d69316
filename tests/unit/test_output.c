#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent_world.h"

static struct world *w;

static struct facts with_args(pid_t pid)
{
	static const char args[] = "mysqld\0--password=SECRET";

	return (struct facts){.has = FACT_PID | FACT_UID | FACT_COMM | FACT_ARGS, .pid = pid, .uid = 33, .comm = "x", .args = args, .args_len = sizeof(args)};
}

static void write_record(unsigned target, enum event_kind kind)
{
	struct event e = {
		.kind = kind, .sources = SOURCE_AUDIT, .at = w->start, .process = with_args(1), .sender = with_args(2), .requester = with_args(3),
	};

	output_record(&w->agent.output, target, &e, 0);
}

static void test_arguments_are_written_as_far_as_the_target_lets(void **state)
{
	static const struct {
		const char *all, *first, *none;
	} keys[] = {
		{"\"args\":[\"mysqld\",\"--password=SECRET\"]", "\"args\":[\"mysqld\"]", "\"args\""},
		{"\"sender_args\":[\"mysqld\",\"--password=SECRET\"]", "\"sender_args\":[\"mysqld\"]", "\"sender_args\""},
		{"\"requested_by_args\":[\"mysqld\",\"--password=SECRET\"]", "\"requested_by_args\":[\"mysqld\"]", "\"requested_by_args\""},
	};
	static const enum event_kind kinds[] = {EVENT_EXIT, EVENT_SIGNAL};

	(void)state;
	w = malloc(sizeof(*w));
	assert_non_null(w);
	world_init(w, "[target all]\ncomm = a\n[target first]\ncomm = b\nrecord_args = first\n[target none]\ncomm = c\nrecord_args = no\n");
	for (unsigned k = 0; k < 2; k++)
		for (unsigned target = 0; target < 3; target++)
			write_record(target, kinds[k]);
	assert_int_equal(read_records(w), 6);
	for (unsigned i = 0; i < 6; i++)
		for (unsigned k = 0; k < 3; k++) {
			if (i % 3 == 0)
				holds(w->records[i], keys[k].all);
			else if (i % 3 == 1)
				holds(w->records[i], keys[k].first);
			else
				lacks(w->records[i], keys[k].none);
			if (i % 3 != 0)
				lacks(w->records[i], "SECRET");
		}
	world_fini(w);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments_are_written_as_far_as_the_target_lets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
