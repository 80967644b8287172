# What the boot tests need beside the kernel.
BOOT_FILES := $(O)/boot/init $(O)/shim.elf

$(O)/boot/init: tests/boot/init.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)musl-gcc -std=gnu11 -static -O1 -Wall -Wextra -Werror -o $@ $<
	$(Q)strip $@

boot-test test: $(BOOT_FILES)
