/* init.c - process 1: which program, and what its end means. */
#include "boot/boot.h"
#include "core/cmdline.h"
#include "core/machine.h"
#include "core/panic.h"
#include "mem/fail.h"
#include "proc/process.h"
#include "sched/profile.h"
#include "syscall/trace.h"

/*
 * Linux panics when init ends.  Here a machine exists for one program, so its
 * end is the end of the run, and its status is the run's.
 */
static void init_exited(int status)
{
	unsigned code = (status >> 8) & 0xff;

	if (status & 0x7f)
		machine_end(MACHINE_POWER_OFF, EXIT_CODE_OTHER, "init was ended by signal %d",
			    status & 0x7f);
	machine_end(MACHINE_POWER_OFF, code <= 110 ? EXIT_CODE_INIT + code : EXIT_CODE_OTHER,
		    "init exited with status %u", code);
}

void boot_machine_ending(void)
{
	trace_report();
	profile_report();
}

void boot_start_init(void)
{
	int err;

	process_init_exited = init_exited;
	profile_boot_init();
	trace_init();
	fail_init();
	err = process_start_init(NULL, cmdline_init_args(), cmdline_init_env());
	if (err)
		panic("no memory for process 1 (%d)", err);
}
