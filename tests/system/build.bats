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

@test "optimised for size it builds without a warning" {
	in_tree CI=1 CFLAGS=-Os
	build/epitaph --version
}
