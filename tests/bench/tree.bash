# tree.bash - what a process and its descendants use together, as the agent's processes are; sourced
tree() { local pid; for pid; do echo "$pid"; tree $(pgrep -P "$pid"); done; }

# cpu_ns PID: processor time used so far
cpu_ns() {
	local pid ns a
	for pid in $(tree "$1"); do
		ns=$(cat "/proc/$pid/task/"*/schedstat 2> /dev/null | awk '{ n += $1 } END { printf "%d", n }')
		if [ "${ns:-0}" -gt 0 ]; then echo "$ns"
		elif read -r -a a 2> /dev/null < "/proc/$pid/stat"; then echo $(((a[13] + a[14]) * 10000000)); fi
	done | awk '{ n += $1 } END { printf "%d", n }'
}
# memory PID KEY: KiB of smaps_rollup; with Pss a page that they share counts once
memory() { local pid; for pid in $(tree "$1"); do cat "/proc/$pid/smaps_rollup"; done | awk -v key="$2:" '$1 == key { n += $2 } END { print n + 0 }'; }
# wakeups PID...: leaves WAKEUPS; forks nothing
wakeups() {
	local pid key value
	WAKEUPS=0
	for pid; do
		while read -r key value; do [ "$key" = voluntary_ctxt_switches: ] && WAKEUPS=$((WAKEUPS + value)); done < "/proc/$pid/status"
	done
}
