# storms.bats - more than a machine does by itself, with tracepoint: all is told; minutes, so by name alone (make check-storms)
load ../system/lib
BATS_TEST_DIRNAME=$BATS_TEST_DIRNAME/../system

need_tracepoint() {
	need_backend tracepoint
	AGENT_KEYS='backends = tracepoint, cn_proc, proc'
}

@test "20,000 watched spawns: every name, path and status, none lost" {
	need_tracepoint
	watched daemon
	start_agent "$(target)"
	nap 0.5
	"$TESTS/spawn" -c -f "$T/pairs" 20000 2 -- "$T/daemon" exit | sed 's/^/# /' >&3
	[ "$(wc -l < "$T/pairs")" -eq 20000 ]
	until_true 60 has_records 20000 exit
	stop_agent
	diff <(sort "$T/pairs") <(records exit | jq -r '"\(.pid) \(.exit_code)"' | sort)
	diff <(cut -d ' ' -f 1 "$T/pairs" | sort) <(records exec | jq .pid | sort)
	[ "$(count exec ".comm == \"daemon\" and .exe == \"$T/daemon\"")" -eq 20000 ]
	[ "$(count exit ".comm == \"daemon\" and .exe == \"$T/daemon\" and .cause == \"exit\"")" -eq 20000 ]
	lost_none
}

# A kill that comes in the midst of the exec leaves a process that has executed nothing: that one is no daemon.
@test "20,000 processes killed as soon as they execute the daemon: every one that did, with its sender, none lost" {
	need_tracepoint
	watched daemon
	start_agent "$(target)"
	nap 0.5
	"$TESTS/spawn" -k -f "$T/pairs" 20000 2 -- "$T/daemon" wait | sed 's/^/# /' >&3
	nap 2
	stop_agent
	diff <(records exec | jq .pid | sort) <(records exit | jq .pid | sort)
	local executed; executed=$(count exec)
	echo "# $executed of 20000 had executed it" >&3
	[ "$executed" -ge 19000 ]
	[ "$(comm -13 <(cut -d ' ' -f 1 "$T/pairs" | sort) <(records exit | jq .pid | sort) | wc -l)" -eq 0 ]
	[ "$(count exit '.signal == "SIGKILL" and .cause == "killed" and .confidence == "certain" and .sender_comm == "spawn"')" -eq "$executed" ]
	lost_none
}

@test "400,000 kills at full speed from two senders: all counted, none lost" {
	need_tracepoint
	watched daemon
	start_agent "$(target)"
	live daemon ignore USR1
	"$TESTS/kills" "$PID" USR1 200000 > /dev/null 3>&- & local other=$!
	"$TESTS/kills" "$PID" USR1 200000 > /dev/null
	wait $other
	kill -KILL "$PID"
	wait_for_record exit ".pid == $PID" 1 30
	stop_agent
	[ "$(records signal '.signal == "SIGUSR1"' | jq -s 'map(.repeat) | add')" -eq 400000 ]
	lost_none
}
