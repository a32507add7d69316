# audit_others.bats - others touch auditing, or the agent does at a bad time: what is theirs is left, what is ours comes back.
load lib
load audit

@test "auditing off, rules deleted, auditing on again: the rules come back" {
	need_audit
	start_agent "$(target)"
	auditctl -l | sort > "$T/rules"
	auditctl -e 0 > /dev/null; auditctl -D > /dev/null; auditctl -e 1 > /dev/null
	nap 4
	live daemon wait
	bash -c 'kill "$1"' bash "$PID"
	wait_for_record exit ".pid == $PID"
	diff "$T/rules" <(auditctl -l | sort)
}

@test "an administrator's backlog settings made meanwhile are left" {
	need_audit
	start_agent "$(target)"
	auditctl -b 16384 --backlog_wait_time 1234 > /dev/null
	nap 0.2
	stop_agent
	[ "$(field backlog_limit)" = 16384 ]
	[ "$(field backlog_wait_time)" = 1234 ]
}

# settings_are_left BACKLOG WAIT: of auditd's rules, when the agent beside it is killed and started again
settings_are_left() {
	need_audit
	auditctl -b 64 --backlog_wait_time 15000 -e 0 > /dev/null
	AGENT_KEYS+=$'\nstate_dir = '$T/state
	local conf; conf=$(printf '[agent]\ncontrol = none\n%s\n' "$AGENT_KEYS"; target)
	start_agent "$conf"
	start_auditd
	nap 2
	auditctl -b "$1" --backlog_wait_time "$2" > /dev/null # auditd's rules.d
	kill_agent
	rm "$J"
	start_agent "$conf"
	[ "$(field backlog_limit)" = "$1" ]
	[ "$(field backlog_wait_time)" = "$2" ]
}

@test "killed beside auditd after auditd's rules were loaded: auditd's settings are left" {
	settings_are_left 16384 60000
}

@test "killed beside auditd whose rules say -b 8192, as distributions have it: that is left too" {
	settings_are_left 8192 60000
}

@test "an agent in another network namespace leaves the first one's rules alone" {
	need_audit
	start_agent "$(target)"
	auditctl -l | sort > "$T/rules"
	mkdir "$T/two"
	printf '[agent]\nstate_dir = none\ncontrol = none\nbackends = audit, proc\n[output j]\ntype = file\npath = %s\nformat = json\n[target t]\nexe = /x/*\n' "$T/two/j" > "$T/two/ini"
	unshare -n "$EPITAPH" -c "$T/two/ini" > "$T/two/out" 2>&1 3>&- < /dev/null &
	local two=$!
	STARTED+=($two)
	nap 0.7
	auditctl -l | sort > "$T/now"
	nap 5
	kill $two; wait $two || true
	diff "$T/rules" "$T/now"
	[ "$(count lost '.backend == "audit"')" -eq 0 ]
}

@test "the directory of the executable goes away: the exit rule comes back" {
	need_audit
	mkdir "$T/opt"; cp "$TESTS/victim" "$T/opt/d"
	start_agent "$(printf '[target t]\nexe = %s/opt/d\nrate = 0\n' "$T")"
	rm -r "$T/opt"; nap 0.2; mkdir "$T/opt"; cp "$TESTS/victim" "$T/opt/d"
	nap 3
	[ "$(auditctl -l | grep -c exit_group)" -eq 2 ]
}

@test "rules removed while the executable's directory is away: what can be loaded is" {
	need_audit
	mkdir "$T/opt"; cp "$TESTS/victim" "$T/opt/d"
	start_agent "$(printf '[target t]\nexe = %s/opt/d\nrate = 0\n' "$T")"
	rm -r "$T/opt"
	auditctl -D > /dev/null
	nap 3
	[ "$(auditctl -l | grep -c ' kill')" -eq 2 ]
}

@test "a reload names an executable whose directory is not there: all exits are recorded, and no rule is left over" {
	need_audit
	start_agent "$(target)"
	write_conf "$(printf '[target t]\nexe = %s/none/d\nrate = 0\n' "$T")" "$T/agent.ini"
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded"'
	[ "$(count agent '.state == "degraded"')" -eq 0 ]
	[ "$(auditctl -l | grep -c exit_group)" -eq 2 ]
	[ "$(auditctl -l | sort | uniq -d | wc -l)" -eq 0 ]
	stop_agent
	[ "$(auditctl -l)" = "No rules" ]
}

@test "a stranger's program called auditd changes nothing" {
	need_audit
	start_agent "$(target)"
	local dir; dir=$(mktemp -d)
	cp "$(readlink -f /bin/true)" "$dir/auditd"
	chmod -R 755 "$dir"
	setpriv --reuid 65534 --clear-groups "$dir/auditd"
	nap 1
	rm -r "$dir"
	[ "$(field pid)" = "$WARDEN" ]
	[ "$(count agent '.state == "degraded"')" -eq 0 ]
}

@test "a container's program called auditd changes nothing, even root's" {
	need_audit
	start_agent "$(target)"
	local dir; dir=$(mktemp -d)
	cp "$(readlink -f /bin/sleep)" "$dir/auditd"
	unshare --pid --fork "$dir/auditd" 1
	unshare --user --map-root-user "$dir/auditd" 1
	unshare --pid --fork "$dir/auditd" 0
	nap 1
	rm -r "$dir"
	[ "$(field pid)" = "$WARDEN" ]
	[ "$(count agent '.state == "degraded"')" -eq 0 ]
}

@test "as a plugin of auditd: rules that auditd's start deletes come back" {
	need_audit
	sed -e "s|^path = .*|path = $T/epitaph|" -e 's/^active = .*/active = yes/' -e "s|^args = .*|args = -c $T/agent.ini|" \
		"$BATS_TEST_DIRNAME/../../config/epitaph.conf" > "$T/plugin.conf"
	cp "$EPITAPH" "$T/epitaph"; chmod 750 "$T/epitaph"
	write_conf "$(target; printf '[audit]\ntransport = stdin\n')" "$T/agent.ini"
	start_auditd "$(< "$T/plugin.conf")"
	until_true 10 agent_says started
	auditctl -D > /dev/null # augenrules --load, auditd.service's ExecStartPost
	auditctl -a always,exit -F arch=b64 -S mount -F key=mine > /dev/null
	nap 4
	live daemon wait
	"$TESTS/send" kill KILL "$PID"
	wait_for_record exit ".pid == $PID"
	auditctl -l | grep -q 'key=epitaph'
}

@test "audit that could not be opened leaves no note of what it found" {
	need_audit
	start_auditd
	AGENT_KEYS+=$'\nstate_dir = '$T/state
	start_agent "$(printf '[agent]\ncontrol = none\n%s\n' "$AGENT_KEYS"; target; printf '[audit]\ntransport = unicast\n')"
	nap 0.3
	stop_agent
	[ ! -e "$T/state/audit-found" ]
}

@test "transport changed by a reload: done, or said" {
	need_audit
	start_agent "$(target; printf '[audit]\ntransport = unicast\n')"
	write_conf "$(target; printf '[audit]\ntransport = multicast\n')" "$T/agent.ini"
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded"'
	nap 1
	[ "$(field pid)" = 0 ] || grep -q transport "$T/agent.err"
}

@test "a never rule ahead of ours is named" {
	need_audit
	auditctl -a never,exit -F arch=b64 -S kill -F key=mine > /dev/null
	start_agent "$(target)"
	live daemon wait
	"$TESTS/send" kill KILL "$PID"
	wait_for_record exit ".pid == $PID"
	auditctl -d never,exit -F arch=b64 -S kill -F key=mine > /dev/null
	stop_agent
	records agent '.state=="started"' | jq -e '.reason | test("never")'
}

@test "a never rule that a reload moves ours behind is named" {
	need_audit
	start_agent "$(target)"
	auditctl -a never,exit -F arch=b64 -S kill -F uid=12345 -F key=mine > /dev/null
	nap 2
	[ "$(records agent '.state=="degraded"' | wc -l)" -eq 0 ] # it comes last
	write_conf "$(target; echo 'signals = TERM, KILL')" "$T/agent.ini"
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "degraded"'
	auditctl -d never,exit -F arch=b64 -S kill -F uid=12345 -F key=mine > /dev/null
	stop_agent
	records agent '.state=="degraded"' | jq -e '.reason | test("never")'
}

@test "a never rule for the files of a directory keeps no signal from being seen" {
	need_audit
	auditctl -a never,exit -F arch=b64 -F dir=/dev/shm -F key=mine > /dev/null
	start_agent "$(target)"
	play daemon exit 3
	wait_for_record exit ".pid == $PID"
	auditctl -d never,exit -F arch=b64 -F dir=/dev/shm -F key=mine > /dev/null
	stop_agent
	records exit | jq -e '.reason | test("never") | not'
}

# Each of the processes is killed at the Nth message that it sends: the warden within its changes of audit.
@test "killed while it opens audit and started again: all is as before the first start" {
	need_audit
	need strace
	auditctl -e 0 > /dev/null; auditctl -b 64 --backlog_wait_time 15000 > /dev/null
	AGENT_KEYS+=$'\nstate_dir = '$T/state
	audit_state > "$T/before"
	local conf n; conf=$(printf '[agent]\ncontrol = none\n%s\n' "$AGENT_KEYS"; target)
	for n in 4 5 6 8 12; do
		rm -rf "$T/state"
		write_conf "$conf" "$T/agent.ini"
		rm -f "$J"
		strace -f -o "$T/strace" -e trace=sendto -e inject=sendto:signal=KILL:when=$n "$EPITAPH" -c "$T/agent.ini" 3>&- > /dev/null 2>&1 < /dev/null &
		AGENT=$!
		until_true 10 grep -q 'killed by SIGKILL' "$T/strace"
		nap 0.5
		find_processes
		kill_agent
		start_agent "$conf"
		stop_agent
		diff "$T/before" <(audit_state) || { echo "at message $n"; return 1; }
	done
}

@test "a never rule for execve: deaths are told all the same" {
	need_audit
	auditctl -a never,exit -F arch=b64 -S execve -F key=mine > /dev/null
	start_agent "$(target)"
	live daemon wait
	nap 0.02
	kill -KILL "$PID"
	nap 3
	live daemon wait
	local second=$PID
	nap 0.5
	kill -KILL "$second"
	nap 2
	auditctl -d never,exit -F arch=b64 -S execve -F key=mine > /dev/null
	stop_agent
	[ "$(count exit)" -eq 2 ]
}

# start_two: leaves the second one's pid in AGENT and its records in J, the first one's in FIRST, and all of its processes in FIRST_ALL
start_two() {
	start_agent "$(target)"
	FIRST=$AGENT FIRST_ALL=("$AGENT" "$WARDEN" "$ENGINE")
	STARTED+=("$FIRST")
	mkdir "$T/two"; J=$T/two/j
	write_conf "$(target)" "$T/two/ini"
	"$EPITAPH" -c "$T/two/ini" > "$T/two/out" 2>&1 3>&- < /dev/null &
	AGENT=$!
	until_true 10 agent_says started
	find_processes
}

@test "two agents, the first stops: the second still sees who kills" {
	need_audit
	start_two
	kill -TERM $FIRST; wait $FIRST || true
	nap 4
	live daemon wait; nap 1.5
	"$TESTS/send" kill KILL "$PID"
	wait_for_record exit ".pid == $PID"
	[ "$(count exit '.cause == "killed"')" -eq 1 ]
}

@test "two agents, the first is killed: the kernel does not print the records" {
	need_audit
	start_two
	kill -STOP "${FIRST_ALL[@]}"; kill -KILL "${FIRST_ALL[@]}"; wait $FIRST || true
	nap 1
	live daemon ignore USR1
	"$TESTS/kills" "$PID" USR1 10
	nap 3
	local before; before=$(dmesg | grep -c 'audit: type=13' || true); dmesg | tail -1
	"$TESTS/kills" "$PID" USR1 10
	nap 7
	"$TESTS/kills" "$PID" USR1 10
	[ "$(field pid)" = "$WARDEN" ]
}

# forge PID: an unprivileged user has the kernel write a line of its own words
forge() {
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare -U -r -m \
		mount -t tmpfs -o "Out of memory: Killed process $1 (daemon) total-vm:1kB" none /mnt 2> /dev/null || true
}

@test "a stranger's words in the kernel log are no OOM kill" {
	need_audit
	AGENT_KEYS='backends = audit, cn_proc, proc, kmsg'
	start_agent "$(target)"
	live daemon wait
	nap 0.3
	forge "$PID"
	"$TESTS/send" kill KILL "$PID"
	wait_for_record exit ".pid == $PID"
	live daemon wait
	local last=$PID
	nap 0.3
	forge "$last"
	kill -KILL "$last" # by this shell, which may be unaudited
	wait_for_record exit ".pid == $last"
	stop_agent
	[ "$(count exit '.cause == "oom"')" -eq 0 ]
}

@test "what is over is no limit at a reload" {
	need_audit
	start_agent "$(target)"
	auditctl -D -k epitaph > /dev/null
	wait_for_record agent '.state == "restored"'
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded"'
	stop_agent
	records agent '.state == "reloaded"' | jq -e '.reason == null'
}
