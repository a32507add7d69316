# proc.bats - /proc alone: what polling finds, and what it says of the rest
load lib
load deaths

start_polling() { # start_polling INTERVAL [CONF]
	need_root
	status_is_known || skip "before 6.15 no kernel tells how a process ended once it is reaped"
	AGENT_KEYS="backends = proc"$'\n'"poll_interval = $1"
	start_agent "${2:-$(target)}"
}

@test "starts and ends, and that short lives may be missed" {
	start_polling 200ms
	[ "$(count agent '.state == "started" and .backends == ["proc"] and (.reason | test("shorter than poll_interval"))')" -eq 1 ]
	local me=$BASHPID
	live daemon term_exit 4; local first=$PID
	wait_for_record exec ".pid == $first"
	kill "$first"
	"$T/daemon" --delay 600 thread_exit 9 3>&- & local second=$!
	"$T/daemon" --delay 600 leader_first 3>&- & local third=$!
	live daemon wait; local fourth=$PID
	wait_for_record exec ".pid == $fourth"
	kill -SEGV "$fourth"
	wait_for_record exit true 4
	stop_agent
	exit_is "$second" "$(exited 9)"
	exit_is "$first" "$(exited 4)" '.sources == ["proc"]' ".ppid == $BASHPID"
	exit_is "$third" "$(exited 5)"
	exit_is "$fourth" "$(signalled SEGV 11 false)"
	[ "$(count exec ".pid == $first and .exe == \"$T/daemon\" and .args[1:] == [\"term_exit\", \"4\"] and .sources == [\"proc\"] and .starts == 1 and
		.parent_comm == \"bash\" and .ppid == $me and .uid == 0")" -eq 1 ]
	[ "$(records exec | jq .pid | sort | uniq -d | wc -l)" -eq 0 ]
}

@test "a fork that takes its time: it has a pid long before /proc shows it" {
	start_polling 50ms
	"$TESTS/slowfork" 150 "$T/daemon" --delay 600 exit 5 > "$T/said" 2>&1 3>&- & local forks=$!
	local status=0
	wait "$forks" || status=$?
	[ "$status" -ne 77 ] || skip "$(cat "$T/said")"
	[ "$status" -eq 5 ]
	wait_for_record exit true 1
	stop_agent
	[ "$(count exec '.args[1:] == ["--delay", "600", "exit", "5"]')" -eq 1 ]
	[ "$(count exit '.exit_code == 5')" -eq 1 ]
}

@test "names that look like the rest of /proc/PID/stat" {
	start_polling 200ms
	local names=('a) R 1 (b' ') Z 1 1' $'new\nline' '((((' '))))' 'x\134y') name pids=()
	watched "${names[@]}"
	for name in "${names[@]}"; do live "$name" wait; pids+=("$PID"); done
	wait_for_record exec true 6
	kill -HUP "${pids[@]}"
	wait_for_record exit true 6
	stop_agent
	for i in "${!names[@]}"; do
		exit_is "${pids[i]}" "$(signalled HUP 1 false)" ".comm == $(jq -n --arg n "${names[i]}" '$n')" ".ppid == $BASHPID"
	done
	[ "$(count exec)" -eq 6 ]
}

@test "programs that appear by exec in a pid known before" {
	start_polling 200ms "$(target; printf '[target n]\nargs = *needle*\n')"
	"$TESTS/victim" --delay 800 exec "$T/daemon" wait > /dev/null 3>&- & local young=$!
	"$TESTS/victim" --delay 6500 exec "$T/daemon" wait > /dev/null 3>&- & local old=$!
	# Nothing but its arguments tells it from what it was before.
	printf 'read -r -t 0.8 < "$1"\nexec bash %s\n' "$T/needle" > "$T/first"
	printf 'read -r < "$0.in"\n' > "$T/needle"
	mkfifo "$T/in" "$T/needle.in"
	bash "$T/first" "$T/in" 3>&- 8<> "$T/in" 9<> "$T/needle.in" & local same=$!
	STARTED+=("$young" "$old" "$same")
	wait_for_record exec true 3 15
	kill -TERM "$young" "$old" "$same"
	wait_for_record exit true 3
	stop_agent
	for pid in "$young" "$old"; do exit_is "$pid" "$(signalled TERM 15 false)" ".exe == \"$T/daemon\""; done
	exit_is "$same" "$(signalled TERM 15 false)" '.target == "n" and .comm == "bash"'
	[ "$(count exec)" -eq 3 ]
}

@test "a new name or title is no start" {
	start_polling 100ms
	"$T/daemon" --delay 700 --comm renamed wait > /dev/null 3>&- & local renamed=$!
	STARTED+=("$renamed")
	local titled=
	if command -v perl > /dev/null; then
		cp "$(command -v perl)" "$T/titled"
		"$T/titled" -e 'select(undef, undef, undef, 0.7); $0 = "titled: serving"; sleep 60' 3>&- & titled=$!
		STARTED+=("$titled")
	fi
	nap 3
	kill -TERM "$renamed" $titled
	wait_for_record exit ".pid == $renamed"
	[ -z "$titled" ] || wait_for_record exit ".pid == $titled"
	stop_agent
	exit_is "$renamed" '.comm == "renamed"'
	[ "$(count exec ".pid == $renamed")" -eq 1 ]
	[ -z "$titled" ] || [ "$(count exec ".pid == $titled")" -eq 1 ]
}

@test "what lived shorter than the interval is counted as lost, at most once a minute" {
	start_polling 1s
	nap 2.5
	for i in {1..8}; do "$TESTS/crowd" 50; nap 0.5; done
	nap 1.2
	stop_agent
	echo "# $(records lost | jq -c '[.count, .reason]')" >&3
	[ "$(count lost '.backend == "proc"')" -ge 1 ]
	# One while it ran; the rest is told at the latest when it ends.
	[ "$(count lost '.backend == "proc"')" -le 2 ]
	[ "$(records lost | jq -s 'map(.count) | add')" -ge 380 ]
}

# What the agent asks of the kernel, in a pid namespace of its own, where nothing else forks.
trace_quiet() { # trace_quiet INTERVAL_MS SECONDS
	need strace
	need_root
	AGENT_KEYS="backends = proc"$'\n'"poll_interval = $1ms"
	write_conf "$(target)" "$T/agent.ini"
	rm -f "$J"
	unshare --pid --fork --mount-proc strace -f -o "$T/trace" -e trace=openat,pread64 timeout -s TERM "$2" "$EPITAPH" -c "$T/agent.ini" \
		> "$T/strace.out" 2>&1 3>&- < /dev/null || true
	grep -q 'pread64.*/' "$T/trace" || skip "strace does not work here: $(head -n 1 "$T/strace.out")"
	# In its first second it looks twice at what it has just met.
	LOOKS=$(grep -c 'pread64(.* [0-9]*/[0-9]* ' "$T/trace") || true
	LISTINGS=$(awk -v half=$((LOOKS / 2)) '/pread64\(.* [0-9]*\/[0-9]* / { looks++ } looks >= half && /openat\(AT_FDCWD, "\/proc", / { n++ }
		END { print n + 0 }' "$T/trace")
	# One look is that of the open, one that of the end.  How long it ran it says itself; the first interval began a little before.
	POLLS=$((LOOKS - 2))
	POLLS_MOST=$(records agent | jq -s "map($(seconds .time)) | (last - first) * 1000 / $1 | floor + 1")
	echo "# $POLLS polls at $1 ms in $2 s, $POLLS_MOST at the most, $LISTINGS listings in the second half" >&3
}

@test "while nothing forks /proc is not listed, and poll_interval is kept" {
	trace_quiet 200 4
	[ "$POLLS" -ge 12 ]
	[ "$POLLS" -le "$POLLS_MOST" ]
	[ "$LISTINGS" -eq 0 ]
	trace_quiet 1000 4
	[ "$POLLS" -ge 1 ]
	[ "$POLLS" -le "$POLLS_MOST" ]
}
