# commands.bats - the command line
load lib

@test "--help fits a screen, --version tells what is built in" {
	run -0 "$EPITAPH" --help
	[ "${#lines[@]}" -le 40 ]
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
