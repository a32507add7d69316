/*
 * epitaph - how every watched daemon ended, who did it, and what the record
 * cannot tell.
 *
 * A map of the tree.  backends/ turn the kernel's bytes into `struct event`
 * (agent/base/event.h), config/ reads agent.ini into one struct, and agent/ has
 * a room for each step of an event's way.  A room knows those below it alone:
 *
 *   commands/  what the command line can do
 *   run/       the loop and what keeps it going: backends that fail and return, reload, state file
 *   replay/    a recorded log through the same path
 *   agent.h    the parts wired together; intake.c: every event finds its process here, once
 *   scan/      /proc read, and told as events
 *   life/      a watched process from its start to its end
 *   verdict/   what all of it proves; coverage.h: what could be seen
 *   output/    a record into lines, lines to where they go
 *   process/   who is, or just was, behind a pid
 *   base/      what everybody may use
 *
 * One kill -9 of a watched daemon, as it goes down through them.  Audit's bytes
 * tell the signal:
 *
 *    1  read_slot             agent/run/loop_backends.c      audit's descriptor is readable
 *    2  audit_assembler_feed  backends/audit_record.c        SYSCALL and OBJ_PID of one serial are one EVENT_SIGNAL
 *    3  agent_event           agent/intake.c                 on_signal: who held the pid then (process/holder.c)
 *    4  life_signal           agent/life/signal.c            kept as evidence, with who the sender was
 *
 * cn_proc's bytes tell the end:
 *
 *    5  read_slot             agent/run/loop_backends.c      cn_proc's descriptor is readable
 *    6  cn_proc_decode        backends/cn_proc_decode.c      an EVENT_EXIT, its time exact, its status final
 *    7  agent_event           agent/intake.c                 on_exit: it was the last thread (life/thread.c)
 *    8  life_death            agent/life/death.c             the witness is taken in
 *    9  life_settle           agent/life/settle.c            the evidence is enough: a moment more for a second sender
 *
 * That moment is over:
 *
 *   10  on_due                agent/run/loop.c               the timer of what is due first
 *   11  life_run_due          agent/life/settle.c            it is this process
 *   12  exit_record           agent/life/exit_record.c       everything the verdict depends on
 *   13  verdict_decide        agent/verdict/verdict.c        killed, certain, by whom
 *   14  output_record         agent/output/output.c          the outputs of its target; formatted by output/sink.c
 *   15  file_put              agent/output/sinks/file.c      the line stands in the batch that this turn writes
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/commands/commands.h"

static int usage(const char *what, const char *word)
{
	fprintf(stderr, "epitaph: %s%s%s; see epitaph --help\n", what, word ? " " : "", word ? word : "");
	return STATUS_USAGE;
}

/*
 * A standard descriptor that was closed would be taken by the next file: our
 * messages would stand between the records.  Each is opened the wrong way round,
 * so that its use still fails.
 */
static void hold_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static int run_command(int argc, char **argv)
{
	if (strcmp(argv[0], "replay") == 0)
		return command_replay(argc, argv);
	if (strcmp(argv[0], "status") == 0)
		return command_status(argc, argv);
	if (strcmp(argv[0], "probe") != 0)
		return usage("unknown command", argv[0]);
	if (argc > 1)
		return usage("probe takes no arguments, not", argv[1]);
	return command_probe();
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'n'},
		{"help", optional_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	static const char default_config[] = DEFAULT_CONFIG;
	const char *config = default_config;
	int check = 0, option;

	hold_standard_descriptors();
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:c:nhV", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			config = optarg;
			break;
		case 'n':
			check = 1;
			break;
		case 'h':
			if (optarg && strcmp(optarg, "config") != 0)
				return usage("there is no help on", optarg);
			return optarg ? command_help_config() : command_help();
		case 'V':
			return command_version();
		case ':':
			return usage("a value is missing after", argv[optind - 1]);
		default:
			return usage("unknown option", unknown_option(argv, "cnhV", (char[3]){0}));
		}
	}
	if (optind < argc && (check || config != default_config))
		return usage("options stand behind their command:", argv[optind]);
	if (optind < argc)
		return run_command(argc - optind, argv + optind);
	return check ? command_check(config) : command_run(config);
}
