# config.bats - agent.ini: what is wrong is said all at once, and a reload never makes things worse
load lib

@test "six different mistakes: six FILE:LINE: lines, exit 2" {
	cat > bad.ini <<-'END'
		[agent]
		grace = soon
		no_such_key = 1
		[output j]
		type = telegraph
		[target t]
		signals = TERM, NOSUCH
		rate = 1
		rate = 2
		[nonsense]
		x = 1
	END
	run --separate-stderr -2 "$EPITAPH" -n -c bad.ini
	printf '%s\n' "$stderr"
	for line in 2 3 5 7 9 10; do
		[ "$(grep -c "^bad.ini:$line: " <<< "$stderr")" -ge 1 ]
	done
	[ -z "$output" ]
	# The same at start: it does not run.
	run --separate-stderr -2 timeout 5 "$EPITAPH" -c bad.ini
	[ "$(grep -c '^bad.ini:[0-9]*: ' <<< "$stderr")" -ge 6 ]
}

@test "a line that is too long, a section that is never closed, no target at all" {
	{ printf '[target t]\ncomm = '; head -c 5000 /dev/zero | tr '\0' x; printf '\n[output o\n'; } > long.ini
	run --separate-stderr -2 "$EPITAPH" -n -c long.ini
	grep -q '^long.ini:2: ' <<< "$stderr"
	grep -q '^long.ini:3: ' <<< "$stderr"
	printf '[output j]\ntype = stdout\n' > none.ini
	run --separate-stderr -2 "$EPITAPH" -n -c none.ini
	grep -qi target <<< "$stderr"
	run --separate-stderr -2 "$EPITAPH" -n -c missing.ini
	grep -q missing.ini <<< "$stderr"
}

@test "-n prints an effective configuration that gives itself again" {
	write_conf "$(target)" a.ini
	"$EPITAPH" -n -c a.ini > b.ini
	grep -q '^stop_window' b.ini
	"$EPITAPH" -n -c b.ini > c.ini
	diff b.ini c.ini
}

@test "agent.ini.example is right" {
	"$EPITAPH" -n -c /dev/stdin < "$BATS_TEST_DIRNAME/../../agent.ini.example" > out
	[ -s out ]
}

# why COMMAND...: what probe says of cn_proc there, and running with it alone ends with that line
why() {
	run "$@" "$EPITAPH" probe
	local line
	line=$(grep -E '^ *cn_proc' <<< "$output")
	echo "# $line" >&3
	[[ $line != *' usable'* || $line == *'not usable'* ]]
	[[ $line == *namespace* ]] || grep -A 3 -E '^ *cn_proc' <<< "$output" | grep -q namespace
	write_conf "$(target)" ns.ini
	run --separate-stderr "$@" timeout 10 "$EPITAPH" -c ns.ini
	printf '%s\n' "$stderr"
	[ "$status" -eq 1 ]
	grep -q 'cn_proc.*namespace' <<< "$stderr"
}

@test "in a new network namespace cn_proc is not usable, and that is said" {
	need_root
	why unshare --net
}

@test "in a new pid namespace cn_proc is not usable, and that is said" {
	need_root
	why unshare --pid --fork --mount-proc
}

@test "reload: a bad file leaves the running configuration, a good one is taken" {
	need_root
	watched second
	start_agent "$(printf '[target one]\nexe = %s/daemon\n' "$T")"
	cp agent.ini good.ini
	printf '\nnonsense = 1\n' >> agent.ini
	kill -HUP "$AGENT"
	until_true 5 grep -q 'agent.ini:[0-9]*: ' agent.err
	# It is said in a record too, and the old targets go on.
	wait_for_record agent '.state != "started" and (.reason // "" | test("agent.ini|configuration"))'
	play daemon exit 1
	wait_for_record exit ".pid == $PID and .target == \"one\""
	cp good.ini agent.ini
	printf '\n[target two]\nexe = %s/second\n' "$T" >> agent.ini
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded"'
	play second exit 2
	wait_for_record exit ".pid == $PID and .target == \"two\" and .exit_code == 2"
	play daemon exit 3
	wait_for_record exit ".pid == $PID and .target == \"one\" and .exit_code == 3"
	[ "$(count agent '.state == "reloaded" and (.reason // "" | test("max_processes"))')" -eq 0 ]
	sed -i 's/^\[agent\]/&\nmax_processes = 99/' agent.ini
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded" and (.reason // "" | test("max_processes.*until the next"))'
	play daemon exit 4
	wait_for_record exit ".pid == $PID and .target == \"one\" and .exit_code == 4"
	stop_agent
}

@test "reload: a backend that cannot be used is named, as at the start" {
	need_root
	AGENT_KEYS='backends = proc'
	RUN_AGENT=(unshare --net)
	start_agent "$(target)"
	sed -i 's/^backends = .*/backends = cn_proc/' agent.ini
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded" and .backends == [] and (.reason | test("cn_proc.*namespace"))'
	grep -q 'cn_proc cannot be used: .*namespace' agent.err
	grep -q 'nothing can be seen' agent.err
	stop_agent
}

@test "valgrind shows no leak and no error after a run with a reload" {
	need_root
	need valgrind
	if sanitized; then skip "a sanitizer build"; fi
	# Valgrind sees no allocation of a static program: the same objects, linked dynamically.
	local libs="-lev -linih -lm"
	"$EPITAPH" --version | grep -q 'audit' && libs+=" -laudit -lcap-ng"
	nm "$BUILD/libepitaph.a" 2> /dev/null | grep -q 'U ares_init' && libs+=" -lcares"
	"${CC:-gcc}" -o agent "$BUILD/agent/main.o" "$BUILD/libepitaph.a" $libs
	EPITAPH=$T/agent
	RUN_AGENT=(valgrind --leak-check=full --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99 --log-file="$T/valgrind.%p")
	AGENT_KEYS+=$'\nuser = root' # valgrind makes system calls of its own
	LIFE=500 # valgrind is slow
	start_agent "$(target)"
	play daemon exit 1
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded"' 1 20
	play daemon segv
	wait_for_record exit true 2 20
	local log=valgrind.$ENGINE
	stop_agent || { grep -v '^$' "$log" | tail -n 40; return 1; }
	grep -E 'ERROR SUMMARY|total heap usage' "$log" | sed 's/^/# /' >&3
	grep -q 'ERROR SUMMARY: 0 errors' "$log"
	grep -qE 'definitely lost: 0 bytes|no leaks are possible' "$log"
	# It did see the allocations.
	run ! grep -q 'total heap usage: 0 allocs' "$log"
}
