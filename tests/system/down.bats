# down.bats - what ended while no agent was running is told by the next one, once
load lib
load deaths

BETWEEN='.reason | test("ended between [0-9-]+T[0-9:.]+Z and [0-9-]+T[0-9:.]+Z while the agent was not running")'

conf() { printf '[agent]\nbackends = cn_proc, proc\nstate_dir = %s/state\ncontrol = none\n' "$T"; target; }
start_agent_again() { # start_agent_again [ENVIRONMENT...]: the records of the one before are put aside
	[ ! -e "$J" ] || mv "$J" "$J.before"
	start_agent "$(conf)" "$@"
}
state_names() { grep -q "^process $1 " "$T/state/watched" 2> /dev/null; }
start_four() { # FOUR: pids of daemons
	FOUR=()
	for i in 1 2 3 4; do live daemon wait; FOUR+=("$PID"); done
}
reap() { kill -KILL "$1"; until_true 5 gone "$1"; }

# told_once PID...: each has one exit record, without a status or a time of its own, and no more
told_once() {
	local pid
	[ "$(count exit)" -eq $# ]
	for pid; do
		exit_is "$pid" "$BETWEEN" '.cause == "unknown"' '(has("signo") or has("exit_code") or has("uptime_seconds")) | not' \
			'.comm == "daemon"' ".exe == \"$T/daemon\"" '.uid == 0' '.target == "t"'
	done
}
EXIT_ALWAYS=()

down_twice() { # down_twice HOW: the agent ends by HOW, two of four daemons while it is down
	need_root
	start_four
	start_agent "$(conf)"
	for pid in "${FOUR[@]}"; do until_true 5 state_names "$pid"; done
	"$1"
	reap "${FOUR[0]}"
	reap "${FOUR[2]}"
	start_agent_again
	until_true 5 has_records 2 exit
	[ "$(count exec)" -eq 0 ] # the living ones are not new
	"$1"
	told_once "${FOUR[0]}" "${FOUR[2]}"
	[ "$(jq -s '[.[] | select(.event == "exit") | .reason[14:41] as $from | .time[0:19] as $to | $from[0:19] <= $to] | all' "$J")" = true ]
	start_agent_again
	kill -TERM "${FOUR[1]}"
	wait_for_record exit
	nap 0.3
	stop_agent
	# Nothing is told again; one that lived through all of it is told in full.
	[ "$(count exit)" -eq 1 ]
	exit_is "${FOUR[1]}" '.signal == "SIGTERM"'
	[ "$(count exec)" -eq 0 ]
	[ "$(count lost '.backend != "cn_proc"')" -eq 0 ]
}

@test "deaths while the agent was down after kill -9" {
	down_twice kill_agent
}

@test "deaths while the agent was down after an orderly stop" {
	down_twice stop_agent
}

@test "deaths across a reboot: pids and start times of the other boot mean nothing" {
	need_root
	[ -x "$EPITAPH_FAULTS" ] || skip "no FAULTS=1 build"
	EPITAPH=$EPITAPH_FAULTS
	start_four
	start_agent "$(conf)" EPITAPH_FAULT_BOOT_ID=11111111-1111-1111-1111-111111111111
	until_true 5 state_names "${FOUR[3]}"
	stop_agent
	reap "${FOUR[0]}"
	start_agent_again EPITAPH_FAULT_BOOT_ID=22222222-2222-2222-2222-222222222222
	until_true 5 has_records 4 exit
	stop_agent
	# The others that live now are other processes; they were there before this agent, so they are not new either.
	told_once "${FOUR[@]}"
	[ "$(count exit '(.reason | test("at the latest when the machine was started again")) and (has("started") | not)')" -eq 4 ]
	[ "$(count exec)" -eq 0 ]
	start_agent_again EPITAPH_FAULT_BOOT_ID=22222222-2222-2222-2222-222222222222
	stop_agent
	[ "$(count exit)" -eq 0 ]
}

@test "a zombie that ended while the agent was down is told with its status, once" {
	need_root
	start_agent "$(conf)"
	bash -c "'$T/daemon' term_exit 6 > '$T/said' & exec sleep 60" 3>&- &
	local keeper=$!
	STARTED+=("$keeper")
	until_true 5 test -s "$T/said"
	local pid; pid=$(< "$T/said")
	until_true 5 state_names "$pid"
	kill_agent
	kill -TERM "$pid"
	until_true 5 grep -q "^State:.Z" "/proc/$pid/status"
	start_agent_again
	wait_for_record exit
	stop_agent
	[ "$(count exit)" -eq 1 ]
	exit_is "$pid" '.exit_code == 6' 'has("uptime_seconds") | not'
	start_agent_again
	kill -KILL "$keeper"
	nap 0.5
	stop_agent
	[ "$(count exit)" -eq 0 ]
}

refused() { # refused: the agent starts, says that it cannot tell what ended, and watches on
	start_agent_again
	[ "$(count lost '.reason | test("torn or foreign")')" -eq 1 ]
	grep -qE "$T/state/watched: (it is torn or no state file|Is a directory|.* is a link, which is not followed; remove it): what ended while" "$T/agent.err"
	[ "$(count exit)" -eq 0 ]
	kill -TERM "${FOUR[$1]}"
	wait_for_record exit
	stop_agent
	exit_is "${FOUR[$1]}" '.signal == "SIGTERM"'
}

@test "a torn file, a foreign file, a symbolic link, a directory: reported and left out of account" {
	need_root
	start_four
	start_agent "$(conf)"
	stop_agent
	head -c -3 "$T/state/watched" > "$T/torn" && cp "$T/torn" "$T/state/watched"
	refused 0
	head -c 4000 /dev/urandom > "$T/state/watched"
	refused 1
	echo "somebody else's" > "$T/elses"
	ln -sf "$T/elses" "$T/state/watched"
	refused 2
	[ "$(< "$T/elses")" = "somebody else's" ]
	[ -f "$T/state/watched" ]
	[ ! -L "$T/state/watched" ]
	rm "$T/state/watched" && mkdir "$T/state/watched"
	refused 3
	grep -q "deaths while the agent is down will not be told" "$T/agent.err"
	[ -z "$(find "$T/state" -name '*.new')" ]
}

@test "a state_dir that cannot be written: said once, and all else goes on" {
	need_root
	: > "$T/state" # a file where the directory should be
	start_agent "$(conf)"
	for i in 1 2 3; do live daemon wait; kill -TERM "$PID"; wait_for_record exit ".pid == $PID"; nap 1.1; done
	stop_agent
	exit_is "$PID" '.signal == "SIGTERM"'
	[ "$(grep -c "deaths while the agent is down will not be told" "$T/agent.err")" -le 2 ]
	[ "$(grep -c "Not a directory" "$T/agent.err")" -ge 1 ]
}

@test "the state is written at most once a second, by rename, and is whole at every moment" {
	need_root
	start_agent "$(conf)"
	until_true 5 test -e "$T/state/watched"
	local inode last= changes=0 torn=0 end=$((SECONDS + 4)) begin=${EPOCHREALTIME/./} lines
	(while :; do "$T/daemon" --delay 20 exit 0; done) 3>&- &
	STARTED+=($!)
	while [ "$SECONDS" -lt "$end" ]; do
		inode=$(stat -c %i "$T/state/watched")
		[ "$inode" = "$last" ] || changes=$((changes + 1))
		last=$inode
		lines=$(< "$T/state/watched")
		# behind its last line stands who ended since, which is appended
		[[ $lines == "epitaph 1 "* && $lines =~ $'\n'"end "[0-9]+($'\n'"told "[0-9]+" "[0-9]+)*$ ]] || torn=$((torn + 1))
	done
	local elapsed=$(((${EPOCHREALTIME/./} - begin) / 1000000 + 1))
	kill -KILL "${STARTED[-1]}"
	stop_agent
	echo "# $changes files in $elapsed s" >&3
	[ "$changes" -ge 3 ]
	[ "$changes" -le $((elapsed + 2)) ]
	[ "$torn" -eq 0 ]
	# 0600, and no process is left in it that has been told.
	[ "$(stat -c %a "$T/state/watched")" = 600 ]
}
