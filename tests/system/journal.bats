# journal.bats - records to a real journald, in a mount namespace with a /run of its own
load lib

BUILD_ROOT=$BATS_TEST_DIRNAME/../../build/root

# in_there COMMAND...: where that journald's socket is
in_there() { nsenter --target "$NAMESPACE" --mount "$@"; }

start_namespace() {
	need_root
	need nsenter
	[ -x "$BUILD_ROOT/run-journald" ] || skip "journald could not be downloaded (tests/setup check)"
	echo 0123456789abcdef0123456789abcdef > machine-id
	printf '[Journal]\nStorage=volatile\nRateLimitBurst=0\nForwardToSyslog=no\nReadKMsg=no\nAudit=no\n' > journald.conf
	unshare --mount --propagation private sh -c 'mount -t tmpfs run /run && mkdir -p /run/systemd/journal /run/log/journal /run/conf &&
		cp "$1/journald.conf" "$1/machine-id" /run/conf && { [ -e /etc/machine-id ] || : > /etc/machine-id; } && mount --bind /run/conf/machine-id /etc/machine-id &&
		mkdir -p /run/systemd/journald.conf.d && cp /run/conf/journald.conf /run/systemd/journald.conf.d/test.conf && : > "$1/there" && exec sleep 1000' sh "$T" 3>&- &
	NAMESPACE=$!
	STARTED+=("$NAMESPACE")
	until_true 5 test -e there
}
start_journald() {
	nsenter --target "$NAMESPACE" --mount "$BUILD_ROOT/run-journald" > journald.out 2>&1 3>&- < /dev/null &
	JOURNALD=$!
	STARTED+=("$JOURNALD")
	until_true 10 in_there test -S /run/systemd/journal/socket || { cat journald.out; return 1; }
}
journal() { in_there "$BUILD_ROOT/run-journalctl" --no-pager -q --all -o json "$@"; }
has_told() { [ "$(journal "$@" 2> /dev/null | wc -l)" -ge 1 ]; }
to_journal() {
	printf '[agent]\nstate_dir = none\ncontrol = none\n%s\n[output journal]\ntype = journal\ntag = mourner\n' "$AGENT_KEYS"
	target
}

@test "each key of a record is a field, and journalctl finds it by them" {
	start_namespace
	start_journald
	RUN_AGENT=(nsenter --target "$NAMESPACE" --mount)
	start_agent "$(to_journal)"
	play daemon exit 7
	until_true 10 has_told EPITAPH_EVENT=exit
	play daemon segv 'a "quoted" \ argument' $'two\nlines'
	until_true 10 has_told EPITAPH_SIGNAL=SIGSEGV
	stop_agent
	local one; one=$(journal EPITAPH_EVENT=exit EPITAPH_EXIT_CODE=7)
	jq -e '.PRIORITY == "4" and .SYSLOG_IDENTIFIER == "mourner" and .EPITAPH_TARGET == "t"' <<< "$one"
	jq -e ".OBJECT_PID == \"$(jq -r .EPITAPH_PID <<< "$one")\"" <<< "$one"
	jq -e '.MESSAGE | test("exit t: daemon")' <<< "$one"
	# What is in the journal is what is in the file, key by key.
	diff <(records exit | jq -cS 'del(.args, .run) | map_values(if type == "string" then . else tojson end)') \
		<(journal EPITAPH_EVENT=exit | jq -cS 'with_entries(select(.key | startswith("EPITAPH_")) | .key |= (ltrimstr("EPITAPH_") | ascii_downcase)) | del(.args, .run)')
	[ "$(journal EPITAPH_EVENT=exit | wc -l)" -eq 2 ]
	one=$(journal EPITAPH_SIGNAL=SIGSEGV)
	jq -e '.EPITAPH_ARGS | fromjson | .[-1] == "two\\nlines" or .[-1] == "two\nlines"' <<< "$one"
	jq -e '.PRIORITY == "3" or .PRIORITY == "2"' <<< "$one"
}

@test "a journald that is not there yet, or is killed: records wait for it" {
	start_namespace
	RUN_AGENT=(nsenter --target "$NAMESPACE" --mount)
	start_agent "$(to_journal)"
	play daemon exit 1
	wait_for_record exit '.exit_code == 1'
	start_journald
	until_true 15 has_told EPITAPH_EXIT_CODE=1
	kill -KILL "$JOURNALD"
	wait "$JOURNALD" || true
	play daemon exit 2
	wait_for_record exit '.exit_code == 2'
	start_journald
	until_true 15 has_told EPITAPH_EXIT_CODE=2
	play daemon exit 3
	until_true 15 has_told EPITAPH_EXIT_CODE=3
	stop_agent
}
