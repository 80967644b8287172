/* What this processor can do, and switching it on. */
#include "arch/x86/x86.h"
#include "arch/api/random.h"
#include "core/cmdline.h"
#include "core/panic.h"
#include "lib/string.h"

struct x86_features x86_features __ro_after_init;

/* PA1 (PWT alone) is write-combining; the rest as after reset. */
#define PAT_VALUE 0x0007040600070106ULL

static void read_hypervisor(struct x86_features *f)
{
	u32 base;

	for (base = 0x40000000; base < 0x40000400; base += 0x100) {
		struct x86_cpuid r = x86_cpuid(base, 0);

		if (base == 0x40000000) {
			f->hyp_base = base;
			f->hyp_max_leaf = r.a;
			if (r.b == 0x54474354 && r.c == 0x43544743) { /* TCGTCGTCGTCG */
				f->tcg = true;
				return;
			}
		}
		if (r.b == 0x4b4d564b && r.c == 0x564b4d56 && r.d == 0x4d) { /* KVMKVMKVM */
			f->kvm = true;
			f->hyp_base = base;
			f->hyp_max_leaf = r.a ? r.a : base + 1;
			f->kvm_features = x86_cpuid(base + 1, 0).a;
			return;
		}
		if (base == 0x40000000 && r.b != 0x7263694d) /* only Hyper-V hides KVM */
			return;
	}
}

/*
 * Which words of the command line take a feature away, as on Linux, and what goes with it:
 * each by its name in /proc/cpuinfo.  clearcpuid= takes any of these names.
 */
#define FEATURE(field) (1 + offsetof(struct x86_features, field))

static const struct {
	const char *flag, *word;
	u16 field; /* FEATURE(); 0: nothing but the flag */
} switches[] = {
	{ "smap", "nosmap", FEATURE(smap) },
	{ "smep", "nosmep", FEATURE(smep) },
	{ "umip", NULL, FEATURE(umip) },
	{ "fsgsbase", "nofsgsbase", FEATURE(fsgsbase) },
	{ "pcid", "nopcid", FEATURE(pcid) },
	{ "invpcid", "noinvpcid", FEATURE(invpcid) },
	{ "x2apic", "nox2apic", FEATURE(x2apic) },
	{ "tsc_deadline_timer", NULL, FEATURE(tsc_deadline) },
	{ "rdrand", NULL, FEATURE(rdrand) },
	{ "rdseed", NULL, FEATURE(rdseed) },
	{ "xsave", "noxsave", FEATURE(xsave) },
	{ "avx", "noxsave", 0 },
	{ "avx2", "noxsave", 0 },
	{ "fma", "noxsave", 0 },
	{ "f16c", "noxsave", 0 },
	{ "vaes", "noxsave", 0 },
	{ "vpclmulqdq", "noxsave", 0 },
	{ "avx512", "noxsave", 0 },
};
static u32 switched_off __ro_after_init; /* by index of switches[] */

/* Is @name in the comma-separated @list? */
static bool list_has(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
		if (!strncmp(list, name, len) && (!list[len] || list[len] == ','))
			return true;
	return false;
}

static void features_switch_off(struct x86_features *f)
{
	const char *cleared = cmdline_get("clearcpuid");
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(switches); i++) {
		if (!(switches[i].word && cmdline_has(switches[i].word)) &&
		    !list_has(cleared, switches[i].flag))
			continue;
		switched_off |= BIT(i);
		if (switches[i].field)
			((bool *)f)[switches[i].field - 1] = false;
	}
}

bool x86_flag_is_off(const char *flag)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(switches); i++)
		if (switched_off & BIT(i) &&
		    (str_eq(flag, switches[i].flag) ||
		     (str_eq(switches[i].flag, "avx512") && !strncmp(flag, "avx512", 6))))
			return true;
	return false;
}

void x86_features_read(void)
{
	struct x86_features *f = &x86_features;
	struct x86_cpuid r = x86_cpuid(0, 0);

	f->max_leaf = r.a;
	memcpy(f->vendor, &r.b, 4);
	memcpy(f->vendor + 4, &r.d, 4);
	memcpy(f->vendor + 8, &r.c, 4);

	r = x86_cpuid(1, 0);
	f->stepping = r.a & 15;
	f->family = r.a >> 8 & 15;
	f->model = r.a >> 4 & 15;
	if (f->family == 15)
		f->family += r.a >> 20 & 255;
	if (f->family >= 6)
		f->model += (r.a >> 16 & 15) << 4;
	f->mwait = r.c & BIT(3);
	f->pcid = r.c & BIT(17);
	f->x2apic = r.c & BIT(21);
	f->tsc_deadline = r.c & BIT(24);
	f->xsave = r.c & BIT(26);
	f->rdrand = r.c & BIT(30);
	f->hypervisor = r.c & BIT(31);

	if (f->max_leaf >= 7) {
		r = x86_cpuid(7, 0);
		f->fsgsbase = r.b & BIT(0);
		f->smep = r.b & BIT(7);
		f->erms = r.b & BIT(9);
		f->invpcid = r.b & BIT(10);
		f->rdseed = r.b & BIT(18);
		f->smap = r.b & BIT(20);
		f->umip = r.c & BIT(2);
	}
	f->max_ext_leaf = x86_cpuid(0x80000000, 0).a;
	if (f->max_ext_leaf >= 0x80000001)
		f->rdtscp = x86_cpuid(0x80000001, 0).d & BIT(27);
	if (f->max_ext_leaf >= 0x80000007)
		f->invariant_tsc = x86_cpuid(0x80000007, 0).d & BIT(8);
	if (f->hypervisor)
		read_hypervisor(f);
	features_switch_off(f);
}

void x86_cpu_enable_features(void)
{
	const struct x86_features *f = &x86_features;
	u64 cr4 = x86_cr4() | CR4_PGE;

	if (f->smep)
		cr4 |= CR4_SMEP;
	if (f->smap)
		cr4 |= CR4_SMAP;
	if (f->umip)
		cr4 |= CR4_UMIP;
	if (f->fsgsbase)
		cr4 |= CR4_FSGSBASE;
	if (f->xsave)
		cr4 |= CR4_OSXSAVE;
	if (f->pcid)
		cr4 |= CR4_PCIDE; /* CR3's low bits are 0, as this demands */
	x86_set_cr4(cr4);
	x86_wrmsr(MSR_PAT, PAT_VALUE);
}

/* --- arch/api/random.h --------------------------------------------------------------- */

bool arch_random_u64(u64 *out)
{
	unsigned tries;
	bool ok;

	for (tries = 0; x86_features.rdseed && tries < 4; tries++) {
		asm volatile("rdseed %0" : "=r"(*out), "=@ccc"(ok));
		if (ok)
			return true;
	}
	for (tries = 0; x86_features.rdrand && tries < 10; tries++) {
		asm volatile("rdrand %0" : "=r"(*out), "=@ccc"(ok));
		if (ok)
			return true;
	}
	return false;
}

u64 arch_random_weak(void)
{
	return arch_cycles() * 0x9e3779b97f4a7c15ULL ^ boot_entry_tsc ^ image_slide << 20;
}
