# processes.bats - the agent's three processes: what each may do, and what is left when one of them is killed
load lib
load audit

status_of() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }

@test "the engine has another user, one capability, no new privileges, and a filter" {
	need_root
	if sanitized; then skip "a sanitizer build keeps its rights"; fi
	start_agent "$(target)"
	[ "$(status_of "$AGENT" Uid)" = 0 ]
	[ "$(status_of "$WARDEN" Uid)" = 0 ]
	# neither over files, modules, devices nor raw memory: DAC_OVERRIDE 1, CHOWN 0, FOWNER 3, SYS_MODULE 16, SYS_RAWIO 17, MKNOD 27
	(( (0x$(status_of "$WARDEN" CapEff) & (1 << 1 | 1 << 0 | 1 << 3 | 1 << 16 | 1 << 17 | 1 << 27)) == 0 ))
	[ "$(status_of "$ENGINE" Uid)" = 65533 ] || [ "$(id -u epitaph 2> /dev/null)" = "$(status_of "$ENGINE" Uid)" ]
	[ "$(awk '$1 == "Groups:"' "/proc/$ENGINE/status" | wc -w)" -eq 1 ]
	local ptrace=0000000000080000 set
	for set in CapPrm CapEff; do [ "$(status_of "$ENGINE" $set)" = $ptrace ]; done
	for set in CapInh CapBnd CapAmb; do [ "$(status_of "$ENGINE" $set)" = 0000000000000000 ]; done
	[ "$(status_of "$ENGINE" NoNewPrivs)" = 1 ]
	[ "$(status_of "$ENGINE" Seccomp)" = 2 ]
	# its own user's processes cannot look into it
	run setpriv --reuid "$(status_of "$ENGINE" Uid)" --regid 65533 --clear-groups cat "/proc/$ENGINE/maps"
	[ "$status" -ne 0 ]
	records agent '.state == "started"' | jq -e '.privileges | test("CAP_SYS_PTRACE alone") and test("filter")'
	"$EPITAPH" probe | grep '^rights:.*CAP_SYS_PTRACE alone'
	stop_agent
}

@test "user: a number, a name, root, and one that is not there" {
	need_root
	if sanitized; then skip "a sanitizer build keeps its rights"; fi
	AGENT_KEYS=$'backends = cn_proc\nuser = 4242'
	start_agent "$(target)"
	[ "$(status_of "$ENGINE" Uid)" = 4242 ]
	stop_agent
	AGENT_KEYS=$'backends = cn_proc\nuser = daemon'
	start_agent "$(target)"
	[ "$(status_of "$ENGINE" Uid)" = "$(id -u daemon)" ]
	stop_agent
	rm "$J"
	AGENT_KEYS=$'backends = cn_proc\nuser = root'
	start_agent "$(target)"
	[ "$(status_of "$ENGINE" Uid)" = 0 ]
	records agent '.state == "started"' | jq -e '.privileges | test("keeps all rights")'
	stop_agent
	write_conf "[agent]
user = nobody-of-that-name
$(target)" "$T/agent.ini"
	run "$EPITAPH" -c "$T/agent.ini"
	[ "$status" -eq 1 ]
	[[ $output == *"there is no user nobody-of-that-name"* ]]
}

# payload NAME EXPECTED: from inside the engine
payload() {
	write_conf "$CONF" "$T/agent.ini"
	: > "$T/payload.err"
	EPITAPH_FAULT_PAYLOAD=$1 timeout -s TERM 10 "$EPITAPH_FAULTS" -c "$T/agent.ini" > /dev/null 2> "$T/payload.err" 3>&- < /dev/null &
	local pid=$!
	until_true 10 grep -q . "$T/payload.err"
	kill -TERM "$pid" 2> /dev/null || true
	wait "$pid" || true
	echo "# $1: $(head -n 1 "$T/payload.err" | sed "s/^payload [a-z-]*: //; s/^epitaph: //; s/: it is started again//")" >&3
	grep -q "$2" "$T/payload.err" || { cat "$T/payload.err"; return 1; }
	run ! grep -q DONE "$T/payload.err"
}

@test "from inside a taken-over engine: nothing of what it tries is done" {
	need_audit
	[ -x "$EPITAPH_FAULTS" ] || skip "no FAULTS=1 build"
	if sanitized; then skip "a sanitizer build keeps its rights"; fi
	CONF=$(printf '[agent]\nstate_dir = none\ncontrol = none\nbackends = cn_proc\n'; target)
	rm -f /tmp/epitaph-payload
	payload shadow 'refused: Permission denied'
	payload memory 'refused: Permission denied'
	payload memory-of-warden 'refused: Permission denied'
	payload audit-off 'refused: Operation not permitted'
	payload requests 'refused: Permission denied'
	local call
	for call in write exec fork connect ptrace kill root code; do payload $call 'which is not on its list'; done
	payload nonsense 'what is no request: it is killed'
	[ ! -e /tmp/epitaph-payload ]
	[ "$(auditctl -l)" = "No rules" ]
}

watch_goes_on() {
	live daemon wait
	nap 0.1
	kill -KILL "$PID"
	wait_for_record exit ".pid == $PID"
}
agent_started() { [ "$(count agent '.state == "started"')" -ge "$1" ]; }
as_found() { [ "$(auditctl -l)" = "No rules" ] && [ "$(field enabled)" = 0 ] && [ "$(field backlog_limit)" = 64 ]; }

@test "the engine is killed: audit is as found, the gap is told, deaths in it too, and the watch goes on" {
	need_audit
	auditctl -e 0 -b 64 > /dev/null
	AGENT_KEYS=$'backends = audit, cn_proc, tracepoint, proc\nstate_dir = '$T/state
	start_agent "$(printf '[agent]\ncontrol = none\n%s\n' "$AGENT_KEYS"; target)"
	live daemon wait; local lives=$PID
	live daemon wait; local dies=$PID
	nap 1.5 # it stands in the state file
	kill -STOP "$WARDEN"
	kill -KILL "$ENGINE"
	kill -KILL "$dies"
	wait "$dies" 2> /dev/null || true
	kill -CONT "$WARDEN"
	until_true 2 agent_started 2
	wait_for_record lost '.reason | test("the agent.s engine was killed by signal 9")'
	wait_for_record exit ".pid == $dies"
	# from 6.15 on a pidfd tells how one ended that was reaped: the warden kept it
	if uname -r | awk -F. "{ exit !(\$1 > 6 || (\$1 == 6 && \$2 >= 15)) }"; then records exit ".pid == $dies" | jq -e ".signal == \"SIGKILL\""; fi
	find_processes
	watch_goes_on
	kill -TERM "$lives"
	wait_for_record exit ".pid == $lives and .cause == \"killed\""
	stop_agent
	[ "$(count exit)" -eq 3 ]
	as_found
}

@test "the warden is killed: audit is as found at once, and the watch goes on" {
	need_audit
	auditctl -e 0 -b 64 > /dev/null
	AGENT_KEYS=$'backends = audit, cn_proc, tracepoint, proc\nstate_dir = '$T/state
	start_agent "$(printf '[agent]\ncontrol = none\n%s\n' "$AGENT_KEYS"; target)"
	live daemon wait; local lives=$PID
	nap 1.5
	local engine=$ENGINE
	kill -KILL "$WARDEN"
	until_true 2 agent_started 2
	gone "$engine"
	wait_for_record lost '.reason | test("process that has its rights was killed by signal 9")'
	watch_goes_on
	kill -TERM "$lives"
	wait_for_record exit ".pid == $lives and .cause == \"killed\""
	stop_agent
	[ "$(count exit)" -eq 2 ]
	as_found
}

@test "the keeper is killed: the others stop in order, and audit is as found" {
	need_audit
	auditctl -e 0 -b 64 > /dev/null
	AGENT_KEYS='backends = audit, cn_proc'
	start_agent "$(target)"
	live daemon wait
	kill -KILL "$AGENT"; wait "$AGENT" || true
	AGENT=
	until_true 5 gone "$WARDEN"
	until_true 5 gone "$ENGINE"
	as_found
	[ "$(count agent '.state == "stopped"')" -eq 1 ]
}

@test "engine, warden and keeper are each held up for a while: nothing ends, and nothing is told twice" {
	need_audit
	auditctl -e 0 -b 64 > /dev/null
	AGENT_KEYS='backends = audit, cn_proc, tracepoint'
	start_agent "$(target)"
	local pid
	for pid in "$ENGINE" "$WARDEN" "$AGENT"; do
		kill -STOP "$pid"
		play daemon exit 3
		nap 1.5
		kill -CONT "$pid"
		wait_for_record exit ".pid == $PID and .exit_code == 3"
	done
	stop_agent
	[ "$(count exit)" -eq 3 ]
	[ "$(count agent '.state == "started"')" -eq 1 ]
	as_found
}
