# attacks.bats - a user without rights tries to have somebody else named, a killer left out, or less told than was seen
load lib
load audit
EXIT_ALWAYS=()

# need_attack LIST: the backends; attackers are programs outside of this test's directory, where no target wants them
need_attack() {
	need_root
	need setpriv
	[[ $1 != *audit* ]] || need_audit
	AGENT_KEYS="backends = $1"
	OUT=$T.attackers
	mkdir "$OUT"
	cp "$TESTS/attack" "$OUT/attack"
	cp "$TESTS/send" "$OUT/send"
	chmod 755 "$BATS_TEST_TMPDIR" "$T" "$OUT"
}
NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)
# attack WAY ARG...: by nobody; leaves BY
attack() {
	"${NOBODY[@]}" "$OUT/attack" "$@" > /dev/null 3>&- &
	BY=$!
	wait "$BY" 2> /dev/null || true
}
# root_sends SIG PID: leaves BY
root_sends() {
	"$OUT/send" kill "$1" "$2" > /dev/null 3>&- &
	BY=$!
	wait "$BY" || true
}
is_logged() { dmesg | grep -q "$1"; }

@test "a fault of a thread that is called like another daemon is no fault of that daemon" {
	need_attack 'audit, cn_proc, proc, kmsg'
	watched d
	start_agent "$(target)"
	[ "$(count agent '.state == "started" and (.backends | index("kmsg"))')" -eq 1 ] || skip "the kernel log cannot be read here"
	live d wait
	local victim=$PID
	# The kernel logs no more than ten of all faults in five seconds.
	for try in 1 2 3 4; do
		attack badframe "d[$victim] trap "
		! is_logged "d\[$victim\] trap \[$BY\] bad frame" || break
		[ $try -lt 4 ] || skip "this kernel logs no bad frame"
		nap 2
	done
	root_sends SEGV "$victim"
	wait_for_record exit ".pid == $victim"
	stop_agent
	exit_is "$victim" '.cause == "killed" and .confidence == "certain"' ".sender_pid == $BY"
}
