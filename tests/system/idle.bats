# idle.bats - the agent costs nothing while nothing happens
load lib

switches() {
	local key value pid
	WAKEUPS=0
	for pid in "$AGENT" "$WARDEN" "$ENGINE"; do
		while read -r key value; do
			if [ "$key" = voluntary_ctxt_switches: ]; then WAKEUPS=$((WAKEUPS + value)); fi
		done < "/proc/$pid/status"
	done
}
# tasks: the last pid, and how many there are: one that forks or ends elsewhere wakes the agent rightly.
tasks() { local a; read -r -a a < /proc/loadavg; TASKS="${a[3]#*/} tasks, last ${a[4]}"; }

@test "no wakeup in 10 seconds of a quiet machine" {
	need_root
	AGENT_KEYS='backends = tracepoint, cn_proc, taskstats, kmsg'
	start_agent "$(target)"
	nap 1
	local before quiet
	for attempt in 1 2 3 4; do
		switches; tasks
		before=$WAKEUPS quiet=$TASKS
		nap 10
		switches; tasks
		echo "# $((WAKEUPS - before)) wakeups; $quiet before, $TASKS after" >&3
		if [ "$WAKEUPS" -eq "$before" ] || [ "$TASKS" = "$quiet" ]; then break; fi
	done
	stop_agent
	[ "$TASKS" = "$quiet" ] || [ "$WAKEUPS" -eq "$before" ] || skip "the machine was not quiet in any of four spans of 10 s"
	[ "$WAKEUPS" -eq "$before" ]
}

@test "a storm of 100,000 kills wakes it once for many of them" {
	load audit
	need_audit
	start_agent "$(target)"
	live daemon ignore USR1
	nap 0.5
	switches
	local before=$WAKEUPS
	"$TESTS/kills" "$PID" USR1 100000 > /dev/null
	nap 0.5
	switches
	echo "# $((WAKEUPS - before)) wakeups" >&3
	stop_agent
	[ $((WAKEUPS - before)) -gt 0 ]
	[ $((WAKEUPS - before)) -lt 10000 ]
}
