# alerts.bats - a target that starts too often, and one that nobody starts again
load lib

@test "flapping, calm, absent, present: each once, with what ended last" {
	need_root
	start_agent "$(target t $'events = exit\nrestarts = 2/3s\nabsent = 2s')"
	play daemon exit 1
	play daemon exit 2
	[ "$(count flapping)" -eq 0 ]
	play daemon exit 3
	wait_for_record flapping '.target == "t" and .restarts == 3 and .window_seconds == 3 and .last_cause == "exit"'
	play daemon segv
	local last=$PID
	wait_for_record calm '.restarts == 2' 1 10
	wait_for_record absent ".last_pid == $last and .last_cause == \"unknown\"" 1 10
	[ "$(records absent | jq "$(seconds .time) - $(seconds .since) | . >= 1.9 and . < 3")" = true ]
	live daemon wait
	wait_for_record present ".pid == $PID and .last_pid == $last"
	nap 3
	stop_agent
	for event in flapping calm absent present; do [ "$(count $event)" -eq 1 ]; done
}

@test "a daemon that died while the agent was down, and that nobody starts: absent" {
	need_root
	AGENT_KEYS=$'backends = cn_proc\nstate_dir = '$T/state
	local conf; conf=$(printf '[agent]\ncontrol = none\n%s\n' "$AGENT_KEYS"; target t 'absent = 1s')
	start_agent "$conf"
	live daemon wait
	nap 1.5
	stop_agent
	kill -KILL "$PID"
	wait "$PID" 2> /dev/null || true
	start_agent "$conf"
	wait_for_record absent ".last_pid == $PID"
	stop_agent
}
