# failover.bats - backends are pulled away while watched daemons die at random times: every end is told all the same
load lib
load audit
load deaths

# noise: something forks ten times a second, so that cn_proc has something to read
start_noise() {
	while :; do "$TESTS/crowd" 1; nap 0.1; done &
	STARTED+=($!)
}

told_once_started() { [ "$(count agent '.state == "started"')" -eq 1 ]; }
states() { records agent | jq -r .state | uniq | paste -sd ' '; }

@test "the cn_proc socket dies again and again: 20 deaths, 20 right records, back-off, no restart" {
	need_root
	[ -x "$EPITAPH_FAULTS" ] || skip "no FAULTS=1 build"
	EPITAPH=$EPITAPH_FAULTS
	AGENT_KEYS='backends = cn_proc, proc'
	start_crowd 20 6500
	start_agent "$(target)" EPITAPH_FAULT_CN_PROC_EVENTS=6
	local agent=$AGENT
	start_noise
	begin_ends
	await_ends
	until_true 5 all_ends_told || true
	wait_for_record agent '.state == "degraded" and (.reason | test("in 4 s"))'
	[ "$AGENT" = "$agent" ]
	stop_agent
	one_right_exit_each
	[[ "$(states)" == "started degraded restored degraded restored degraded"* ]]
	told_once_started
	# It says what died, when it is tried again and what is not seen meanwhile; /proc covers it.
	[ "$(count agent '.state == "degraded" and (.backends == ["proc"]) and (.sees_exit == true) and
		(.reason | test("^cn_proc: .*tried again in [124] s; .*missed"))')" -ge 3 ]
	# 1 s, 2 s: the waits are as announced.
	records agent | jq -s -e '[.[] | select(.state == "degraded" or .state == "restored") |
			(.time[0:19] + "Z" | fromdate) + (.time[19:26] | tonumber)] as $t
		| ($t[1] - $t[0] >= 0.99 and $t[1] - $t[0] < 2) and ($t[3] - $t[2] >= 1.99 and $t[3] - $t[2] < 4)'
}

# take_audit: another program takes the audit records over; leaves TAKER, which lets go of them when 8 is closed
take_audit() {
	mkfifo "$T/hold"
	"$TESTS/auditpid" < "$T/hold" > "$T/taken" 2>&1 3>&- &
	TAKER=$!
	STARTED+=("$TAKER")
	exec 8> "$T/hold"
	until_true 15 grep -q taken "$T/taken"
}

@test "another process takes the audit pid: 20 deaths, 20 right records" {
	need_audit
	AGENT_KEYS='backends = auto'
	start_crowd 20 5000
	start_agent "$(target)"
	begin_ends
	nap 0.5
	take_audit
	nap 2
	exec 8>&-
	await_ends
	until_true 5 all_ends_told || true
	wait_for_record agent '.state == "restored"' 1 20
	local code=0
	"$T/daemon" exit 9 || code=$?
	[ "$code" -eq 9 ]
	wait_for_record exit '.exit_code == 9'
	stop_agent
	one_right_exit_each
	[ "$(states)" = "started degraded restored stopped" ]
	told_once_started
	# All that was seen goes on being seen, beside the other one: who sent what is named.
	[ "$(count agent '.state == "degraded" and (.reason | test("audit")) and .sees_signal')" -eq 1 ]
	[ "$(count exit '.cause == "killed" or .cause == "stopped"')" -eq 20 ]
	[ "$(count exit '(.cause == "killed" or .cause == "stopped") and .sender_pid == '"$CROWD")" -eq 20 ]
}

@test "what audit told of a start is not told again: when /proc is read after a loss, nor at the end" {
	need_audit
	[ -x "$EPITAPH_FAULTS" ] || skip "no FAULTS=1 build"
	EPITAPH=$EPITAPH_FAULTS
	AGENT_KEYS='backends = auto'
	start_agent "$(target)" EPITAPH_FAULT_CN_PROC_EVENTS=25
	live daemon wait
	wait_for_record exec ".pid == $PID"
	start_noise
	wait_for_record agent '.state == "restored" and .reason == "cn_proc"'
	stop_agent
	[ "$(count exec ".pid == $PID")" -eq 1 ]
	[ "$(count exec ".pid == $PID and .starts == 1 and (.sources | index(\"audit\") != null)")" -eq 1 ]
}

@test "auditd starts and the cn_proc socket dies as well: 20 deaths, 20 right records" {
	need_audit
	[ -x "$EPITAPH_FAULTS" ] || skip "no FAULTS=1 build"
	EPITAPH=$EPITAPH_FAULTS
	AGENT_KEYS='backends = auto'
	start_crowd 20 6000
	start_agent "$(target)" EPITAPH_FAULT_CN_PROC_EVENTS=15
	start_noise
	begin_ends
	nap 0.5
	start_auditd
	await_ends
	until_true 5 all_ends_told || true
	wait_for_record agent '.state == "restored" and .reason == "cn_proc"'
	stop_auditd || true
	wait_for_record agent '.state == "restored" and (.reason | test("audit"))' 1 20
	stop_agent
	one_right_exit_each
	told_once_started
	[ "$(count agent '.state == "degraded" and (.reason | test("^cn_proc"))')" -ge 1 ]
	[ "$(count agent '.state == "degraded" and (.reason | test("audit"))')" -ge 1 ]
	[ "$(count exit "has(\"sender_pid\") and .sender_pid != $CROWD")" -eq 0 ]
}

@test "a retry that was due is none after a reload has opened it" {
	need_audit
	start_auditd
	AGENT_KEYS='backends = audit, cn_proc, proc'
	start_agent "$(target; printf '[audit]\ntransport = unicast\n')"
	nap 1.2 # first retry failed: next in 2 s
	stop_auditd
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded"'
	nap 4
	live daemon wait
	kill -USR2 "$PID"
	bash -c 'kill "$1"' bash "$PID" || true
	wait_for_record exit ".pid == $PID"
	stop_agent
	[ "$(auditctl -l)" = "No rules" ]
	[ "$(count agent '.state == "restored"')" -eq 0 ]
}
