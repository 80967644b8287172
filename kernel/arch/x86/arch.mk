# The vDSO: a user-mode shared object, embedded in the kernel by vdso_image.S.
VDSO_DIR := kernel/arch/x86/vdso
VDSO_OUT := $(OBJ)/$(VDSO_DIR)
VDSO_CFLAGS := -std=gnu11 -O2 -fPIC -ffreestanding -fvisibility=hidden -fno-stack-protector \
	-fcf-protection=none -fno-jump-tables -mno-sse -mgeneral-regs-only -fomit-frame-pointer \
	-fasynchronous-unwind-tables -Wall -Wextra -Werror

$(VDSO_OUT)/vdso.so: $(VDSO_DIR)/vdso.c $(VDSO_DIR)/note.S $(VDSO_DIR)/data.h $(VDSO_DIR)/vdso.lds
	$(call say,VDSO,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(VDSO_CFLAGS) -c -o $(@D)/vdso.o $(VDSO_DIR)/vdso.c
	$(Q)$(CC) -c -o $(@D)/note.o $(VDSO_DIR)/note.S
	$(Q)ld -shared -soname linux-vdso.so.1 --hash-style=both --build-id=none --eh-frame-hdr \
		-z max-page-size=4096 -z noexecstack -Bsymbolic -T $(VDSO_DIR)/vdso.lds \
		-o $@.tmp $(@D)/vdso.o $(@D)/note.o
	$(Q)if objdump -R $@.tmp | grep -q R_X86; then echo "$@: has relocations" >&2; exit 1; fi
	$(Q)objcopy --strip-unneeded $@.tmp $@

ASFLAGS_kernel/arch/x86/vdso_image.S := -Wa,-I$(VDSO_OUT)
$(OBJ)/kernel/arch/x86/vdso_image.o: $(VDSO_OUT)/vdso.so

# The symbol table of the second link.
SYMBOL_TOOL  := $(O)/symbols
MAKE_SYMBOLS := $(SYMBOL_TOOL)
$(SYMBOL_TOOL): tools/symbols/symbols.c
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 -Wall -Wextra -Werror -o $@ $<
