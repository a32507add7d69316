# storm.bats - as many as the machine can start; and what is told when some were not seen
load lib
load audit

pairs_of_records() { records exit | jq -r '"\(.pid) \(.exit_code)"' | sort; }

LOST=0 # records at the start: what was forked before audit was enabled is not audited, and may be gone at once
storm() {
	start_agent "$(target)"
	nap 0.5
	LOST=$(count lost)
	"$TESTS/spawn" -c -f "$T/pairs" 3000 2 -- "$T/daemon" exit | sed 's/^/# /' >&3
	[ "$(wc -l < "$T/pairs")" -eq 3000 ]
}

@test "3,000 children: 3,000 exec and 3,000 exit records with the right code, nothing lost" {
	need_root
	AGENT_KEYS='backends = auto'
	storm
	until_true 30 has_records 3000 exit || echo "$(count exit) of 3000 exits; $(records lost | jq -c '[.count, .reason]')"
	stop_agent
	diff <(sort "$T/pairs") <(pairs_of_records)
	[ "$(count exec)" -eq 3000 ]
	diff <(cut -d ' ' -f 1 "$T/pairs" | sort) <(records exec | jq .pid | sort)
	[ "$(records exec | jq .starts | sort -n | tail -n 1)" -eq 3000 ]
	[ "$(count lost)" -eq "$LOST" ] || { records lost | jq -c "[.time, .backend, .count, .reason]"; false; }
}

# A program that is over before /proc could be read stays nameless where nothing but cn_proc tells of it.
@test "3,000 children by cn_proc alone: none told wrong, and those it could not name are counted as lost" {
	need_root
	storm
	nap 1
	stop_agent
	comm -13 <(sort "$T/pairs") <(pairs_of_records) > "$T/wrong"
	[ ! -s "$T/wrong" ]
	local seen unread
	seen=$(count exit)
	unread=$(records lost '.backend == "cn_proc" and (.reason | test("before /proc could be read"))' | jq -s 'map(.count) | add // 0')
	echo "# $seen told, $unread programs not named" >&3
	[ "$(count exec)" -eq "$seen" ]
	[ $((seen + unread)) -ge 3000 ]
	[ "$seen" -ge 2400 ]
	[ "$(count lost '.reason | test("before /proc could be read") | not')" -eq 0 ]
}

# one_exit_for_each: whatever was seen to start, or was told by pid, has exactly one exit record.
one_exit_for_each() {
	records exit | jq -r '"\(.pid) \(.started)"' | sort > "$T/exits"
	{ records exec | jq .pid; [ $# -eq 0 ] || printf '%s\n' "$@"; } | sort -u > "$T/known"
	[ -z "$(uniq -d "$T/exits")" ]
	comm -23 "$T/known" <(cut -d ' ' -f 1 "$T/exits" | sort -u) > "$T/untold"
	[ ! -s "$T/untold" ] || { echo "$(wc -l < "$T/untold") without an exit record:"; head "$T/untold"; return 1; }
}
all_told() { one_exit_for_each "$@" > /dev/null; }

@test "a tiny receive buffer: a lost record, and one exit for every watched process that is gone" {
	need_root
	[ -x "$EPITAPH_FAULTS" ] || skip "no FAULTS=1 build"
	local pids=() kept
	for i in {1..20}; do live daemon wait; pids+=("$PID"); done
	EPITAPH=$EPITAPH_FAULTS
	live daemon wait; kept=$PID
	start_agent "$(target)" EPITAPH_FAULT_RCVBUF=4096
	# It cannot read while the storm is on, so that its buffer overflows for certain.
	kill -STOP "$ENGINE"
	"$TESTS/spawn" 300 2 -- "$T/daemon" exit 3
	kill -KILL "${pids[@]}"
	nap 0.2
	kill -CONT "$ENGINE"
	wait_for_record lost
	until_true 15 all_told "${pids[@]}" || one_exit_for_each "${pids[@]}"
	"$TESTS/spawn" -c 1000 2 -- "$T/daemon" exit
	nap 1
	until_true 15 all_told "${pids[@]}" || one_exit_for_each "${pids[@]}"
	kill -TERM "$kept"
	wait_for_record exit ".pid == $kept"
	stop_agent
	one_exit_for_each "${pids[@]}" "$kept"
	[ "$(count lost '.backend == "cn_proc" and (.reason | length) > 0')" -ge 1 ]
	# Those that nobody was seen to reap: an exit without a status, behind the loss.
	local first_lost
	first_lost=$(records lost | head -n 1 | jq .seq)
	for pid in "${pids[@]}"; do
		exit_is_vanished "$pid" "$first_lost"
	done
	exit_is "$kept" '.signal == "SIGTERM"'
}

# The status may be known after all (a pidfd tells it on new kernels), but never wrong; the pids were killed.
exit_is_vanished() {
	local record
	[ "$(count exit ".pid == $1")" -eq 1 ]
	record=$(records exit ".pid == $1")
	jq -e ".cause == \"unknown\" and (has(\"exit_code\") | not) and ((has(\"signo\") | not) or .signo == 9) and .comm == \"daemon\" and
		(.reason | length) > 0" <<< "$record" || return 1
	jq -e "has(\"signo\") or .seq > $2" <<< "$record"
}

@test "the shipped buffer overflows too when the agent is held: the loss is announced" {
	need_root
	live daemon wait; local pid=$PID
	start_agent "$(target)"
	kill -STOP "$ENGINE"
	"$TESTS/spawn" 8000 2 -- "$T/daemon" quick 0
	kill -KILL "$pid"
	nap 0.2
	kill -CONT "$ENGINE"
	wait_for_record lost true 1 20
	until_true 30 all_told "$pid"
	stop_agent
	one_exit_for_each "$pid"
}

@test "the shipped binary reads no switch of the test build" {
	[ -x "$EPITAPH_FAULTS" ] || skip "no FAULTS=1 build"
	run ! grep -q EPITAPH_FAULT "$EPITAPH"
	grep -q EPITAPH_FAULT_RCVBUF "$EPITAPH_FAULTS"
}

@test "more processes than max_processes: watched ones stay, the rest give way" {
	need_root
	AGENT_KEYS=$'backends = cn_proc\nmax_processes = 64'
	start_agent "$(target)"
	for i in {1..10}; do live daemon wait; pids+=("$PID"); done
	"$TESTS/spawn" 500 2 -- "$TESTS/victim" exit 0
	kill -TERM "${pids[@]}"
	wait_for_record exit true 10
	stop_agent
	for pid in "${pids[@]}"; do exit_is "$pid" '.signal == "SIGTERM"'; done
}

# at_once: 25 of the same way
at_once() {
	local i pids=()
	for i in {1..25}; do "$T/daemon" "$@" > /dev/null 2>&1 3>&- < /dev/null & pids+=($!); done
	wait "${pids[@]}" || true
}
ends() { records exit '.args[1:] == ['"$1"']' | jq -c '.exit_code // .signal' | sort -n | uniq -c | awk '{ printf "%s%s of %s", n++ ? ", " : "", $1, $2 }'; }
execs() { count exec ".args[1:] == [$1]"; }

@test "25 at once that fork and end, exec again, leave children: audit names each, and nothing counts as lost" {
	need_audit
	AGENT_KEYS='backends = auto'
	start_agent "$(target)"
	nap 0.5
	LOST=$(count lost)
	at_once daemon exit 5
	at_once worker exit 6
	at_once exec "$T/daemon" exit 9
	at_once exec "$T/daemon" daemon exit 12
	at_once daemon daemon exit 11
	for i in {1..25}; do "$TESTS/crowd" 1; done
	nap 1.5
	stop_agent
	[ "$(ends '"daemon","exit","5"')" = "25 of 0, 25 of 5" ]
	[ "$(ends '"worker","exit","6"')" = "25 of 0, 25 of 6" ]
	[ "$(ends '"exit","9"')" = "25 of 9" ]
	[ "$(ends '"daemon","exit","12"')" = "25 of 0, 25 of 12" ]
	[ "$(ends '"daemon","daemon","exit","11"')" = "50 of 0, 25 of 11" ]
	[ "$(execs '"exec","'"$T"'/daemon","exit","9"')" -eq 25 ]
	[ "$(execs '"exit","9"')" -eq 25 ]
	[ "$(execs '"daemon","exit","12"')" -eq 25 ]
	[ "$(count exit)" -eq 250 ]
	[ "$(count lost)" -eq "$LOST" ] || { records lost; return 1; }
}
