/* commands.h - what `epitaph COMMAND` does; each returns the exit status */
#ifndef EPITAPH_COMMANDS_H
#define EPITAPH_COMMANDS_H

#define DEFAULT_CONFIG "/etc/epitaph/agent.ini"

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

/* The option that getopt(3) does not know, of these letters; buf is for one that stands among others. */
const char *unknown_option(char **argv, const char *letters, char buf[3]);

int command_run(const char *config_path);
int command_check(const char *config_path);
int command_probe(void);
int command_replay(int argc, char **argv); /* argv[0] is the command's name */
int command_status(int argc, char **argv);
int command_help(void);
int command_help_config(void); /* every key of agent.ini */
int command_version(void);

#endif
