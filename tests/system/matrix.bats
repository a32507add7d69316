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

@test "every way to die with all backends: none wrong, unknown only where no source can know" { column all; }
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
