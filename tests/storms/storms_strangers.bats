# storms_strangers.bats - users without rights do their worst: a watched daemon's death meanwhile is told within 2 s, named right
load ../system/lib
BATS_TEST_DIRNAME=$BATS_TEST_DIRNAME/../system
load ../system/audit

NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)
LIMIT=1000   # processes of the fork bomb
P=           # a directory that everybody can enter
CAGE=        # the bomb's control group

# need_list LIST: the backends
need_list() {
	need_root
	need setpriv
	[[ $1 != *tracepoint* ]] || need_backend tracepoint
	[[ $1 != auto ]] || need_audit
	AGENT_KEYS="backends = $1"
	P=$(mktemp -d /tmp/epitaph-XXXXXX)
	chmod 755 "$P"
	cp "$TESTS/bomb" "$TESTS/kills" "$TESTS/spawn" "$P"
	cp "$TESTS/victim" "$P/daemon"
	watched daemon
}

eval "$(declare -f teardown | sed '1s/teardown/common_teardown/')"
teardown() {
	common_teardown
	[ -z "$CAGE" ] || { empty_cage; rmdir "$CAGE"; }
	[ -z "$P" ] || rm -rf "$P"
}
empty_cage() {
	local pid
	echo 0 > "$CAGE/pids.max"
	for _ in {1..100}; do
		[ -n "$(< "$CAGE/cgroup.procs")" ] || return 0
		while read -r pid; do kill -KILL "$pid" 2> /dev/null; done < "$CAGE/cgroup.procs"
		nap 0.05
	done
}

# cage: leaves CAGED, the words that run a command of nobody's under the limit, and HOW
cage() {
	local at
	at=$(awk '$3 == "cgroup" && $4 ~ /(^|,)pids(,|$)/ { print $2; exit }' /proc/mounts)
	[ -n "$at" ] || at=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	if [ -n "$at" ]; then
		[ ! -e "$at/cgroup.subtree_control" ] || echo +pids 2> /dev/null > "$at/cgroup.subtree_control" || true
		if mkdir "$at/epitaph-bomb-$$" 2> /dev/null && echo "$LIMIT" 2> /dev/null > "$at/epitaph-bomb-$$/pids.max"; then
			CAGE=$at/epitaph-bomb-$$
			HOW="the pids controller of $(stat -f -c %T "$at") at $at"
			CAGED=(bash -c 'echo $$ > "$0"; exec "$@"' "$CAGE/cgroup.procs" "${NOBODY[@]}")
			return
		fi
		rmdir "$at/epitaph-bomb-$$" 2> /dev/null || true
	fi
	HOW="RLIMIT_NPROC, since no pids controller can be used"
	CAGED=(setpriv --reuid 65534 --regid 65534 --clear-groups prlimit --nproc="$LIMIT:$LIMIT")
}

# The agent, which watches the daemon of root's, and by its name whatever else is called so.
start() {
	start_agent "$(printf '[target real]\nexe = %s/daemon\nrate = 0\n[target named]\ncomm = daemon\n' "$T")"
	BEGIN=${EPOCHREALTIME/./} CPU=$(cpu_ms)
	RESIDENT=$(memory Rss)
	"$TESTS/told" "$J" 700 "$T/daemon" wait < /dev/null > "$T/times" 3>&- &
	TOLD=$!
	STARTED+=("$TOLD")
}
memory() { local pid; for pid in "$AGENT" "$WARDEN" "$ENGINE"; do cat "/proc/$pid/smaps_rollup"; done | awk -v key="^$1" '$1 ~ key { n += $2 } END { print n }'; }
cpu_ms() { cat "/proc/$AGENT/stat" "/proc/$WARDEN/stat" "/proc/$ENGINE/stat" | sed 's/.*) //' | awk -v hz="$(getconf CLK_TCK)" '{ n += $12 + $13 } END { print int(n * 1000 / hz) }'; }

# finish: the storm is over; every death was told in time, and with who had done it
finish() {
	local ms=$(((${EPOCHREALTIME/./} - BEGIN) / 1000)) cpu=$(($(cpu_ms) - CPU)) resident private
	resident=$(memory Rss) private=$(memory Private_)
	kill -TERM "$TOLD"
	wait "$TOLD"
	stop_agent
	local deaths slowest pid
	deaths=$(wc -l < "$T/times")
	slowest=$(cut -d ' ' -f 2 "$T/times" | sort -n | tail -n 1)
	echo "# $deaths deaths, told after $(cut -d ' ' -f 2 "$T/times" | sort -n | paste -sd ' ') ms" >&3
	echo "# agent: $((cpu * 100 / ms)) % of a processor over $((ms / 1000)) s; resident $resident KiB ($RESIDENT before), private $private KiB; $(count exit) exit records" >&3
	[ "$deaths" -ge 5 ]
	run ! grep -q ' -1$' "$T/times"
	[ "$slowest" -le 2000 ]
	# The strangers' processes have had all pids there are, these too: the target tells whose it was.
	for pid in $(cut -d ' ' -f 1 "$T/times"); do
		[ "$(count exit ".pid == $pid and .target == \"real\"")" -eq 1 ]
		[ "$(count exit ".pid == $pid and .target == \"real\" and .comm == \"daemon\" and .signal == \"SIGKILL\" and .cause == \"killed\" and .confidence == \"certain\" and
			.exe == \"$T/daemon\" and .sender_pid == $TOLD and .sender_comm == \"told\"")" -eq 1 ]
	done
	# A thousand of the process table's bounds: nothing of the strangers' makes it larger.
	sanitized || [ $((resident - RESIDENT)) -lt 8192 ]
}
EXIT_ALWAYS=()

bomb_under() {
	need_list "$1"
	cage
	start
	"${CAGED[@]}" "$P/bomb" 12 > "$T/bomb" 3>&- || true
	echo "# $(< "$T/bomb"), at most $LIMIT processes by $HOW" >&3
	finish
}
@test "a stranger's fork bomb (tracepoint)" { bomb_under 'tracepoint, cn_proc, proc'; }
@test "a stranger's fork bomb (auto)" { bomb_under auto; }

names_under() {
	need_list "$1"
	start
	"${NOBODY[@]}" "$P/spawn" 100000 4 -- "$P/daemon" quick 0 3>&- | sed 's/^/# /' >&3
	finish
}
@test "100,000 processes of a stranger that are called like the daemon (tracepoint)" { names_under 'tracepoint, cn_proc, proc'; }
@test "100,000 processes of a stranger that are called like the daemon (auto)" { names_under auto; }

# A stranger tries to kill the daemon of root's, and kills a process of his own that is called so, as fast as it goes.
kills_under() {
	need_list "$1"
	start
	: > "$T/said"
	"${NOBODY[@]}" "$P/daemon" ignore USR1 > "$T/said" 3>&- < /dev/null &
	STARTED+=($!)
	until_true 5 test -s "$T/said"
	local own; own=$(< "$T/said")
	live daemon ignore USR1
	local i storm=()
	for i in 1 2; do
		"${NOBODY[@]}" timeout 12 "$P/kills" "$own" USR1 100000000 > /dev/null 3>&- & storm+=($!)
		"${NOBODY[@]}" timeout 12 "$P/kills" "$PID" KILL 100000000 > /dev/null 3>&- & storm+=($!)
	done
	wait "${storm[@]}" || true
	echo "# $(records signal '.signal == "SIGUSR1"' | jq -s 'map(.repeat // 1) | add // 0') kills of his own process told, $(records signal '.result == "failed"' | jq -s 'map(.repeat // 1) | add // 0') that failed; $(count lost) lost records" >&3
	finish
}
@test "a stranger's kills at full speed (tracepoint)" { kills_under 'tracepoint, cn_proc, proc'; }
@test "a stranger's kills at full speed (auto)" { kills_under auto; }
