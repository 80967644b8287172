/*
 * Which words of the command line are the kernel's, and which are init's.
 *
 * Words that Linux itself takes are never handed to init.  Those that Linux knows and Linnet
 * has no use for are here too, so that an existing command line stays silent.
 *
 * Source: the words that Debian's kernel was seen to take for itself.
 */
#include "core/cmdline_internal.h"
#include "core/panic.h"
#include "lib/string.h"

/* Sorted, with - as _, for the binary search. */
static const char *const known[] = {
	"8250",
	"acpi",
	"acpi_osi",
	"acpi_rsdp",
	"add_efi_memmap",
	"amd_pstate",
	"apic",
	"apparmor",
	"audit",
	"audit_backlog_limit",
	"bert_disable",
	"bgrt_disable",
	"boot_delay",
	"boot_timer",
	"bootconfig",
	"cgroup_disable",
	"cgroup_no_v1",
	"clearcpuid",
	"clocksource",
	"console",
	"consoleblank",
	"cpu_init_udelay",
	"crashkernel",
	"debug",
	"default_hugepagesz",
	"delayacct",
	"dhash_entries",
	"disable_mtrr_trim",
	"earlycon",
	"earlyprintk",
	"efi",
	"elevator",
	"erst_disable",
	"fail",
	"ftrace",
	"gather_data_sampling",
	"hardened_usercopy",
	"hashdist",
	"hest_disable",
	"hibernate",
	"hpet",
	"hugepages",
	"hugepagesz",
	"hung_task_panic",
	"i8042",
	"idle",
	"ignore_loglevel",
	"ihash_entries",
	"init",
	"init_on_alloc",
	"init_on_free",
	"initcall_debug",
	"initrd",
	"integrity_audit",
	"intel_iommu",
	"intel_pstate",
	"intremap",
	"io_delay",
	"iommu",
	"ip",
	"irqaffinity",
	"isolcpus",
	"kaslr",
	"keep_bootcon",
	"kernelcore",
	"l1tf",
	"lapic",
	"load_ramdisk",
	"lockdown",
	"log",
	"log_buf_len",
	"loglevel",
	"lpj",
	"lsm",
	"maxcpus",
	"mce",
	"mds",
	"mem",
	"memhp_default_state",
	"memmap",
	"mhash_entries",
	"mitigations",
	"mmio_stale_data",
	"movable_node",
	"movablecore",
	"mphash_entries",
	"mtrr_cleanup",
	"nmi_watchdog",
	"no_console_suspend",
	"no_file_caps",
	"no-kvmapf",
	"no-kvmclock",
	"no-steal-acc",
	"no_timer_check",
	"noapic",
	"noefi",
	"nofsgsbase",
	"nohibernate",
	"nohpet",
	"nohz",
	"nohz_full",
	"noinitrd",
	"nointremap",
	"noinvpcid",
	"nokaslr",
	"nolapic",
	"nolapic_timer",
	"nomodeset",
	"nomodule",
	"nomodules",
	"nopcid",
	"nopti",
	"nopv",
	"nopvspin",
	"norandmaps",
	"noreplace-smp",
	"noresume",
	"nosgx",
	"nosmap",
	"nosmep",
	"nosmp",
	"nosmt",
	"nosoftlockup",
	"nospectre_v1",
	"nospectre_v2",
	"notsc",
	"nowatchdog",
	"nox2apic",
	"noxsave",
	"nr_cpus",
	"numa",
	"oops",
	"panic",
	"panic_on_taint",
	"panic_on_warn",
	"panic_print",
	"pause_on_oops",
	"pci",
	"pcie_aspm",
	"pcie_ports",
	"preempt",
	"print-fatal-signals",
	"profile",
	"psi",
	"pti",
	"quiet",
	"raid",
	"ramdisk_size",
	"random",
	"rcu_nocbs",
	"rdinit",
	"reboot",
	"report",
	"resume",
	"retain_initrd",
	"retbleed",
	"ro",
	"rodata",
	"root",
	"rootdelay",
	"rootflags",
	"rootfstype",
	"rootwait",
	"rw",
	"security",
	"selinux",
	"skew_tick",
	"slab_nomerge",
	"slub_debug",
	"softlockup_panic",
	"spec_store_bypass_disable",
	"spectre_v2",
	"spectre_v2_user",
	"stack_guard_gap",
	"swapaccount",
	"swiotlb",
	"sysrq_always_enabled",
	"threadirqs",
	"tp_printk",
	"trace",
	"trace_buf_size",
	"trace_event",
	"trace_options",
	"transparent_hugepage",
	"tsc",
	"tsc_early_khz",
	"tsx_async_abort",
	"unknown_nmi_panic",
	"vdso",
	"vdso32",
	"vga",
	"video",
	"vsyscall",
	"watchdog",
};

static char fold(char c)
{
	return c == '-' ? '_' : c;
}

int cmdline_name_compare(const char *a, const char *b)
{
	while (*a && fold(*a) == fold(*b))
		a++, b++;
	return (u8)fold(*a) - (u8)fold(*b);
}

bool cmdline_is_known(const char *name, const char *value)
{
	size_t lo = 0, hi = ARRAY_SIZE(known), mid;
	int order;

	for (size_t i = 1; CONFIG_DEBUG && i < ARRAY_SIZE(known); i++)
		assert(cmdline_name_compare(known[i - 1], known[i]) < 0);
	/* Linux takes these in one form only; in the other they are somebody else's. */
	if (value ? str_eq(name, "ro") || str_eq(name, "rw") :
		    str_eq(name, "init") || str_eq(name, "rdinit") || str_eq(name, "console"))
		return false;
	while (lo < hi) {
		mid = (lo + hi) / 2;
		order = cmdline_name_compare(name, known[mid]);
		if (order == 0)
			return true;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return strchr(name, '.') != NULL; /* some module's parameter */
}
