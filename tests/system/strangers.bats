# strangers.bats - what users without privileges do to the agent and to who reads its records
load lib
load audit

NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)
P=    # a directory that everybody can enter, with a victim and a shell

need_nobody() {
	need_backend "${1:-cn_proc}"
	need setpriv
	P=$(mktemp -d /tmp/epitaph-XXXXXX)
	chmod 755 "$P"
	cp "$TESTS/victim" "$P/prey"
}
# A user's own mount and user namespace: need_namespaces COMMAND...
need_namespaces() { "${NOBODY[@]}" unshare -U -r -m true 2> /dev/null || skip "users may not make namespaces here"; }

eval "$(declare -f teardown | sed '1s/teardown/common_teardown/')"
teardown() {
	common_teardown
	[ -z "$P" ] || rm -rf "$P"
}

# live_as_nobody PROGRAM ARG...: leaves its PID
live_as_nobody() {
	: > "$T/said"
	"${NOBODY[@]}" "$@" > "$T/said" 3>&- < /dev/null &
	STARTED+=($!)
	until_true 5 test -s "$T/said"
	PID=$(< "$T/said")
}

# Lines for people in $T/text, and a target that watches the victim.
text_and_target() { printf '[output text]\ntype = file\nformat = text\npath = %s/text\n[target t]\nexe = %s/prey\nrate = 0\n' "$T" "$P"; }

@test "a sender that is called systemd: its line says which file it is" {
	need_nobody tracepoint
	AGENT_KEYS='backends = tracepoint, cn_proc, proc'
	cp "$(readlink -f /bin/sh)" "$P/systemd"
	start_agent "$(text_and_target)"
	live_as_nobody "$P/prey" wait
	"${NOBODY[@]}" "$P/systemd" -c "kill -TERM $PID; sleep 0.5" 3>&-
	wait_for_record exit ".pid == $PID"
	stop_agent
	grep -q "exit t: prey\[$PID\] killed by SIGTERM from systemd\[.* exe=$P/systemd " text || { cat text; return 1; }
}

@test "a sender whose path is that of a system's program in a mount namespace of its own is no such program" {
	need_nobody tracepoint
	need_namespaces
	AGENT_KEYS='backends = tracepoint, cn_proc, proc'
	cp "$(readlink -f /bin/sh)" "$P/evil"
	start_agent "$(text_and_target)"
	live_as_nobody "$P/prey" wait
	local path; path=$(readlink -f /usr/bin/env)
	"${NOBODY[@]}" unshare -U -r -m sh -c "mount --bind $P/evil $path; exec $path -c 'kill -TERM $PID; sleep 0.5'" 3>&-
	wait_for_record exit ".pid == $PID"
	stop_agent
	exit_is "$PID" ".sender_exe == \"$path\"" '.sender_foreign == true'
	grep -q "exit t: prey\[$PID\] killed by SIGTERM from .* exe=$path (of another mount namespace) " text || { cat text; return 1; }
}
EXIT_ALWAYS=()

@test "a user's program of the same path in a directory that he calls root hides no start and no end" {
	need_nobody tracepoint
	need_namespaces
	AGENT_KEYS='backends = tracepoint, cn_proc, proc'
	start_agent "$(text_and_target)"
	install -d -m 755 "$P/x$P"
	cp "$P/prey" "$P/x$P/prey"
	"${NOBODY[@]}" unshare -U -r chroot "$P/x" "$P/prey" --delay 300 exit 5 3>&- > /dev/null || true
	"$P/prey" --delay 300 exit 7 3>&- > /dev/null || true
	stop_agent
	[ "$(count exit '.exit_code == 7')" -eq 1 ] || { records exit; return 1; }
}

# The evil one executes what its mount namespace has as the daemon's file; a service that root has put into one of its own has the daemon's.
play_in_namespaces() {
	cp "$P/prey" "$P/evil"
	start_agent "$(text_and_target; printf '%s\n' "$1")"
	"${NOBODY[@]}" unshare -U -r -m sh -c "mount --bind $P/evil $P/prey; exec $P/prey --delay 300 exit 5" > /dev/null 3>&- || true
	unshare -m "$P/prey" --delay 300 exit 7 > /dev/null 3>&- || true
	stop_agent
	[ "$(count exit '.exit_code == 7 and (has("foreign") | not)')" -eq 1 ] || { records exit; return 1; }
}

@test "exe is no file that a user has put at that path in a mount namespace of his own" {
	need_nobody
	need_namespaces
	play_in_namespaces ''
	[ "$(count exit '.exit_code == 5')" -eq 0 ] || { records exit; return 1; }
}

@test "the same by tracepoint, which tells paths" {
	need_nobody tracepoint
	need_namespaces
	AGENT_KEYS='backends = tracepoint, cn_proc, proc'
	play_in_namespaces ''
	[ "$(count exit '.exit_code == 5')" -eq 0 ] || { records exit; return 1; }
}

@test "the same by audit, which tells paths below the root that a user has given himself" {
	need_audit
	need_nobody
	need_namespaces
	install -d -m 755 "$P/x$P"
	cp "$P/prey" "$P/x$P/prey"
	start_agent "$(text_and_target)"
	"${NOBODY[@]}" unshare -U -r chroot "$P/x" "$P/prey" --delay 300 exit 5 > /dev/null 3>&- || true
	"$P/prey" --delay 300 exit 7 > /dev/null 3>&- || true
	stop_agent
	[ "$(count exit '.exit_code == 7')" -eq 1 ] || { records exit; return 1; }
	[ "$(count exit '.exit_code == 5')" -eq 0 ] || { records exit; return 1; }
}

@test "it is, where the target says so; and the record says which it was" {
	need_nobody
	need_namespaces
	play_in_namespaces 'any_namespace = yes'
	[ "$(count exit '.exit_code == 5 and .foreign')" -eq 1 ] || { records exit; return 1; }
}

@test "epitaph -n names the targets that any user's process can match" {
	need_root
	write_conf "$(printf '[target a]\ncomm = x\n[target b]\ncomm = x\nuser = root\n[target c]\nargs = y\n')" conf.ini
	"$EPITAPH" -n -c conf.ini > printed 2> said
	[ "$(grep -c 'any user' said)" -eq 2 ]
	grep -q '\[target a\] comm: ' said
	grep -q '\[target c\] args: ' said
}

@test "a user's daemon that forks until the table is full: the other targets' starts and ends are told" {
	need_nobody
	AGENT_KEYS+=$'\nmax_processes = 64'
	cp "$(readlink -f /bin/sh)" "$P/prey"
	mkfifo -m 666 "$P/f"
	watched other
	start_agent "$(text_and_target; printf '[target other]\nexe = %s/other\n' "$T")"
	# Subshells execute nothing: they are copies.
	"${NOBODY[@]}" "$P/prey" -c 'i=0; while [ $i -lt 150 ]; do ( read x < '"$P/f"' ) & i=$((i + 1)); done; wait' 3>&- &
	STARTED+=($!)
	until_true 10 test "$(pgrep -u 65534 -f "^$P/prey" | wc -l)" -gt 150 || true
	nap 0.5
	play other exit 7
	STARTED+=($(pgrep -u 65534 -f "^$P/prey"))
	stop_agent
	exit_is "$PID" '.exit_code == 7'
	[ "$(count exec ".pid == $PID")" -eq 1 ]
	[ "$(count lost '.reason | test("half of max_processes")')" -ge 1 ] || { records lost; return 1; }
}

@test "whoever reads the agent's messages stops reading: deaths are told all the same" {
	need_root
	mkfifo err
	local full
	exec {full}<> err
	head -c 65536 /dev/zero >&"$full"
	write_conf "$(printf '[agent]\nstate_dir = none\ncontrol = %s/c\nbackends = cn_proc\n' "$T"; target)" agent.ini # a warning, as control is not built yet
	"$EPITAPH" -c agent.ini 2> err 3>&- < /dev/null &
	AGENT=$!
	until_true 5 agent_says started
	play daemon exit 7
	wait_for_record exit ".pid == $PID"
	# A message is dropped; who reads again is told so.
	kill -HUP "$AGENT"
	until_true 5 agent_says reloaded
	head -c 65536 <&"$full" > /dev/null
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded"' 2
	local said
	read -r -t 5 said <&"$full"
	[ "$said" = 'epitaph: 1 message before this one could not be written' ] || { echo "$said"; return 1; }
	stop_agent
	exec {full}<&-
}
