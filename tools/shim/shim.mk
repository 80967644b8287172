# build/shim.elf: the kernel, entered through the Linux 64-bit entry as on
# Firecracker without PVH.  Start it in place of build/linnet.elf.
SHIM := tools/shim
.PHONY: shim
shim: $(O)/shim.elf

$(O)/shim.elf: $(SHIM)/shim.c $(SHIM)/shim_entry.S $(SHIM)/shim.lds $(O)/linnet.elf
	$(call say,SHIM,$@)
	@mkdir -p $(O)/obj/$(SHIM)
	$(Q)gcc -m32 -march=i686 -std=gnu11 -O2 -ffreestanding -fno-pie -fno-pic -fno-stack-protector \
		-mgeneral-regs-only -fcf-protection=none -fno-asynchronous-unwind-tables \
		-Wall -Wextra -Werror -Wno-array-bounds -c -o $(O)/obj/$(SHIM)/shim.o $(SHIM)/shim.c
	$(Q)gcc -m32 -DKERNEL='"$(O)/linnet.elf"' -c -o $(O)/obj/$(SHIM)/shim_entry.o $(SHIM)/shim_entry.S
	$(Q)ld -m elf_i386 --build-id=none -z noexecstack -z max-page-size=4096 -T $(SHIM)/shim.lds \
		-o $@ $(O)/obj/$(SHIM)/shim.o $(O)/obj/$(SHIM)/shim_entry.o
