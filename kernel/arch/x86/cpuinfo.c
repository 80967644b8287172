/* /proc/cpuinfo: what CPUID says, with Linux's names for the feature bits.
 *
 * All CPUs of a VM are alike, so the calling CPU's answers serve for each.
 * The flags that Linux makes up itself are left out.
 */
#include "arch/api/cpuinfo.h"

#include "arch/api/smp.h"
#include "arch/api/time.h"
#include "arch/x86/x86.h"
#include "core/percpu.h"
#include "lib/printf.h"
#include "lib/string.h"

static const char *const flags_1_edx[32] = {
	"fpu",	"vme",	"de",	"pse", "tsc",  "msr", "pae",   "mce", "cx8",	 "apic", NULL,
	"sep",	"mtrr", "pge",	"mca", "cmov", "pat", "pse36", "pn",  "clflush", NULL,	 "dts",
	"acpi", "mmx",	"fxsr", "sse", "sse2", "ss",  "ht",    "tm",  "ia64",	 "pbe",
};
static const char *const flags_1_ecx[32] = {
	"pni",	  "pclmulqdq",	"dtes64", "monitor", "ds_cpl",
	"vmx",	  "smx",	"est",	  "tm2",     "ssse3",
	"cid",	  "sdbg",	"fma",	  "cx16",    "xtpr",
	"pdcm",	  NULL,		"pcid",	  "dca",     "sse4_1",
	"sse4_2", "x2apic",	"movbe",  "popcnt",  "tsc_deadline_timer",
	"aes",	  "xsave",	NULL,	  "avx",     "f16c",
	"rdrand", "hypervisor",
};
static const char *const flags_ext_edx[32] = {
	[11] = "syscall", [19] = "mp",	   [20] = "nx", [22] = "mmxext",   [25] = "fxsr_opt",
	[26] = "pdpe1gb", [27] = "rdtscp", [29] = "lm", [30] = "3dnowext", [31] = "3dnow",
};
static const char *const flags_ext_ecx[32] = {
	"lahf_lm",     "cmp_legacy",	"svm",	"extapic", "cr8_legacy", "abm",	       "sse4a",
	"misalignsse", "3dnowprefetch", "osvw", "ibs",	   "xop",	 "skinit",     "wdt",
	NULL,	       "lwp",		"fma4", "tce",	   NULL,	 "nodeid_msr", NULL,
	"tbm",	       "topoext",
};
static const char *const flags_7_ebx[32] = {
	"fsgsbase",   "tsc_adjust", NULL,	  "bmi1",     "hle",	"avx2",	    NULL,
	"smep",	      "bmi2",	    "erms",	  "invpcid",  "rtm",	NULL,	    NULL,
	"mpx",	      NULL,	    "avx512f",	  "avx512dq", "rdseed", "adx",	    "smap",
	"avx512ifma", NULL,	    "clflushopt", "clwb",     NULL,	"avx512pf", "avx512er",
	"avx512cd",   "sha_ni",	    "avx512bw",	  "avx512vl",
};
static const char *const flags_7_ecx[32] = {
	[1] = "avx512vbmi",
	[2] = "umip",
	[3] = "pku",
	[8] = "gfni",
	[9] = "vaes",
	[10] = "vpclmulqdq",
	[14] = "avx512_vpopcntdq",
	[16] = "la57",
	[22] = "rdpid",
};

#define CPUID_7_EDX_ARCH_CAPABILITIES (1u << 29)
#define MSR_ARCH_CAPABILITIES	      0x10a
#define ARCH_CAPABILITIES_SSB_NO      (1u << 4)
#define CPUID_EXT_8_EBX_SSB_NO	      (1u << 26)

/* As family and model are counted since they outgrew their four bits. */
static u32 cpu_family(u32 signature)
{
	u32 family = signature >> 8 & 15;

	return family == 15 ? family + (signature >> 20 & 255) : family;
}

/* Intel SDM volume 4, IA32_ARCH_CAPABILITIES; AMD APM volume 3, Fn8000_0008_EBX, and "Speculative
 * Store Bypass Disable", which names the families from 15h on. */
bool arch_store_bypass_safe(void)
{
	struct x86_cpuid max = x86_cpuid(0, 0);

	if (x86_cpuid(0x80000000, 0).a >= 0x80000008 &&
	    x86_cpuid(0x80000008, 0).b & CPUID_EXT_8_EBX_SSB_NO)
		return true;
	if (max.a >= 7 && x86_cpuid(7, 0).d & CPUID_7_EDX_ARCH_CAPABILITIES &&
	    x86_rdmsr(MSR_ARCH_CAPABILITIES) & ARCH_CAPABILITIES_SSB_NO)
		return true;
	return !memcmp(&max.b, "Auth", 4) && cpu_family(x86_cpuid(1, 0).a) < 0x15;
}

static void emit_flags(u32 word, const char *const names[32], void (*emit)(void *, const char *),
		       void *arg)
{
	for (int i = 0; i < 32; i++) {
		if (!(word >> i & 1) || !names[i] || x86_flag_is_off(names[i]))
			continue;
		emit(arg, " ");
		emit(arg, names[i]);
	}
}

static void brand(char out[49])
{
	u32 *words = (u32 *)out;
	char *text = out;

	memset(out, 0, 49);
	if (x86_cpuid(0x80000000, 0).a < 0x80000004)
		return;
	for (u32 i = 0; i < 3; i++) {
		struct x86_cpuid r = x86_cpuid(0x80000002 + i, 0);

		words[i * 4] = r.a;
		words[i * 4 + 1] = r.b;
		words[i * 4 + 2] = r.c;
		words[i * 4 + 3] = r.d;
	}
	while (*text == ' ')
		text++;
	memmove(out, text, strlen(text) + 1);
}

void arch_cpuinfo(unsigned cpu, void (*emit)(void *arg, const char *text), void *arg)
{
	struct x86_cpuid max = x86_cpuid(0, 0), one = x86_cpuid(1, 0), seven = { 0 };
	struct x86_cpuid ext = { 0 }, size = { 0 };
	u32 family = cpu_family(one.a), model = one.a >> 4 & 15;
	u32 max_ext = x86_cpuid(0x80000000, 0).a;
	u32 vendor[4] = { max.b, max.d, max.c, 0 };
	char __attribute__((aligned(4))) name[52];
	unsigned n = cpu_online_count();
	u64 khz = arch_cycles_khz();
	char line[256];

	if (family >= 6)
		model |= (one.a >> 16 & 15) << 4;
	if (max.a >= 7)
		seven = x86_cpuid(7, 0);
	if (max_ext >= 0x80000001)
		ext = x86_cpuid(0x80000001, 0);
	if (max_ext >= 0x80000008)
		size = x86_cpuid(0x80000008, 0);
	brand(name);
	snprintf(line, sizeof(line),
		 "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\n"
		 "model\t\t: %u\nmodel name\t: %s\nstepping\t: %u\n",
		 cpu, (char *)vendor, family, model, *name ? name : "unknown", one.a & 15);
	emit(arg, line);
	snprintf(line, sizeof(line),
		 "cpu MHz\t\t: %llu.%03llu\nphysical id\t: 0\n"
		 "siblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\napicid\t\t: %u\n"
		 "initial apicid\t: %u\nfpu\t\t: yes\nfpu_exception\t: yes\n"
		 "cpuid level\t: %u\nwp\t\t: yes\nflags\t\t:",
		 khz / 1000, khz % 1000, n, cpu, n, arch_cpu_apic_id(cpu), arch_cpu_apic_id(cpu),
		 max.a);
	emit(arg, line);
	emit_flags(one.d, flags_1_edx, emit, arg);
	emit_flags(ext.d, flags_ext_edx, emit, arg);
	emit_flags(one.c, flags_1_ecx, emit, arg);
	emit_flags(ext.c, flags_ext_ecx, emit, arg);
	emit_flags(seven.b, flags_7_ebx, emit, arg);
	emit_flags(seven.c, flags_7_ecx, emit, arg);
	snprintf(line, sizeof(line),
		 "\nbugs\t\t:\nbogomips\t: %llu.%02llu\n"
		 "clflush size\t: %u\ncache_alignment\t: 64\n"
		 "address sizes\t: %u bits physical, %u bits virtual\npower management:\n\n",
		 khz * 2 / 1000, khz * 2 % 1000 / 10, (one.b >> 8 & 255) * 8,
		 size.a ? size.a & 255 : 36, size.a ? size.a >> 8 & 255 : 48);
	emit(arg, line);
}
