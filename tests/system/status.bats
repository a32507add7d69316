# status.bats - the control socket, and what `epitaph status` makes of it
load lib

# with_control CONF: a configuration; the socket is in this test's directory
with_control() { printf '[agent]\nstate_dir = none\ncontrol = %s/sock\n%s\n%s\n' "$T" "$AGENT_KEYS" "$1"; }
status() { "$EPITAPH" status -c "$T/agent.ini" "$@"; }
figure() { status --prometheus | awk -v name="$1" '$1 == name { print $2 }'; }
is_figure() { [ "$(figure "$1")" = "$2" ]; }

@test "deaths, starts, records and outputs are counted, in the text format of Prometheus, as JSON and as a table" {
	need_root
	start_agent "$(with_control "$(target web 'restarts = 1/10s'; printf '[target other]\ncomm = not-there\n')")"
	play daemon exit 3
	play daemon exit 3
	play daemon segv
	live daemon wait
	wait_for_record exit true 3
	until_true 5 is_figure 'epitaph_up{target="web"}' 1
	[ "$(figure 'epitaph_deaths_total{target="web",cause="exit",signal=""}')" = 2 ]
	[ "$(figure 'epitaph_deaths_total{target="web",cause="unknown",signal="SIGSEGV"}')" = 1 ]
	[ "$(figure 'epitaph_starts_total{target="web"}')" = 4 ]
	[ "$(figure 'epitaph_up{target="other"}')" = 0 ]
	[ "$(figure 'epitaph_flapping{target="web"}')" = 1 ]
	[ "$(figure 'epitaph_records_total{event="exit"}')" = 3 ]
	[ "$(figure 'epitaph_output_dropped_total{output="j"}')" = 0 ]
	[ "$(figure 'epitaph_output_written_total{output="j"}')" = "$(wc -l < "$J")" ]
	[ "$(figure 'epitaph_backend_up{backend="cn_proc"}')" = 1 ]
	[ "$(figure 'epitaph_backend_up{backend="audit"}')" = 0 ]
	local last; last=$(figure 'epitaph_last_death_timestamp_seconds{target="web"}')
	[ "$(records exit | tail -n 1 | jq "$(seconds .time) - $last | fabs < 0.01")" = true ]
	# every line is right, and each name has its HELP and TYPE before it
	status --prometheus | awk '
		/^# HELP epitaph_[a-z_]+ [^ ].*$/ { help = $3; next }
		/^# TYPE epitaph_[a-z_]+ (counter|gauge)$/ { if ($3 != help || type[$3]++) exit 1; now = $3; next }
		/^epitaph_[a-z_]+({[a-z]+="[^"]*"(,[a-z]+="[^"]*")*})? [0-9.]+$/ { name = $1; sub(/{.*/, "", name); if (name != now) exit 1; next }
		{ exit 1 }'
	[ "$(status --json | jq -s 'map(select(.name == "epitaph_deaths_total" and .target == "web" and .cause == "exit").value) | add')" = 2 ]
	[ "$(status --json | wc -l)" -eq "$(status --prometheus | grep -vc '^#')" ]
	run status
	[ "$status" -eq 0 ]
	[[ $output == "epitaph "*"; sees exec, exit; does not see signal"* ]]
	[[ $output == *"web                      1        4        3  20"*"2 exit, 1 unknown SIGSEGV  FLAPPING"* ]]
	[[ $output == *"other                    0        0        0  - "* ]]
	stop_agent
	[ ! -e "$T/sock" ]
	run status
	[ "$status" -eq 1 ]
	[[ $output == *"no agent listens there"* ]]
}

@test "a reload keeps the figures, and restarts of the engine the socket" {
	need_root
	start_agent "$(with_control "$(target)")"
	play daemon exit 3
	wait_for_record exit
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded"'
	is_figure 'epitaph_deaths_total{target="t",cause="exit",signal=""}' 1
	[ "$(figure 'epitaph_records_total{event="exit"}')" = 1 ]
	kill -KILL "$ENGINE"
	until_true 5 eval '[ "$(count agent ".state == \"started\"")" -ge 2 ]'
	until_true 5 is_figure 'epitaph_up{target="t"}' 0
	stop_agent
}

@test "other users are refused, and who does not read or sends nonsense harms nothing" {
	need_root
	need setpriv
	need python3
	start_agent "$(with_control "$(target)")"
	[ "$(stat -c '%a %u' "$T/sock")" = "600 0" ]
	chmod 711 "$BATS_RUN_TMPDIR" "$T"
	local nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups "$EPITAPH" status -c "$T/agent.ini")
	run "${nobody[@]}"
	[ "$status" -eq 1 ]
	[[ $output == *"Permission denied: only root, and the agent's own user, are told"* ]]
	chmod 666 "$T/sock" # even then it is not told
	run "${nobody[@]}"
	[ "$status" -eq 1 ]
	[[ $output == *"the agent hung up: it tells root and its own user alone"* ]]
	python3 - "$T/sock" > held 3>&- <<-'END' &
		import socket, sys, time
		held = []
		for i in range(6):
		    s = socket.socket(socket.AF_UNIX)
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
		    s.connect(sys.argv[1])
		    try:
		        s.send(b'\0{"quit": 1}\n' * 1000)
		    except OSError:
		        pass
		    held.append(s)
		print('held', flush=True)
		time.sleep(20)
	END
	STARTED+=($!)
	until_true 5 test -s held
	play daemon exit 4
	wait_for_record exit ".pid == $PID"
	until_true 10 is_figure 'epitaph_deaths_total{target="t",cause="exit",signal=""}' 1
	stop_agent
}

@test "a socket that a killed agent left is taken over; a second agent goes without" {
	need_root
	start_agent "$(with_control "$(target)")"
	local first=$AGENT
	write_conf "$(with_control "$(target)")" "$T/second.ini"
	sed -i "s,^path = .*,path = $T/j2," "$T/second.ini"
	"$EPITAPH" -c "$T/second.ini" 2> second.err 3>&- &
	local second=$!
	STARTED+=("$second")
	until_true 5 grep -q "control: $T/sock: another agent listens there: .epitaph status. cannot ask this agent" second.err
	kill -TERM "$second"
	wait "$second"
	is_figure 'epitaph_up{target="t"}' 0 # it took nothing of the first one's away
	AGENT=$first
	kill_agent
	[ -S "$T/sock" ]
	rm -f "$J"
	start_agent "$(with_control "$(target)")"
	is_figure 'epitaph_up{target="t"}' 0
	[ ! -s agent.err ]
	stop_agent
	echo text > "$T/sock"
	start_agent "$(with_control "$(target)")"
	grep -q "control: $T/sock: Socket operation on non-socket" agent.err
	stop_agent
	[ "$(< "$T/sock")" = text ]
}

@test "mistakes on the command line" {
	run "$EPITAPH" status --json --prometheus
	[ "$status" -eq 2 ]
	run "$EPITAPH" status now
	[ "$status" -eq 2 ]
	[[ $output == *"takes no arguments, not now"* ]]
	write_conf "$(target)" "$T/agent.ini"
	run "$EPITAPH" status -c "$T/agent.ini"
	[ "$status" -eq 2 ]
	[[ $output == *"control = none: that agent cannot be asked"* ]]
	run "$EPITAPH" status -c "$T/nothing.ini"
	[ "$status" -eq 2 ]
}
