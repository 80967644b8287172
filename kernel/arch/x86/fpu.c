/*
 * FPU state: x87, SSE, AVX and AVX-512 registers.
 *
 * The kernel itself uses none of them, so they belong to user mode all the time
 * that a thread runs, and move at context switch only: XSAVEOPT to the area of
 * the thread that leaves, XRSTOR for the one that comes, unless the registers
 * still hold its state because only kernel threads ran here since.  Nothing is
 * lazy: every program uses SSE from its first instructions on.
 *
 * Which components there are CPUID says; PKU, MPX, AMX and the supervisor ones
 * are left out of XCR0, so user mode cannot have them.  Processors without XSAVE
 * use FXSAVE.  A signal frame's area is written and read by the same
 * instructions directly in user memory; a forged one makes XRSTOR raise #GP.
 *
 * Locking: an area belongs to its thread.  fpu_owner is the CPU's own,
 * interrupts off.
 * Source: Intel SDM vol. 1 chapter 13.
 */
#include <asm/sigcontext.h>
#include "arch/x86/traps.h"
#include "arch/x86/x86.h"
#include "arch/api/thread.h"
#include "arch/api/user.h"
#include "core/percpu.h"
#include "core/panic.h"
#include "mem/slab.h"
#include "lib/errno.h"
#include "lib/string.h"

#define XCR0_FP_SSE	  0x3ull
#define XCR0_AVX	  0x4ull
#define XCR0_AVX512	  0xe0ull
#define FXSAVE_SIZE	  512
#define XSAVE_HEADER	  64
#define MXCSR_OFFSET	  24
#define MXCSR_MASK_OFFSET 28
#define MXCSR_DEFAULT	  0x1f80u

enum fpu_method { FPU_FXSAVE, FPU_XSAVE, FPU_XSAVEOPT };

/* [I] after the boot CPU's x86_fpu_init_cpu */
static struct {
	enum fpu_method method;
	u32 size;	/* bytes of an area */
	u32 mxcsr_mask; /* bits of MXCSR that exist */
	u64 features;	/* XCR0 */
} fpu __ro_after_init;

static struct slab_cache fpu_cache;
DEFINE_PERCPU_STATIC(struct arch_thread *, fpu_owner); /* whose state the registers hold */

/* The state of a new program: FCW 0x37f, MXCSR 0x1f80, all else 0. */
static u8 fpu_initial[FXSAVE_SIZE + XSAVE_HEADER] __aligned(64);

/* ---- Instructions ------------------------------------------------------------ */

static inline void fpu_save(void *area)
{
	if (likely(fpu.method == FPU_XSAVEOPT))
		asm volatile("xsaveopt64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
	else if (fpu.method == FPU_XSAVE)
		asm volatile("xsave64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
	else
		asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static inline void fpu_load(const void *area)
{
	if (likely(fpu.method != FPU_FXSAVE))
		asm volatile("xrstor64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
	else
		asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

/* ---- Set-up ------------------------------------------------------------------- */

static void fpu_detect(void)
{
	u16 fcw = 0x37f;
	u32 mxcsr = MXCSR_DEFAULT, mask;
	struct x86_cpuid leaf;

	fpu.method = FPU_FXSAVE;
	fpu.size = FXSAVE_SIZE;
	if (x86_features.max_leaf >= 13 && x86_features.xsave) {
		leaf = x86_cpuid(13, 0);
		fpu.features = XCR0_FP_SSE | (leaf.a & XCR0_AVX);
		if ((leaf.a & XCR0_AVX512) == XCR0_AVX512 && leaf.a & XCR0_AVX)
			fpu.features |= XCR0_AVX512;
		fpu.method = x86_cpuid(13, 1).a & 1 ? FPU_XSAVEOPT : FPU_XSAVE;
	}

	asm volatile("fninit; fxsave64 %0" : "=m"(fpu_initial));
	memcpy(&mask, fpu_initial + MXCSR_MASK_OFFSET, sizeof(mask));
	fpu.mxcsr_mask = mask ? mask : 0xffbf;

	memset(fpu_initial, 0, sizeof(fpu_initial));
	memcpy(fpu_initial, &fcw, sizeof(fcw));
	memcpy(fpu_initial + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

void x86_fpu_init_cpu(bool boot_cpu)
{
	u64 cr0 = x86_cr0();
	u64 cr4 = x86_cr4();

	cr0 &= ~(BIT(2) | BIT(3)); /* EM, TS */
	cr0 |= BIT(1) | BIT(5);	   /* MP, NE */
	x86_set_cr0(cr0);
	x86_set_cr4(cr4 | BIT(9) | BIT(10)); /* OSFXSR, OSXMMEXCPT */
	if (boot_cpu)
		fpu_detect();
	if (fpu.method != FPU_FXSAVE) {
		x86_set_cr4(x86_cr4() | BIT(18)); /* OSXSAVE */
		asm volatile("xsetbv"
			     :
			     : "c"(0), "a"((u32)fpu.features), "d"((u32)(fpu.features >> 32))
			     : "memory");
	}
	if (boot_cpu) {
		if (fpu.method != FPU_FXSAVE)
			fpu.size = x86_cpuid(13, 0).b; /* for what XCR0 enables */
		slab_cache_init(&fpu_cache, "fpu", fpu.size, 64);
	}
	x86_fpu_init_state();
}

void x86_fpu_init_state(void)
{
	fpu_load(fpu_initial); /* XSTATE_BV is 0: MXCSR, and all else initial */
}

/* ---- Threads ------------------------------------------------------------------ */

/* Interrupts off; this CPU goes from @prev to @next. */
void x86_fpu_switch(struct arch_thread *prev, struct arch_thread *next)
{
	u32 cpu;

	if (prev->fpu)
		fpu_save(prev->fpu);
	if (!next->fpu)
		return;
	cpu = cpu_id();
	if (this_cpu(fpu_owner) == next && next->fpu_cpu == cpu)
		return;
	fpu_load(next->fpu);
	next->fpu_cpu = cpu;
	this_cpu(fpu_owner) = next;
}

static void *fpu_area_new(void)
{
	u8 *area = slab_zalloc(&fpu_cache);

	if (area)
		memcpy(area, fpu_initial, MXCSR_MASK_OFFSET);
	return area;
}

/* The registers hold the state of the thread that runs, when it has any. */
static void fpu_own(struct arch_thread *self)
{
	unsigned long flags = arch_irq_save();

	self->fpu_cpu = cpu_id();
	this_cpu(fpu_owner) = self;
	arch_irq_restore(flags);
}

int arch_fpu_prepare(struct arch_thread *self)
{
	if (self->fpu)
		return 0;
	self->fpu = fpu_area_new();
	if (!self->fpu)
		return -ENOMEM;
	x86_fpu_init_state();
	x86_set_user_fs_base(self, 0);
	x86_set_user_gs_base(self, 0);
	fpu_own(self);
	return 0;
}

void arch_fpu_reset(struct arch_thread *self)
{
	assert(self->fpu);
	x86_fpu_init_state();
	x86_set_user_fs_base(self, 0);
	x86_set_user_gs_base(self, 0);
}

int arch_fpu_fork(struct arch_thread *child, const struct arch_thread *self)
{
	unsigned long flags;

	child->fpu_cpu = ~0u;
	if (!self->fpu) {
		child->fpu = fpu_area_new();
		return child->fpu ? 0 : -ENOMEM;
	}
	child->fpu = slab_alloc(&fpu_cache);
	if (!child->fpu)
		return -ENOMEM;
	/* XSAVE leaves the header's reserved words as they are. */
	memset((u8 *)child->fpu + FXSAVE_SIZE - 48, 0,
	       fpu.method == FPU_FXSAVE ? 48 : 48 + XSAVE_HEADER);
	flags = arch_irq_save();
	if (fpu.method == FPU_FXSAVE)
		asm volatile("fxsave64 (%0)" : : "r"(child->fpu) : "memory");
	else
		asm volatile("xsave64 (%0)" : : "r"(child->fpu), "a"(-1), "d"(-1) : "memory");
	arch_irq_restore(flags);
	return 0;
}

void arch_thread_fini(struct arch_thread *thread)
{
	if (thread->fpu)
		slab_free(&fpu_cache, thread->fpu);
	thread->fpu = NULL;
	thread->fpu_cpu = ~0u;
}

/* ---- Signal frames ------------------------------------------------------------ */

size_t x86_fpu_frame_size(void)
{
	return fpu.size + (fpu.method == FPU_FXSAVE ? 0 : sizeof(u32));
}

/* The area is 64-byte aligned.  Layout: the XSAVE image; in the last 48 bytes of
 * its first 512 struct _fpx_sw_bytes; behind it FP_XSTATE_MAGIC2.
 */
int x86_fpu_to_frame(void __user *area)
{
	struct _fpx_sw_bytes sw = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = (u32)x86_fpu_frame_size(),
		.xfeatures = fpu.features,
		.xstate_size = fpu.size,
	};
	u8 __user *bytes = area;
	u64 __user *header = (void __user *)(bytes + FXSAVE_SIZE);
	u64 xstate_bv;
	int err;

	if (!user_range_ok(area, x86_fpu_frame_size()))
		return -EFAULT;
	if (fpu.method == FPU_FXSAVE) {
		asm volatile("call x86_user_fxsave"
			     : "=a"(err)
			     : "D"(area), "S"(0ull)
			     : "rdx", "memory", "cc");
		if (err || arch_clear_user(bytes + FXSAVE_SIZE - 48, 48))
			return -EFAULT;
		return 0;
	}
	if (arch_clear_user(header, XSAVE_HEADER))
		return -EFAULT;
	asm volatile("call x86_user_xsave"
		     : "=a"(err)
		     : "D"(area), "S"(fpu.features)
		     : "rdx", "memory", "cc");
	if (err || arch_copy_to_user(bytes + FXSAVE_SIZE - 48, &sw, sizeof(sw)) ||
	    arch_user_store_u32(bytes + fpu.size, FP_XSTATE_MAGIC2))
		return -EFAULT;
	/* What a handler writes into the legacy part takes effect. */
	if (arch_user_load_u64(header, &xstate_bv) ||
	    arch_user_store_u64(header, xstate_bv | XCR0_FP_SSE))
		return -EFAULT;
	return 0;
}

/* Legacy bytes of unknown origin: refused, or given the header that goes with them. */
static int fpu_sanitize(u8 *area)
{
	u32 mxcsr;

	memcpy(&mxcsr, area + MXCSR_OFFSET, sizeof(mxcsr));
	if (mxcsr & ~fpu.mxcsr_mask)
		return -EINVAL;
	if (fpu.method == FPU_FXSAVE)
		return 0;
	memset(area + FXSAVE_SIZE, 0, XSAVE_HEADER);
	area[FXSAVE_SIZE] = XCR0_FP_SSE;
	return 0;
}

/* A frame without or with a damaged extended part: the 512 legacy bytes alone.
 * The copy may sleep, so it goes to a buffer that no context switch writes.
 */
static int fpu_legacy_from_frame(const void __user *area)
{
	u8 image[FXSAVE_SIZE + XSAVE_HEADER] __aligned(64);

	if (arch_copy_from_user(image, area, FXSAVE_SIZE) || fpu_sanitize(image))
		return -EFAULT;
	fpu_load(image);
	return 0;
}

/* A program that writes its frame may have any bytes here; XRSTOR refuses what
 * it must not load, and the program starts over with the initial state.
 */
int x86_fpu_from_frame(const void __user *area)
{
	const u8 __user *bytes = area;
	struct _fpx_sw_bytes sw;
	u32 magic2;
	int err;

	if (!area) {
		x86_fpu_init_state();
		return 0;
	}
	if (!user_range_ok(area, fpu.size + sizeof(u32)))
		goto bad;
	if (fpu.method == FPU_FXSAVE || (u64)area & 63) {
		err = fpu_legacy_from_frame(area);
		goto out;
	}
	if (arch_copy_from_user(&sw, bytes + FXSAVE_SIZE - 48, sizeof(sw)))
		goto bad;
	if (sw.magic1 != FP_XSTATE_MAGIC1 || sw.xstate_size != fpu.size ||
	    sw.extended_size < sw.xstate_size + sizeof(u32) || sw.xfeatures != fpu.features ||
	    arch_user_load_u32(bytes + fpu.size, &magic2) || magic2 != FP_XSTATE_MAGIC2) {
		err = fpu_legacy_from_frame(area);
		goto out;
	}
	asm volatile("call x86_user_xrstor"
		     : "=a"(err)
		     : "D"(area), "S"(fpu.features)
		     : "rdx", "memory", "cc");
out:
	if (!err)
		return 0;
bad:
	x86_fpu_init_state();
	return -EFAULT;
}

/* ---- Tracers and core dumps ------------------------------------------------- */

/* XSAVEOPT does not write components in their initial state: show it. */
static void fpu_image_complete(u8 *area)
{
	u64 present;
	struct x86_cpuid leaf;

	memcpy(&present, area + FXSAVE_SIZE, sizeof(present));
	if (!(present & 1)) {
		memcpy(area, fpu_initial, MXCSR_OFFSET);
		memset(area + 32, 0, 128);
	}
	if (!(present & 2))
		memset(area + 160, 0, 256);
	for (unsigned i = 2; i < 8; i++) {
		if (!(fpu.features & BIT(i)) || present & BIT(i))
			continue;
		leaf = x86_cpuid(13, i);
		memset(area + leaf.b, 0, leaf.a);
	}
}

size_t arch_fpu_size(void)
{
	return fpu.size;
}

void *arch_fpu_image(struct arch_thread *thread, bool is_current)
{
	unsigned long flags;

	if (thread->fpu && is_current) {
		flags = arch_irq_save();
		fpu_save(thread->fpu);
		arch_irq_restore(flags);
	}
	if (thread->fpu && fpu.method != FPU_FXSAVE)
		fpu_image_complete(thread->fpu);
	return thread->fpu;
}

/* Linux's largest frame: the fixed part with its alignment, the state, its own. */
size_t arch_minsigstksz(void)
{
	return ALIGN_UP(440 + 15 + 8 + 128 + x86_fpu_frame_size() + 63, 16ul);
}
