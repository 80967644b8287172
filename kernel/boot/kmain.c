/*
 * kmain - the order in which Linnet comes up
 *
 * The arch's boot entry fills struct boot_info, builds the kernel's page tables,
 * cuts up the command line and calls kmain() on the boot CPU with interrupts off.  Each line below may
 * use what the lines above it made; this list is the only place that knows the
 * order.  kmain() ends as the boot CPU's idle loop; the rest of the work is
 * done by boot_rest(), a kernel thread that may sleep.
 *
 * Nothing is printed on the way unless the command line asks: a character costs
 * a serial port more than all of this costs the processor.
 */
#include "boot/boot.h"
#include "arch/api/boot_info.h"
#include "arch/api/irq.h"
#include "arch/api/power.h"
#include "arch/api/smp.h"
#include "core/clock.h"
#include "core/cmdline.h"
#include "core/hooks.h"
#include "core/log.h"
#include "core/panic.h"
#include "core/random.h"
#include "core/stackprotect.h"
#include "core/timeline.h"
#include "drivers/serial/serial.h"
#include "fs/devfs/devfs.h"
#include "fs/initramfs/initramfs.h"
#include "fs/procfs/procfs.h"
#include "fs/vfs.h"
#include "ipc/pipe.h"
#include "mem/kmap.h"
#include "mem/page.h"
#include "mem/radix.h"
#include "mem/slab.h"
#include "proc/process.h"
#include "sched/rcu.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "sched/work.h"
#include "tty/tty.h"
#include "vm/space.h"

static void boot_rest(void *arg);

/* Memory for core/'s own objects, which lies below the slabs. */
static void *core_alloc(size_t size)
{
	return kzalloc(size);
}

static void core_free(void *ptr)
{
	kfree(ptr);
}

void kmain_console(void)
{
	log_init();
	serial_early_init();
}

void kmain(struct boot_info *info)
{
	u64 start = arch_cycles();
	struct thread *rest;

	timeline_init(info->entry_tsc, start);
	page_init(info);
	slab_init();
	radix_boot_init();
	kernel_hooks.alloc = core_alloc;
	kernel_hooks.free = core_free;
	kernel_hooks.machine_ending = boot_machine_ending;
	timeline_mark("memory");

	rcu_init();
	sched_init();
	timeline_mark("scheduler");
	arch_init(info);
	if (cmdline_has("reboot"))
		arch_set_reboot_method(cmdline_get("reboot"));
	timeline_mark("machine: firmware tables, interrupts, timer");
	clock_init();
	random_init();
	stack_protector_init();
	timeline_mark("clock and randomness");

	vm_init();
	pipe_init();
	fs_init();
	process_subsystem_init();
	tty_init();
	timeline_mark("address spaces, files, processes, terminals");

	rest = thread_new("init", boot_rest, info);
	if (!rest)
		panic("no memory for the first thread");
	thread_start(rest);
	arch_irq_enable();
	sched_idle_loop();
}

/* The second half: may sleep; becomes the parent of init and ends. */
static void boot_rest(void *arg)
{
	const struct boot_info *info = arg;

	timeline_mark("first switch of threads");
	arch_start_cpus();
	work_boot_init();
	timeline_mark("other processors started, workers");
	serial_init();
	timeline_mark("serial ports");
	boot_root(info);
	timeline_mark("root file system");
	arch_wait_cpus();
	timeline_mark("other processors awaited");
	arch_protect_image();
	boot_start_init();
}
