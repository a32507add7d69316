# overrun.bats - a load that overruns every buffer: what it lost is announced, and no watched death is among it
load lib
load audit
load deaths

# overrun BACKENDS: the agent stands still for 5 s while 20,000 come and go and 50 daemons are ended
overrun() {
	need_root
	status_is_known || skip "before 6.15 no kernel tells how a process ended once it is reaped"
	AGENT_KEYS="backends = $1"
	start_crowd 50 3500
	start_agent "$(target)"
	kill -STOP "$ENGINE"
	local begin=$EPOCHSECONDS
	begin_ends
	"$TESTS/crowd" 20000
	await_ends
	while [ $((EPOCHSECONDS - begin)) -lt 5 ]; do nap 0.2; done
	kill -CONT "$ENGINE"
	until_true 30 all_ends_told || echo "$(ends_told | wc -l) of 50 told"
	nap 1 # for a second record of one of them
	stop_agent
	one_right_exit_each
	# What is not known of the others is said, before the ends that the pidfds told.
	[ "$(count lost '.backend == "cn_proc" and (.reason | length) > 0')" -ge 1 ]
	local lost told
	lost=$(first_seq lost '.backend == "cn_proc"')
	told=$(first_seq exit '.sources | index("cn_proc") | not')
	[ -z "$told" ] || [ "$lost" -lt "$told" ]
	# Nothing is told of what was not watched, and no end is given to one that nobody ended.
	[ "$(count exit)" -eq 50 ]
	[ "$(count exit '.cause == "killed" and (has("sender_pid") | not)')" -eq 0 ]
	# Times are those of the end, or there is no lifetime.
	[ "$(count exit 'has("uptime_seconds") and (.sources | index("cn_proc") | not)')" -eq 0 ]
}

@test "20,000 children while the agent is stopped: 50 deaths, 50 right records (cn_proc, proc)" {
	overrun "cn_proc, proc"
}

@test "the same with everything there is (auto)" {
	need_audit
	overrun auto
}
