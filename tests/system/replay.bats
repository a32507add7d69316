# replay.bats - epitaph replay: what a recorded audit log tells, and what it does not
load lib

DATA=$BATS_TEST_DIRNAME/../data
replay() { "$EPITAPH" replay "$@"; }
rows() { jq -c -R "fromjson? | select(.event == \"$1\") | select(${2:-true})" "$T/out"; }
one() { [ "$(rows "$1" "$2" | wc -l)" -eq 1 ] || { echo "not one $1 where $2:"; cat "$T/out"; return 1; }; }
none() { [ "$(rows "$1" "${2:-true}" | wc -l)" -eq 0 ] || { echo "a $1 where ${2:-true}:"; cat "$T/out"; return 1; }; }
# play_log [OPTION...]: the log on standard input; records into out, messages into err.
play_log() { replay --json "${@:--t*}" - > "$T/out" 2> "$T/err"; }

# Lines of a log, as auditd writes them: at SECONDS.MS SERIAL.
BASE=1795293800
call() { # call AT SERIAL NUMBER SUCCESS A0 A1 PPID PID UID COMM EXE [EXIT]
	printf 'type=SYSCALL msg=audit(%s.%s:%s): arch=c000003e syscall=%s success=%s exit=%s a0=%s a1=%s a2=0 a3=0 items=0 ppid=%s pid=%s auid=1000 uid=%s gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 comm="%s" exe="%s" subj=unconfined key="k"\n' \
		$((BASE + ${1%.*})) "${1#*.}" "$2" "$3" "$4" "${12:-0}" "$5" "$6" "$7" "$8" "$9" "${10}" "${11}"
}
object() { # object AT SERIAL PID UID COMM [AUID]
	printf 'type=OBJ_PID msg=audit(%s.%s:%s): opid=%s oauid=%s ouid=%s oses=-1 obj=unconfined ocomm="%s"\n' \
		$((BASE + ${1%.*})) "${1#*.}" "$2" "$3" "${6:--1}" "$4" "$5"
}
killed() { call "$1" "$2" 62 yes "$(printf %x "$4")" "$3" 1 500 0 killer /bin/killer; object "$1" "$2" "$4" "$5" "$6"; } # AT SERIAL SIG PID UID COMM
exits() { # AT SERIAL PID UID COMM EXE CODE
	printf 'type=SYSCALL msg=audit(%s.%s:%s): arch=c000003e syscall=231 a0=%s a1=0 a2=0 a3=0 items=0 ppid=1 pid=%s auid=4294967295 uid=%s gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="%s" exe="%s" subj=unconfined key="k"\n' \
		$((BASE + ${1%.*})) "${1#*.}" "$2" "$7" "$3" "$4" "$5" "$6"
}
starts() { # AT SERIAL PPID PID COMM EXE ARG...
	local head="msg=audit($((BASE + ${1%.*})).${1#*.}:$2):" i=0 arg
	printf 'type=SYSCALL %s arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=%s pid=%s auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="%s" exe="%s" subj=unconfined key="k"\n' \
		"$head" "$3" "$4" "$5" "$6"
	printf 'type=EXECVE %s argc=%d' "$head" $(($# - 6))
	for arg in "${@:7}"; do printf ' a%d="%s"' $((i++)) "$arg"; done
	printf '\n'
}

@test "usage: what is missing is named, exit 2" {
	run -2 replay; [[ $output == *"-t NAME"*"-c"* ]]
	run -2 replay -t '*'; [[ $output == *"FILE is missing"* ]]
	run -2 replay -t x -c y z; [[ $output == *"exclude"* ]]
	run -2 replay -t; run -2 replay -x -t '*' -
	run -2 replay -c "$T/none.ini" -; [[ $output == *none.ini* ]]
	run -1 replay -t '*' "$T/none"; [[ $output == *"No such file"* ]]
	run -1 replay -t '*' /; [[ $output == *directory* ]]
	echo "no log" > "$T/text"
	run -1 replay -t '*' "$T/text"; [[ $output == *"no audit record"* ]]
	: > "$T/empty"
	run -0 replay -t '*' "$T/empty"; [ -z "$output" ]
}

@test "the captures of 5.10 and 6.12: every signal, exec and end in them, with its verdict" {
	for kernel in 5.10 6.12; do
		play_log < "$DATA/audit-netlink-$kernel.txt"
		[ "$(rows exec | wc -l)" -eq 2 ]
		one exec '.comm == "busybox" and .args == ["busy box", "true", "a b", "c\nd"] and .parent_comm == "sg"'
		[ "$(rows signal | jq -s 'map(.repeat) | add')" -eq 32 ]
		[ "$(rows signal '.comm | test("^g[0-9]+$")' | wc -l)" -eq 20 ]
		one signal '.comm == "init" and .result == "failed" and .errno == "EPERM" and .sender_uid == 1000'
		one exit '.comm == "abrt" and .signal == "SIGSEGV" and .cause == "killed" and .sender_comm == "POST"'
		one exit '.comm == "own segv" and .signal == "SIGSEGV" and .cause == "fault" and .confidence == "likely"'
		one exit '.comm == "raise abort" and .signal == "SIGABRT" and .cause == "self"'
		one exit '.comm == "selfkill" and .signal == "SIGKILL" and .cause == "self" and .confidence == "likely"'
		one exit '.comm == "busybox" and .exit_code == 127 and .confidence == "likely"'
		one exit '.comm == "sg" and .exit_code == 5'
		# Nothing is known of the end of those that TERM was sent to, or KILL and may be kernel threads for all the log tells.
		[ "$(rows exit | wc -l)" -eq 7 ]
		# A log has no start of a process, and what is not known is absent.
		none exit 'has("started") or has("uptime_seconds") or has("host") or ([.[] | . == null] | any)'
	done
}

@test "a target by name, by path, and those of agent.ini in the format of its stdout" {
	{ starts 1.0 10 1 100 daemon /usr/sbin/daemon daemon -x; starts 1.1 11 1 101 other /bin/other other
	  killed 2.0 12 f 100 0 daemon; exits 2.5 13 100 0 daemon /usr/sbin/daemon 3; } > "$T/log"
	play_log -t daemon < "$T/log"
	[ "$(wc -l < "$T/out")" -eq 3 ]
	one exit '.target == "daemon" and .exit_code == 3 and .cause == "stopped" and .after_signal == "SIGTERM" and .sender_pid == 500 and .sender_auid == 1000'
	play_log -t /usr/sbin/daemon < "$T/log"
	[ "$(wc -l < "$T/out")" -eq 3 ]
	play_log -t nobody < "$T/log"
	[ ! -s "$T/out" ]
	printf '[output f]\ntype = file\npath = %s\n[output o]\ntype = stdout\nformat = json\n[target d]\ncomm = dae*\nevents = exit\noutput = f\n[target p]\npidfile = /run/x.pid\n' "$T/file" > "$T/a.ini"
	replay -c "$T/a.ini" "$T/log" > "$T/out" 2> "$T/err"
	[ "$(wc -l < "$T/out")" -eq 1 ]
	one exit '.target == "d" and .exit_code == 3'
	[ ! -e "$T/file" ]
	grep -q 'pidfile' "$T/err"
	replay -t daemon "$T/log" | grep -q 'exit daemon: daemon\[100\] ended with exit code 3.*SIGTERM from killer\[500\]'
}

@test "what the log proves of SIGKILL, and what it does not" {
	# A program that was seen to start, and one of a user: nothing lives on after KILL.
	{ starts 1.0 10 1 100 daemon /usr/sbin/daemon daemon; killed 2.0 11 9 100 0 daemon
	  killed 2.1 12 9 200 33 worker
	  killed 2.2 13 9 300 0 kworker/0:1            # root's, never seen to execute: a kernel thread, which ignores it?
	  call 2.3 14 62 yes 1 9 1 500 0 sh /bin/sh; object 2.3 14 400 33 ctinit; } | play_log # kill(1) inside a container does nothing
	one exit '.pid == 100 and .signal == "SIGKILL" and .cause == "killed" and .confidence == "likely" and .sender_pid == 500 and (has("core_dumped") | not)'
	one exit '.pid == 200 and .cause == "killed" and .confidence == "likely"'
	one signal '.pid == 300 and .result == "sent"'
	one signal '.pid == 400 and .result == "ignored"'
	[ "$(rows exit | wc -l)" -eq 2 ]
	# TERM may be handled: no end.  KILL to a zombie is no second end.
	{ starts 1.0 10 1 100 daemon /usr/sbin/daemon daemon; killed 2.0 11 f 100 0 daemon
	  starts 3.0 12 1 101 zombie /bin/zombie zombie; exits 4.0 13 101 33 zombie /bin/zombie 1; killed 6.0 14 9 101 33 zombie; } | play_log
	none exit '.pid == 100'
	one exit '.pid == 101'
	one exit '.pid == 101 and .exit_code == 1'
	one signal '.pid == 101'
	# It was about to end by itself when KILL came, by stamps that are as coarse as they are.
	{ starts 1.0 10 1 100 daemon /usr/sbin/daemon daemon; killed 2.000 11 9 100 0 daemon; exits 2.004 12 100 0 daemon /usr/sbin/daemon 7; } | play_log
	one exit '.pid == 100'
	one exit '.exit_code == 7'
}

@test "a pid that changed hands unseen: nobody inherits a signal, a target or an end" {
	{ starts 1.0 10 1 100 daemon /usr/sbin/daemon daemon; killed 2.0 11 f 100 0 daemon
	  starts 2.5 12 700 100 other /bin/other other; exits 3.0 13 100 0 other /bin/other 0; } > "$T/log"
	play_log < "$T/log"
	one exit '.pid == 100'
	one exit '.comm == "other" and .cause == "exit" and (has("after_signal") | not)'
	play_log -t daemon < "$T/log"
	none exit
	[ "$(rows exec | wc -l)" -eq 1 ]
	# The machine was started again: pids and serials begin anew.
	{ starts 1.0 90010 1 100 daemon /usr/sbin/daemon daemon; killed 2.0 90011 f 100 0 daemon
	  starts 5.0 5 1 99 sh /bin/sh sh; exits 6.0 6 100 0 daemon /usr/sbin/daemon 0; } | play_log -t daemon
	one exit '.cause == "exit" and (has("after_signal") | not)'
}

@test "logs of several hosts in one: the first is told, the others are counted" {
	{ starts 1.0 10 1 100 daemon /usr/sbin/daemon daemon | sed 's/^/node=alpha /'
	  killed 2.0 11 9 100 0 daemon | sed 's/^/node=beta /'; } | play_log
	one exec '.host == "alpha"'
	none signal; none exit
	grep -q '2 records of other hosts than alpha' "$T/err"
}

@test "auditd was away: the log says that it has a gap" {
	{ starts 1.0 10 1 100 daemon /usr/sbin/daemon daemon
	  echo "type=DAEMON_START msg=audit($((BASE + 50)).000:7777): op=start ver=3.0.9 res=success"
	  exits 60.0 11 100 0 daemon /usr/sbin/daemon 0; } | play_log
	one lost '.backend == "audit" and (.reason | test("not running"))'
	{ echo "type=DAEMON_START msg=audit($BASE.000:7777): op=start ver=3.0.9 res=success"; exits 60.0 11 100 0 daemon /bin/d 0; } | play_log
	none lost
}

@test "enriched lines, CR, ausearch's headings and cut lines; what is no record is counted" {
	{ starts 1.0 10 1 100 daemon /usr/sbin/daemon daemon | sed $'s/$/\x1dARCH=x86_64 SYSCALL=kill UID="mallory" pid=666 comm="evil"/'
	  echo "----"; echo "time->Sun Nov 22 05:10:10 2026"; killed 2.0 11 f 100 0 daemon | sed 's/$/\r/'
	  exits 2.5 12 100 0 daemon /usr/sbin/daemon 3; } > "$T/log"
	play_log < "$T/log"
	[ "$(rows exec | wc -l)$(rows signal | wc -l)$(rows exit | wc -l)" = 111 ]
	none exec '.comm != "daemon" or .pid != 100'
	[ ! -s "$T/err" ]
	{ cat "$T/log"; echo 'hello'; head -c 4096 /dev/urandom | tr '\n' x; echo; head -c 100000 /dev/zero; echo
	  echo 'type=SYSCALL msg=audit(1795293999.000:50): arch=c000003e syscall=62 success=yes'
	  echo 'type=SYSCALL msg=audit(11/22/26 05:10:10.123:51) : arch=x86_64 syscall=kill success=yes'; } | play_log
	[ "$(wc -l < "$T/out")" -eq 3 ]
	grep -q '3 of [0-9]* lines are no audit records' "$T/err"
	grep -q '1 records are damaged' "$T/err"
	grep -q '1 lines are longer' "$T/err"
	grep -q 'ausearch --raw' "$T/err"
}

@test "a log cut at each byte: no crash, and nothing that the whole log does not say" {
	{ starts 1.0 10 1 100 daemon /usr/sbin/daemon daemon -x; killed 2.0 11 f 100 0 daemon; exits 2.5 12 100 0 daemon /usr/sbin/daemon 31; } > "$T/log"
	local n size; size=$(stat -c %s "$T/log")
	for ((n = 1; n < size; n += 5)); do
		head -c "$n" "$T/log" | play_log || [ $? -eq 1 ]
		# A key may be missing; one that is there is right.
		jq -e -n '[inputs | .pid == 100 and (.exe // "/usr/sbin/daemon") == "/usr/sbin/daemon" and (.ppid // 1) == 1 and
			(.args // ["daemon", "-x"]) == ["daemon", "-x"] and (.comm // "daemon") == "daemon" and
			(.exit_code // 49) == 49 and (.signal // "SIGTERM") == "SIGTERM" and (.sender_pid // 500) == 500] | all' "$T/out" > /dev/null ||
			{ echo "cut at $n:"; cat "$T/out"; return 1; }
	done
}

@test "junk of every kind ends in messages, never in a crash" {
	local i
	for i in {1..5}; do
		{ head -c 20000 /dev/urandom; cat "$DATA/audit-netlink-6.12.txt"; } | shuf --random-source=<(yes "$i") | play_log || [ $? -eq 1 ]
		jq -e . "$T/out" > /dev/null
	done
	head -c 3000000 /dev/urandom | play_log || [ $? -eq 1 ]
	[ ! -s "$T/out" ]
}

@test "a pipe that is slow loses nothing, one that closes ends it quietly" {
	local i
	for i in {1..3000}; do killed "$((i / 10)).$((i % 10))00" "$((i + 10))" a "$((i + 1000))" 33 sleeper; done > "$T/log"
	replay --json -t '*' "$T/log" | { nap 1; cat; } > "$T/out"
	[ "$(rows signal | wc -l)" -eq 3000 ]
	run -0 bash -c "set -o pipefail; '$EPITAPH' replay -t '*' '$T/log' 2> '$T/err' | head -n 1"
	[ ! -s "$T/err" ]
	if [ -c /dev/full ]; then
		replay -t '*' "$T/log" > /dev/full 2> "$T/err" && return 1
		grep -q 'No space left' "$T/err"
	fi
}

@test "a long log: memory stays where it was" {
	command -v python3 > /dev/null || skip "needs python3"
	sanitized && skip "needs a build without sanitizers: it measures memory"
	log() { # N processes that never end, each signalled
		python3 -c "
import sys
for i in range($1):
	t = 1795293800 + i // 100; m = i % 100 * 10; p = 300 + i % 4000000
	print('type=SYSCALL msg=audit(%d.%03d:%d): arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=%d pid=%d auid=1000 uid=0 gid=0 tty=pts0 ses=3 comm=\"p%d\" exe=\"/bin/p%d\" key=\"k\"' % (t, m, i + 1, i, p, i, i))
	print('type=EXECVE msg=audit(%d.%03d:%d): argc=2 a0=\"p%d\" a1=\"x\"' % (t, m, i + 1, i))"
	}
	log 20000 > "$T/short"; log 200000 > "$T/long"
	rss() { python3 -c 'import os, sys
pid = os.posix_spawn(sys.argv[1], [sys.argv[1], "replay", "-t", "*", sys.argv[2]], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
status, use = os.wait4(pid, 0)[1:]
print(use.ru_maxrss); sys.exit(status != 0)' "$EPITAPH" "$1"; }
	local short long; short=$(rss "$T/short"); long=$(rss "$T/long")
	echo "# 20,000 starts: $short KiB; 200,000: $long KiB" >&3
	[ "$long" -lt $((short + short / 5)) ]
	[ "$("$EPITAPH" replay -t '*' "$T/long" | wc -l)" -eq 200000 ]
}
