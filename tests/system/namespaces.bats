# namespaces.bats - in containers and without privileges: it starts with what is left, says what it cannot see, tells what it can
load lib
load audit
load deaths

# starts_without BACKEND REASON...: it is not among the open ones, and the first record says the reasons
starts_without() {
	local reason said
	said=$(records agent '.state == "started"' | head -n 1)
	for reason in "${@:2}"; do
		jq -e --arg r "$reason" '.reason | test($r)' <<< "$said" > /dev/null || { echo "not said: $reason"; echo "$said"; return 1; }
	done
	jq -e --arg b "$1" '.backends | index($b) | not' <<< "$said" > /dev/null || { echo "$1 is open: $said"; return 1; }
}

probe_here() { "${RUN_AGENT[@]}" "$EPITAPH" probe > "$T/probe" 2>&1 3>&- || true; cat "$T/probe"; }
probe_says() { grep -q -E "$1" "$T/probe" || { echo "probe does not say: $1"; cat "$T/probe"; return 1; }; }

# deaths_are_right [COMMAND...]: a daemon that was there before, and two that are started by COMMAND
deaths_are_right() {
	local old=$1 third; shift
	kill -TERM "$old"
	"$@" "$T/daemon" --delay 1500 exit 7 3>&- || true
	"$@" "$T/daemon" --delay 1500 abort > /dev/null 2>&1 3>&- || true
	wait_for_record exit true 3
	stop_agent
	[ "$(count exit)" -eq 3 ]
	exit_is "$old" '.signal == "SIGTERM"'
	[ "$(count exit '.exit_code == 7')" -eq 1 ]
	[ "$(count exit '.signal == "SIGABRT"')" -eq 1 ]
	[ "$(count exec)" -eq 2 ]
	[ "${SEES_ALL:-}" ] || [ "$(count lost)" -eq 0 ]
	[ "$(count exit 'has("sender_pid")')" -eq 0 ]
	[ "$(count exit '.cause == "oom" or .cause == "fault" or .cause == "killed"')" -eq 0 ]
}
EXIT_ALWAYS=()

@test "in a new network namespace" {
	need_audit # which answers here too
	status_is_known || skip "before 6.15 no kernel tells how a process ended once it is reaped"
	RUN_AGENT=(unshare --net)
	AGENT_KEYS='backends = auto'
	probe_here
	probe_says "^cn_proc +not usable: .*network namespace"
	live daemon wait
	start_agent "$(target)"
	starts_without cn_proc "cn_proc: .*network namespace" "shorter than poll_interval"
	kill -TERM "$PID"
	"$T/daemon" --delay 1500 exit 7 3>&- || true
	wait_for_record exit true 2
	stop_agent
	exit_is "$PID" '.signal == "SIGTERM"' ".cause == \"killed\" and .sender_pid == $BASHPID"
	[ "$(count exit '.exit_code == 7')" -eq 1 ]
	[ "$(count exit)" -eq 2 ]
}

@test "in a new pid namespace, while another listener makes the kernel send events with other pids" {
	need_root
	status_is_known || skip "before 6.15 no kernel tells how a process ended once it is reaped"
	write_conf "$(target)" "$T/host.ini"
	sed -i "s|^path = .*|path = $T/host|" "$T/host.ini"
	"$EPITAPH" -c "$T/host.ini" > /dev/null 2> "$T/host.err" 3>&- &
	local host=$!
	STARTED+=("$host")
	until_true 10 grep -q started "$T/host"
	AGENT_KEYS='backends = auto'
	write_conf "$(target)" "$T/agent.ini"
	cat > "$T/shell" <<-EOF
		cd $T
		$EPITAPH probe > probe 2>&1
		./daemon wait > said &
		old=\$!
		$EPITAPH -c agent.ini 2> agent.err & agent=\$!
		until grep -q started j; do sleep 0.1; done
		kill -TERM \$old; wait \$old
		./daemon --delay 1500 exit 7
		./daemon --delay 1500 abort
		sleep 0.5
		kill -TERM \$agent; wait \$agent
		echo \$old ended \$?
	EOF
	# Subscriptions of others are acknowledged to everybody: none of them is its own.
	(while :; do "$TESTS/refuse" audit "$EPITAPH" probe; done > /dev/null 2>&1 3>&-) &
	STARTED+=($!)
	timeout 60 unshare --pid --fork --mount-proc bash "$T/shell" > "$T/shell.out" 2>&1 3>&- < /dev/null
	kill "${STARTED[-1]}"
	grep -q "ended 0" "$T/shell.out"
	old=$(sed -n 's/ ended 0$//p' "$T/shell.out")
	# What the rest of the machine forks is none of its business.
	[ "$(count lost)" -eq 0 ]
	starts_without cn_proc "cn_proc: .*(pid namespace|child's exit)" "kmsg: .*pid namespace" "audit: .*namespace"
	starts_without kmsg
	starts_without audit
	probe_says "^cn_proc +not usable"
	probe_says "^kmsg +not usable: .*pid"
	exit_is "$old" '.signal == "SIGTERM"' '.pid < 100'
	[ "$(count exit)" -eq 3 ]
	[ "$(count exit '.exit_code == 7')" -eq 1 ]
	[ "$(count exit '.signal == "SIGABRT"')" -eq 1 ]
	[ "$(count exec)" -eq 2 ]
	# Seen from outside they are three of five, with other pids, and none is told twice.
	kill -TERM "$host"
	wait "$host"
	[ "$(jq -s '[.[] | select(.event == "exit") | .pid] | length - (unique | length)' "$T/host")" -eq 0 ]
	[ "$(jq -s '[.[] | select(.event == "exit" and .exit_code == 7)] | length' "$T/host")" -eq 1 ]
}

# The agent of the next tests is nobody, and the directory is nobody's.
for_nobody() {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")"
	chown 65534:65534 "$T" # the agent believes no directory that everybody may write to
	: > "$J"
	chown 65534:65534 "$J"
	cp "$EPITAPH" "$T/agent"
	chmod 755 "$T/agent" "$T"/daemon
	EPITAPH=$T/agent
	setpriv --reuid 65534 --regid 65534 --clear-groups test -r "$T/agent" || skip "nobody cannot read here"
}
NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)

@test "in a user namespace without privileges" {
	need_root
	status_is_known || skip "before 6.15 no kernel tells how a process ended once it is reaped"
	for_nobody
	"${NOBODY[@]}" unshare -U true || skip "users may not make user namespaces here"
	RUN_AGENT=("${NOBODY[@]}" unshare -U)
	AGENT_KEYS='backends = auto'
	"${NOBODY[@]}" "$T/daemon" wait > "$T/said" 3>&- &
	STARTED+=($!)
	until_true 5 test -s "$T/said"
	SEES_ALL=1
	start_agent "$(printf '[target t]\ncomm = daemon\nuser = nobody\n')"
	starts_without cn_proc "cn_proc: .*namespace" "audit: .*namespace"
	probe_here
	probe_says "^cn_proc +not usable: .*namespace"
	deaths_are_right "$(< "$T/said")" "${NOBODY[@]}"
}

@test "as nobody with hidepid=2: what is hidden is neither told nor taken for dead" {
	need_root
	status_is_known || skip "before 6.15 no kernel tells how a process ended once it is reaped"
	for_nobody
	RUN_AGENT=(unshare --mount sh -c 'mount -t proc -o hidepid=2 proc /proc && exec "$@"' sh "${NOBODY[@]}")
	"${RUN_AGENT[@]}" true || skip "proc cannot be mounted with hidepid here"
	AGENT_KEYS='backends = proc'
	live daemon wait
	local hidden=$PID
	"${NOBODY[@]}" "$T/daemon" wait > "$T/said" 3>&- &
	STARTED+=($!)
	until_true 5 test -s "$T/said"
	start_agent "$(printf '[target t]\ncomm = daemon\n')"
	starts_without audit "hidepid" "shorter than poll_interval"
	probe_here
	probe_says "^proc .*hidepid"
	"$TESTS/crowd" 300
	kill -KILL "$hidden"
	deaths_are_right "$(< "$T/said")" "${NOBODY[@]}"
}

@test "as nobody, daemons of root are seen, and each once" {
	need_root
	status_is_known || skip "before 6.15 no kernel tells how a process ended once it is reaped"
	for_nobody
	RUN_AGENT=("${NOBODY[@]}")
	AGENT_KEYS=$'backends = proc\npoll_interval = 100ms'
	live daemon wait
	SEES_ALL=1
	start_agent "$(printf '[target t]\ncomm = daemon\n')"
	starts_without audit "exe of other users" "shorter than poll_interval"
	nap 3
	[ "$(count exec)" -eq 0 ]
	deaths_are_right "$PID"
}
