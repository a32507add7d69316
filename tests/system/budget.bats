# budget.bats - a user without privileges makes more records than are his due: those of others stay.
# A minute may end in the middle of a test, and then a second budget begins.
load lib

NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)
P=    # a directory that everybody can enter, with the user's program
EXIT_ALWAYS=()

need_nobody() {
	need_backend cn_proc
	need setpriv
	P=$(mktemp -d /tmp/epitaph-XXXXXX)
	chmod 755 "$P"
	cp "$TESTS/victim" "$P/prey"
	cp "$TESTS/attack" "$P/attack"
}
eval "$(declare -f teardown | sed '1s/teardown/common_teardown/')"
teardown() {
	common_teardown
	[ -z "$P" ] || rm -rf "$P"
}

# start_with SIZE KEY...: an agent whose output is rotated at SIZE and kept once; KEYs of [agent]
start_with() {
	local size=$1; shift
	AGENT_KEYS+=$(printf '\n%s' "$@")
	start_agent "$(printf '[output j]\ntype = file\nformat = json\npath = %s\nmax_size = %s\nkeep = 1\n' "$J" "$size"
		target root; printf '[target user]\nexe = %s/prey\nrate = 0\n' "$P")"
}
# One that root had started, dies before the user begins; leaves ROOT
roots_daemon_dies() {
	play daemon exit 7
	ROOT=$PID
	wait_for_record exit ".pid == $ROOT"
}
# flood COUNT BYTES: so many deaths of the user's, with so many bytes of arguments, twenty at a time
flood() {
	local long; long=$(head -c "$2" /dev/zero | tr '\0' x)
	"${NOBODY[@]}" sh -c 'i=0; while [ $i -lt '"$1"' ]; do "$0" --delay 30 exit 3 "$1" & i=$((i + 1)); [ $((i % 20)) -ne 0 ] || wait; done; wait' \
		"$P/prey" "$long" > /dev/null 3>&-
}
# The file and what was rotated, as one: leaves J
both() {
	cat "$J.1" "$J" > "$T/both" 2> /dev/null || cp "$J" "$T/both"
	J=$T/both
}
ends_of_user() { count exit '.uid == 65534'; }

@test "a user's flood of deaths with long arguments: the end of root's daemon is not rotated away, and no death of the flood is missing" {
	need_nobody
	start_with 2M
	roots_daemon_dies
	flood 600 100000
	stop_agent
	both
	echo "# $(stat -c %s "$T/both") bytes, $(ends_of_user) ends of the user, $(count exec '.uid == 65534') starts" >&3
	exit_is "$ROOT" '.exit_code == 7'
	[ "$(ends_of_user)" -eq 600 ]
	[ "$(count exit '.uid == 65534 and .exit_code == 3')" -eq 600 ]
	[ "$(count lost '.reason | test("uid 65534") and test("without arguments")')" -ge 1 ] || { records lost; return 1; }
}

@test "a user's flood of signals: above twice the budget his are only counted, root's is told whole" {
	need_nobody
	need_backend tracepoint
	AGENT_KEYS='backends = tracepoint, cn_proc, proc'
	start_with 16M 'budget = 16K'
	: > "$T/said"
	"${NOBODY[@]}" "$P/prey" ignore USR1 > "$T/said" 3>&- < /dev/null &
	STARTED+=($!)
	until_true 5 test -s "$T/said"
	PID=$(< "$T/said")
	"${NOBODY[@]}" "$P/attack" many USR1 "$PID" 80 7000 > /dev/null 3>&-
	"$P/attack" once KILL "$PID" root 3>&- > /dev/null
	wait_for_record exit ".pid == $PID"
	stop_agent
	local told left_out
	told=$(count signal '.sender_uid == 65534')
	left_out=$(records lost '.reason | test("^uid 65534 ")' | jq -s 'map(.count // 0) | add')
	echo "# $told told, $left_out counted" >&3
	[ "$(count signal '.sender_uid == 65534 and has("sender_args")')" -le 6 ]
	[ "$told" -lt 60 ]
	[ $((told + left_out)) -eq 80 ]
	[ "$(count signal '.sender_uid == 0 and .signal == "SIGKILL" and .sender_args[4] == "root"')" -eq 1 ]
	exit_is "$PID" '.cause == "killed" and .confidence == "certain" and .sender_uid == 0' 'has("args") | not'
}

@test "a user's program of root's is still the user's" {
	need_nobody
	start_with 16M 'budget = 4K'
	local i
	chmod 4755 "$P/prey"
	for i in $(seq 20); do "${NOBODY[@]}" "$P/prey" --delay 20 --uid 0 exit 3 > /dev/null 3>&- || true; done
	stop_agent
	[ "$(count exit '.uid == 0 and .exit_code == 3')" -eq 20 ]
	[ "$(count exit '.uid == 0 and has("args")')" -lt 10 ]
	[ "$(count lost '.reason | test("^uid 65534 ")')" -ge 1 ] || { records lost; return 1; }
}
