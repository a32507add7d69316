#include <stdio.h>
#include <string.h>

#include "agent/commands/commands.h"
#include "agent/warden/warden.h"
#include "backends/backend.h"
#include "config/config.h"

static const struct {
	enum sees   bit;
	const char *words;
} sights[] = {
	{SEES_FORK, "new processes"},
	{SEES_EXEC, "exec"},
	{SEES_SIGNAL, "signals and their senders"},
	{SEES_EVERY_SIGNAL, "signals of the kernel and of unaudited processes"},
	{SEES_EXIT, "exits"},
	{SEES_CAUSE, "OOM kills and faults"},
	{SEES_USED, "what processes use"},
};

static void print_sights(const char *label, unsigned sees, bool seen)
{
	const char *separator = "";

	printf("%s", label);
	for (size_t i = 0; i < sizeof(sights) / sizeof(sights[0]); i++)
		if (!!(sees & sights[i].bit) == seen) {
			printf("%s%s", separator, sights[i].words);
			separator = ", ";
		}
	printf("%s\n", separator[0] ? "" : "nothing");
}

int command_probe(void)
{
	struct config defaults = {.backends_auto = true};
	char rights[160] = "";
	unsigned sees = 0;

	for (int i = 0; backends[i]; i++) {
		struct reason why = {"", ""};

		int error = backends[i]->probe(&defaults, &why);

		if (!error) {
			sees |= backends[i]->sees;
			printf("%-10s usable%s%s\n", backends[i]->name, why.why[0] ? ": " : "", why.why);
		} else {
			printf("%-10s not usable: %s\n", backends[i]->name, why.why);
		}
		if (why.cure[0])
			printf("%-10s cure: %s\n", "", why.cure);
		if (!error && backends[i]->price)
			printf("%-10s %s\n", "", backends[i]->price);
	}
	if (!HAVE_AUDIT)
		printf("%-10s not built in (libaudit was missing at build time)\n", "audit");
	print_sights("seen here: ", sees, true);
	print_sights("not seen:  ", sees, false);
	warden_say_plan(&defaults, rights, sizeof(rights));
	printf("rights:    %s\n", rights);
	return fflush(stdout) == 0 && sees ? STATUS_DONE : STATUS_FAILED;
}
