# idle.bats - the agent costs nothing while nothing happens
load lib

switches() {
	local key value
	while read -r key value; do
		if [ "$key" = voluntary_ctxt_switches: ]; then WAKEUPS=$value; fi
	done < "/proc/$AGENT/status"
}
last_pid() { local a; read -r -a a < /proc/loadavg; LAST_PID=${a[4]}; }

@test "no wakeup in 10 seconds of a quiet machine" {
	need_root
	start_agent "$(target)"
	nap 1
	for attempt in 1 2 3 4; do
		switches; last_pid
		local before=$WAKEUPS last=$LAST_PID
		nap 10
		switches; last_pid
		echo "# $((WAKEUPS - before)) wakeups, $(((LAST_PID - last + 32768) % 32768)) new tasks elsewhere" >&3
		[ "$WAKEUPS" -ne "$before" ] || break
		# Whatever forks or ends elsewhere does wake it: then the machine was not quiet.
		[ "$LAST_PID" -ne "$last" ] || break
	done
	[ "$WAKEUPS" -eq "$before" ] || [ "$LAST_PID" -ne "$last" ]
	stop_agent
	[ "$WAKEUPS" -eq "$before" ] || skip "the machine was not quiet: others forked in each of four spans of 10 s"
}
