# supervisors.bats - a supervisor is asked to stop a service: who sent the signal, and who asked; its own decisions name nobody
load lib
load deaths
EXIT_ALWAYS=()
PACKAGES=$(realpath -m "$BATS_TEST_DIRNAME/../../build/root")
BOSS=             # the supervisor's pid
OPEN=             # a directory that every user can enter

eval "$(declare -f teardown | sed '1s/teardown/lib_teardown/')"
teardown() {
	local status=${BATS_TEST_COMPLETED:-}
	[ -z "$OPEN" ] || rm -r "$OPEN"
	BATS_TEST_COMPLETED=$status lib_teardown
}

need_supervisor() {
	need_root
	[ -x "$PACKAGES/run-$1" ] || skip "needs Debian's $1 (tests/setup check could not download it)"
	need_backend tracepoint
	AGENT_KEYS="backends = ${LIST:-tracepoint, cn_proc, proc}"
	watched web
}

# with_login COMMAND...: as a user with a login of its own, where the kernel allows to set one and the checkout can be read
with_login() {
	if ! setpriv --reuid 65533 --clear-groups test -x "$1"; then
		UID_OF_REQUEST=any
		"$@"
		return
	fi
	bash -c 'echo 4711 > /proc/self/loginuid 2> /dev/null; exec "$@"' - setpriv --reuid 65533 --clear-groups "$@" 3>&-
}
LOGIN=$(bash -c 'echo 4711 > /proc/self/loginuid && cat /proc/self/loginuid' 2> /dev/null || true)

boss() { "$PACKAGES/run-$1" "${@:2}" > "$T/boss.log" 2>&1 3>&- < /dev/null & BOSS=$!; STARTED+=("$BOSS"); }
# the service was started by the supervisor; leaves PID
started() {
	wait_for_record exec '.comm == "web"' "${1:-1}"
	PID=$(records exec '.comm == "web"' | tail -n 1 | jq .pid)
}
asked() { # asked SENDER COMMAND WORD...: that sender, asked by that command
	local filters=(".sender_comm == \"$1\"" '.cause == "killed" and .signal == "SIGTERM"' ".requested_by_comm == \"$2\"" '.requested_by_pid > 1') word
	for word in "${@:3}"; do filters+=(".requested_by_args | index(\"$word\")"); done
	[ "${UID_OF_REQUEST:-65533}" = any ] || filters+=('.requested_by_uid == 65533')
	[ "$LOGIN" != 4711 ] || [ "${UID_OF_REQUEST:-65533}" = any ] || filters+=('.requested_by_auid == 4711')
	exit_is "$PID" "${filters[@]}"
}

@test "supervisord, asked by supervisorctl; what it decides itself names nobody" {
	need_supervisor supervisord
	OPEN=$(mktemp -d)
	chmod 755 "$OPEN"
	printf '%s\n' '[unix_http_server]' "file=$OPEN/s.sock" chmod=0777 '[supervisord]' "logfile=$T/s.log" "pidfile=$T/s.pid" \
		'[rpcinterface:supervisor]' supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface \
		'[supervisorctl]' "serverurl=unix://$OPEN/s.sock" '[program:web]' "command=$T/web wait" startsecs=0 > "$OPEN/s.conf"
	start_agent "$(target)"
	boss supervisord -n -c "$OPEN/s.conf"
	started
	local first=$PID second
	with_login "$PACKAGES/run-supervisorctl" -c "$OPEN/s.conf" stop web > /dev/null
	wait_for_record exit
	"$PACKAGES/run-supervisorctl" -c "$OPEN/s.conf" start web > /dev/null
	started 2
	second=$PID
	kill -KILL "$second" # it is started again: that is the supervisor's own decision
	started 3
	nap 11           # longer than stop_window: nobody asked lately
	kill "$BOSS"     # it stops its programs since it was told to end itself
	wait_for_record exit true 3
	stop_agent
	local third=$PID
	PID=$first; asked supervisord supervisorctl stop web
	exit_is "$second" '.signal == "SIGKILL" and .sender_comm == "bash"' '[keys[] | select(startswith("requested_by"))] | length == 0'
	exit_is "$third" '.sender_comm == "supervisord"' '[keys[] | select(startswith("requested_by"))] | length == 0'
}

@test "runit, asked by sv" {
	need_supervisor runsv
	mkdir -p "$T/service/web"
	printf '#!/bin/sh\nexec %s/web wait\n' "$T" > "$T/service/web/run"
	chmod 755 "$T/service/web/run"
	start_agent "$(target)"
	boss runsv "$T/service/web"
	started
	UID_OF_REQUEST=any
	"$PACKAGES/run-sv" down "$T/service/web" > /dev/null
	wait_for_record exit
	"$PACKAGES/run-sv" exit "$T/service/web" > /dev/null
	stop_agent
	asked runsv sv down "$T/service/web"
}

@test "s6, asked by s6-svc, which lives less than a millisecond" {
	LIST='audit, tracepoint, cn_proc, proc' need_supervisor s6-supervise
	mkdir -p "$T/service/web"
	printf '#!/bin/sh\nexec %s/web wait\n' "$T" > "$T/service/web/run"
	chmod 755 "$T/service/web/run"
	start_agent "$(target)"
	boss s6-supervise "$T/service/web"
	started
	UID_OF_REQUEST=any
	"$PACKAGES/run-s6-svc" -dx "$T/service/web"
	wait_for_record exit
	stop_agent
	asked s6-supervise s6-svc -dx
}

@test "monit, asked by monit: what it executes to stop the service is the sender" {
	need_supervisor monit
	printf '%s\n' 'set daemon 1' "set pidfile $T/m.pid" "set idfile $T/m.id" "set statefile $T/m.state" "set httpd unixsocket $T/m.sock" ' allow localhost' \
		"check process web pidfile $T/web.pid" " start program = \"/bin/sh -c '$T/web wait > $T/web.pid &'\"" \
		" stop program = \"/bin/sh -c 'kill \$(cat $T/web.pid)'\"" > "$T/m.conf"
	chmod 700 "$T/m.conf"
	start_agent "$(target)"
	boss monit -I -c "$T/m.conf"
	started
	UID_OF_REQUEST=any
	nap 1.5
	"$PACKAGES/run-monit" -c "$T/m.conf" stop web > /dev/null
	wait_for_record exit true 1 20
	stop_agent
	asked sh monit stop web
}

# Its units, and nothing else of the system's: it must not set this machine up.
start_systemd() {
	mkdir -p "$T/units"
	printf '[Unit]\nDefaultDependencies=no\n' > "$T/units/test.target"
	printf '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=%s/web wait\n' "$T" > "$T/units/web.service"
	printf '[Unit]\nDefaultDependencies=no\n[Service]\nType=notify\nTimeoutStartSec=1\nExecStart=%s/slow wait\n' "$T" > "$T/units/slow.service"
	printf '#!/bin/bash\nmount --make-rprivate /\nmount -t tmpfs tmpfs /run\nmount --bind %s %s\nexec env container=lxc SYSTEMD_UNIT_PATH=%s/units %s --system --unit=test.target --log-target=console --show-status=0\n' \
		"$T" "$T" "$T" "$PACKAGES/run-systemd" > "$T/enter"
	chmod 755 "$T/enter"
	unshare -p -f -m -u -i -C --kill-child --mount-proc "$T/enter" > "$T/boss.log" 2>&1 3>&- < /dev/null & BOSS=$!
	STARTED+=("$BOSS")
	until_true 10 systemd_runs || skip "systemd does not come up in a container here: $(tail -n 1 "$T/boss.log")"
}
inside() { nsenter -t "$INIT" -p -m -u -i -C "$@" 3>&-; }
systemd_runs() {
	INIT=$(pgrep -P "$BOSS" | head -n 1) && [ -n "$INIT" ] && inside "$PACKAGES/run-systemctl" list-units > /dev/null 2>&1
}

@test "systemd as PID 1 of a container, asked by systemctl; a start that takes too long names nobody" {
	need_supervisor systemd
	watched slow
	need unshare
	start_agent "$(target)"
	start_systemd
	inside "$PACKAGES/run-systemctl" start web
	started
	UID_OF_REQUEST=any
	inside "$PACKAGES/run-systemctl" stop web
	wait_for_record exit '.comm == "web"'
	inside "$PACKAGES/run-systemctl" start slow || true
	wait_for_record exit '.comm == "slow"' 1 20
	stop_agent
	asked systemd systemctl stop web
	exit_is "$PID" '.unit == "web.service"'
	exit_is "$(records exit '.comm == "slow"' | jq .pid)" '.sender_comm == "systemd"' '[keys[] | select(startswith("requested_by"))] | length == 0'
}
