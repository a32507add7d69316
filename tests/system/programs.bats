# programs.bats - records on the standard input of a program
load lib

# program COMMAND [KEY...]: a configuration
program() {
	printf '[agent]\nstate_dir = none\ncontrol = none\n%s\n[output p]\ntype = program\nformat = json\ncommand = %s\n' "$AGENT_KEYS" "$1"; shift
	[ $# -eq 0 ] || printf '%s\n' "$@"
	target
}
# open_to_all FILE...: for a program of another user
open_to_all() { : | tee "$@"; chmod 666 "$@"; chmod 711 "$BATS_RUN_TMPDIR" "$T"; }
told() { jq -c "select($2)" "$1" 2> /dev/null | wc -l; }
has_told() { [ "$(told "$2" "$3")" -ge "$1" ]; }

@test "a program gets every record as a line, as the engine's user, in no terminal, with no descriptor of the agent" {
	need_root
	open_to_all "$T/got" "$T/who"
	start_agent "$(program "{ id -u; id -G; ls /proc/self/fd | wc -l; grep -c . /proc/self/cgroup; } > $T/who; exec cat >> $T/got")"
	local i
	for i in 1 2 3; do play daemon exit $i; done
	until_true 5 has_told 3 "$T/got" '.event == "exit"'
	stop_agent
	jq -s -e 'map(select(.event == "exit").exit_code) == [1, 2, 3]' "$T/got"
	until_true 5 has_told 1 "$T/got" '.state == "stopped"'
	diff <(jq -c "del(.run)" "$T/got") <(jq -c "del(.run)" "$J")
	local uid; uid=$(id -u epitaph 2> /dev/null) || uid=65533
	[ "$(head -n 1 "$T/who")" = "$uid" ]
	[ "$(sed -n 2p "$T/who")" = "$uid" ]
	[ "$(sed -n 3p "$T/who")" -eq 4 ] # 0, 1, 2 and the directory that ls reads
}

@test "command_user names another; one that is not there is said" {
	need_root
	open_to_all "$T/who"
	start_agent "$(program "id -u > $T/who; cat > /dev/null" 'command_user = daemon')"
	until_true 5 test -s "$T/who"
	stop_agent
	[ "$(< "$T/who")" = "$(id -u daemon)" ]
	write_conf "$(program cat 'command_user = nobody-of-that-name')" "$T/agent.ini"
	run timeout 5 "$EPITAPH" -c "$T/agent.ini"
	[[ $output == *"output p: cat: there is no user nobody-of-that-name in /etc/passwd"* ]]
}

@test "a program that ends is started again, with a back-off, when there is something to read" {
	need_root
	open_to_all "$T/got" "$T/starts"
	start_agent "$(program "echo >> $T/starts; head -n 1 >> $T/got")" # head reads more than it gives on
	until_true 5 has_told 1 "$T/got" '.state == "started"'
	local i
	for i in 1 2; do
		play daemon exit $i
		until_true 10 has_told 1 "$T/got" ".exit_code == $i or .event == \"exec\""
		nap 1.5
	done
	until_true 10 eval '[ "$(wc -l < $T/starts)" -ge 3 ]'
	[ "$(wc -l < "$T/starts")" -le 6 ] # with a back-off
	stop_agent
}

@test "a program that never reads delays nothing, and what it missed is counted" {
	need_root
	open_to_all "$T/late"
	start_agent "$(program "i=0; while [ ! -s $T/late ] && [ \$i -lt 300 ]; do i=\$((i + 1)); sleep 0.1; done; exec cat >> $T/late")"
	LIFE=0
	local i
	for ((i = 0; i < 300; i++)); do "$T/daemon" --delay 3 exit 3 > /dev/null || true; done # 64 KiB fit into a pipe
	until_true 10 has_records 200 exit; nap 1
	echo '{}' > "$T/late"
	until_true 10 has_told 1 "$T/late" '.event == "lost" and .count > 0 and (.reason | startswith("program "))'
	play daemon exit 9
	until_true 10 has_told 1 "$T/late" '.exit_code == 9'
	stop_agent
	until_true 5 has_told 1 "$T/late" '.state == "stopped"'
	# what it read and what it was told of as lost are all that there was
	local read lost
	lost=$(jq -s 'map(select(.event == "lost" and .backend == "p").count) | add' "$T/late")
	read=$(told "$T/late" '.event != null and (.event == "lost" and .backend == "p" | not)')
	echo "# $read records read, $lost told as lost, of $(wc -l < "$J")" >&3
	[ "$lost" -gt 0 ]
	[ $((read + lost)) -eq "$(wc -l < "$J")" ]
}

@test "it ends when the agent does, and none is left after the engine was killed" {
	need_root
	open_to_all "$T/pids"
	start_agent "$(program "echo \$\$ >> $T/pids; exec cat > /dev/null")"
	until_true 5 test -s "$T/pids"
	kill -KILL "$ENGINE"
	until_true 5 eval '[ "$(wc -l < $T/pids)" -eq 2 ]'
	until_true 5 gone "$(head -n 1 "$T/pids")"
	stop_agent
	until_true 5 gone "$(tail -n 1 "$T/pids")"
}

@test "keys of a program stand only in an output of that type, and a program needs a command" {
	write_conf "$(printf '[agent]\nstate_dir = none\ncontrol = none\n[output p]\ntype = program\n[output q]\ntype = stdout\ncommand = cat\n'; target)" "$T/agent.ini"
	run "$EPITAPH" -n -c "$T/agent.ini"
	[ "$status" -eq 2 ]
	[[ $output == *"[output p]: has no command; write command = "* ]]
	[[ $output == *"[output q] command: belongs to outputs of type program, and this is one of type stdout; take it out"* ]]
}

@test "a program that reads nothing and does not end keeps no killed warden from coming back" {
	need_root
	open_to_all "$T/pids"
	start_agent "$(program "echo \$\$ >> $T/pids; i=0; while [ \$i -lt 300 ]; do i=\$((i + 1)); sleep 0.1; done")"
	until_true 5 test -s "$T/pids"
	kill -KILL "$WARDEN"
	until_true 5 eval '[ "$(count agent ".state == \"started\"")" -ge 2 ]'
	stop_agent
	local pid
	while read -r pid; do STARTED+=("$pid"); done < "$T/pids"
}
