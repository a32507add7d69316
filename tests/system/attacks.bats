# attacks.bats - a user without rights tries to have somebody else named, a killer left out, or less told than was seen
load lib
load audit
EXIT_ALWAYS=()

# need_attack LIST: the backends; attackers are programs outside of this test's directory, where no target wants them
need_attack() {
	need_root
	need setpriv
	[[ $1 != *audit* ]] || need_audit
	AGENT_KEYS="backends = $1"
	OUT=$T.attackers
	mkdir "$OUT"
	cp "$TESTS/attack" "$OUT/attack"
	cp "$TESTS/send" "$OUT/send"
	chmod 755 "$BATS_TEST_TMPDIR" "$T" "$OUT"
}
NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)
# attack WAY ARG...: by nobody; leaves BY
attack() {
	"${NOBODY[@]}" "$OUT/attack" "$@" > /dev/null 3>&- &
	BY=$!
	wait "$BY" 2> /dev/null || true
}
# root_sends SIG PID: leaves BY
root_sends() {
	"$OUT/send" kill "$1" "$2" > /dev/null 3>&- &
	BY=$!
	wait "$BY" || true
}
# victim ARG...: a watched daemon of nobody's, which its attackers may signal; leaves PID
victim() {
	: > "$T/said"
	"${NOBODY[@]}" "$T/daemon" "$@" > "$T/said" 3>&- < /dev/null &
	STARTED+=($!)
	until_true 5 test -s "$T/said"
	PID=$(< "$T/said")
	nap 0.1
}
# For the agent the machine was booted with audit=1, so that it knows of no process whose signals audit does not see.
booted_with_audit() {
	echo "audit=1 $(< /proc/cmdline)" > "$T/cmdline"
	RUN_AGENT=(unshare --mount sh -c 'mount --bind "$0" /proc/cmdline && exec "$@"' "$T/cmdline")
	auditctl -e 1 > /dev/null
}
is_logged() { dmesg | grep -q "$1"; }

@test "a fault of a thread that is called like another daemon is no fault of that daemon" {
	need_attack 'audit, cn_proc, proc, kmsg'
	watched d
	start_agent "$(target)"
	[ "$(count agent '.state == "started" and (.backends | index("kmsg"))')" -eq 1 ] || skip "the kernel log cannot be read here"
	live d wait
	local victim=$PID
	# The kernel logs no more than ten of all faults in five seconds.
	for try in 1 2 3 4; do
		attack badframe "d[$victim] trap "
		! is_logged "d\[$victim\] trap \[$BY\] bad frame" || break
		[ $try -lt 4 ] || skip "this kernel logs no bad frame"
		nap 2
	done
	root_sends SEGV "$victim"
	wait_for_record exit ".pid == $victim"
	stop_agent
	exit_is "$victim" '.cause == "killed" and .confidence == "certain"' ".sender_pid == $BY"
}

# asked_unseen LIST WAY: nobody asks a daemon to end, in a way of which audit has no record, and it does
asked_unseen() {
	need_attack "$1"
	[[ $1 != *audit* ]] || booted_with_audit
	start_agent "$(target)"
	victim term_exit 3
	attack "$2" TERM "$PID"
	until_true 2 gone "$PID" || skip "$2 sends no signal here: $("${NOBODY[@]}" "$OUT/attack" "$2" TERM "$PID" 2>&1)"
	wait_for_record exit ".pid == $PID"
	stop_agent
}

@test "without tracepoint: a TERM by a file descriptor leaves no exit that is certain" {
	asked_unseen 'audit, cn_proc, proc, kmsg' async
	exit_is "$PID" '.cause == "exit" and .exit_code == 3 and .confidence == "likely"' '.reason | test("O_ASYNC")'
}

@test "without tracepoint: a TERM by an x32 system call leaves no exit that is certain" {
	asked_unseen 'audit, cn_proc, proc, kmsg' x32
	exit_is "$PID" '.cause == "exit" and .exit_code == 3 and .confidence == "likely"'
}

@test "without tracepoint: a TERM by a tracer leaves no exit that is certain" {
	asked_unseen 'audit, cn_proc, proc, kmsg' trace
	exit_is "$PID" '.cause == "exit" and .exit_code == 3 and .confidence == "likely"'
}

@test "with tracepoint: a TERM by a file descriptor is told with who made it ready" {
	need_backend tracepoint
	asked_unseen 'tracepoint, cn_proc, proc' async
	exit_is "$PID" '.cause == "stopped" and .after_signal == "SIGTERM"' ".reason | startswith(\"a file descriptor was made ready by pid $BY (attack)\")"
}

@test "with tracepoint: a TERM by an x32 system call has its sender" {
	need_backend tracepoint
	asked_unseen 'tracepoint, cn_proc, proc' x32
	exit_is "$PID" '.cause == "stopped" and .after_signal == "SIGTERM"' ".sender_pid == $BY"
}

@test "with tracepoint: a TERM by a tracer leaves no exit that is certain, and the tracer is named" {
	need_backend tracepoint
	asked_unseen 'tracepoint, cn_proc, proc' trace
	exit_is "$PID" '.cause == "exit" and .exit_code == 3 and .confidence == "likely"' ".reason | startswith(\"pid $BY traced it\")"
}

@test "hundreds of kills that fail: root, who asked the daemon to end, is named, and has his record" {
	need_attack 'audit, cn_proc, proc, kmsg'
	start_agent "$(printf '[target t]\nexe = %s/*\nrate = 20\n' "$T")"
	live daemon term_exit 3 TERM 6000
	root_sends TERM "$PID"
	local root=$BY
	attack many TERM "$PID" 400
	wait_for_record exit ".pid == $PID"
	stop_agent
	exit_is "$PID" '.cause == "stopped" and .after_signal == "SIGTERM"' ".sender_pid == $root"
	[ "$(count signal ".sender_pid == $root and .result == \"sent\" and .signal == \"SIGTERM\"")" -eq 1 ]
	[ "$(count signal '.result == "failed" and .errno == "EPERM" and .sender_uid == 65534')" -ge 20 ]
}

resident() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$ENGINE/status"; }

# memory_of LIST: a hundred watched daemons are signalled by 24 processes each, all with arguments as long as can be kept
memory_of() {
	need_attack "$1"
	start_agent "$(printf '[target t]\nexe = %s/*\nevents = exit\n' "$T")"
	local i pids=
	for i in $(seq 100); do
		"${NOBODY[@]}" "$T/daemon" ignore USR1 > "$T/said.$i" 3>&- < /dev/null &
		STARTED+=($!)
		pids+=,$!
	done
	until_true 10 all_said
	nap 0.5
	local before after; before=$(resident)
	attack many USR1 "${pids#,}" 24 7000
	nap 0.5
	after=$(resident)
	echo "# $before KiB before, $after after" >&3
	kill -KILL "${STARTED[0]}"
	wait_for_record exit ".pid == ${STARTED[0]}"
	stop_agent
	sanitized || [ $((after - before)) -lt 2000 ]
}
all_said() { [ "$(cat "$T"/said.* | wc -l)" -eq 100 ]; }

@test "with tracepoint: 2,400 signals by senders with long arguments take little memory" {
	need_backend tracepoint
	memory_of 'tracepoint, cn_proc, proc'
}

@test "with audit: 2,400 signals by senders with long arguments take little memory" {
	memory_of 'audit, cn_proc, proc'
}

@test "hundreds of thousands of calls that fail half way: every kill of root has its receiver, and nothing is told as lost" {
	need_attack 'audit, cn_proc, proc'
	start_agent "$(target)"
	live daemon ignore USR1
	nap 0.3
	local i attackers=()
	for i in 1 2; do
		"${NOBODY[@]}" "$OUT/attack" halves "$PID" 100000 > /dev/null 3>&- &
		attackers+=($!)
	done
	for i in $(seq 20); do "$OUT/send" kill USR1 "$PID" 50 > /dev/null; done
	kill "${attackers[@]}" 2> /dev/null || true
	wait "${attackers[@]}" 2> /dev/null || true
	until_true 12 told_is "$PID" SIGUSR1 1000 || true
	stop_agent
	echo "# $(told "$PID" SIGUSR1) of 1000 told" >&3
	[ "$(told "$PID" SIGUSR1)" -eq 1000 ] || [ "$(count lost '.reason | test("queue was full|overflowed")')" -gt 0 ]
	[ "$(count lost '.reason | test("not all records")')" -eq 0 ]
}
