# build.bats - the Makefile: what it must refuse, what it must find, and the flavours that few people build
load lib

setup() {
	T=$(cd "$BATS_TEST_TMPDIR" && pwd -P)
	sanitized && skip "builds of its own say nothing about the sanitizers"
	mkdir "$T/tree"
	cp -r "$BATS_TEST_DIRNAME/../../"{Makefile,agent.ini.example,agent,backends,config,tests} "$T/tree"
	cd "$T/tree" || return 1
	unset MAKEFLAGS MAKELEVEL MFLAGS
}
teardown() { [ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$T/log"; }

# in_tree ARG...: make with its words in a log.
in_tree() { make -j"$(nproc)" "$@" > "$T/log" 2>&1; }

@test "a symbol that is nowhere is an error of the link, not a call to address 0" {
	printf 'int nowhere(void);\nint somewhere(void);\n__attribute__((constructor)) int somewhere(void) { return nowhere(); }\n' > "$T/x.c"
	gcc -c -o "$T/x.o" "$T/x.c"
	in_tree
	rm build/epitaph
	run make LDFLAGS="$T/x.o" HAVE_AUDIT="$(sed -n 's/.*-DHAVE_AUDIT=\([01]\).*/\1/p' build/.flags)"
	[ "$status" -ne 0 ]
	[[ $output == *"undefined reference to \`nowhere'"* ]]
	[ ! -e build/epitaph ]
}

@test "libaudit is looked for with the flags of the build" {
	run make -n
	[[ $output == *-DHAVE_AUDIT=1* ]] || skip "no libaudit here"
	run make -n CPPFLAGS=-nostdinc # with which nothing is found
	[[ $output == *-DHAVE_AUDIT=0* ]]
	run make -n LDFLAGS=-Wl,--no-such-option
	[[ $output == *-DHAVE_AUDIT=0* ]]
}

@test "without libaudit it builds without a warning, says so, and its unit tests pass" {
	in_tree CI=1 HAVE_AUDIT=0 CFLAGS=-O1 check-programs
	[[ $(build/epitaph --version) == *"no audit: built without libaudit"* ]]
	tests/run build test_ fuzz_ > "$T/log"
	grep -qE '^[0-9]+ passed, 0 failed' "$T/log"
}

# has FLAG: the compiler takes it
has() { echo 'int main(void) { return 0; }' | gcc -Werror -x c - "$@" -o "$T/has" 2> /dev/null; }
# is_hardened FILE: what the link leaves in it
is_hardened() {
	readelf -hldW "$1" > "$T/elf"
	grep -q 'Type: *DYN' "$T/elf"                     # addresses are drawn by lot
	grep -q 'GNU_STACK .* RW ' "$T/elf"               # no code on the stack
	grep -q GNU_RELRO "$T/elf"
	grep -qE '\(FLAGS_1\).*NOW|BIND_NOW' "$T/elf"     # and all of it is read-only when main begins
	[ "$(grep -cE 'TEXTREL|LOAD .* RWE ' "$T/elf")" -eq 0 ]
}

@test "hardened, static and dynamic: position independent, read-only relocations, no executable stack; each object with each protection" {
	has -fPIE -static-pie || skip "this compiler links no static-pie"
	in_tree
	is_hardened build/epitaph
	[ "$(readelf -lW build/epitaph | grep -c INTERP)" -eq 0 ]
	nm build/epitaph | grep -q __snprintf_chk
	local flag object
	for flag in -fstack-protector-strong -fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero; do
		has "$flag" || continue
		for object in $(find build/agent build/backends build/config -name '*.o'); do
			readelf --debug-dump=info "$object" | grep -m 1 DW_AT_producer > "$T/producer"
			grep -q -e "$flag" "$T/producer" || { echo "$object: no $flag"; return 1; }
		done
	done
	in_tree STATIC=0
	is_hardened build/epitaph
	readelf -lW build/epitaph | grep -q INTERP
	in_tree HARDEN=0
	readelf -hW build/epitaph | grep -q 'Type: *EXEC'
}

@test "optimised for size it builds without a warning" {
	in_tree CI=1 CFLAGS=-Os
	build/epitaph --version
}
