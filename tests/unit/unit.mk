# Unit tests: kernel sources compiled as an ordinary program, with the address and undefined
# behaviour sanitizers, against arch/host.  `make unit-test` builds and runs each;
# `make unit-test UNIT=inflate` one of them.
#
# UNIT_<name>: the kernel sources that tests/unit/test_<name>.c is linked with, beside
# UNIT_COMMON: arch/host, and host_*.c here, which stand in for what allocates and panics;
# and UNIT_SLEEP_<name>: what stands in for sched/.  Usually that is host_sched.c, where a
# thread that would sleep ends the test; with UNIT_threads it is sched/ itself over coroutines.
# A new test is one file and one line here.
UNIT_TESTS   := string printf list rbtree bitmap parse ring hash inflate cpio cmdline log \
		cred pid clock random radix ldisc ldisc_noise uio user page kasan runqueue region page_cache \
		path fdtable timer_table trace waitq work mutex rwsem pipe eventfd epoll \
		tmpfs exec kmap pvclock platform

UNIT_COMMON  := kernel/arch/host/host.c tests/unit/host_core.c tests/unit/host_mem.c \
		kernel/core/hooks.c kernel/core/percpu.c kernel/core/spinlock.c kernel/core/lockrank.c \
		kernel/core/cred.c kernel/core/user.c \
		kernel/lib/string.c kernel/lib/printf.c kernel/lib/sort.c tests/unit/fail_alloc.c

UNIT_SLEEP   := tests/unit/host_sched.c
UNIT_threads := tests/unit/host_threads.c kernel/arch/host/thread.c kernel/lib/rbtree.c \
		$(addprefix kernel/sched/,sched.c runqueue.c wake.c cpu.c balance.c policy.c account.c \
		timer.c thread.c waitq.c mutex.c rwsem.c completion.c work.c rcu.c)

UNIT_string  :=
UNIT_printf  :=
UNIT_list    :=
UNIT_rbtree  := kernel/lib/rbtree.c
UNIT_bitmap  := kernel/lib/bitmap.c
UNIT_parse   := kernel/lib/parse.c
UNIT_ring    := kernel/lib/ring.c
UNIT_hash    := kernel/lib/hash.c kernel/lib/chacha20.c
UNIT_inflate := kernel/lib/inflate.c kernel/lib/inflate_table.c kernel/lib/gzip.c kernel/lib/crc32.c
UNIT_cpio    := kernel/lib/cpio.c
UNIT_cmdline := kernel/core/cmdline.c kernel/core/cmdline_known.c kernel/lib/parse.c
UNIT_log     := kernel/core/log.c kernel/core/log_options.c $(UNIT_cmdline)
UNIT_timer_table := kernel/proc/timer_table.c
UNIT_cred    := kernel/core/rlimit.c
UNIT_pid     := kernel/core/pid.c
UNIT_clock   := kernel/core/clock.c
UNIT_random  := kernel/core/random.c $(UNIT_cmdline) kernel/lib/chacha20.c
UNIT_radix   := $(wildcard kernel/mem/radix*.c) kernel/mem/idr.c
UNIT_ldisc   := $(wildcard kernel/tty/ldisc*.c)
UNIT_ldisc_noise := $(wildcard kernel/tty/ldisc*.c)
UNIT_uio     := kernel/mem/uio.c kernel/mem/user.c
UNIT_user    := kernel/mem/user.c
UNIT_kmap    := kernel/lib/rbtree.c
UNIT_page    := kernel/lib/bitmap.c
UNIT_kasan   := kernel/lib/bitmap.c
UNIT_runqueue :=
UNIT_SLEEP_runqueue := kernel/lib/rbtree.c
UNIT_SLEEP_waitq := $(UNIT_threads)
UNIT_SLEEP_work := $(UNIT_threads)
UNIT_SLEEP_mutex := $(UNIT_threads)
UNIT_SLEEP_rwsem := $(UNIT_threads)
UNIT_vm      := tests/unit/vm_stub.c kernel/lib/rbtree.c kernel/vm/region.c kernel/vm/mapping.c \
		$(wildcard kernel/vm/page_cache*.c) kernel/vm/page_lock.c $(wildcard kernel/mem/radix*.c) \
		kernel/mem/uio.c
UNIT_region  := $(UNIT_vm)
UNIT_page_cache := $(UNIT_vm)
UNIT_pvclock :=
UNIT_platform := kernel/core/log.c kernel/core/log_options.c $(UNIT_cmdline)
UNIT_fs      := tests/unit/fs_stub.c $(filter-out kernel/fs/init.c,$(wildcard kernel/fs/*.c)) \
		$(wildcard kernel/fs/tmpfs/*.c) kernel/mem/idr.c kernel/core/pid.c \
		kernel/core/rlimit.c kernel/lib/bitmap.c kernel/lib/parse.c $(UNIT_vm)
UNIT_path    := $(UNIT_fs)
UNIT_fdtable := $(UNIT_fs)
UNIT_pipe    := $(UNIT_fs) $(wildcard kernel/ipc/pipe*.c) kernel/ipc/fifo.c
UNIT_eventfd := $(UNIT_fs) kernel/ipc/eventfd.c
UNIT_epoll   := $(UNIT_fs)
UNIT_tmpfs   := $(UNIT_fs)
UNIT_exec    := $(UNIT_fs) kernel/proc/elf.c kernel/proc/exec_args.c kernel/mem/user.c
$(foreach t,path fdtable pipe eventfd epoll tmpfs exec,$(eval UNIT_SLEEP_$(t) := $$(UNIT_threads)))
UNIT_trace   := $(addprefix kernel/syscall/trace_,args.c names.c number.c result.c memory.c struct.c special.c task.c) \
		kernel/mem/user.c


UNIT_O       := $(O)/unit
UNIT_CHECKS  := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-sanitize=alignment
UNIT_COVER   :=
UNIT_CFLAGS  := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-strict-aliasing -fno-common \
		$(UNIT_CHECKS) $(UNIT_COVER) \
		-Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-attributes \
		-Ikernel -I. '-DARCH_INLINE="arch/host/inline.h"' \
		'-DARCH_INLINE_THREAD="arch/host/inline_thread.h"' \
		'-DARCH_INLINE_USER="arch/host/inline_user.h"' -DCONFIG_DEBUG=1 -DCONFIG_KASAN=0 -DCONFIG_FRAME_POINTERS=1

# The kernel's own memcpy and snprintf are tested under names of their own, beside libc's.
UNIT_RENAME  := memcpy memmove memset memcmp memchr strlen strnlen strcmp strncmp \
		strchr strrchr strstr strcpy strlcpy strlcat vsnprintf snprintf
UNIT_FLAGS_kernel/lib/string.c := $(foreach f,$(filter-out strlcpy strlcat,$(filter-out %printf,$(UNIT_RENAME))),-D$(f)=kernel_$(f)) -fno-builtin
UNIT_FLAGS_kernel/lib/printf.c := -Dvsnprintf=kernel_vsnprintf -Dsnprintf=kernel_snprintf
UNIT_FLAGS_tests/unit/test_string.c := -fno-builtin
UNIT_FLAGS_tests/unit/test_printf.c := -fno-builtin
# Where the UAPI and libc would both define struct timeval: libc without POSIX.
UNIT_FLAGS_tests/unit/test_cred.c := -D_ISOC11_SOURCE
UNIT_FLAGS_tests/unit/test_trace.c := -D_ISOC11_SOURCE

UNIT_RUN := $(if $(UNIT),$(UNIT),$(UNIT_TESTS))

$(UNIT_O)/obj/%.o: %.c tests/unit/unit.mk
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(UNIT_CFLAGS) $(UNIT_FLAGS_$<) -MMD -MP -c -o $@ $<

define unit_test
$(UNIT_O)/test_$(1): $(patsubst %.c,$(UNIT_O)/obj/%.o,$(sort tests/unit/test_$(1).c $(UNIT_COMMON) $(UNIT_$(1)) \
		$(or $(UNIT_SLEEP_$(1)),$(UNIT_SLEEP))))
	$$(call say,LINK,$$@)
	$$(Q)$(HOSTCC) $$(UNIT_CHECKS) $$(UNIT_COVER) -o $$@ $$^ -lcmocka $$(UNIT_LIBS_$(1))
endef
$(foreach t,$(UNIT_TESTS),$(eval $(call unit_test,$(t))))

-include $(shell find $(UNIT_O)/obj -name '*.d' 2>/dev/null)

include tests/fuzz/fuzz.mk

.PHONY: unit-test
unit-test: $(UNIT_RUN:%=$(UNIT_O)/test_%) $(if $(UNIT),,$(FUZZ_NAMES:%=$(UNIT_O)/fuzz_%))
	@fail=0; for t in $^; do \
		if timeout 600 $$t >$$t.log 2>&1; then printf '  PASS     %s\n' $${t##*/}; \
		else fail=1; printf '  FAIL     %s\n' $${t##*/}; tail -n 40 $$t.log; fi; \
	done; exit $$fail

# What the tests reach of kernel/, by line: a table by folder, or with COVER=kernel/fs/epoll.c
# the lines of that file that no test reached.
.PHONY: coverage
coverage:
	$(Q)rm -rf $(O)/coverage
	$(Q)$(MAKE) --no-print-directory O=$(O)/coverage HOSTCC=gcc \
		UNIT_CHECKS=-fsanitize=address UNIT_COVER='--coverage -O0 -U_FORTIFY_SOURCE' unit-test
	$(Q)tools/coverage.py $(O)/coverage $(COVER)
