# relp.bats - records by RELP to a real rsyslogd, which is killed, stopped, and replaced by one that lies
load lib

BUILD_ROOT=$BATS_TEST_DIRNAME/../../build/root
PORT=15144

# start_rsyslogd: what it takes is written before it is acknowledged (a queue that is Direct)
start_rsyslogd() {
	[ -x "$BUILD_ROOT/run-rsyslogd" ] && [ -n "$(find "$BUILD_ROOT" -name imrelp.so -print -quit)" ] || skip "rsyslogd with imrelp could not be downloaded (tests/setup check)"
	mkdir -p work
	cat > rsyslog.conf <<-END
		global(workDirectory="$T/work" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
		main_queue(queue.type="Direct")
		module(load="imrelp")
		input(type="imrelp" address="127.0.0.1" port="$PORT" maxDataSize="64k")
		template(name="json" type="string" string="%msg:7:\$%\n")
		if \$msg startswith "@cee: " then action(type="omfile" file="$T/received" template="json")
	END
	"$BUILD_ROOT/run-rsyslogd" -n -f "$T/rsyslog.conf" -i "$T/rsyslogd.pid" 3>&- >> rsyslogd.out 2>&1 < /dev/null &
	RSYSLOGD=$!
	STARTED+=("$RSYSLOGD")
	until_true 10 listens
}
listens() { (: < "/dev/tcp/127.0.0.1/$PORT") 2> /dev/null; }
kill_rsyslogd() { kill -KILL "$RSYSLOGD"; wait "$RSYSLOGD" 2> /dev/null || true; }

relp() { # relp [KEY...]
	printf '[agent]\nstate_dir = none\ncontrol = none\nhost = box1\n%s\n[output r]\ntype = syslog\nformat = json\naddress = relp://127.0.0.1:%s\n' "$AGENT_KEYS" "$PORT"
	[ $# -eq 0 ] || printf '%s\n' "$@"
	target
}
received() { jq -c -R "fromjson? | select($1)" "$T/received" 2> /dev/null; }
has_received() { [ "$(received "$2" | wc -l)" -ge "$1" ]; }

@test "every record arrives once and in order, and the last before the agent ends" {
	need_root
	start_rsyslogd
	start_agent "$(relp)"
	local i
	LIFE=0
	for ((i = 0; i < 300; i++)); do "$T/daemon" --delay 3 exit $((i % 200)) > /dev/null || true; done
	until_true 20 has_records 200 exit # one may be gone before its name is read
	stop_agent
	until_true 5 has_received 1 '.state == "stopped"'
	diff <(jq -c 'del(.run)' "$J") <(jq -c 'del(.run)' "$T/received")
	[ ! -s agent.err ] || { cat agent.err; return 1; }
}

@test "rsyslogd is killed again and again, and stopped: no record is missing, and doubles are the same record" {
	need_root
	start_rsyslogd
	start_agent "$(relp 'queue = 5000')"
	LIFE=0
	(for ((i = 0; i < 1500; i++)); do "$T/daemon" --delay 3 exit 3 > /dev/null || true; done) 3>&- &
	local deaths=$! i
	for i in 1 2 3 4 5; do
		nap 0.3
		kill_rsyslogd
		nap 0.2
		start_rsyslogd
	done
	kill -STOP "$RSYSLOGD"
	nap 2
	kill -CONT "$RSYSLOGD"
	wait "$deaths"
	nap 1
	until_true 60 eval '[ "$(received true | jq -r .seq | sort -un | wc -l)" -ge "$(wc -l < $J)" ]'
	stop_agent
	until_true 5 has_received 1 '.state == "stopped"'
	# without doubles: what the file has
	diff <(jq -c 'del(.run)' "$J" | sort) <(received true | jq -c 'del(.run)' | sort -u)
	echo "# $(received true | wc -l) received, $(wc -l < "$J") written" >&3
	[ "$(received true | jq -r .run | sort -u | wc -l)" -eq 1 ]
	run ! grep -q "could not be written" agent.err
}

@test "a receiver that is not there: the queue waits, and what is dropped beyond it is counted" {
	need_root
	start_agent "$(relp 'queue = 20')"
	LIFE=0
	local i
	for ((i = 0; i < 50; i++)); do "$T/daemon" --delay 3 exit 3 > /dev/null || true; done
	until_true 10 has_records 40 exit; nap 1
	start_rsyslogd
	until_true 30 has_received 1 '.event == "lost" and .backend == "r"'
	stop_agent
	until_true 5 has_received 1 '.state == "stopped"'
	local lost; lost=$(received '.event == "lost" and .backend == "r"' | jq -s 'map(.count) | add')
	[ $(($(received '.event == "lost" and .backend == "r" | not' | wc -l) + lost)) -eq "$(wc -l < "$J")" ]
}

@test "a server that lies is told of in words, harms nothing, and is tried again" {
	need_root
	need python3
	cat > liar.py <<-'END'
		import socket, sys
		lies = [b'HTTP/1.1 400 Bad Request\r\n\r\n', b'1 rsp 6 500 no\n', b'1 rsp 99999999 200 OK', b'9 rsp 6 200 OK\n', b'1 rsp 6 200 OK\n2 rsp 6 200 OK\n3 rsp 6 200 OK\n',
		        b'\0' * 100000, b'0 serverclose 0\n', b'1 rsp 6 200 OK\n1 syslog 5 hello\n']
		s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen()
		for lie in lies:
		    c, _ = s.accept()
		    c.recv(1000)
		    try:
		        c.sendall(lie)
		        while c.recv(65536): pass
		    except OSError: pass
		    print(lie[:20], flush=True)
	END
	python3 liar.py "$PORT" > lies 2> liar.err 3>&- &
	STARTED+=($!)
	until_true 5 listens # that is the first lie
	start_agent "$(relp)"
	play daemon exit 3
	until_true 60 eval '[ "$(wc -l < lies)" -ge 5 ]'
	wait_for_record exit
	kill -KILL "${STARTED[-1]}"
	wait "${STARTED[-1]}" 2> /dev/null || true
	start_rsyslogd
	until_true 60 has_received 1 '.event == "exit" and .exit_code == 3'
	stop_agent
}

@test "an open connection without a record wakes nobody" {
	need_root
	start_rsyslogd
	start_agent "$(relp)"
	until_true 10 has_received 1 '.state == "started"'
	nap 1
	local before after
	local forks; forks=$(awk '$1 == "processes" { print $2 }' /proc/stat)
	before=$(awk '/^voluntary/ { print $2 }' "/proc/$ENGINE/status")
	nap 3
	after=$(awk '/^voluntary/ { print $2 }' "/proc/$ENGINE/status")
	forks=$(($(awk '$1 == "processes" { print $2 }' /proc/stat) - forks))
	echo "# $((after - before)) wakeups in 3 s, $forks forks of others" >&3
	# what other programs of this machine start meanwhile wakes it: a fork, an exec, an end
	[ "$forks" -le 10 ] || skip "the machine was not quiet: $forks forks in 3 s"
	[ $((after - before)) -le $((3 + 5 * forks)) ]
	stop_agent
}
