# Linnet's one Makefile.  `make help` lists what a person types.
#
# O=dir        where everything is built (default: build)
# DEBUG=1      UBSan, lock ranks, poisoned memory, assertions
# KASAN=1      DEBUG=1, and every access to the kernel's heap is checked (gcc)
# FRAMES=1     frame pointers, for stacks in profiles (debug builds have them anyway)
# CC=clang-19  the other supported compiler
# V=1          show commands
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules

O     ?= build
KASAN ?= 0
DEBUG ?= $(KASAN)
FRAMES ?= $(DEBUG)
V     ?= 0
ifeq ($(origin CC),default)
CC    := gcc
endif
HOSTCC ?= gcc
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),@:,@printf '  %-8s%s\n' "$(1)" "$(2)")

# --- What the kernel is made of -------------------------------------------
KERNEL_DIRS := abi arch/x86 block boot core drivers fs ipc lib mem net platform proc sched syscall tty vm
KERNEL_C    := $(shell find $(addprefix kernel/,$(KERNEL_DIRS)) -path '*/vdso/*' -prune -o -name '*.c' -print 2>/dev/null | sort)
KERNEL_S    := $(shell find $(addprefix kernel/,$(KERNEL_DIRS)) -path '*/vdso/*' -prune -o -name '*.S' -print 2>/dev/null | sort)
OBJ         := $(O)/obj
KERNEL_OBJ  := $(KERNEL_C:%.c=$(OBJ)/%.o) $(KERNEL_S:%.S=$(OBJ)/%.o)

WARN   := -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
	  -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wwrite-strings
CPPFLAGS_K := -Ikernel '-DARCH_INLINE="arch/x86/inline.h"' -DCONFIG_DEBUG=$(DEBUG) -DCONFIG_KASAN=$(KASAN) \
	       -DCONFIG_FRAME_POINTERS=$(FRAMES)
CFLAGS_K   := -std=gnu11 -O2 -g -ffreestanding -fpie -fvisibility=hidden \
	  -mgeneral-regs-only -mno-red-zone -fno-strict-aliasing -fno-common \
	  -fno-asynchronous-unwind-tables -fno-jump-tables -fcf-protection=none \
	  -fstack-protector-strong -mstack-protector-guard=global \
	  -ffunction-sections -fdata-sections $(WARN)
# Functions are aligned, places inside them are not: the padding would be 28 KB of the image.
CFLAGS_K   += $(if $(findstring clang,$(CC)),,-fno-align-loops -fno-align-jumps)
# Nothing in the kernel needs 16-byte stack alignment; functions spare the padding.
CFLAGS_K   += $(if $(findstring clang,$(CC)),-mstack-alignment=8,-mpreferred-stack-boundary=3)
LDFLAGS_K  := -pie --no-dynamic-linker -z max-page-size=4096 -z noexecstack -z pack-relative-relocs \
	  --build-id=none --gc-sections -T kernel/arch/x86/linnet.lds
ifeq ($(DEBUG),1)
CFLAGS_K += -fsanitize=undefined -fno-sanitize=alignment
else
CFLAGS_K += -Wframe-larger-than=1024
endif
# What makes text for people, and what happens once or rarely, is built for size.
RARE := $(wildcard kernel/fs/procfs/*.c kernel/syscall/trace_*.c kernel/proc/coredump*.c kernel/fs/devfs/devfs.c \
	  kernel/fs/mount_call.c kernel/fs/mount_share.c kernel/fs/xattr.c kernel/syscall/xattr.c kernel/syscall/mount.c \
	  kernel/syscall/limits.c kernel/syscall/sysinfo.c kernel/syscall/storage.c kernel/core/log*.c kernel/core/panic.c \
	  kernel/tty/devpts.c kernel/tty/job.c kernel/tty/pty_master.c kernel/tty/tty_ioctl.c kernel/tty/*termios*.c \
	  kernel/vm/remap_pages.c kernel/vm/mlock.c kernel/vm/oom.c kernel/syscall/sched.c kernel/ipc/futex_*pi.c)
$(foreach f,$(RARE),$(eval CFLAGS_$f += -Os))
ifeq ($(KASAN),1)
CFLAGS_KASAN := -fsanitize=kernel-address --param asan-instrumentation-with-call-threshold=0 \
	  --param asan-stack=0 --param asan-globals=0
# Those that touch free memory by trade.
KASAN_OFF := kernel/mem/kasan.c kernel/mem/buddy.c kernel/mem/page.c kernel/mem/slab.c kernel/mem/slab_debug.c \
	     kernel/mem/kmalloc.c
CFLAGS_kernel/lib/string.c += -DKASAN_OFF # it defines memcpy()
$(foreach f,$(KASAN_OFF),$(eval CFLAGS_$f += -fno-sanitize=kernel-address -DKASAN_OFF))
endif
CFLAGS_K += $(CFLAGS_KASAN) $(if $(filter 1,$(FRAMES)),-fno-omit-frame-pointer,-fomit-frame-pointer)
ifneq ($(findstring clang,$(CC)),)
# Symbols of other files directly, as gcc does: the first code runs before the GOT is relocated.
CFLAGS_K += -fdirect-access-external-data
CFLAGS_K += -Wthread-safety -Wno-gnu-variable-sized-type-not-at-end -Wno-address-of-packed-member
endif
LIBGCC = $(shell $(CC) -print-libgcc-file-name)

.PHONY: all kernel help clean one
all: kernel $(O)/initramfs.cpio
kernel: $(O)/linnet.elf

$(OBJ)/%.o: %.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_K) $(CFLAGS_K) $(CFLAGS_$<) -MMD -MP -c -o $@ $<

$(OBJ)/%.o: %.S Makefile
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_K) -D__ASSEMBLY__ -fpie -MMD -MP $(ASFLAGS_$<) -c -o $@ $<

one: $(OBJ)/$(basename $(F)).o

-include $(KERNEL_OBJ:.o=.d)

# Rules that parts of the tree bring along.
-include kernel/arch/x86/arch.mk
-include tests/unit/unit.mk
-include tests/tests.mk
-include tools/tools.mk
-include tests/bench/bench.mk
-include tests/boot/boot.mk
-include tests/stress/stress.mk
-include tools/shim/shim.mk

# --- The image: linked twice, so that it can carry its own symbol table -----
$(O)/linnet.pass1: $(KERNEL_OBJ) kernel/arch/x86/linnet.lds
	$(call say,LD,$@)
	$(Q)ld $(LDFLAGS_K) -o $@ $(KERNEL_OBJ) $(LIBGCC)

$(OBJ)/symbols.S: $(O)/linnet.pass1 $(SYMBOL_TOOL)
	$(call say,SYMBOLS,$@)
	$(Q)$(MAKE_SYMBOLS) $< > $@

$(OBJ)/symbols.o: $(OBJ)/symbols.S
	$(Q)$(CC) $(CPPFLAGS_K) -c -o $@ $<

$(O)/linnet.debug: $(KERNEL_OBJ) $(OBJ)/symbols.o kernel/arch/x86/linnet.lds
	$(call say,LD,$@)
	$(Q)ld $(LDFLAGS_K) -o $@ $(KERNEL_OBJ) $(OBJ)/symbols.o $(LIBGCC)

$(O)/linnet.elf: $(O)/linnet.debug
	$(call say,STRIP,$@)
	$(Q)objcopy --strip-all $< $@

clean:
	rm -rf $(O)

help:
	@echo 'make deps          install what building, running and testing need'
	@echo 'make               build/linnet.elf, build/linnet.debug, build/initramfs.cpio'
	@echo 'make run           boot to a shell: IMAGE= CMDLINE= SMP= MEM= TRACE= GDB=1 MACHINE='
	@echo 'make test          all tests;  make unit-test abi-test app-test: one kind'
	@echo 'make fuzz          parsers under libFuzzer: SECONDS= FUZZ=name'
	@echo 'make coverage      what of kernel/ the unit tests reach, by line'
	@echo 'make check         layers, include cycles, format, thread-safety analysis; make format writes it'
	@echo 'make bench         side by side with Linux'
