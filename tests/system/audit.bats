# audit.bats - the kernel's audit: every kill counted, beside auditd, held up, killed, and left as it was found.
# A locked configuration (`auditctl -e 2`) is not tested: only a reboot undoes it.
load lib
load audit

# What else runs on two cores can keep the kernel's own audit thread from running for longer than its queue lasts.  In
# each storm every kill is accounted for; that nothing is lost has to be shown by one of four.
# storm COUNT: leaves LOST, and what it TOLD; kills that nobody told of are counted in a lost record
storm() {
	rm -f "$J"
	start_agent "$(target)"
	live daemon ignore USR1
	"$TESTS/kills" "$PID" USR1 "$1" | tee "$T/storm" | sed 's/^/# /' >&3
	until_true 12 told_is "$PID" SIGUSR1 "$1" || true
	stop_agent
	grep -q ' failed 0 ' "$T/storm"
	LOST=$(lost_records) TOLD=$(told "$PID" SIGUSR1)
	echo "# told $TOLD, lost $LOST" >&3
	[ $((TOLD + LOST)) -ge "$1" ]
	[ "$TOLD" -le "$1" ]
	[ "$LOST" -gt 0 ] || [ "$TOLD" -eq "$1" ]
}

@test "kills at full speed: as many as the kernel's queue takes are all told, and of 100,000 those told and those lost add up" {
	need_audit
	storm 1500 # of four or five records each; the queue has 8192
	[ "$LOST" -eq 0 ]
	storm 100000
}

@test "auditd was there before: both see each kill, its log and rule are untouched" {
	need_audit
	start_auditd
	auditctl -a always,exit -F arch=b64 -S kill -F key=mine > /dev/null
	audit_state > "$T/before"
	start_agent "$(target)"
	live daemon ignore USR1
	"$TESTS/kills" "$PID" USR1 2000
	wait_for_record signal ".pid == $PID"
	until_true 10 told_is "$PID" SIGUSR1 2000 || told "$PID" SIGUSR1
	[ "$(records agent '.state == "started"' | jq -r '.backends | index("audit") != null')" = true ]
	stop_agent
	[ "$(told "$PID" SIGUSR1)" -eq 2000 ] || [ "$(count lost '.backend == "audit"')" -gt 0 ]
	diff "$T/before" <(audit_state)
	"$TESTS/kills" "$PID" USR1 10
	nap 0.5
	[ "$(logged a "$PID")" -eq 2010 ]
}

auditd_may_wait() { [ "$(field backlog_wait_time)" -gt 0 ]; }

@test "auditd comes and goes while signals are sent: none is missed without a word, and auditd has its share" {
	need_audit
	auditctl -a always,exit -F arch=b64 -S kill -F key=mine > /dev/null
	auditctl -e 0 > /dev/null
	start_agent "$(target)"
	live daemon ignore USR1
	"$TESTS/kills" "$PID" USR1 6000 1000 > "$T/storm" 3>&- &
	local storm=$!
	nap 1
	start_auditd
	until_true 5 auditd_may_wait # its business is its own again, a moment after it has the pid
	local from; from=$(grep -c 'key="mine"' "$LOG" || true)
	nap 2
	[ "$(grep -c 'key="mine"' "$LOG")" -gt "$((from + 500))" ]
	stop_auditd
	wait "$storm"
	sed 's/^/# /' "$T/storm" >&3
	until_true 12 told_is "$PID" SIGUSR1 6000 || true
	wait_for_record agent '.state == "restored" and (.reason | test("auditd"))' 1 20
	kill -USR2 "$PID" # the agent has the records to itself again
	wait_for_record exit ".pid == $PID and .cause == \"killed\" and .confidence == \"certain\""
	stop_agent
	[ "$(count agent '.state == "degraded" and (.reason | test("audit"))')" -ge 1 ]
	local missing=$((6000 - $(told "$PID" SIGUSR1)))
	echo "# missing: $missing, told as lost: $(lost_records)" >&3
	[ "$missing" -eq 0 ] || [ "$missing" -gt 0 -a "$(count lost '.backend == "audit"')" -gt 0 ]
}

queue_is_empty() { [ "$(field backlog)" -eq 0 ] && nap 0.5 && [ "$(field backlog)" -eq 0 ]; }

@test "the agent is stopped in a storm: no call waits for it, and the loss is told with its count" {
	need_audit
	local hold=5
	[ -z "${EPITAPH_LONG:-}" ] || hold=30
	start_agent "$(target)"
	live daemon ignore USR1
	kill -STOP "$ENGINE"
	local end=$((SECONDS + hold)) sent=0
	: > "$T/storm"
	while [ "$SECONDS" -lt "$end" ]; do
		"$TESTS/kills" "$PID" USR1 20000 >> "$T/storm"
		sent=$((sent + 20000))
	done
	kill -CONT "$ENGINE"
	awk '{ if ($8 > max) max = $8; over += $10; held += $12; waited += $14 }
		END { printf "# longest call %d us, %d over 10 ms, of them %d held by the kernel; %d calls waited\n", max, over, held, waited }' "$T/storm" >&3
	[ "$(awk '{ held += $12 } END { print held + 0 }' "$T/storm")" -eq 0 ]
	wait_for_record lost '.backend == "audit" and .count > 0' 1 20
	until_true 10 queue_is_empty # or the next record may be lost too
	"$TESTS/kills" "$PID" USR2 1
	wait_for_record exit ".pid == $PID and .cause == \"killed\""
	stop_agent
	local seen; seen=$(told "$PID" SIGUSR1)
	echo "# $sent sent, $seen told, $(lost_records) records told as lost" >&3
	[ "$seen" -lt "$sent" ]
	# Each kill has a record or more.  Without audit=1 at boot the kernel drops some from its retry queue uncounted.
	[ $((seen + $(lost_records))) -ge "$sent" ] || [ "$(count lost '.reason | test("does not count")')" -ge 1 ]
}

@test "killed and started again: no rule twice, no record twice; stopped: all is as before the first start" {
	need_audit
	auditctl -e 0 > /dev/null; auditctl -b 64 --backlog_wait_time 15000 > /dev/null
	AGENT_KEYS+=$'\nstate_dir = '$T/state
	audit_state > "$T/before"
	local conf; conf=$(printf '[agent]\ncontrol = none\n%s\n' "$AGENT_KEYS"; target)
	start_agent "$conf"
	[ "$(field backlog_limit)" = 8192 ]
	[ "$(field backlog_wait_time)" = 0 ]
	auditctl -l | sort > "$T/rules"
	kill_agent
	[ "$(field enabled)" = 1 ]
	rm "$J"
	start_agent "$conf"
	diff "$T/rules" <(auditctl -l | sort)
	live daemon ignore USR1
	"$TESTS/kills" "$PID" USR1 100
	kill -TERM "$PID"
	wait_for_record exit ".pid == $PID"
	stop_agent
	[ "$(told "$PID" SIGUSR1)" -eq 100 ]
	[ "$(count exit ".pid == $PID")" -eq 1 ]
	[ "$(count exec ".pid == $PID")" -eq 1 ]
	diff "$T/before" <(audit_state)
	[ ! -e "$T/state/audit-found" ]
}

@test "what another boot's agent wrote down is not put back" {
	need_audit
	auditctl -b 300 --backlog_wait_time 0 -e 1 > /dev/null
	mkdir "$T/state"
	echo "epitaph audit 1 00000000-0000-0000-0000-000000000000 enabled 0 backlog_limit 77 backlog_wait_time 777" > "$T/state/audit-found"
	AGENT_KEYS+=$'\nstate_dir = '$T/state
	audit_state > "$T/before"
	start_agent "$(printf '[agent]\ncontrol = none\n%s\n' "$AGENT_KEYS"; target)"
	run ! grep -q 777 "$T/state/audit-found"
	stop_agent
	diff "$T/before" <(audit_state)
}

@test "signals that no target watches are ruled out in the kernel: no record of them is made" {
	need_audit
	start_auditd # its log shows what the kernel makes
	start_agent "$(target t 'signals = USR1, TERM')"
	auditctl -l | grep -e ' kill' | grep -q 'a1!=0x17'
	live daemon wait
	"$TESTS/kills" "$PID" URG 20000
	"$TESTS/kills" "$PID" TERM 1
	wait_for_record exit ".pid == $PID"
	nap 0.5
	[ "$(grep -c "^type=SYSCALL.* syscall=62 success=yes .* a0=$(printf %x "$PID") a1=f " "$LOG")" -eq 1 ]
	[ "$(grep -c "^type=SYSCALL.* syscall=62 success=yes .* a0=$(printf %x "$PID") a1=17 " "$LOG")" -eq 0 ]
	stop_agent
}

@test "the name that agents lock can be taken by anybody: a stranger's lock is none" {
	need_audit
	need python3
	python3 -c "
import os, socket, time
os.setgid(65534)
os.setuid(65534)
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.bind('\\0epitaph/audit')
s.listen(8)
print('taken', flush=True)
time.sleep(60)" > squatter 3>&- &
	STARTED+=($!)
	until_true 5 grep -q taken squatter
	start_agent "$(target)"
	auditctl -s | grep -q '^enabled 1'
	live daemon wait
	kill -TERM "$PID"
	wait_for_record exit ".pid == $PID and .cause == \"killed\""
	stop_agent
	auditctl -s | grep -q '^enabled 0'
}

@test "a reload that changes the rules: kills meanwhile are all seen" {
	need_audit
	start_agent "$(target t 'signals = USR1')"
	live daemon ignore USR1
	auditctl -l | sort > "$T/rules"
	"$TESTS/kills" "$PID" USR1 3000 1000 > "$T/storm" 3>&- &
	local storm=$! i
	for i in URG WINCH CHLD; do
		nap 0.6
		write_conf "$(target t "signals = USR1, $i")" "$T/agent.ini"
		kill -HUP "$AGENT"
	done
	wait "$storm"
	until_true 10 told_is "$PID" SIGUSR1 3000 || told "$PID" SIGUSR1
	[ "$(count agent '.state == "reloaded"')" -eq 3 ]
	run ! diff -q "$T/rules" <(auditctl -l | sort)
	auditctl -l | grep ' kill' | grep -q 'a1!=0x17'   # URG, of the first reload, is out again
	[ -z "$(auditctl -l | grep ' kill' | grep 'a1!=0x11')" ] # CHLD is in
	[ "$(auditctl -l | sort | uniq -d | wc -l)" -eq 0 ]
	stop_agent
	[ "$(told "$PID" SIGUSR1)" -eq 3000 ]
	[ "$(count lost '.backend == "audit"')" -eq 0 ]
	[ "$(count agent '.state == "restored"')" -eq 0 ] # nobody else touched the rules
	[ "$(auditctl -l)" = "No rules" ]
}

@test "another program removes the rules: they come back, and the time without them is told as lost" {
	need_audit
	start_agent "$(target)"
	auditctl -l | sort > "$T/rules"
	auditctl -D > /dev/null
	wait_for_record agent '.state == "restored" and (.reason | test("removed the audit rules"))'
	[ "$(count lost '.backend == "audit" and (.reason | test("removed the audit rules"))')" -eq 1 ]
	diff "$T/rules" <(auditctl -l | sort)
	live daemon wait
	bash -c 'kill "$1"' bash "$PID"
	wait_for_record exit ".pid == $PID and .cause == \"killed\" and .sender_comm == \"bash\""
	stop_agent
	[ "$(auditctl -l)" = "No rules" ]
}

@test "a task,never rule: the unaudited go up, and it is named as the reason" {
	need_audit
	AGENT_KEYS+=$'\nheartbeat = 1s'
	start_agent "$(target)"
	auditctl -a task,never > /dev/null
	wait_for_record agent '.state == "degraded" and (.reason | test("task,never"))'
	local before; before=$(records agent '.state == "degraded"' | jq -s '.[-1].unaudited') # others end meanwhile
	for i in {1..20}; do live daemon wait; done
	wait_for_record agent ".state == \"heartbeat\" and .unaudited >= $before + 15"
	kill -USR1 "$PID"       # by this shell, older than auditing or not; then by one born under the rule
	wait_for_record exit ".pid == $PID"
	live daemon wait
	"$TESTS/kills" "$PID" USR1 1
	wait_for_record exit ".pid == $PID"
	stop_agent
	exit_says "$PID" '.cause == "unknown" and (.reason | test("unaudited"))'
	auditctl -d task,never > /dev/null
	auditctl -a task,never > /dev/null
	rm "$J"
	start_agent "$(target)"
	records agent '.state == "started"' | jq -e '.reason | test("task,never")'
	stop_agent
}
exit_says() { records exit ".pid == $1" | jq -e "$2" > /dev/null || { records exit ".pid == $1"; return 1; }; }

@test "probe names why audit cannot be used: namespaces, capability" {
	need_audit
	why() { grep '^audit' <<< "$output"; }
	# Another network namespace has no multicast; without an audit daemon none is needed.
	run unshare -n "$EPITAPH" probe;                      echo "$output"; why | grep -q ' usable'; [ -z "$(why | grep 'not usable')" ]
	start_auditd
	run unshare -n "$EPITAPH" probe;                      echo "$output"; why | grep -q 'not usable: .*network namespace'
	stop_auditd
	run unshare -p -f "$EPITAPH" probe;                   echo "$output"; why | grep -q 'not usable: .*namespace'
	run unshare -U -r "$EPITAPH" probe;                   echo "$output"; why | grep -q 'not usable: .*namespace'
	run setpriv --bounding-set=-audit_control,-audit_read --inh-caps=-all "$EPITAPH" probe
	echo "$output"; why | grep -q 'not usable: .*CAP_AUDIT_CONTROL'
}

@test "probe counts whom audit may not see, with the cure" {
	need_audit
	[[ " $(< /proc/cmdline) " != *' audit=1 '* ]] || skip "booted with audit=1"
	unaudited() { sed -nE 's/^audit +usable: ([0-9]+) of the processes .* unaudited.*/\1/p' <<< "$output"; }
	run "$EPITAPH" probe
	local all; all=$(unaudited)
	[ "$all" -gt 0 ]
	grep -A 1 '^audit' <<< "$output" | grep -q 'cure: boot with audit=1'
	start_auditd # what starts from now on is audited
	for i in {1..20}; do live daemon wait; done
	run "$EPITAPH" probe
	[ "$(unaudited)" -lt $((all + 15)) ]
	auditctl -a task,never > /dev/null
	run "$EPITAPH" probe
	[ "$(unaudited)" -ge $((all + 15)) ]
	grep -A 1 '^audit' <<< "$output" | grep -q 'cure: .*task,never'
}

@test "as a plugin of auditd: the agent reads its records on standard input and names a killer" {
	need_audit
	sed -e "s|^path = .*|path = $T/epitaph|" -e 's/^active = .*/active = yes/' -e "s|^args = .*|args = -c $T/agent.ini|" \
		"$BATS_TEST_DIRNAME/../../config/epitaph.conf" > "$T/plugin.conf"
	cp "$EPITAPH" "$T/epitaph"; chmod 750 "$T/epitaph"
	AGENT_KEYS='backends = audit, cn_proc, proc'
	for FORMAT in RAW ENRICHED; do
		rm -f "$J"
		write_conf "$(target; printf '[audit]\ntransport = stdin\n')" "$T/agent.ini"
		start_auditd "$(< "$T/plugin.conf")"
		until_true 10 agent_says started || { cat "$T/auditd/out"; return 1; }
		live daemon wait
		"$TESTS/send" kill KILL "$PID"
		wait_for_record exit ".pid == $PID"
		exit_says "$PID" '.cause == "killed" and .confidence == "certain" and .sender_comm == "send" and (.sender_exe | test("/send$"))'
		live daemon ignore USR1
		"$TESTS/kills" "$PID" USR1 500
		wait_for_record signal ".pid == $PID"
		until_true 10 told_is "$PID" SIGUSR1 500 || { told "$PID" SIGUSR1; return 1; }
		stop_auditd
		until_true 10 agent_says stopped || { tail -n 3 "$J"; return 1; }
		[ "$(auditctl -l)" = "No rules" ]
	done
}

@test "a signal fetched by sigwait is told to who asks for it, and costs nobody else a rule" {
	need_audit
	start_agent "$(target t 'events = exit')"
	[ "$(auditctl -l | grep -c sigtimedwait)" -eq 0 ]
	stop_agent
	rm -f "$J"
	start_agent "$(target t 'events = exit, delivered')"
	[ "$(auditctl -l | grep -c sigtimedwait)" -gt 0 ]
	live daemon sigwait USR1 7
	kill -USR1 "$PID"
	wait_for_record exit ".pid == $PID"
	stop_agent
	[ "$(count cleared ".pid == $PID and .signal == \"SIGUSR1\" and .via == \"rt_sigtimedwait\" and .sources == [\"audit\"]")" -eq 1 ]
	[ "$(auditctl -l)" = "No rules" ]
}
