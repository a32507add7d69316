# lib.bash - what the system tests share; each test has its own directory, agent and watched programs
bats_require_minimum_version 1.5.0
: "${EPITAPH:?run by tests/run}" "${TESTS:?run by tests/run}" "${BUILD:?run by tests/run}"

T=                # this test's directory, where it also stands
J=                # the JSON output of its agent
AGENT=            # the agent's pid: that of its first process, the keeper
WARDEN= ENGINE=   # those of the other two, see agent/warden/warden.h
STARTED=()        # pids that teardown kills
AGENT_KEYS=       # [agent] keys of start_agent; default backends = cn_proc
RUN_AGENT=()      # words before the agent's command, such as nsenter ...

need_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }
# need_backend NAME: it can be used here, or its reason why not is the reason to skip
need_backend() {
	need_root
	"$EPITAPH" probe 2> /dev/null | grep -q "^$1 *usable" || skip "$("$EPITAPH" probe | grep "^$1")"
}
need() { command -v "$1" > /dev/null || skip "needs $1"; }
sanitized() { [[ $EPITAPH == */san/* ]]; }

setup() {
	T=$(cd "$BATS_TEST_TMPDIR" && pwd -P)
	cd "$T" || return 1
	J=$T/j
	AGENT_KEYS='backends = cn_proc'
	watched daemon
}

teardown() {
	local pid
	for pid in $AGENT "${STARTED[@]}"; do kill -KILL "$pid" 2> /dev/null; done
	for pid in $AGENT "${STARTED[@]}"; do wait "$pid" 2> /dev/null; done
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		[ ! -s "$T/agent.err" ] || { echo "agent's stderr:"; tail -n 20 "$T/agent.err"; }
		[ ! -s "$J" ] || { echo "last records:"; tail -n 10 "$J"; }
	fi
	return 0
}

# watched NAME...: copies of victim under these names in this test's directory, so that `exe` tells them from all others.
watched() { local n; for n; do cp "$TESTS/victim" "$T/$n"; done; }

# TARGET watches all of them, without a limit on records.
target() { printf '[target %s]\nexe = %s/*\nrate = 0\n%s\n' "${1:-t}" "$T" "${2:-}"; }

# nap SECONDS: without forking, so that nothing wakes the agent.
nap() {
	[ -p "$T/.nap" ] || mkfifo "$T/.nap"
	local fd ignored
	exec {fd}<> "$T/.nap"
	read -r -t "$1" -u "$fd" ignored || true
	exec {fd}<&-
}

# until_true SECONDS COMMAND...
until_true() {
	local end=$((SECONDS + $1)); shift
	until "$@"; do
		[ "$SECONDS" -le "$end" ] || { echo "in vain: $*"; return 1; }
		nap 0.05
	done
}

write_conf() { # write_conf CONF FILE
	{
		[[ $1 == *'[agent]'* ]] || printf '[agent]\nstate_dir = none\ncontrol = none\n%s\n' "$AGENT_KEYS"
		[[ $1 == *'[output j]'* ]] || printf '[output j]\ntype = file\nformat = json\npath = %s\n' "$J"
		printf '%s\n' "$1"
	} > "$2"
}

agent_says() { grep -q "\"state\":\"$1\"" "$J" 2> /dev/null; }
alive() { kill -0 "$1" 2> /dev/null; }
gone() { ! kill -0 "$1" 2> /dev/null; }

# start_agent CONF [ENVIRONMENT...]: returns when the agent has said that it started.
start_agent() {
	local conf=$1; shift
	write_conf "$conf" "$T/agent.ini"
	env "$@" "${RUN_AGENT[@]}" "$EPITAPH" -c "$T/agent.ini" > "$T/agent.out" 2> "$T/agent.err" 3>&- < /dev/null &
	AGENT=$!
	until_true 10 started_or_gone
	alive "$AGENT" || { echo "the agent ended at its start"; cat "$T/agent.err"; return 1; }
	find_processes
}
# find_processes: leaves WARDEN and ENGINE.  What starts the agent, as unshare, may stand between AGENT and the keeper.
find_processes() {
	local child
	ENGINE=$AGENT
	while child=$(pgrep -P "$ENGINE" | head -n 1); [ -n "$child" ]; do
		WARDEN=$ENGINE
		ENGINE=$child
	done
}
# kill_agent: all of its processes at once, so that none of them cleans up.
kill_agent() {
	kill -STOP "$AGENT" "$WARDEN" "$ENGINE"
	kill -KILL "$AGENT" "$WARDEN" "$ENGINE"
	wait "$AGENT" 2> /dev/null || true
	AGENT=
}
started_or_gone() { agent_says started || gone "$AGENT"; }

# stop_agent: TERM, exit 0; leaves STOP_MS.
stop_agent() {
	local status=0 begin=${EPOCHREALTIME/./}
	kill -TERM "$AGENT"
	wait "$AGENT" || status=$?
	STOP_MS=$(((${EPOCHREALTIME/./} - begin) / 1000))
	AGENT=
	[ "$status" -eq 0 ] || { echo "the agent ended with $status"; cat "$T/agent.err"; return 1; }
}

# records EVENT [FILTER]: one to a line; a half-written last line is no record yet.
records() { jq -c -R "fromjson? | select(.event == \"$1\") | select(${2:-true})" "$J"; }
count() { records "$@" | wc -l; }
has_records() { [ "$(count "$2" "${3:-true}")" -ge "$1" ]; }
# lost_none: but for programs of others that came and went too fast to be looked at, which the agent also tells.
lost_none() {
	[ "$(count lost '(.reason // "") | test("ended before /proc") | not')" -eq 0 ] || { records lost; return 1; }
}
# wait_for_record EVENT [FILTER [COUNT [SECONDS]]]
wait_for_record() {
	until_true "${4:-10}" has_records "${3:-1}" "$1" "${2:-true}" || { echo "no record $1 where ${2:-true}"; return 1; }
}

# With cn_proc alone a program's name is read from /proc after its exec: one that is gone by then is another
# matter, with tests of its own (exits.bats: under a millisecond; storm.bats).
LIFE=30           # ms that what play runs lives before it ends as told; 0 = no longer than it takes
PLAYED=()         # the arguments of the last program that live or play started

# live PROGRAM ARG...: starts it, leaves PID when it has said its pid (of its child, where it has one).
live() {
	: > "$T/said"
	PLAYED=("$T/$1" "${@:2}")
	"${PLAYED[@]}" > "$T/said" 3>&- < /dev/null &
	STARTED+=($!)
	until_true 5 test -s "$T/said"
	PID=$(< "$T/said")
}

# play PROGRAM ARG...: runs it to its end; leaves PID, STATUS as the shell has it, and what it SAID.
play() {
	if [ "$LIFE" -eq 0 ]; then PLAYED=("$T/$1" "${@:2}"); else PLAYED=("$T/$1" --delay "$LIFE" "${@:2}"); fi
	"${PLAYED[@]}" > "$T/said" 2> /dev/null 3>&- < /dev/null &
	PID=$!
	STATUS=0
	wait "$PID" 2> /dev/null || STATUS=$?
	SAID=$(< "$T/said")
}

# exit_is PID FILTER...: exactly one exit record of PID, once the agent has stopped; every filter is true of it.
exit_is() {
	local pid=$1 record filter; shift
	[ "$(count exit ".pid == $pid")" -eq 1 ] || { echo "not one exit record of $pid:"; records exit ".pid == $pid"; return 1; }
	record=$(records exit ".pid == $pid")
	for filter in "${EXIT_ALWAYS[@]}" "$@"; do
		jq -e "$filter" <<< "$record" > /dev/null || { echo "not true: $filter"; echo "of: $record"; return 1; }
	done
}

# Of every exit record of these tests.
TIME='"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$"'
seconds() { echo "(($1[0:19] + \"Z\" | fromdate) + ($1[19:26] | tonumber))"; }
EXIT_ALWAYS=(
	'.v == 1' ".time | test($TIME)" '(.seq | type) == "number"' '.run | test("^[0-9a-f]{8}$")' '(.host | type) == "string"'
	'.sources | length > 0 and (. - ["cn_proc", "proc"]) == []' '(.target | type) == "string"'
	'(.uptime_seconds | type) == "number" and .uptime_seconds >= 0'
	".started | test($TIME)" "($(seconds .time) - $(seconds .started) - .uptime_seconds) | fabs < 0.02"
	'[.[] | . == null] | any | not' # a key whose value is not known is absent
	'(has("exit_code") and has("signal")) | not' 'has("signal") == has("signo")' 'has("signal") == has("core_dumped")'
	'([keys[] | select(startswith("sender_") or startswith("requested_by_") or startswith("parent_"))] | length) == 0'
	'has("path") or has("errno") or has("starts") or has("count") or has("state") | not'
)
# exited CODE, signalled NAME NUMBER CORE: as the verdict has it while no backend sees signals.
exited() { echo ".exit_code == $1 and .cause == \"exit\" and .confidence == \"likely\""; }
signalled() {
	echo ".signal == \"SIG$1\" and .signo == $2 and .core_dumped == $3 and .cause == \"unknown\" and (has(\"confidence\") | not) and
		(.reason | test(\"audit\"))"
}
