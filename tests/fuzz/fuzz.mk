# Fuzzed parsers (tests/fuzz/fuzz.h).  `make unit-test` runs each for a moment with fixed
# seeds; `make fuzz SECONDS=600 FUZZ=path` gives one, or each in turn, to libFuzzer.
FUZZ_NAMES   := cpio inflate cmdline ldisc path
FUZZ_cpio    := $(UNIT_cpio)
FUZZ_inflate := $(UNIT_inflate)
FUZZ_cmdline := $(UNIT_cmdline)
FUZZ_ldisc   := $(UNIT_ldisc)
FUZZ_path    := $(UNIT_fs)
FUZZ_SLEEP_path := $(UNIT_threads)

fuzz_sources = $(sort tests/fuzz/fuzz_$(1).c $(UNIT_COMMON) $(FUZZ_$(1)) \
	$(or $(FUZZ_SLEEP_$(1)),$(UNIT_SLEEP)))

define fuzz_program
$(UNIT_O)/fuzz_$(1): $(patsubst %.c,$(UNIT_O)/obj/%.o,tests/fuzz/main.c $(call fuzz_sources,$(1)))
	$$(call say,LINK,$$@)
	$$(Q)$(HOSTCC) $$(UNIT_CHECKS) $$(UNIT_COVER) -o $$@ $$^ -lcmocka
endef
$(foreach f,$(FUZZ_NAMES),$(eval $(call fuzz_program,$(f))))

# --- libFuzzer: clang, with its own objects ---------------------------------
FUZZ_O  := $(O)/fuzz
FUZZ_CC ?= clang-19
FUZZ    ?= $(FUZZ_NAMES)
SECONDS ?= 60
FUZZ_CFLAGS := $(filter-out -W%,$(UNIT_CFLAGS)) -w -fsanitize=fuzzer-no-link

$(FUZZ_O)/obj/%.o: %.c tests/fuzz/fuzz.mk
	$(call say,FUZZCC,$<)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) $(UNIT_FLAGS_$<) -MMD -MP -c -o $@ $<

define fuzz_lib_program
$(FUZZ_O)/fuzz_$(1): $(patsubst %.c,$(FUZZ_O)/obj/%.o,tests/fuzz/libfuzzer.c $(call fuzz_sources,$(1)))
	$$(call say,LINK,$$@)
	$$(Q)$(FUZZ_CC) -fsanitize=address,undefined,fuzzer -o $$@ $$^ -lcmocka
endef
$(foreach f,$(FUZZ_NAMES),$(eval $(call fuzz_lib_program,$(f))))

-include $(shell find $(FUZZ_O)/obj -name '*.d' 2>/dev/null)

.PHONY: fuzz
fuzz: $(FUZZ:%=$(FUZZ_O)/fuzz_%) $(FUZZ:%=$(UNIT_O)/fuzz_%)
	@for f in $(FUZZ); do \
		mkdir -p $(FUZZ_O)/corpus/$$f; \
		$(UNIT_O)/fuzz_$$f --samples $(FUZZ_O)/corpus/$$f; \
		printf '  FUZZ     %s\n' $$f; \
		$(FUZZ_O)/fuzz_$$f -max_total_time=$(SECONDS) -max_len=4096 -timeout=30 \
			-artifact_prefix=$(FUZZ_O)/$$f- $(FUZZ_O)/corpus/$$f \
			>$(FUZZ_O)/$$f.log 2>&1 || { tail -n 40 $(FUZZ_O)/$$f.log; exit 1; }; \
		tail -n 1 $(FUZZ_O)/$$f.log; \
	done
