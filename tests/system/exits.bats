# exits.bats - every way to end gives exactly one record, right in every key
load lib

ME='.uid == 0 and .gid == 0'
# The unified hierarchy's path or that of an old one, which machines with both have side by side.
CGROUPS=$(cut -d : -f 3- /proc/self/cgroup | jq -R . | paste -sd ,)


# identity COMM: the keys that say who it was, of what was PLAYED last
identity() {
	local args
	args=$(printf '%s\0' "${PLAYED[@]}" | jq -cRs 'rtrimstr("\u0000") | split("\u0000")')
	echo ".comm == \"$1\" and .exe == \"${PLAYED[0]}\" and .args == $args and $ME and (has(\"cgroup\") == false or (.cgroup | IN($CGROUPS)))"
}

# one FILTER PROGRAM ARG...: play it; FILTER is true of its exit record
one() {
	local filter=$1; shift
	play "$@"
	SHOULD+=("$PID" "$filter and .ppid == $BASHPID and $(identity "$1")")
}

check_all() {
	local i
	for ((i = 0; i < ${#SHOULD[@]}; i += 2)); do wait_for_record exit ".pid == ${SHOULD[i]}"; done
	stop_agent
	for ((i = 0; i < ${#SHOULD[@]}; i += 2)); do exit_is "${SHOULD[i]}" "${SHOULD[i + 1]}"; done
	lost_none
	# Each start is told once.
	[ "$(count exec)" -eq "$(records exec | jq -s 'map([.pid, .started, .args]) | unique | length')" ]
}

@test "exit codes 0, 1, 3, 77, 255" {
	need_root
	start_agent "$(target)"
	for code in 0 1 3 77 255; do
		one "$(exited $code)" daemon exit $code
		[ "$STATUS" -eq $code ]
	done
	check_all
}

@test "killed by KILL, TERM, USR1, HUP, PIPE" {
	need_root
	start_agent "$(target)"
	for s in KILL:9 TERM:15 USR1:10 HUP:1 PIPE:13; do
		live daemon wait
		kill -"${s%:*}" "$PID"
		wait "${STARTED[-1]}" || true
		SHOULD+=("$PID" "$(signalled "${s%:*}" "${s#*:}" false) and .ppid == $BASHPID and $(identity daemon)")
	done
	check_all
}

@test "ended by its own signals: ABRT, KILL, SIGPIPE, alarm, file size limit" {
	need_root
	start_agent "$(target)"
	one "$(signalled ABRT 6 false)" daemon abort
	one "$(signalled KILL 9 false)" daemon kill KILL
	one "$(signalled PIPE 13 false)" daemon pipe
	one "$(signalled ALRM 14 false)" daemon alarm
	one "$(signalled XFSZ 25 false)" daemon xfsz
	check_all
}

@test "faults: SEGV, BUS, FPE, ILL, TRAP, SYS" {
	need_root
	start_agent "$(target)"
	one "$(signalled SEGV 11 false)" daemon segv
	one "$(signalled BUS 7 false)" daemon bus
	one "$(signalled FPE 8 false)" daemon fpe
	one "$(signalled ILL 4 false)" daemon ill
	one "$(signalled TRAP 5 false)" daemon trap
	one "$(signalled SYS 31 false)" daemon sys
	check_all
}

@test "core_dumped is true with a core and false without" {
	need_root
	[[ $(< /proc/sys/kernel/core_pattern) != '|'* ]] || skip "core_pattern is a pipe, which takes cores whatever the limit"
	[ "$(ulimit -Hc)" != 0 ] || skip "the hard limit on cores is 0"
	start_agent "$(target)"
	one "$(signalled SEGV 11 true)" daemon --core unlimited segv
	one "$(signalled ABRT 6 true)" daemon --core unlimited abort
	one "$(signalled SEGV 11 false)" daemon --core 0 segv
	one "$(signalled ABRT 6 false)" daemon --core 0 abort
	check_all
}

@test "exit_group from a thread" {
	need_root
	start_agent "$(target)"
	one "$(exited 9)" daemon thread_exit 9
	check_all
}

@test "threads that end by themselves at that moment have a status of their own: the process's is told" {
	need_root
	start_agent "$(target)"
	local i
	for i in {1..60}; do
		"$T/daemon" churn > /dev/null 2>&1 3>&- < /dev/null & PID=$!
		nap 0.03
		kill -KILL "$PID"
		wait "$PID" || true
		echo "$PID 9" >> "$T/ended"
	done
	for i in {1..300}; do
		"$T/daemon" --delay 3 churn 1 5 > /dev/null 2>&1 3>&- < /dev/null & PID=$!
		wait "$PID" || true
		echo "$PID 5" >> "$T/ended"
	done
	nap 0.5
	stop_agent
	records exit | jq -r '"\(.pid) \(.exit_code // .signo)"' | sort > "$T/told"
	[ "$(wc -l < "$T/told")" -ge 300 ]
	[ -z "$(comm -13 <(sort "$T/ended") "$T/told")" ] || { comm -13 <(sort "$T/ended") "$T/told"; return 1; }
}

@test "the leader ends first: the last thread's code, at the last thread's time" {
	need_root
	start_agent "$(target)"
	one "$(exited 5) and .uptime_seconds >= 0.09" daemon leader_first
	one "$(signalled KILL 9 false) and .uptime_seconds >= 0.09" daemon leader_first_killed KILL
	check_all
}

@test "a thread that is not the leader execs" {
	need_root
	watched other
	start_agent "$(target)"
	play daemon exec_thread "$T/other" --delay 30 exit 8
	PLAYED=("$T/other" --delay 30 exit 8)
	[ "$STATUS" -eq 8 ]
	wait_for_record exit ".pid == $PID"
	stop_agent
	exit_is "$PID" "$(exited 8)" "$(identity other)" ".ppid == $BASHPID"
	[ "$(count exec ".pid == $PID")" -eq 2 ]
	[ "$(count exec ".pid == $PID and .comm == \"other\" and .exe == \"$T/other\"")" -eq 1 ]
}

@test "a worker that a watched daemon forks and that never execs" {
	need_root
	start_agent "$(target)"
	play daemon worker exit 6
	local parent=$PID worker=$SAID
	local identity; identity=$(identity daemon)
	play daemon worker segv
	local parent2=$PID worker2=$SAID
	wait_for_record exit true 4
	stop_agent
	exit_is "$worker" "$(exited 6)" ".ppid == $parent" "$identity"
	exit_is "$parent" "$(exited 0)" "$identity"
	exit_is "$worker2" "$(signalled SEGV 11 false)" ".ppid == $parent2"
	exit_is "$parent2" "$(exited 0)"
	# A fork is no start.
	[ "$(count exec ".pid == $worker")" -eq 0 ]
	[ "$(count exec)" -eq 2 ]
}

@test "a process whose parent ignores SIGCHLD" {
	need_root
	start_agent "$(target)"
	play daemon sigchld_ignored exit 6
	wait_for_record exit true 2
	stop_agent
	exit_is "$SAID" "$(exited 6)" "$(identity daemon)" "has(\"ppid\") == false or .ppid == $PID"
	exit_is "$PID" "$(exited 0)"
}

@test "a daemon that outlives its parent" {
	need_root
	start_agent "$(target)"
	play daemon daemon exit 7
	wait_for_record exit true 2
	stop_agent
	exit_is "$SAID" "$(exited 7)" '.uptime_seconds >= 0.04' ".ppid != $PID"
	exit_is "$PID" "$(exited 0)"
}

@test "one that lives under a millisecond, fifty times: each has its records" {
	need_root
	AGENT_KEYS='backends = auto'
	start_agent "$(target)"
	LIFE=0
	for i in {1..50}; do
		play daemon quick $i
		echo "$PID $i" >> "$T/played"
	done
	wait_for_record exit true 50
	stop_agent
	diff <(sort "$T/played") <(records exec | jq -r '"\(.pid)"' | sort | join - <(records exit '.cause == "exit" and .uptime_seconds < 1' |
		jq -r '"\(.pid) \(.exit_code)"' | sort) | sort)
	lost_none
}

@test "one that lives under a millisecond, by cn_proc alone: told right, or counted as lost" {
	need_root
	start_agent "$(target)"
	LIFE=0
	for i in {1..50}; do play daemon quick $i; echo "$PID $i" >> "$T/played"; done
	nap 0.5
	stop_agent
	[ -z "$(comm -13 <(sort "$T/played") <(records exit | jq -r '"\(.pid) \(.exit_code)"' | sort))" ]
	local unread
	unread=$(records lost '.reason | test("before /proc could be read")' | jq -s 'map(.count) | add // 0')
	echo "# $(count exit) told, $unread programs not named" >&3
	[ $(($(count exit) + unread)) -ge 50 ]
	[ "$(count exit)" -ge 30 ]
}

@test "a pid used again at once by another watched program" {
	need_root
	[ -w /proc/sys/kernel/ns_last_pid ] || skip "no /proc/sys/kernel/ns_last_pid"
	watched first second
	start_agent "$(printf '[target one]\nexe = %s/first\nrate = 0\n[target two]\nexe = %s/second\nrate = 0\n' "$T" "$T")"
	for i in {1..10}; do
		read -r pid _ < <("$TESTS/pidreuse" "$T/first" --delay 30 exit $i -- "$T/second" --delay 30 raise TERM)
		wait_for_record exit ".pid == $pid and .target == \"two\""
		[ "$(count exit ".pid == $pid and .target == \"one\" and .exit_code == $i and .exe == \"$T/first\"")" -eq 1 ]
		[ "$(count exit ".pid == $pid and .target == \"two\" and .signal == \"SIGTERM\" and .exe == \"$T/second\"")" -eq 1 ]
	done
	stop_agent
	[ "$(count exit)" -eq 20 ]
	[ "$(count exec)" -eq 20 ]
	lost_none
}

@test "one exec record for each start, with parent_comm, ancestry and starts" {
	need_root
	start_agent "$(target)"
	for i in 1 2 3; do play daemon exit 0; PIDS[i]=$PID; done
	wait_for_record exit true 3
	stop_agent
	[ "$(count exec)" -eq 3 ]
	local mine parent self=$BASHPID
	mine=$(< /proc/$BASHPID/comm)
	parent=$(< /proc/$PPID/comm)
	for i in 1 2 3; do
		[ "$(count exec ".pid == ${PIDS[i]} and .starts == $i and .parent_comm == \"$mine\" and .ppid == $self and
			.ancestry[0] == \"$mine\" and .ancestry[1] == \"$parent\" and $(identity daemon) and
			(has(\"exit_code\") or has(\"cause\") or has(\"uptime_seconds\") | not)")" -eq 1 ]
	done
	# An exec comes before its exit, and seq counts without a gap.
	[ "$(jq -s 'map(.seq) | . == [range(.[0]; .[0] + length)]' "$J")" = true ]
	[ "$(jq -s 'map(select(.event == "exec" or .event == "exit") | .event) | . == ["exec", "exit", "exec", "exit", "exec", "exit"]' "$J")" = true ]
}

@test "a process that was there before the agent" {
	need_root
	live daemon wait
	nap 0.3
	start_agent "$(target)"
	kill -TERM "$PID"
	wait_for_record exit ".pid == $PID"
	stop_agent
	exit_is "$PID" "$(signalled TERM 15 false)" "$(identity daemon)" '.uptime_seconds >= 0.3' ".ppid == $BASHPID"
	[ "$(count exec)" -eq 0 ]
}

@test "a stop through a handler, a handler that raises again" {
	need_root
	start_agent "$(target)"
	live daemon term_exit 3; local first=$PID; nap 0.03; kill "$first"; wait "${STARTED[-1]}" || true
	live daemon term_reraise; local second=$PID; nap 0.03; kill "$second"; wait "${STARTED[-1]}" || true
	wait_for_record exit true 2
	stop_agent
	exit_is "$first" "$(exited 3)"
	exit_is "$second" "$(signalled TERM 15 false)"
}

@test "uid and gid of a process that changed them; comm of one that was renamed" {
	need_root
	start_agent "$(target)"
	play daemon --uid 65534 exit 1
	local pid=$PID
	play daemon --comm new-name exit 2
	wait_for_record exit true 2
	stop_agent
	exit_is "$pid" "$(exited 1)" '.uid == 65534 and .gid == 65534'
	exit_is "$PID" "$(exited 2)" '.comm == "new-name"'
}

@test "group, session, effective ids, threads and width are those that ps shows" {
	need_root
	start_agent "$(target)"
	live daemon wait
	local pgid sid euid egid class
	read -r pgid sid euid egid <<< "$(ps -o pgid=,sid=,euid=,egid= -p "$PID")"
	class=$(od -An -tu1 -j4 -N1 "$T/daemon") # EI_CLASS: 1 is 32 bits, 2 is 64
	local one=$PID
	PID= ; : > "$T/said"
	setsid setpriv --reuid 65534 --regid 65534 --clear-groups "$T/daemon" wait > "$T/said" 3>&- & STARTED+=($!)
	until_true 5 test -s "$T/said"
	PID=$(< "$T/said")
	kill "$one" "$PID"
	wait_for_record exit true 2
	stop_agent
	local got; got=$(records exec ".pid == $one")
	# ps says 0 for a session whose leader is in a PID namespace above: the record leaves that out
	jq -e ".pgid == $pgid and (.sid // 0) == $sid and .euid == $euid and .egid == $egid and .threads == 1 and .bits == 32 * $class" <<< "$got"
	exit_is "$one" "(.sid // 0) == $sid and .euid == $euid and .egid == $egid and .bits == 32 * $class" '[has("pgid", "threads")] | any | not'
	exit_is "$PID" ".sid == $PID" '.uid == 65534 and .euid == 65534 and .gid == 65534 and .egid == 65534'
}
