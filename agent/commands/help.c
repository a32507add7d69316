#include <ev.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "agent/commands/commands.h"
#include "backends/backend.h"
#include "config/config.h"

const char *unknown_option(char **argv, const char *letters, char buf[3])
{
	if (!optopt || strchr(letters, optopt)) /* a long one */
		return argv[optind - 1];
	buf[0] = '-';
	buf[1] = (char)optopt;
	buf[2] = '\0';
	return buf;
}

int command_help(void)
{
	fputs("usage: epitaph [-c agent.ini]      run in the foreground on this configuration\n"
	      "       epitaph -n [-c agent.ini]   check it, and print the effective one\n"
	      "       epitaph probe               what can be seen here, what cannot, the cure\n"
	      "       epitaph status [-c agent.ini] [--json|--prometheus]\n"
	      "                                   figures of the running agent\n"
	      "       epitaph replay -c agent.ini|-t NAME [--json] FILE|-\n"
	      "                                   what a recorded audit log tells of the\n"
	      "                                   targets, or of processes named NAME ('*' all)\n"
	      "       epitaph --help | --help=config | --version\n"
	      "\n"
	      "epitaph tells, for every daemon it watches, how it ended, who did it, who\n"
	      "started it, and what the record cannot tell.\n"
	      "\n"
	      "  -c FILE   configuration (default /etc/epitaph/agent.ini)\n"
	      "  -n        check only: prints every mistake as FILE:LINE: ..., exits 0 or 2\n"
	      "\n"
	      "SIGHUP reads the configuration again and reopens files; SIGTERM stops.\n"
	      "Exit status: 0 done, 1 failed at run time, 2 usage or configuration.\n",
	      stdout);
	return fflush(stdout) == 0 ? STATUS_DONE : STATUS_FAILED;
}

int command_help_config(void)
{
	config_print_options(stdout);
	return fflush(stdout) == 0 ? STATUS_DONE : STATUS_FAILED;
}

int command_version(void)
{
	printf("epitaph %s\nbackends:", EPITAPH_VERSION);
	for (int i = 0; backends[i]; i++)
		printf(" %s", backends[i]->name);
	printf("%s\nlibraries: libev %d.%d, inih%s%s\n", HAVE_AUDIT ? "" : " (no audit: built without libaudit)",
	       ev_version_major(), ev_version_minor(), HAVE_AUDIT ? ", libaudit" : "", HAVE_CARES ? ", c-ares" : "");
	if (FAULTS)
		printf("test build: FAULTS=1\n");
	return fflush(stdout) == 0 ? STATUS_DONE : STATUS_FAILED;
}
