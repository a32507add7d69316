# remote.bats - records to a syslog daemon of another host: a real rsyslogd, here on loopback
load lib

BUILD_ROOT=$BATS_TEST_DIRNAME/../../build/root
PORT=15143

# start_rsyslogd: each message as JSON in $T/received
start_rsyslogd() {
	[ -x "$BUILD_ROOT/run-rsyslogd" ] || skip "rsyslogd could not be downloaded (tests/setup check)"
	mkdir -p work
	cat > rsyslog.conf <<-END
		global(workDirectory="$T/work" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
		module(load="imudp")
		module(load="imtcp")
		input(type="imudp" address="127.0.0.1" port="$PORT")
		input(type="imtcp" address="127.0.0.1" port="$PORT")
		template(name="t" type="list" option.jsonf="on") {
			property(outname="pri" name="pri" format="jsonf") property(outname="version" name="protocol-version" format="jsonf")
			property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf") property(outname="host" name="hostname" format="jsonf")
			property(outname="app" name="app-name" format="jsonf") property(outname="procid" name="procid" format="jsonf")
			property(outname="msgid" name="msgid" format="jsonf") property(outname="sd" name="structured-data" format="jsonf")
			property(outname="msg" name="msg" format="jsonf")
		}
		action(type="omfile" file="$T/received" template="t")
	END
	"$BUILD_ROOT/run-rsyslogd" -n -f "$T/rsyslog.conf" -i "$T/rsyslogd.pid" 3>&- > rsyslogd.out 2>&1 < /dev/null &
	RSYSLOGD=$!
	STARTED+=("$RSYSLOGD")
	until_true 10 listens
}
listens() { (: < "/dev/tcp/127.0.0.1/$PORT") 2> /dev/null; }
stop_rsyslogd() { kill -TERM "$RSYSLOGD"; wait "$RSYSLOGD" || true; }

# remote ADDRESS KEYS...: a configuration
remote() {
	printf '[agent]\nstate_dir = none\ncontrol = none\nhost = box1\n%s\n[output r]\ntype = syslog\naddress = %s\n' "$AGENT_KEYS" "$1"; shift
	[ $# -eq 0 ] || printf '%s\n' "$@"
	target
}
received() { jq -c "select($1)" "$T/received" 2> /dev/null; }
has_received() { [ "$(received "$2" | wc -l)" -ge "$1" ]; }

@test "tcp, RFC 5424: time, host, tag, the event as MSGID, the record's keys as structured data" {
	need_root
	start_rsyslogd
	start_agent "$(remote "tcp://127.0.0.1:$PORT" 'facility = local4' 'tag = mourner')"
	play daemon exit 7
	until_true 10 has_received 1 '.msgid == "exit"'
	stop_agent
	local one; one=$(received '.msgid == "exit"')
	jq -e '.version == "1" and .host == "box1" and .app == "mourner" and .pri == "164"' <<< "$one" # local4.warning
	jq -e '.sd | startswith("[epitaph@32473 ") and test("exit_code=\"7\"") and test("event=\"exit\"") and test("target=\"t\"")' <<< "$one"
	jq -e ".sd | test(\"pid=\\\"$PID\\\"\")" <<< "$one"
	[ "$(jq -r .time <<< "$one" | cut -c 1-26)" = "$(records exit | jq -r .time | cut -c 1-26)" ]
	jq -e '.msg | test("exit t: daemon")' <<< "$one"
	jq -e ".procid == \"$ENGINE\"" <<< "$one"
}

@test "names and arguments cannot break out of the structured data" {
	need_root
	start_rsyslogd
	cp "$TESTS/victim" "$T"/'a"] [x@1 y="z\'
	start_agent "$(remote "tcp://127.0.0.1:$PORT")"
	play 'a"] [x@1 y="z\' exit 7
	play daemon exit 8
	until_true 10 has_received 2 '.msgid == "exit"'
	stop_agent
	received '.msgid == "exit"' | jq -es 'all(.[]; .sd | test("x@1") == test("comm=\"a\\\\\"\\\\\\]"))'
	[ "$(received '.msgid == "exit" and (.msg | startswith("20") or startswith(" 20"))' | wc -l)" -eq 2 ]
}

@test "udp, RFC 3164, and JSON behind its cookie" {
	need_root
	start_rsyslogd
	start_agent "$(remote "udp://127.0.0.1:$PORT" 'protocol = rfc3164' 'format = json')"
	play daemon exit 7
	until_true 10 has_received 1 '.msg | test("\"event\":\"exit\"")'
	stop_agent
	local one; one=$(received '.msg | test("\"event\":\"exit\"")')
	jq -e '.version == "0" and .host == "box1" and .app == "epitaph" and .sd == "-"' <<< "$one"
	jq -r .msg <<< "$one" | sed -n 's/^ *@cee: //p' | jq -e ".event == \"exit\" and .pid == $PID and .exit_code == 7"
}

@test "a name is looked up; one that is not there is told, and asked for again" {
	need_root
	grep -q '^127.0.0.1.*localhost' /etc/hosts || skip "localhost is not in /etc/hosts"
	start_rsyslogd
	start_agent "$(remote "tcp://localhost:$PORT")"
	play daemon exit 7
	until_true 20 has_received 1 '.msgid == "exit"'
	stop_agent
	rm "$J"
	start_agent "$(remote "tcp://nobody.invalid:$PORT" 'queue = 1')"
	local i; for i in 1 2 3; do play daemon exit 7; done
	wait_for_record lost '.reason | test("syslog nobody.invalid")' 1 30 || true
	stop_agent
	[ "$(count exit)" -eq 3 ] # the other output has them all
}

@test "the receiver comes later, and is started again: nothing is lost that was queued" {
	need_root
	[ -x "$BUILD_ROOT/run-rsyslogd" ] || skip "rsyslogd could not be downloaded (tests/setup check)"
	start_agent "$(remote "tcp://127.0.0.1:$PORT")"
	local i
	for i in {1..10}; do play daemon exit 1; done
	start_rsyslogd
	until_true 20 has_received 10 '.msgid == "exit"'
	stop_rsyslogd
	for i in {1..10}; do play daemon exit 2; done
	start_rsyslogd
	until_true 20 has_received 20 '.msgid == "exit"'
	stop_agent
	[ "$(received '.msgid == "exit"' | jq -r '.sd | capture("seq=\"(?<s>[0-9]+)\"").s' | sort -u | wc -l)" -eq 20 ]
}

# Who looks names up and connects has no rights, and is gone when it has.
@test "a host that does not answer holds nothing up" {
	need_root
	# TEST-NET-1: nobody answers, and on most machines nobody even refuses
	start_agent "$(remote tcp://192.0.2.1:514)"
	play daemon exit 3
	wait_for_record exit ".pid == $PID and .exit_code == 3" 1 3
	stop_agent
	[ "$STOP_MS" -lt 5000 ]
	until_true 5 no_epitaph_left
}
no_epitaph_left() { [ -z "$(pgrep -f "$T/agent.ini")" ]; }
