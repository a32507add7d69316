# priority.bats - the real-time priority of the engine: taken back when it runs on and on, and asked for again
load lib

policy() { awk '{ sub(/.*\) /, ""); print $39 }' "/proc/$ENGINE/stat"; } # 0 normal, 1 SCHED_FIFO (sched(7))
policy_is() { [ "$(policy)" -eq "$1" ]; }

@test "the kernel's warning that the engine ran too long takes its real-time priority away, and gives it back after a while" {
	need_root
	[ -x "$EPITAPH_FAULTS" ] || skip "no FAULTS=1 build"
	EPITAPH=$EPITAPH_FAULTS
	start_agent "$(target)" EPITAPH_FAULT_PRIORITY_AGAIN=3
	policy_is 1 || skip "no real-time priority here"
	kill -XCPU "$ENGINE"
	until_true 2 policy_is 0
	play daemon exit 7
	wait_for_record exit ".pid == $PID"
	policy_is 0 # an event before its time changes nothing
	nap 3.5
	play daemon exit 8
	until_true 2 policy_is 1
	kill -XCPU "$ENGINE"
	until_true 2 policy_is 0
	stop_agent
}
