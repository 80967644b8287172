/* From the jump into the kernel's half to kmain(): this CPU's features, tables
 * and first clock sample.  Then arch_init(), which kmain() calls once memory and
 * the command line are there.
 */
#include "arch/x86/x86.h"
#include "arch/x86/traps.h"
#include "core/cmdline.h"
#include "core/panic.h"
#include "platform/platform.h"

unsigned long arch_percpu_base __percpu_data; /* 0 on CPU 0 */
void boot_main(void);

void boot_main(void)
{
	cmdline_init(boot_info.cmdline); /* words that switch features off */
	kmain_console();
	x86_features_read();
	x86_set_cr3(x86_kernel_root); /* off the identity map */
	x86_cpu_enable_features();
	x86_cpu_tables_init(0, NULL);
	x86_fpu_init_cpu(true);
	x86_paging_init();
	x86_time_early();
	kmain(&boot_info);
	panic("kmain returned");
}

void arch_init(const struct boot_info *info)
{
	platform_init(info->rsdp);
	smp_count_possible();
	lapic_init_boot();
	irq_init();
	x86_vdso_init();
	x86_time_init();
	x86_timer_init_cpu();
	cpu_set_online(0);
}
