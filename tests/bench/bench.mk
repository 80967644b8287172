# make bench [CASE="..."] [SMP=n] [RUNS=n]; bench-quick reports growth against the record; bench-record renews it.
.PHONY: bench bench-quick bench-record
RUNS ?= 4
CASE ?=

$(O)/bench/%/init: tests/bench/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 -static -pthread -Wall -Wno-unused-result -o $@ $<

$(O)/bench/%.cpio: $(O)/bench/%/init $(O)/mkcpio
	$(Q)$(O)/mkcpio $(O)/bench/$* > $@

$(O)/bench/count.so: tests/bench/count.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 -Wall -Wextra -Werror -shared -fPIC -o $@ $<

BENCH_FILES := $(O)/linnet.elf $(O)/small.cpio $(O)/bench/micro.cpio $(O)/bench/hello.cpio $(O)/bench/count.so
BENCH_RUN   := PYTHONDONTWRITEBYTECODE=1 O=$(O) /usr/bin/python3 tests/bench/bench.py

bench: $(BENCH_FILES)
	$(Q)$(BENCH_RUN) $(if $(CASE),--case $(CASE)) --smp $(SMP) --runs $(RUNS)

bench-quick: $(BENCH_FILES)
	$(Q)$(BENCH_RUN) --quick

bench-record: $(BENCH_FILES)
	$(Q)$(BENCH_RUN) --record
