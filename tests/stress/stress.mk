# Random system calls (fuzz.c) as process 1; a root of its own with nothing else in it.
$(O)/fuzz.bin: tests/stress/fuzz.c kernel/syscall/table.def
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O1 -g -Wall -Wextra -Wno-unused-parameter -Wno-unused-result -static -pthread -o $@ $<

$(O)/fuzz.cpio: $(O)/fuzz.bin $(O)/mkcpio
	$(call say,ROOT,$@)
	$(Q)rm -rf $(O)/root.fuzz && mkdir -p $(O)/root.fuzz/dev $(O)/root.fuzz/proc $(O)/root.fuzz/tmp
	$(Q)cp $< $(O)/root.fuzz/init
	$(Q)$(O)/mkcpio $(O)/root.fuzz > $@

test stress-test: $(O)/fuzz.cpio

# FUZZ_SECONDS=600 FUZZ_SEED=7: longer, and other calls.
.PHONY: stress-test
stress-test: $(O)/linnet.elf $(O)/kasan/linnet.elf $(O)/small.cpio
	$(Q)$(PYTEST) tests/stress
