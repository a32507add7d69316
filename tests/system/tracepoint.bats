# tracepoint.bats - everybody's signals by perf's tracepoints: who sent them is told also of senders that audit does not see
load lib
load audit
load deaths
EXIT_ALWAYS=()

# need_tracepoint [NAME...]: senders of these names stand in $SENDERS, where no target wants them
need_tracepoint() {
	need_backend tracepoint
	AGENT_KEYS='backends = tracepoint, cn_proc, proc'
	SENDERS=$T.senders
	mkdir "$SENDERS"
	local n; for n; do cp "$TESTS/send" "$SENDERS/$n"; done
}
# by NAME ARG...: the sender of that name sends and is gone; leaves BY
by() {
	"$SENDERS/$1" "${@:2}" > /dev/null 3>&- &
	BY=$!
	wait "$BY" || true
}
told() { records signal "$1" | jq -s 'map(.repeat) | add // 0'; }

@test "each system call that signals: its sender is named, who is gone, and nothing is waited for" {
	need_tracepoint s
	start_agent "$(target)"
	local way pids=() bys=()
	for way in kill group tkill tgkill sigqueue rt_tgsigqueueinfo pidfd_send_signal; do
		: > "$T/said"
		setsid "$T/daemon" wait > "$T/said" 3>&- & # a group of its own
		until_true 5 test -s "$T/said"
		PID=$(< "$T/said")
		STARTED+=("$PID")
		by s $way TERM "$PID"
		pids+=("$PID") bys+=("$BY")
	done
	wait_for_record exit '.signal == "SIGTERM"' 7
	stop_agent
	for i in "${!pids[@]}"; do
		exit_is "${pids[i]}" '.cause == "killed" and .confidence == "certain"' ".sender_pid == ${bys[i]}" '.sender_comm == "s" and .sender_uid == 0' \
			'.sender_ancestry[0] == "bash"' '.sources == ["cn_proc", "tracepoint"]' 'has("reason") | not'
	done
	lost_none
}

@test "without grace, and with a minute of it: the sender is told at once, since nobody else could tell more" {
	need_tracepoint s
	AGENT_KEYS+=$'\ngrace = 60s'
	start_agent "$(target)"
	live daemon wait
	by s kill KILL "$PID"
	wait_for_record exit ".pid == $PID and .cause == \"killed\" and .sender_pid == $BY"
	stop_agent
	rm "$J"
	AGENT_KEYS=${AGENT_KEYS/60s/0}
	start_agent "$(target)"
	live daemon wait
	by s kill KILL "$PID"
	wait_for_record exit ".pid == $PID and .cause == \"killed\" and .sender_pid == $BY"
	stop_agent
}

@test "a process that audit does not see kills a daemon: it is named, beside audit too" {
	need_tracepoint s
	need_audit
	need python3
	AGENT_KEYS='backends = audit, tracepoint, cn_proc, proc'
	start_agent "$(target)"
	live daemon wait
	nap 0.3
	python3 - "$BATS_TEST_DIRNAME/.." "$SENDERS/s" "$PID" > "$T/sender" <<-'END'
		import subprocess, sys
		sys.dont_write_bytecode = True
		sys.path.insert(0, sys.argv[1] + '/matrix')
		from world import unaudited
		with unaudited():
		    p = subprocess.Popen([sys.argv[2], 'kill', 'KILL', sys.argv[3]], stdout=subprocess.DEVNULL)
		    p.wait()
		print(p.pid)
	END
	wait_for_record exit ".pid == $PID"
	stop_agent
	exit_is "$PID" '.cause == "killed" and .confidence == "certain"' ".sender_pid == $(< "$T/sender")" '.sender_comm == "s"' '.sources | index("audit") | not'
}

@test "beside audit one signal is one record: the call and the login from audit, the rest from the ring" {
	need_tracepoint s
	need_audit
	AGENT_KEYS='backends = audit, tracepoint, cn_proc, proc'
	start_agent "$(target)"
	live daemon wait
	nap 0.3
	by s tgkill USR2 "$PID"
	wait_for_record exit ".pid == $PID"
	stop_agent
	[ "$(count signal ".pid == $PID")" -eq 1 ]
	[ "$(count signal '.via == "tgkill" and .si_code == -6 and .result == "sent" and .sources == ["audit", "tracepoint"]')" -eq 1 ]
	exit_is "$PID" '.cause == "killed" and .confidence == "certain"' ".sender_pid == $BY" '.sender_exe | endswith("senders/s")' \
		'.sources == ["audit", "cn_proc", "tracepoint"]'
}

@test "beside audit 100,000 kills are 100,000, not twice as many" {
	need_tracepoint
	need_audit
	AGENT_KEYS='backends = audit, tracepoint, cn_proc, proc'
	AGENT_KEYS+=$'\nring = 1M'
	start_agent "$(target)"
	live daemon ignore USR1
	nap 0.3
	"$TESTS/kills" "$PID" USR1 100000 > /dev/null
	kill -KILL "$PID"
	wait_for_record exit ".pid == $PID" 1 30
	stop_agent
	[ "$(told '.signal == "SIGUSR1"')" -eq 100000 ]
	[ "$(count lost '.backend != "audit"')" -eq 0 ] # audit's own queue may have been full
}

@test "100,000 kills at full speed: all counted, none lost" {
	need_tracepoint
	# A virtual processor that is held for two milliseconds is enough to lose some: that is told with their count, and tried again.
	for try in 1 2 3; do
		rm -f "$J"
		start_agent "$(target)"
		live daemon ignore USR1
		"$TESTS/kills" "$PID" USR1 100000 > /dev/null
		kill -KILL "$PID"
		wait_for_record exit ".pid == $PID"
		stop_agent
		local told lost
		told=$(told '.signal == "SIGUSR1"') lost=$(records lost '.backend == "tracepoint"' | jq -s 'map(.count // 0) | add // 0')
		[ "$((told + lost))" -ge 100000 ] || { echo "$told told, $lost lost"; return 1; }
		[ "$told" -ne 100000 ] || break
		echo "# try $try: $told told, $lost lost" >&3
	done
	[ "$told" -eq 100000 ]
	lost_none
}

@test "a ring that is too small: what is lost is told, and no verdict is sure of what it did not see" {
	need_tracepoint
	AGENT_KEYS+=$'\nring = 4K'
	start_agent "$(target)"
	live daemon ignore USR1
	local victim=$PID
	"$TESTS/kills" "$victim" USR1 100000 > /dev/null &
	local killer=$!
	live daemon term_exit 3
	nap 0.1
	kill -STOP "$ENGINE"
	nap 0.1
	kill -TERM "$PID"
	nap 0.2
	kill -CONT "$ENGINE"
	wait "$killer"
	kill -KILL "$victim"
	wait_for_record exit ".pid == $victim"
	stop_agent
	[ "$(count lost '.backend == "tracepoint"')" -gt 0 ]
	local seen; seen=$(told '.signal == "SIGUSR1"')
	echo "# $seen of 100000 told, $(records lost '.backend == "tracepoint"' | jq -s 'map(.count // 0) | add') counted as lost" >&3
	[ "$seen" -lt 100000 ]
	exit_is "$PID" '(.cause == "exit" and .confidence == "likely") or .cause == "stopped"'
}

@test "a parent that kills its child and ends is named; the signal that the kernel sends for its end is the kernel's" {
	need_tracepoint
	start_agent "$(target)"
	cp "$(command -v dash || command -v sh)" "$SENDERS/parent"
	"$SENDERS/parent" -c '"$0" wait > "$1" & sleep 0.4; kill -TERM $!' "$T/daemon" "$T/said" 3>&- &
	local parent=$!
	wait "$parent"
	local killed; killed=$(< "$T/said")
	play daemon pdeathsig TERM
	wait_for_record exit '.signal == "SIGTERM"' 2
	stop_agent
	exit_is "$killed" '.cause == "killed" and .confidence == "certain"' ".sender_pid == $parent and .sender_comm == \"parent\""
	[ "$(count exit ".cause == \"kernel\" and .confidence == \"certain\" and (.reason | test(\"its parent, pid $PID .*PDEATHSIG\"))")" -eq 1 ]
	[ "$(count exit '.cause == "kernel" and has("sender_pid")')" -eq 0 ]
}

@test "a code that is forged to look like a timer's: its sender is named" {
	need_tracepoint s
	need setpriv
	start_agent "$(target)"
	chmod 755 "$BATS_TEST_TMPDIR" "$T" "$SENDERS" "$T/daemon" "$SENDERS/s"
	setpriv --reuid 65533 --regid 65533 --clear-groups "$T/daemon" wait > "$T/said" 3>&- &
	STARTED+=($!)
	until_true 5 test -s "$T/said"
	PID=$(< "$T/said")
	nap 0.2
	setpriv --reuid 65533 --regid 65533 --clear-groups "$SENDERS/s" forged USR1 "$PID" > /dev/null 3>&- &
	BY=$!
	wait "$BY" || true
	wait_for_record exit ".pid == $PID"
	stop_agent
	exit_is "$PID" '.cause == "killed" and .confidence == "certain"' ".sender_pid == $BY and .sender_uid == 65533"
}

@test "killed at its start, while audit is yet to tell what it executed: the sender is named all the same" {
	need_tracepoint
	need_audit
	need python3
	AGENT_KEYS='backends = audit, tracepoint, cn_proc, proc'
	start_agent "$(target)"
	python3 - "$T/daemon" > "$T/pids" <<-'END'
		import os, signal, subprocess, sys
		print(os.getpid())
		for i in range(100):
		    p = subprocess.Popen([sys.argv[1], 'wait'], stdout=subprocess.DEVNULL)
		    p.send_signal(signal.SIGKILL)
		    p.wait()
	END
	wait_for_record exit '.signal == "SIGKILL"' 100
	stop_agent
	[ "$(count exit ".cause == \"killed\" and .sender_pid == $(< "$T/pids")")" -eq 100 ]
}

@test "an exit that nobody asked for is certain, of a process with a terminal too, and booted without audit=1" {
	need_tracepoint
	start_agent "$(target)"
	play daemon exit 3
	local first=$PID
	need script
	script -qec "$T/daemon --delay 200 exit 4" /dev/null > /dev/null 2>&1 < /dev/null 3>&- || true
	wait_for_record exit true 2
	stop_agent
	exit_is "$first" '.cause == "exit" and .confidence == "certain" and .exit_code == 3'
	[ "$(count exit '.exit_code == 4 and .cause == "exit" and .confidence == "certain"')" -eq 1 ]
}

@test "reload with other signals: the kernel passes what the targets ask for then" {
	need_tracepoint
	start_agent "$(target t 'signals = USR1')"
	live daemon wait
	kill -CHLD "$PID"
	nap 0.2
	write_conf "$(target t 'signals = USR1, CHLD')" "$T/agent.ini"
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded"'
	kill -CHLD "$PID"
	nap 0.2
	kill -TERM "$PID"
	wait_for_record exit ".pid == $PID and .cause == \"killed\""
	stop_agent
	[ "$(told '.signal == "SIGCHLD"')" -eq 1 ]
}

@test "without the rights for it, and in another pid namespace: it says why and how to cure it" {
	need_tracepoint
	need setpriv
	need unshare
	chmod 755 "$BATS_TEST_TMPDIR" "$T"
	cp "$EPITAPH" "$T/epitaph" && chmod 755 "$T/epitaph"
	run setpriv --reuid 65533 --regid 65533 --clear-groups --bounding-set -all --inh-caps -all "$T/epitaph" probe
	grep -A1 '^tracepoint' <<< "$output" | grep -q 'not usable: tracefs cannot be read'
	grep -A1 '^tracepoint' <<< "$output" | grep -q 'cure: run epitaph as root'
	run setpriv --bounding-set=-sys_admin,-perfmon --inh-caps=-sys_admin,-perfmon "$T/epitaph" probe
	grep -A1 '^tracepoint' <<< "$output" | grep -q 'cure: run epitaph as root'
	run unshare --pid --fork --mount-proc "$T/epitaph" probe
	grep -A1 '^tracepoint' <<< "$output" | grep -q 'pid namespace'
	grep -A1 '^tracepoint' <<< "$output" | grep -q 'cure: .*--pid=host'
}

@test "a kernel that cannot stamp perf events, or has none: probe says so, and the others go on, never sure of what they do not see" {
	need_tracepoint
	"$TESTS/refuse" clockid "$EPITAPH" probe | tee "$T/probe" | sed 's/^/# /'
	grep -q '^tracepoint *not usable: this kernel cannot stamp perf events' "$T/probe"
	"$TESTS/refuse" perf "$EPITAPH" probe | grep -q '^tracepoint *not usable: this kernel is built without perf events'
	RUN_AGENT=("$TESTS/refuse" clockid)
	start_agent "$(target)"
	records agent '.state == "started"' | jq -e '(.backends | index("tracepoint") == null) and (.reason | test("cannot stamp perf events"))'
	live daemon wait; kill "$PID"
	wait_for_record exit ".pid == $PID"
	stop_agent
	exit_is "$PID" '.cause == "unknown" and (.reason | test("tracepoint"))'
}

@test "a processor is taken offline and comes back: that is told, and its signals are seen again" {
	need_tracepoint s
	need taskset
	local online=/sys/devices/system/cpu/cpu1/online
	[ -w $online ] || skip "no processor can be taken offline here"
	start_agent "$(target)"
	echo 0 > $online 2> /dev/null || skip "no processor can be taken offline here"
	nap 0.2
	echo 1 > $online
	wait_for_record lost '.backend == "tracepoint" and (.reason | test("came online"))'
	live daemon wait
	taskset -c 1 "$SENDERS/s" kill TERM "$PID" > /dev/null 3>&- &
	BY=$!
	wait "$BY" || true
	wait_for_record exit ".pid == $PID"
	stop_agent
	exit_is "$PID" ".cause == \"killed\" and .sender_pid == $BY"
}

@test "out of memory: where it was used up, and who asked for it, alone and beside the kernel log" {
	need_tracepoint
	watched daemon
	local of=/sys/fs/cgroup key=memory.max
	[ ! -e /sys/fs/cgroup/memory/memory.limit_in_bytes ] || of=/sys/fs/cgroup/memory key=memory.limit_in_bytes
	GROUP=$of/epitaph-$$-$BATS_TEST_NUMBER
	mkdir "$GROUP" 2> /dev/null && [ -e "$GROUP/$key" ] || { rmdir "$GROUP" 2> /dev/null; skip "no memory cgroup can be made here"; }
	echo $((64 << 20)) > "$GROUP/$key"
	for list in 'tracepoint, cn_proc, proc' 'tracepoint, cn_proc, proc, kmsg'; do
		AGENT_KEYS="backends = $list"
		rm -f "$J"
		start_agent "$(target)"
		bash -c 'echo $$ > "$0"; exec "$1" oom' "$GROUP/cgroup.procs" "$T/daemon" 3>&- || true
		wait_for_record exit
		stop_agent
		exit_is "$(records exit | jq .pid)" '.cause == "oom" and .confidence == "certain"' '.reason | endswith(" had no memory left when it asked for some")'
	done
	rmdir "$GROUP"
	[ "$(count exit ".reason | startswith(\"the memory cgroup /${GROUP##*/} had\")")" -eq 1 ] || skip "the kernel log cannot be read here"
}

@test "a soft limit of few open files: it is raised as far as the hard one goes" {
	need_tracepoint
	printf '#!/bin/bash\nulimit -S -n 16\nexec %s "$@"\n' "$EPITAPH" > "$T.limited"
	chmod 755 "$T.limited"
	watched daemon
	EPITAPH=$T.limited start_agent "$(target)"
	live daemon wait
	kill "$PID"
	wait_for_record exit
	stop_agent
	exit_is "$PID" '.cause == "killed" and .sender_pid != null'
	[ "$(count agent '.state == "started" and (.backends | index("tracepoint"))')" -eq 1 ]
}

@test "signals as they are taken: by a handler or by default, and only those that a target wants" {
	need_tracepoint
	start_agent "$(target t 'events = exit, delivered')"
	live daemon term_exit 3; local handled=$PID; nap 0.1; kill "$handled"; wait "${STARTED[-1]}" || true
	live daemon wait; kill "$PID"; wait "${STARTED[-1]}" || true
	wait_for_record exit true 2
	sed -i 's/^events = .*/events = exit/' "$T/agent.ini"
	kill -HUP "$AGENT"
	until_true 5 agent_says reloaded
	live daemon term_exit 3; nap 0.1; local third=$PID; kill "$third"; wait "${STARTED[-1]}" || true
	wait_for_record exit true 3
	stop_agent
	[ "$(count delivered)" -eq 2 ]
	[ "$(count delivered ".pid == $handled and .signal == \"SIGTERM\" and .action == \"handler\" and .tid == $handled")" -eq 1 ]
	[ "$(count delivered '.signal == "SIGTERM" and .action == "default"')" -eq 1 ]
}
