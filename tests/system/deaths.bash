# deaths.bash - many daemons whose ends are known (crowd), compared with the exit records

# start_crowd N MS: they live when it returns; end_crowd ends them within MS and returns when the last one is reaped.
start_crowd() {
	rm -f "$T/go"
	mkfifo "$T/go"
	"$TESTS/crowd" "$1" "$2" "$T/ends" "$T/daemon" < "$T/go" > "$T/crowd.out" 3>&- &
	CROWD=$! CROWD_SIZE=$1
	STARTED+=("$CROWD")
	exec 7> "$T/go"
	until_true 10 grep -q ready "$T/crowd.out"
}
begin_ends() { echo >&7; exec 7>&-; }
await_ends() { wait "$CROWD" && [ "$(wc -l < "$T/ends")" -eq "$CROWD_SIZE" ]; }

# ends_told: the exit records of the crowd so far, as crowd writes them
ends_told() {
	jq -r -R --rawfile ends "$T/ends" '
		($ends | split("\n") | map(split(" ")[0] | select(length > 0))) as $pids
		| fromjson? | select(.event == "exit" and (.pid | tostring | IN($pids[])))
		| if has("exit_code") then "\(.pid) exit \(.exit_code)"
		  elif has("signo") then "\(.pid) signal \(.signo) \(if has("core_dumped") then .core_dumped else "unknown" end)"
		  else "\(.pid) unknown" end' "$J" | sort
}
all_ends_told() { [ "$(ends_told | wc -l)" -ge "$CROWD_SIZE" ]; }

# one_right_exit_each: after the agent has stopped
one_right_exit_each() { diff <(sort "$T/ends") <(ends_told); }

# status_is_known: does this kernel tell the status of a process that another one reaped (6.15)?
status_is_known() {
	local release; release=$(uname -r)
	local major=${release%%.*} rest=${release#*.}
	[ "$major" -gt 6 ] || { [ "$major" -eq 6 ] && [ "${rest%%.*}" -ge 15 ]; }
}
first_seq() { records "$@" | head -n 1 | jq .seq; }
