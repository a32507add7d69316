# epitaph: `make demo` and `make check` set up what they need; see README.md
CROSS_COMPILE ?=
ifeq ($(origin CC),default)
CC      := $(CROSS_COMPILE)gcc
endif
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
DESTDIR ?=
STATIC  ?= 1
HARDEN  ?= 1
SAN     ?=
FAULTS  ?= 0
V       ?= 0

VERSION := 0.1.0
# Sanitizers cannot be linked statically; every flavour has objects of its own.
ifneq ($(SAN),)
override STATIC := 0
override HARDEN := 0
endif
B := build$(if $(SAN),/san)$(if $(filter 1,$(FAULTS)),/faults)
comma := ,
Q := $(if $(filter 0,$(V)),@)
say = $(if $(filter 0,$(V)),@printf '  %-6s %s\n' $(1) $(2))

WARN := -Wall -Wextra -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla
ifdef CI
WARN += -Werror
endif

# Hardening, as far as this compiler has it for this machine: tried together, or else one by one, with a program built as the agent is.
takes = $(shell mkdir -p $(B) && printf '\043include <stdio.h>\nint main(void) { return puts("") < 0; }\n' | \
	$(CC) -Werror -x c - $(CPPFLAGS) $(CFLAGS) $(1) $(LDFLAGS) -o $(B)/.probe 2>/dev/null && echo '$(1)')
takes_some = $(or $(call takes,$(1)),$(foreach flag,$(1),$(call takes,$(flag))))
LINKED := $(if $(filter 1,$(STATIC)),-static)
ifeq ($(HARDEN),1)
LINKED := $(or $(call takes,-fPIE $(if $(filter 1,$(STATIC)),-static-pie,-pie)),$(LINKED))
HARD := $(filter -fPIE,$(LINKED)) $(call takes_some,-fstack-protector-strong -fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero) \
        $(or $(call takes,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3),$(call takes,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
HARD_LINK := $(call takes_some,$(addprefix -Wl$(comma)-z$(comma),relro now noexecstack))
endif
ALL_CPPFLAGS = -I. -D_GNU_SOURCE -DEPITAPH_VERSION='"$(VERSION)"' -DFAULTS=$(FAULTS) -DHAVE_AUDIT=$(HAVE_AUDIT) -DHAVE_CARES=$(HAVE_CARES) $(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(WARN) -fno-strict-aliasing -ffunction-sections -fdata-sections $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all) $(HARD) $(CFLAGS)
ALL_LDFLAGS = $(LINKED) $(HARD_LINK) $(if $(SAN),-fsanitize=$(SAN)) -Wl,--gc-sections $(LDFLAGS)

# Optional: without libaudit the audit backend is left out, and --version says so.  The probe is built as the agent is.
HAVE_AUDIT := $(shell mkdir -p $(B) && printf '\043include <libaudit.h>\nint main(void) { return audit_open() < -1; }\n' | \
	$(CC) -x c - $(CPPFLAGS) $(CFLAGS) $(LINKED) $(LDFLAGS) -laudit -lcap-ng -o $(B)/.probe 2>/dev/null && echo 1 || echo 0)
# Optional: without c-ares the address of another host is to be written in digits.
HAVE_CARES := $(shell mkdir -p $(B) && printf '\043include <ares.h>\nint main(void) { return ares_library_init(0); }\n' | \
	$(CC) -x c - $(CPPFLAGS) $(CFLAGS) $(LINKED) $(LDFLAGS) -lcares -o $(B)/.probe 2>/dev/null && echo 1 || echo 0)
LIBS := -lev -linih $(if $(filter 1,$(HAVE_AUDIT)),-laudit -lcap-ng) $(if $(filter 1,$(HAVE_CARES)),-lcares) -lm

SRC  := $(wildcard agent/*.c agent/*/*.c agent/output/sinks/*.c backends/*.c config/*.c)
# What reads recorded audit logs needs no libaudit; all else of the audit backend does.
AUDIT_LOG := $(addprefix backends/audit_,args.c call.c fields.c line.c open.c record.c ruleset.c seen.c syscalls.c)
ifeq ($(HAVE_AUDIT),0)
SRC  := $(filter-out $(filter-out $(AUDIT_LOG),$(wildcard backends/audit*.c)) agent/warden/audit_saved.c,$(SRC))
endif
ifeq ($(FAULTS),0)
SRC  := $(filter-out agent/warden/payload.c,$(SRC))
endif
OBJ  := $(SRC:%.c=$(B)/%.o)
LIB  := $(B)/libepitaph.a
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
PROG_SRC := $(wildcard $(foreach room,system bench storms soak,tests/$(room)/*.c))
PROG := $(addprefix $(B)/tests/,$(basename $(notdir $(PROG_SRC))))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all demo run check check-kernels check-storms check-programs soak bench fuzz fuzz-run fuzzers fuzz-replays install clean setup

all: $(B)/epitaph

# Parts of libaudit and libcap-ng that epitaph never calls would use NSS, which a static binary has not: that warning is no news.
$(B)/epitaph: $(B)/agent/main.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LIB) $(LIBS) 2> $@.said || { cat $@.said >&2; exit 1; }
	$(Q)grep -vE "in function .*:$$|Using '\w+' in statically linked applications" $@.said >&2; rm -f $@.said

$(LIB): $(filter-out $(B)/agent/main.o,$(OBJ))
	$(Q)rm -f $@ && $(CROSS_COMPILE)ar rcs $@ $^

# The flags are a prerequisite: what was made by other flags is made again.
flags = $(CC) $(subst ','\'',$(ALL_CPPFLAGS)) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(B)/.flags: FORCE
	$(Q)mkdir -p $(B) && echo '$(flags)' | cmp -s - $@ || echo '$(flags)' > $@
.PHONY: FORCE

$(B)/%.o: %.c $(B)/.flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Unit tests link dynamically: Debian's cmocka has no static archive.
$(B)/tests/test_%: $(B)/tests/unit/test_%.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(patsubst -static-pie,-pie,$(filter-out -static,$(ALL_LDFLAGS))) -o $@ $< $(LIB) -lcmocka $(LIBS)

# A fuzz target is also a plain program that replays the files it is given.
$(B)/tests/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(patsubst -static-pie,-pie,$(filter-out -static,$(ALL_LDFLAGS))) -o $@ $^ $(LIBS)

# Programs that tests start: static, so that they also run in a bare initramfs.
define program
$(B)/tests/$(basename $(notdir $(1))): $(B)/$(1:%.c=%.o)
	$$(Q)mkdir -p $$(@D) && $$(CC) $$(filter-out -fsanitize% -fno-sanitize%,$$(ALL_CFLAGS)) -static -o $$@ $$< -lpthread
$(B)/$(1:%.c=%.o): override SAN =
$(B)/$(1:%.c=%.o): override HARD = # they do on purpose what it would stop
endef
$(foreach file,$(PROG_SRC),$(eval $(call program,$(file))))
$(B)/tests/unit/%.o $(B)/tests/fuzz/%.o: ALL_CPPFLAGS += -Itests

check-programs: $(UNIT) $(FUZZ_TARGETS:%=$(B)/tests/%) $(PROG) $(B)/epitaph

setup:
	$(Q)tests/setup build

demo: setup
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/demo $(B)/epitaph

run: setup
	$(Q)$(MAKE) --no-print-directory all
	$(B)/epitaph -c /dev/stdin < agent.ini.example

check:
	$(Q)tests/setup check
	$(Q)$(MAKE) --no-print-directory check-programs
	$(Q)$(MAKE) --no-print-directory FAULTS=1 all
	$(Q)tests/run $(B)

# The same deaths on Debian's 5.10, 6.1 and 6.12 kernels, emulated; .ci/run does so as well.
check-kernels:
	$(Q)tests/setup check
	$(Q)$(MAKE) --no-print-directory check-programs
	$(Q)tests/run $(B) kernels

# 20,000 spawns and 400,000 kills, strangers at their worst, and the agent killed a hundred times: a quarter of an hour of a machine that does nothing else.
check-storms:
	$(Q)tests/setup check
	$(Q)$(MAKE) --no-print-directory check-programs
	$(Q)tests/run $(B) storms killed

# A million deaths, and trouble: SOAK_DEATHS, SOAK_SECONDS (1800) and SOAK_SEED.
soak:
	$(Q)tests/setup check
	$(Q)$(MAKE) --no-print-directory check-programs
	$(Q)$(MAKE) --no-print-directory FAULTS=1 all
	$(Q)tests/soak/run $(B)

bench:
	$(Q)tests/setup check
	$(Q)$(MAKE) --no-print-directory check-programs
	$(Q)tests/bench/run $(B)

# Coverage-guided, each target for as long as tests/fuzz/run says: make fuzz-run FUZZ='-t 60 kmsg'.  By hand, and for as long
# as you like: make fuzz; build/fuzz/fuzz_config tests/fuzz/corpus/config
FUZZ_MAKE = $(MAKE) --no-print-directory CC=clang STATIC=0 HARDEN=0 FAULTS=0
fuzz:
	$(Q)tests/setup fuzz
	$(Q)$(FUZZ_MAKE) B=build/fuzz CFLAGS='-O1 -g' SAN=address,undefined,fuzzer-no-link fuzzers
	$(Q)$(FUZZ_MAKE) B=build/fuzz/cover CFLAGS='-O0 -g -fprofile-instr-generate -fcoverage-mapping' fuzz-replays

fuzz-run: fuzz
	$(Q)tests/fuzz/run $(FUZZ)

fuzzers: $(FUZZ_TARGETS:%=$(B)/%)
fuzz-replays: $(FUZZ_TARGETS:%=$(B)/tests/%)

$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(subst fuzzer-no-link,fuzzer,$(ALL_LDFLAGS)) -o $@ $^ $(LIBS)

install: all
	install -D -m 0755 $(B)/epitaph $(DESTDIR)$(PREFIX)/sbin/epitaph
	install -D -m 0644 agent.ini.example $(DESTDIR)$(PREFIX)/share/doc/epitaph/agent.ini.example
	install -D -m 0644 config/epitaph.conf $(DESTDIR)$(PREFIX)/share/doc/epitaph/plugins.d/epitaph.conf
	install -D -m 0644 man/epitaph.8 $(DESTDIR)$(PREFIX)/share/man/man8/epitaph.8

clean:
	rm -rf build

-include $(OBJ:.o=.d) $(wildcard $(B)/tests/*/*.d)
