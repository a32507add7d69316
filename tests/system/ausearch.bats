# ausearch.bats - the record parser against Debian's ausearch and aureport, on the same logs
load lib
load audit

ausearch() { LC_ALL=C "$PACKAGES/run-ausearch" "$@" < /dev/null; }
need_ausearch() {
	[ -x "$PACKAGES/run-ausearch" ] || skip "needs Debian's package auditd (tests/setup check could not download it)"
	command -v python3 > /dev/null || skip "needs python3"
}
# compare LOG: prints how many of each were compared.
compare() {
	ausearch -i --input "$1" > "$T/interpreted" 2> "$T/ausearch.err" || { cat "$T/ausearch.err"; return 1; }
	"$EPITAPH" replay --json -t '*' "$1" > "$T/replayed" 2> "$T/replay.err"
	[ ! -s "$T/replay.err" ] || { cat "$T/replay.err"; return 1; }
	python3 "$BATS_TEST_DIRNAME/ausearch.py" "$1" "$T/interpreted" "$T/replayed"
}

@test "the captures of 5.10 and 6.12 as logs: the same pids, programs, arguments and signals" {
	need_ausearch
	for kernel in 5.10 6.12; do
		sed -n 's/^R type=\([0-9]*\) [^:]*: \(audit(.*\)/\1 \2/p' "$BATS_TEST_DIRNAME/../data/audit-netlink-$kernel.txt" |
			awk 'BEGIN { split("1300 SYSCALL 1302 PATH 1307 CWD 1309 EXECVE 1318 OBJ_PID 1320 EOE 1327 PROCTITLE 1701 ANOM_ABEND 1305 CONFIG_CHANGE 1326 SECCOMP", w, " ")
				for (i = 1; i in w; i += 2) name[w[i]] = w[i + 1] }
				{ type = $1; sub(/^[0-9]+ /, ""); print "type=" name[type] " msg=" $0 }' > "$T/log"
		run -0 compare "$T/log"
		echo "# $kernel: $output" >&3
		[[ $output =~ ^"abend 3 exec 2 exit 3 signal 32"$ ]]
	done
}

@test "a log made here by auditd: the same for every kill, exec and exit" {
	need_ausearch
	need_audit
	start_auditd
	auditctl -a always,exit -F arch=b64 -S kill,tkill,tgkill,rt_sigqueueinfo,rt_tgsigqueueinfo,pidfd_send_signal,execve,execveat,exit_group -F key=mine > /dev/null
	watched 'hostile name' $'tab\there' 'quote"d'
	local way name
	for way in kill tkill tgkill sigqueue rt_tgsigqueueinfo pidfd_send_signal; do
		for name in daemon 'hostile name' $'tab\there' 'quote"d'; do
			live "$name" ignore USR1
			"$TESTS/send" "$way" USR1 "$PID" 7 > /dev/null
			"$TESTS/send" "$way" TERM "$PID" > /dev/null
			gone_soon "$PID"
		done
	done
	live daemon ignore USR1
	"$TESTS/send" group USR1 "$PID" || true
	kill -KILL "$PID"
	for name in 0 1 77 255; do "$T/daemon" exit "$name" || true; done
	"$T/daemon" --core unlimited abort || true; "$T/daemon" segv || true; "$T/daemon" raise SEGV || true
	/bin/echo plain 'two words' '' 'quote"s' $'new\nline' "$(printf 'x%.0s' {1..3000})" > /dev/null
	/bin/echo $(seq 1 1600) > /dev/null
	/bin/sh -c 'exec /bin/true with arguments'
	nap 1
	auditctl -D -k mine > /dev/null
	nap 0.5
	stop_auditd
	[ -z "${KEEP_LOG:-}" ] || cp "$LOG" "$KEEP_LOG"
	run -0 compare "$LOG"
	echo "# $output" >&3
	# aureport counts the same abnormal ends.
	[ "$("$PACKAGES/run-aureport" --anomaly --input "$LOG" < /dev/null | grep -c ANOM_ABEND)" -eq "$(grep -c '^type=ANOM_ABEND' "$LOG")" ]
	[ "$(grep -o 'abend [0-9]*' <<< "$output" | cut -d ' ' -f 2)" -eq "$(grep -c '^type=ANOM_ABEND' "$LOG")" ]
}
gone_soon() { until_true 5 gone "$1"; }
