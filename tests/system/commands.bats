# commands.bats - the command line
load lib

@test "--help fits a screen, --version tells what is built in" {
	run -0 "$EPITAPH" --help
	[ "${#lines[@]}" -le 24 ]
	for line in "${lines[@]}"; do [ "${#line}" -le 80 ] || { echo "too long: $line"; false; }; done
	[[ $output == *probe* ]]
	run -0 "$EPITAPH" --version
	[[ ${lines[0]} == epitaph* ]]
	[[ $output == *cn_proc* ]]
}

@test "a usage error is one line on stderr and exit 2" {
	for words in --nonsense "no_such_command" "-c" "-n -x"; do
		run --separate-stderr -2 "$EPITAPH" $words
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 1 ]
	done
}

@test "no configuration: that is said, exit 2" {
	run --separate-stderr -2 "$EPITAPH" -c "$T/nothing.ini"
	[[ $stderr == *nothing.ini* ]]
}

@test "probe tells of each backend" {
	need_root
	run "$EPITAPH" probe
	for backend in audit cn_proc proc; do grep -qE "^ *$backend\b" <<< "$output"; done
	grep -E '^ *cn_proc' <<< "$output" | grep -q usable
	[ -z "$(grep -E '^ *cn_proc' <<< "$output" | grep -i 'not usable')" ]
}

@test "probe without root says what is missing, and does not fail on it" {
	need_root
	need setpriv
	chmod 755 "$T"
	cp "$EPITAPH" "$T/epitaph" && chmod 755 "$T/epitaph"
	cd /
	run setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all --inh-caps -all "$T/epitaph" probe
	[ "$status" -le 1 ]
	grep -qE '^ *cn_proc' <<< "$output"
}

# demo_unaudited: the demo, whose shell was forked while `task,never` was loaded: as one that is older than auditing.
demo_unaudited() {
	python3 - "$BATS_TEST_DIRNAME/.." "$EPITAPH" <<-'END'
		import subprocess, sys
		sys.dont_write_bytecode = True
		tests, agent = sys.argv[1:]
		sys.path.insert(0, tests + '/matrix')
		from world import unaudited
		with unaudited():
		    p = subprocess.Popen(['sh', '-c', f'read x; exec {tests}/demo {agent}'], stdin=subprocess.PIPE, text=True)
		p.communicate('go\n')
		sys.exit(p.returncode)
	END
}

@test "the demo tells five ends, and what its last line says of the senders is so" {
	need_root
	need gcc
	need python3
	sanitized && skip "the demo is for the binary that is shipped"
	"$EPITAPH" probe | grep -q '^tracepoint *usable' || skip "$("$EPITAPH" probe | grep '^tracepoint')"
	run "$BATS_TEST_DIRNAME/../demo" "$EPITAPH"
	[ "$status" -eq 0 ]
	[ "$(grep -cE 'exit demo: .* killed by SIG(TERM|KILL) from' <<< "$output")" -eq 2 ]
	[ "${lines[-1]}" = 'demo: all there: five ends, each told by the agent, and who sent both signals' ]
	run demo_unaudited
	[ "$status" -eq 0 ]
	[ "$(grep -cE 'exit demo: .* killed by SIG(TERM|KILL) from demo\[' <<< "$output")" -eq 2 ]
	[ "${lines[-1]}" = 'demo: all there: five ends, each told by the agent, and who sent both signals' ]
}
