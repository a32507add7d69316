# sinks.bats - files and the local syslog, and what happens when either is away or full
load lib

# A mount namespace with a /dev of our own, so that /dev/log is ours; the agent stays in the initial pid,
# network and user namespaces, as cn_proc needs it.
private_dev() {
	mkdir dev
	unshare --mount --propagation private sh -c '
		mount -t tmpfs -o mode=755 epitaph "$0/dev" && cd "$0/dev" &&
		for n in null zero full random urandom kmsg tty; do [ ! -e /dev/$n ] || cp -a /dev/$n . || exit 1; done
		ln -s /proc/self/fd fd; ln -s fd/0 stdin; ln -s fd/1 stdout; ln -s fd/2 stderr
		mkdir shm
		mount --bind . /dev && : > "$0/ready" && exec cat "$0/hold"' "$T" 3>&- > /dev/null &
	HOLD=$!
	STARTED+=("$HOLD")
	[ -p hold ] || mkfifo hold
	until_true 5 test -e ready
	# Paths in there are absolute: a working directory may still be the one outside.
	IN_NS=(nsenter --mount="/proc/$HOLD/ns/mnt" --)
	RUN_AGENT=("${IN_NS[@]}")
}

setup_ns() {
	need_root
	need nsenter
	mkfifo hold
	private_dev
	# Whoever opens it for writing keeps the holder alive.
	exec {HOLD_FD}<> hold
}

start_busybox() {
	"${IN_NS[@]}" busybox syslogd -n -O "$T/messages" 3>&- > syslogd.out 2>&1 &
	SYSLOGD=$!
	STARTED+=("$SYSLOGD")
	until_true 5 "${IN_NS[@]}" test -S /dev/log
}

start_rsyslogd() {
	[ -x "$BUILD_ROOT/run-rsyslogd" ] || skip "rsyslogd could not be downloaded (tests/setup check)"
	mkdir -p work
	cat > rsyslog.conf <<-END
		global(workDirectory="$T/work")
		module(load="imuxsock" SysSock.Name="/dev/log" SysSock.RateLimit.Interval="0" SysSock.Unlink="on")
		template(name="t" type="string" string="%syslogfacility-text%.%syslogseverity-text% %programname% %msg%\n")
		action(type="omfile" file="$T/messages" template="t")
	END
	"${IN_NS[@]}" "$BUILD_ROOT/run-rsyslogd" -n -f "$T/rsyslog.conf" -i "$T/rsyslogd.pid" 3>&- > syslogd.out 2>&1 &
	SYSLOGD=$!
	STARTED+=("$SYSLOGD")
	until_true 10 "${IN_NS[@]}" test -S /dev/log
}

stop_syslogd() {
	kill -TERM "$SYSLOGD"
	wait "$SYSLOGD" || true
	"${IN_NS[@]}" rm -f /dev/log
}

BUILD_ROOT=$BATS_TEST_DIRNAME/../../build/root

two_targets() {
	watched first second
	cat <<-END
		[output s]
		type = syslog
		facility = local3
		tag = mourner
		format = text
		[target first]
		exe = $T/first
		output = j
		[target second]
		exe = $T/second
		output = s
		severity = exit=crit, exec=notice
	END
}

said() { [ "$(grep -c "$1" messages 2> /dev/null)" -ge "${2:-1}" ]; }

# both_ways START: two targets, one to a file and one to syslog, before and after syslogd was restarted
both_ways() {
	setup_ns
	$1
	start_agent "$(two_targets)"
	play first exit 3; local first=$PID
	play second exit 4; local second=$PID
	wait_for_record exit ".pid == $first and .target == \"first\" and .exit_code == 3"
	until_true 5 said "local3.crit.*mourner.*$second"
	until_true 5 said "local3.notice.*mourner.*$second"
	stop_syslogd
	mv messages before
	$1
	play second raise TERM; second=$PID
	until_true 10 said "local3.crit.*mourner.*$second"
	said SIGTERM
	stop_agent
	# Each to its own output and nowhere else.
	[ "$(count exit '.target == "second"')" -eq 0 ]
	run ! grep -q "\b$first\b" before
	cat before messages | sed 's/^/# /' >&3
}

@test "a file as JSON, and a real busybox syslogd with facility and severity of its own, also restarted" {
	need busybox
	both_ways start_busybox
}

@test "a file as JSON, and a real rsyslogd with facility and severity of its own, also restarted" {
	both_ways start_rsyslogd
}

@test "nobody listens on /dev/log: it runs on, and says what it dropped once somebody does" {
	need busybox
	setup_ns
	start_agent "$(two_targets | sed 's/^tag = .*/&\nqueue = 10/')"
	for i in {1..30}; do play second exit 1; done
	local last=$PID
	alive "$AGENT"
	play first exit 5
	wait_for_record exit ".pid == $PID"
	start_busybox
	# It comes back by itself: the ten that it kept, and how many it did not.
	until_true 15 said 'mourner.*\(lost\|dropped\)'
	play second exit 6
	until_true 5 said "mourner.*\[$PID\]"
	grep -i 'lost\|dropped' messages | sed 's/^/# /' >&3
	stop_agent
}

@test "a syslogd that stands still does not make it run hot" {
	setup_ns
	need python3
	"${IN_NS[@]}" python3 -c 'import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/dev/log")
time.sleep(60)' 3>&- &
	STARTED+=($!)
	until_true 5 "${IN_NS[@]}" test -S /dev/log
	start_agent "$(two_targets)"
	# More than the socket holds (net.unix.max_dgram_qlen).
	for i in {1..40}; do play second exit 1; done
	nap 2
	local -a before after
	read -ra before < "/proc/$ENGINE/stat"
	nap 2
	read -ra after < "/proc/$ENGINE/stat"
	echo "# $((after[13] + after[14] - before[13] - before[14])) ticks in 2 s" >&3
	[ $((after[13] + after[14] - before[13] - before[14])) -lt 20 ]
	stop_agent
}

@test "TERM ends it within 100 ms with the last records written" {
	need_root
	start_agent "$(target)"
	for i in {1..20}; do "$T/daemon" --delay 100 quick 3 & pids[i]=$!; done
	for i in {1..20}; do wait "${pids[i]}" || true; done
	stop_agent
	echo "# ended after $STOP_MS ms" >&3
	[ "$STOP_MS" -lt 500 ]
	for i in {1..20}; do exit_is "${pids[i]}" '.exit_code == 3'; done
	[ "$(tail -n 1 "$J" | jq -r '.event + " " + .state')" = "agent stopped" ]
}

@test "a full disk does not end it, and it says how many records it dropped" {
	setup_ns
	mkdir full
	"${IN_NS[@]}" mount -t tmpfs -o size=8m,mode=755 epitaph "$T/full"
	# Only a file system that is surely the small one is filled.
	[ "$("${IN_NS[@]}" stat -f -c %T "$T/full")" = tmpfs ]
	start_agent "$(printf '[output small]\ntype = file\nformat = json\npath = %s/full/log\n%s\n' "$T" "$(target)")"
	"${IN_NS[@]}" sh -c 'head -c 9M /dev/zero > "$0/full/filler"' "$T" || true
	# More than it holds back in memory.
	"$TESTS/spawn" 1000 16 -- "$T/daemon" --delay 30 exit 1
	wait_for_record exit true 1000
	alive "$AGENT"
	"${IN_NS[@]}" rm "$T/full/filler"
	full_has() { "${IN_NS[@]}" cat "$T/full/log" | jq -R -e "fromjson? | select($1)" > /dev/null; }
	until_true 15 full_has '.event == "lost" and .backend == "small" and .count > 0'
	play daemon exit 2
	until_true 10 full_has ".event == \"exit\" and .pid == $PID"
	stop_agent
	"${IN_NS[@]}" cat "$T/full/log" > log
	jq -c 'select(.event == "lost")' log | sed 's/^/# /' >&3
	# What was written and what was said to be dropped add up to what the other output has; every line is whole.
	[ "$(jq -s 'map(if .event == "lost" and .backend == "small" then .count else 1 end) | add' log)" -eq "$(jq -s length "$J")" ]
	jq -c . log > /dev/null
}

@test "a reload loses nothing of what waits for a syslogd or for room on the disk, and leaves no half line" {
	need busybox
	setup_ns
	mkdir full
	"${IN_NS[@]}" mount -t tmpfs -o size=64k,mode=755 epitaph "$T/full"
	[ "$("${IN_NS[@]}" stat -f -c %T "$T/full")" = tmpfs ]
	start_agent "$(printf '[output s]\ntype = syslog\ntag = mourner\n[output small]\ntype = file\nformat = json\npath = %s/full/log\n%s\n' "$T" "$(target)")"
	"${IN_NS[@]}" sh -c 'head -c 60000 /dev/zero > "$0/full/filler"' "$T"
	for i in {1..20}; do play daemon exit 1; done
	wait_for_record exit true 20
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded"'
	"${IN_NS[@]}" rm "$T/full/filler"
	start_busybox
	until_true 15 said 'mourner.*agent reloaded'
	[ "$(grep -c 'mourner.*exit t:' messages)" -eq 20 ]
	nap 2
	stop_agent
	"${IN_NS[@]}" cat "$T/full/log" > log
	jq -c . log > /dev/null
	[ "$(jq -s 'map(if .backend == "small" then .count else 1 end) | add' log)" -eq "$(jq -s length "$J")" ]
}

@test "HUP opens the files again even if another output cannot be opened, and what an output that is gone could not write is told" {
	setup_ns
	start_agent "$(printf '[output s]\ntype = syslog\n%s\n' "$(target)")"
	for i in {1..5}; do play daemon exit 1; done
	wait_for_record exit true 5
	cp agent.ini good.ini
	printf '[output new]\ntype = file\npath = %s/none/x\n' "$T" >> agent.ini
	mv j j.1
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded" and (.reason | test("output new"))'
	sed '/^\[output s\]/,/^type/d' good.ini > agent.ini
	kill -HUP "$AGENT"
	wait_for_record lost '.backend == "s" and .count >= 12 and (.reason | test("No such file"))'
	stop_agent
}

@test "the file: 0640, appended to, opened again at HUP" {
	need_root
	echo '{"before":1}' > j
	rm j
	start_agent "$(target)"
	[ "$(stat -c %a "$J")" = 640 ]
	local fd flags
	for fd in /proc/"$ENGINE"/fd/*; do
		[ "$(readlink "$fd")" = "$J" ] && flags=$(awk '/^flags/ { print $2 }' "/proc/$ENGINE/fdinfo/${fd##*/}")
	done
	(( 8#$flags & 8#2000 )) # O_APPEND
	play daemon exit 1
	wait_for_record exit ".pid == $PID"
	mv j j.old
	kill -HUP "$AGENT"
	until_true 5 test -e j
	play daemon exit 2
	wait_for_record exit ".pid == $PID and .exit_code == 2"
	stop_agent
	# A second run appends.
	local lines; lines=$(wc -l < j)
	start_agent_again
	stop_agent
	[ "$(wc -l < j)" -gt "$lines" ]
}
start_agent_again() {
	"$EPITAPH" -c agent.ini > agent.out 2> agent.err 3>&- < /dev/null &
	AGENT=$!
	until_true 10 has_records 1 agent '.state == "started"'
	nap 0.3
}

@test "rotation by size: keep files, none much larger than max_size, no record lost between them" {
	need_root
	start_agent "$(printf '[output r]\ntype = file\nformat = json\npath = %s/r\nmax_size = 8K\nkeep = 3\n%s\n' "$T" "$(target)")"
	for i in {1..40}; do play daemon exit 1; done
	wait_for_record exit true 40
	stop_agent
	ls -l r*
	[ -e r.1 ]
	[ -e r.2 ]
	[ -e r.3 ]
	[ ! -e r.4 ]
	for f in r r.1 r.2 r.3; do [ "$(stat -c %s $f)" -le 8192 ]; [ "$(stat -c %a $f)" = 640 ]; done
	cat r.3 r.2 r.1 r | jq -s 'map(.seq) | . == [range(.[0]; .[0] + length)]' | grep -q true
}

@test "closed standard descriptors: no message and no other output's record gets into a file" {
	need_root
	write_conf "$(printf '[output o]\ntype = stdout\n%s\n' "$(target)")" o.ini
	local status=0
	timeout 5 "$EPITAPH" -c o.ini >&- 2> o.err || status=$?
	[ "$status" -eq 1 ]
	grep -q 'output o: standard output: Bad file descriptor' o.err
	[ ! -s j ]
	write_conf "$(target)" agent.ini
	"$EPITAPH" -c agent.ini < /dev/null > agent.out 2>&- 3>&- &
	AGENT=$!
	until_true 10 started_or_gone
	echo nonsense >> agent.ini
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded"'
	stop_agent
	jq -c . j > /dev/null # nothing but records
	[ "$(count agent)" -eq 3 ]
}

@test "stdout, as text and as json" {
	need_root
	start_agent "$(printf '[output o]\ntype = stdout\nformat = text\n%s\n' "$(target)")"
	play daemon raise USR1
	wait_for_record exit ".pid == $PID"
	stop_agent
	grep -q "\b$PID\b.*SIGUSR1\|SIGUSR1.*\b$PID\b" agent.out
}

@test "a target's rate limits its records, but never its exits" {
	need_root
	start_agent "$(target t | sed 's/rate = 0/rate = 5/')"
	"$TESTS/spawn" 200 8 -- "$T/daemon" --delay 50 exit 1
	wait_for_record exit true 200
	stop_agent
	[ "$(count exit)" -eq 200 ]
	[ "$(count exec)" -lt 100 ]
	[ "$(count lost '.count > 0')" -ge 1 ]
}
