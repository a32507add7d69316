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

# children SECONDS: come and go
children() {
	local end=$((EPOCHSECONDS + $1))
	while [ "$EPOCHSECONDS" -le "$end" ]; do "$TESTS/crowd" 500; done
}
readings_of_proc() { grep -c 'openat(.*"/proc", ' "$T/trace"; }

@test "a receive buffer that overruns again and again for four seconds: losses are told, and /proc is read whole, once a second" {
	need_root
	need strace
	[ -x "$EPITAPH_FAULTS" ] || skip "no FAULTS=1 build"
	status_is_known || skip "before 6.15 no kernel tells how a process ended once it is reaped"
	EPITAPH=$EPITAPH_FAULTS
	AGENT_KEYS='backends = cn_proc, proc'
	start_crowd 20 3000
	start_agent "$(target)" EPITAPH_FAULT_RCVBUF=4096
	local begin=$EPOCHSECONDS most told
	strace -f -p "$ENGINE" -o "$T/trace" -e trace=openat > "$T/strace.out" 2>&1 3>&- < /dev/null &
	STARTED+=($!)
	until_true 5 grep -q attached "$T/strace.out" || skip "strace does not work here: $(head -n 1 "$T/strace.out")"
	begin_ends
	children 4
	await_ends
	until_true 10 all_ends_told || true
	most=$((EPOCHSECONDS - begin + 2))
	told=$(count lost '.reason | test("ENOBUFS")')
	echo "# ENOBUFS told $told times for $(records lost '.reason | test("ENOBUFS")' | jq -s 'map(.reason | capture("; (?<n>[0-9]+) times").n // "1" | tonumber) | add'), /proc read whole $(readings_of_proc) times; at most $most" >&3
	[ "$(readings_of_proc)" -ge 2 ]
	[ "$(readings_of_proc)" -le "$most" ]
	[ "$told" -ge 2 ]
	[ "$told" -le "$most" ]
	records lost | jq -s -e 'map(select(.reason | test("; [0-9]+ times"))) | length > 0'
	stop_agent
	one_right_exit_each
}
