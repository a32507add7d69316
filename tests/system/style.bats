# style.bats - each rule of tests/style, broken once in a copy of the tree, is seen
load lib

# The copy that a test breaks; it is the whole of what tests/style reads.
setup() {
	T=$(cd "$BATS_TEST_TMPDIR" && pwd -P)
	cp -r "$BATS_TEST_DIRNAME/../../"{agent,backends,config,tests} "$T"
	cd "$T" || return 1
}

# breach LINE: the style test fails and names it.
breach() {
	run python3 tests/style "$T"
	[ "$status" -eq 1 ] || { echo "$output"; return 1; }
	[[ $output == *"not ok 1 style"* ]] || { echo "$output"; return 1; }
	grep -qF -- "$1" <<< "$output" || { echo "no breach: $1"; echo "$output"; return 1; }
}

# include FILE HEADER
include() { printf '#include "%s"\n' "$2" >> "$1"; }

@test "the tree as it is keeps every rule" {
	run python3 tests/style "$T"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "${lines[-1]}" = 'ok 1 style' ]
}

@test "an arrow that hides" {
	printf '#include "../life/life.h"\n' >> agent/output/output.c
	breach 'there is no ../life/life.h: an include is a path from the top'
	printf '#include <agent/life/life.h>\n' >> agent/output/line.c
	breach 'agent/life/life.h is a file of the tree: include it in quotes'
	printf '#define UP "agent/life/life.h"\n#include UP\n' >> agent/output/sink.c
	breach 'an include by macro hides what is included'
	printf 'extern int life_settle(int);\n' >> agent/output/escape.c
	breach 'extern in a .c file'
}

@test "an arrow that points up" {
	include agent/output/output.c agent/life/life.h
	breach 'output/ is below life/ and may not include agent/life/life.h'
}

@test "a backend that takes more of the agent than base/" {
	include backends/cn_proc.c agent/process/process.h
	breach 'backends/ takes agent/base/ alone, not agent/process/process.h'
}

@test "a configuration that knows a backend" {
	include config/print.c backends/backend.h
	breach 'config/ may not include backends/backend.h'
}

@test "a base that knows anybody" {
	include agent/base/clock.c config/config.h
	breach 'base/ may not include config/config.h'
}

@test "a verdict that knows a backend" {
	include agent/verdict/coverage.c backends/procfs.h
	breach 'verdict/ may not include backends/procfs.h'
}

@test "a room that knows the whole agent" {
	include agent/scan/poll.c agent/agent.h
	breach 'only agent, run, replay, commands may know the whole agent'
}

@test "a header that is another room's own" {
	include agent/scan/poll.c agent/life/exec_record.h
	breach 'agent/life/exec_record.h is of life/ alone'
}

@test "a room without its header, or without what it is for" {
	sed -i '1,2s/life.h - .*/life/' agent/life/life.h
	breach 'its first comment does not say what the room life/ is for'
	rm agent/scan/scan.h
	breach 'the room scan/ has no header that says what it is for'
}

@test "a room that nobody planned" {
	mkdir agent/misc
	echo 'int misc;' > agent/misc/misc.c
	breach 'there is no room misc/'
}

@test "headers that need each other" {
	include agent/process/process.h agent/process/holder.h
	breach 'headers need each other in a circle: '
}

@test "files that need each other" {
	include agent/life/pending_execs.c agent/life/life.h
	breach 'files need each other in a circle: '
}

@test "lines that name a backend" {
	for i in {1..20}; do echo "int name$i = SOURCE_AUDIT;"; done >> agent/life/gaps.c
	breach 'names a backend, as '
}

@test "names of backends in comments, strings and their own places are no breach" {
	for i in {1..30}; do echo "/* SOURCE_AUDIT */ const char *name$i = \"SOURCE_PROC\";"; done >> agent/life/gaps.c
	for i in {1..30}; do echo "int name$i = SOURCE_AUDIT;"; done >> agent/run/slot.c
	run python3 tests/style "$T"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

@test "a file, a script and agent.h that grow" {
	for i in {1..400}; do echo; done | tee -a agent/life/gaps.c >> tests/system/deaths.bash
	breach 'agent/life/gaps.c:'
	breach 'tests/system/deaths.bash:'
	for i in {1..90}; do echo; done >> agent/agent.h
	breach 'what is it that is not the whole agent?'
}

@test "a struct agent that keeps insides" {
	sed -i 's/^struct agent {$/&\n\tint a1, a2, a3, a4, a5;\n\tint a6; int a7; int a8;/' agent/agent.h
	breach 'it keeps parts, not their insides'
}

@test "a banned function, but not its name in a string or another word" {
	printf 'static void f(char *s) { log_info("strcpy(%%s)", s); my_strcpy(s); }\n' >> agent/life/gaps.c
	run python3 tests/style "$T"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	printf 'static void g(char *s) { strcpy(s, s); }\n' >> agent/life/gaps.c
	breach 'banned function strcpy'
}

@test "a library in the wrong place" {
	echo '#include <ev.h>' >> agent/life/gaps.c
	breach '<ev.h> is included by'
	echo '#include <libaudit.h>' >> agent/run/slot.c
	breach '<libaudit.h> is included by'
	echo '#include <ini.h>' >> agent/run/slot.c
	breach '<ini.h> is included by'
}

@test "an assertion that cannot fail a test" {
	printf '@test "x" {\n\t! false\n}\n' > tests/system/x.bats
	breach 'tests/system/x.bats:2: cannot fail the test'
	printf '@test "x" {\n\t[ 1 = 2 ] && [ 1 = 1 ]\n}\n' > tests/system/x.bats
	breach 'tests/system/x.bats:2: cannot fail the test'
}

@test "a walk in agent/main.c that is not so, or goes back up" {
	sed -i 's/ life_death  /  life_deaths /' agent/main.c
	breach 'step 8 of the walk: there is no life_deaths() in agent/life/death.c'
	sed -i 's/  life_deaths / life_death  /; s/13  verdict_decide        agent\/verdict\/verdict.c /13  life_settle           agent\/intake.c/; s/^static void on_gone/void life_settle(void);\n&/' agent/main.c agent/intake.c
	breach 'step 13 of the walk goes back up to agent/intake.c'
}
