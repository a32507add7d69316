/*
 * epitaph - how every watched daemon ended, who did it, and what the record
 * cannot tell.
 *
 * A map of the tree, in the order an event goes through it:
 *
 *   backends/    cn_proc, audit, proc, kmsg: kernel bytes to `struct event`
 *   agent/event.h    the event model
 *   agent/loop.c     who is read when; agent/slot.c: backends that fail and return
 *   agent/intake.c   every event: which process is it (agent/process.c, agent/scan.c)
 *   agent/exec.c, exec_record.c, witness.c, death.c   what several backends witness becomes one record
 *   agent/watch.c    a process begins and ends being watched
 *   agent/evidence.c what all of it proves; agent/verdict.c: cause, confidence; agent/reason.c: the reason
 *   agent/report.c   targets (agent/target.c), rates, severities
 *   agent/outputs.c, sink.c, sinks/, format_*.c   lines, and where they go; agent/reconfigure.c: a new configuration
 *   config/      agent.ini as one struct
 *   agent/commands/  what the command line can do
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
	static const char default_config[] = "/etc/epitaph/agent.ini";
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
