# audit.bash - what the tests with the kernel's audit share; behind `load lib`
PACKAGES=$(realpath -m "$BATS_TEST_DIRNAME/../../build/root")
AUDITD=           # its pid
LOG=              # its log
FOUND=            # the settings before the test

auditctl() { "$PACKAGES/run-auditctl" "$@"; }
field() { auditctl -s | awk -v name="$1" '$1 == name { print $2 }'; }
# What a user compares: all of `auditctl -s` but counters, and `auditctl -l`.
audit_state() { auditctl -s | grep -v -e '^lost ' -e '^backlog ' -e '^backlog_wait_time_actual '; auditctl -l; }

need_audit() {
	need_root
	[ -x "$PACKAGES/run-auditctl" ] || skip "needs Debian's package auditd (tests/setup check could not download it)"
	auditctl -s > "$T/status" 2>&1 && grep -q ^enabled "$T/status" || skip "this kernel has no audit: $(head -n 1 "$T/status")"
	[ "$(field enabled)" != 2 ] || skip "the audit settings are locked until the next boot"
	[ "$(field pid)" = 0 ] || skip "an audit daemon runs here (pid $(field pid))"
	[ "$(auditctl -l)" = "No rules" ] || skip "there are audit rules here: $(auditctl -l | head -n 1)"
	FOUND="$(field enabled) $(field backlog_limit) $(field backlog_wait_time)"
	AGENT_KEYS='backends = audit, cn_proc, proc'
}

eval "$(declare -f teardown | sed '1s/teardown/lib_teardown/')"
teardown() {
	local status=${BATS_TEST_COMPLETED:-}
	[ -z "$AUDITD" ] || stop_auditd || true
	BATS_TEST_COMPLETED=$status lib_teardown
	[ -n "$FOUND" ] || return 0
	set -- $FOUND
	{ auditctl -D -k epitaph; auditctl -D -k mine; auditctl -d task,never
		auditctl -b "$2" --backlog_wait_time "$3" -e "$1"; } > /dev/null 2>&1 || true
	return 0
}

# start_auditd [PLUGIN_CONF]: Debian's auditd in the foreground with a log of its own, RAW unless FORMAT says else.
start_auditd() {
	[ -x "$PACKAGES/run-auditd" ] || skip "needs Debian's package auditd (tests/setup check could not download it)"
	mkdir -p "$T/auditd/plugins.d"
	LOG=$T/auditd/audit.log
	printf '%s\n' local_events=yes write_logs=yes "log_file=$LOG" log_group=root "log_format=${FORMAT:-RAW}" \
		flush=none freq=0 max_log_file=200 num_logs=0 priority_boost=4 name_format=none max_log_file_action=ignore \
		space_left=2 space_left_action=ignore admin_space_left=1 admin_space_left_action=ignore disk_full_action=ignore \
		disk_error_action=ignore use_libwrap=no q_depth=20000 overflow_action=ignore max_restarts=3 \
		"plugin_dir=$T/auditd/plugins.d" | sed 's/=/ = /' > "$T/auditd/auditd.conf"
	[ $# -eq 0 ] || printf '%s\n' "$1" > "$T/auditd/plugins.d/epitaph.conf"
	find "$T/auditd" -type f -exec chmod 640 {} +
	chmod 750 "$T/auditd" "$T/auditd/plugins.d"
	"$PACKAGES/run-auditd" -n -c "$T/auditd" > "$T/auditd/out" 2>&1 3>&- < /dev/null &
	AUDITD=$!
	until_true 10 owns_audit || { cat "$T/auditd/out"; return 1; }
}
owns_audit() { [ "$(field pid)" = "$AUDITD" ]; }
stop_auditd() {
	kill -TERM "$AUDITD" 2> /dev/null || true
	timeout 10 tail --pid="$AUDITD" -f /dev/null || true
	kill -KILL "$AUDITD" 2> /dev/null || true
	wait "$AUDITD" 2> /dev/null || true
	AUDITD=
}

# logged SIGNO_HEX PID: how many kill() records with the key "mine" auditd's log has; the receiver is a0.
logged() { grep -c "^type=SYSCALL.* syscall=62 success=yes .* a0=$(printf %x "$2") a1=$1 .* key=\"mine\"" "$LOG"; }
# told PID SIGNAL: the sum of `repeat` over its signal records.
told() { records signal ".pid == $1 and .signal == \"$2\"" | jq -s 'map(.repeat // 1) | add // 0'; }
told_is() { [ "$(told "$1" "$2")" -eq "$3" ]; }
lost_records() { records lost '.backend == "audit"' | jq -s 'map(.count // 0) | add // 0'; }
