# $(O)/shim.elf: enters a kernel as Firecracker does (tools/shim/shim.c); for the boot tests.
SHIM_CFLAGS := -m32 -std=gnu11 -Os -ffreestanding -fno-pic -fno-pie -march=i686 -mgeneral-regs-only -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fcf-protection=none -fno-strict-aliasing -Wall -Wextra -Werror -Wno-array-bounds
.PHONY: shim
shim: $(O)/shim.elf

$(O)/shim.elf: tools/shim/entry.S tools/shim/shim.c tools/shim/shim.lds
	$(call say,LD,$@)
	@mkdir -p $(O)/obj/shim
	$(Q)$(HOSTCC) $(SHIM_CFLAGS) -c -o $(O)/obj/shim/entry.o tools/shim/entry.S
	$(Q)$(HOSTCC) $(SHIM_CFLAGS) -c -o $(O)/obj/shim/shim.o tools/shim/shim.c
	$(Q)ld -m elf_i386 -static --build-id=none -z noexecstack --no-warn-rwx-segments -T tools/shim/shim.lds -o $@ \
		$(O)/obj/shim/entry.o $(O)/obj/shim/shim.o
