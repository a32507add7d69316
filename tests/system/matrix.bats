# matrix.bats - the death matrix, a test per column: no cell may be wrong (tests/matrix/run prints the whole table)
load lib

matrix() {
	need_root
	need python3
	need unshare
	need setpriv
	"$BATS_TEST_DIRNAME/../matrix/run" "$BUILD" "$@" > "$T/table" # the wrong cells go to stderr
}
column() { matrix --column "$1"; }

# Machines differ: a row that this one cannot play is left out of every column, and each reason is a skipped test of its own.
has() {
	local status=0 why
	need python3
	why=$(python3 "$BATS_TEST_DIRNAME/../matrix/run" "$BUILD" --need "$1") || status=$?
	[ "$status" -ne 3 ] || skip "$why"
	[ "$status" -eq 0 ]
}

@test "the rows that need 32-bit programs can be played" { has i386; }
@test "the rows that need int 0x80 of a 64-bit process can be played" { has int80; }
@test "the rows that need core files can be played" { has core; }
@test "the rows that need a memory cgroup can be played" { has memory_cgroup; }
@test "the rows that need cgroup.kill can be played" { has cgroup.kill; }
@test "the rows that need pid namespaces can be played" { has pid_namespace; }

@test "every way to die with all backends: none wrong, unknown only where no source can know" { column all; }
@test "every way to die with tracepoint, cn_proc and /proc: none wrong, none unknown" {
	"$EPITAPH" probe | grep -q '^tracepoint *usable' || skip "$("$EPITAPH" probe | grep '^tracepoint')"
	column 'tracepoint, cn_proc, proc'
}
@test "every way to die with audit alone: none wrong" { column audit; }
@test "every way to die with cn_proc alone: none wrong" { column cn_proc; }
@test "every way to die with /proc alone: none wrong" { column proc; }
@test "every way to die with /proc alone and no status from pidfds: none wrong" {
	[ -x "$EPITAPH_FAULTS" ] || skip "needs the FAULTS=1 build"
	column 'proc, no pidfd information'
}
# A kernel without the connector: looks at /proc and audit's records come in any order.
@test "every way to die with audit and /proc, many at once, each twice: none wrong" {
	matrix --backends 'audit, proc' --times 2 --at-once 40
}
