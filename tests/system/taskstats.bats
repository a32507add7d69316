# taskstats.bats - what a process had used is told with its end, as the kernel counts it
load lib
load deaths
EXIT_ALWAYS=()

need_taskstats() {
	need_backend taskstats
	AGENT_KEYS="backends = ${1:-cn_proc, proc, taskstats}"
}
# use WAY: leaves PID, CPU in ms (as wait4 has it), RSS in KiB, READ and WRITTEN
use() {
	cp "$TESTS/user" "$T/daemon"
	read -r PID USER SYSTEM RSS READ WRITTEN <<< "$("$TESTS/user" "$T/daemon" "$1")"
	CPU=$((USER + SYSTEM))
}
# near KEY VALUE: within 5 %
near() { echo ".$1 >= $2 * 0.95 and .$1 <= $2 * 1.05"; }
agrees() {
	exit_is "$PID" "$(near 'cpu_user_seconds + .cpu_system_seconds' "$CPU / 1000")" "$(near max_rss_kib "$RSS")" \
		"$(near write_bytes "$WRITTEN")" "$(near read_bytes "$READ")" '.write_bytes >= 10485760' '.sources | index("taskstats")' "$@"
}

@test "1.5 s in three threads, 60 MiB, 10 MiB written: the figures are wait4's and /proc's" {
	need_taskstats
	start_agent "$(target)"
	use threads
	local threads=("$PID" "$CPU" "$RSS" "$READ" "$WRITTEN")
	use single
	wait_for_record exit true 2
	stop_agent
	agrees '.exit_code == 3'
	read -r PID CPU RSS READ WRITTEN <<< "${threads[*]}"
	agrees '.exit_code == 3'
	[ "$CPU" -ge 1500 ]
}

@test "the first thread ends before the others: all are counted, and the status is the last one's" {
	need_taskstats
	start_agent "$(target)"
	use leader
	wait_for_record exit
	stop_agent
	agrees '.exit_code == 5'
}

@test "without cn_proc: all figures, and the status" {
	need_taskstats 'taskstats, proc'
	AGENT_KEYS+=$'\npoll_interval = 50ms'
	start_agent "$(target)"
	use threads
	wait_for_record exit
	stop_agent
	agrees '.exit_code == 3'
}

@test "300 short lives with all backends: each has its figures, and none another's" {
	need_taskstats auto
	watched daemon
	start_agent "$(target)"
	local i ended=()
	for i in {1..300}; do "$T/daemon" exit 0 3>&- & ended+=($!); done
	wait "${ended[@]}"
	wait_for_record exit true 300 30
	stop_agent
	[ "$(count exit '.max_rss_kib > 100 and .cpu_user_seconds + .cpu_system_seconds < 1 and .write_bytes == 0')" -eq 300 ] || { records exit | head -3; return 1; }
}

@test "threads had ended before the agent came: what is not known whole is left out" {
	need_taskstats
	cp "$TESTS/user" "$T/daemon"
	watched other
	mkfifo "$T/in"
	"$T/daemon" --use idle < "$T/in" > "$T/said" 3>&- & PID=$!
	STARTED+=("$PID")
	exec 7> "$T/in"
	until_true 5 test -s "$T/said"
	"$T/other" wait > /dev/null 3>&- 7>&- & local other=$!
	STARTED+=("$other")
	nap 0.2
	start_agent "$(target)"
	echo >&7
	kill "$other"
	wait_for_record exit true 2
	stop_agent
	exit_is "$PID" '.exit_code == 0' '[has("cpu_user_seconds", "max_rss_kib", "write_bytes")] | any | not' '.sources | index("taskstats") | not'
	exit_is "$other" 'has("cpu_user_seconds")' '.max_rss_kib > 100'
}

@test "its queue overruns: the loss is told, and figures are right or not there" {
	need_taskstats
	[ -n "${EPITAPH_FAULTS:-}" ] && [ -x "$EPITAPH_FAULTS" ] || skip "needs make FAULTS=1"
	EPITAPH=$EPITAPH_FAULTS
	export EPITAPH_FAULT_TASKSTATS_RCVBUF=4096
	watched daemon
	start_agent "$(target)"
	local i ended=()
	for i in {1..100}; do "$T/daemon" wait > /dev/null 3>&- & ended+=($!); done
	STARTED+=("${ended[@]}")
	wait_for_record exec true 100
	kill -STOP "$ENGINE"
	kill "${ended[@]}"
	wait "${ended[@]}" || true
	kill -CONT "$ENGINE"
	wait_for_record lost '.backend == "taskstats"'
	wait_for_record exit true 100
	use single
	wait_for_record exit ".pid == $PID"
	stop_agent
	agrees
	[ "$(count exit 'has("max_rss_kib") and .max_rss_kib < 10240')" -lt 100 ]
	[ "$(count exit '.max_rss_kib > 10240')" -eq 1 ]
}

@test "without the right to listen: probe says so, and how to mend it" {
	need_root
	need setpriv
	run setpriv --reuid 65534 --clear-groups --bounding-set=-all "$EPITAPH" probe
	[[ $output == *"taskstats  not usable: "*CAP_NET_ADMIN* ]]
	[[ $output == *"cure: run epitaph as root"* ]]
}
