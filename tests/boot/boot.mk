# What the boot tests need beside the kernel.
BOOT_FILES := $(O)/boot/init $(O)/boot/host_tsc $(O)/boot/traced $(O)/shim.elf $(O)/debug/linnet.elf $(O)/clang/linnet.elf $(O)/clang-debug/linnet.elf $(O)/kasan/linnet.elf

$(O)/boot/init: tests/boot/init.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)musl-gcc -std=gnu11 -static -O1 -Wall -Wextra -Werror -o $@ $<
	$(Q)strip $@

$(O)/boot/traced: tests/boot/traced.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -static -O1 -w -o $@ $<

$(O)/boot/host_tsc: tests/boot/host_tsc.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 -Wall -Wextra -Werror -o $@ $<

# The other ways to build; make knows there what is out of date.
.PHONY: FORCE
$(O)/debug/linnet.elf: FORCE
	$(Q)+$(MAKE) --no-print-directory -j2 DEBUG=1 O=$(O)/debug kernel
$(O)/clang/linnet.elf: FORCE
	$(Q)+$(MAKE) --no-print-directory -j2 CC=clang-19 DEBUG=0 O=$(O)/clang kernel
$(O)/clang-debug/linnet.elf: FORCE
	$(Q)+$(MAKE) --no-print-directory -j2 CC=clang-19 DEBUG=1 O=$(O)/clang-debug kernel
$(O)/kasan/linnet.elf: FORCE
	$(Q)+$(MAKE) --no-print-directory -j2 CC=gcc KASAN=1 O=$(O)/kasan kernel

boot-test test: $(BOOT_FILES)
