# make bench [CASE="..."] [KIND="insn program rep grow cpu scale boot memory"] [MACHINE=microvm] [SMP=n] [RUNS=n] [FRESH=1: measure all again]
# [DOCS=1: the table into docs/performance.md] [MERGE=1: keep other rows of the last run];
# bench-quick reports growth against the record; bench-record renews it.
.PHONY: bench bench-quick bench-record
RUNS ?= 4
CASE ?=

$(O)/bench/%/init: tests/bench/%.c tests/bench/mark.h
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 -static -pthread -Wall -Wno-unused-result -o $@ $<

MICRO_C := $(sort $(wildcard tests/bench/micro/*.c))
$(O)/bench/micro/init: $(MICRO_C) tests/bench/micro/micro.h tests/bench/mark.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -D_GNU_SOURCE -Itests/bench -O2 -static -pthread -Wall -Wno-unused-result -o $@ $(MICRO_C)

# What the exec cases start beside /init itself.
$(O)/bench/micro/exit: tests/bench/exit.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 -static -nostdlib -fno-pie -no-pie -Wall -Wextra -Werror -o $@ $<

$(O)/bench/micro.cpio: $(O)/bench/micro/exit

# Busybox alone (2 MB), prompt.c as the init.
$(O)/bench/prompt.cpio: $(O)/small.cpio $(O)/bench/prompt/init $(O)/mkcpio
	$(call say,ROOT,$@)
	$(Q)rm -rf $(O)/bench/prompt.root && cp -a $(O)/root.small $(O)/bench/prompt.root
	$(Q)rm -f $(O)/bench/prompt.root/init && cp $(O)/bench/prompt/init $(O)/bench/prompt.root/init
	$(Q)$(O)/mkcpio $(O)/bench/prompt.root > $@

$(O)/bench/%.cpio: $(O)/bench/%/init $(O)/mkcpio
	$(Q)$(O)/mkcpio $(O)/bench/$* > $@

# Plugins of QEMU.
$(O)/bench/%.so: tests/bench/%.c tests/bench/plugin.c tests/bench/plugin.h
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -o $@ $< tests/bench/plugin.c

# Program cases: the full root, more Debian programs, data, and timed as the init.
PROGRAMS := tests/bench/programs
$(O)/bench/timed: $(PROGRAMS)/timed.c tests/bench/mark.h
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -D_GNU_SOURCE -Itests/bench -O2 -static -Wall -Wextra -Werror -o $@ $<

$(O)/bench/programs.cpio: $(O)/initramfs.cpio $(O)/bench/timed $(PROGRAMS)/make-root.py $(O)/mkcpio
	$(call say,ROOT,$@)
	$(Q)/usr/bin/python3 $(PROGRAMS)/make-root.py $(O) $(O)/bench/programs
	$(Q)cp $(O)/bench/timed $(O)/bench/programs/init
	$(Q)$(O)/mkcpio $(O)/bench/programs > $@

BENCH_FILES := $(O)/linnet.elf $(O)/small.cpio $(addprefix $(O)/bench/,micro.cpio hello.cpio prompt.cpio count.so clock.so paths.so split.so)
BENCH_RUN   := PYTHONDONTWRITEBYTECODE=1 O=$(O) /usr/bin/python3 tests/bench/bench.py

bench: $(BENCH_FILES) $(O)/bench/programs.cpio
	$(Q)$(BENCH_RUN) $(if $(CASE),--case $(CASE)) $(if $(KIND),--kind $(KIND)) $(if $(filter 1,$(DOCS)),--docs) $(if $(filter 1,$(MERGE)),--merge) $(if $(filter 1,$(FRESH)),--fresh) $(if $(filter command% environment%,$(origin MACHINE)),--machine $(MACHINE)) --smp $(or $(SMP),1) --runs $(RUNS)

bench-quick: $(BENCH_FILES)
	$(Q)$(BENCH_RUN) --quick

bench-record: $(BENCH_FILES)
	$(Q)$(BENCH_RUN) --record

# Programs on the way to an archive stay, so that they are built once.
.SECONDARY:

# make profile CASE=open_close [HZ=20000]: build/bench/CASE.folded and a flame graph, CASE.svg.
.PHONY: profile
profile: $(O)/bench/micro.cpio
	$(Q)$(MAKE) --no-print-directory O=$(O)/frames FRAMES=1 kernel
	$(Q)PYTHONDONTWRITEBYTECODE=1 O=$(O) /usr/bin/python3 tests/bench/profile.py --kernel $(O)/frames/linnet.elf \
		--case $(or $(CASE),fork_exit_wait) $(if $(HZ),--hz $(HZ)) $(if $(SMP),--smp $(SMP))

# What the bench computes, without QEMU.
.PHONY: bench-test
bench-test:
	$(Q)$(PYTEST) tests/bench
