/*
 * The vDSO: the functions that libc finds through AT_SYSINFO_EHDR and calls
 * instead of the kernel.  User-mode code; no relocations, no data of its own.
 *
 * clock_gettime reads the TSC and scales it with what the kernel left in the
 * page below (data.h), by the same arithmetic as the kernel's own clock, so that
 * the two never disagree.  Whatever it cannot answer becomes the system call.
 *
 * Source: vdso(7), clock_gettime(2).
 */
#include <asm/unistd.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include "data.h"

#define NSEC_PER_SEC	    1000000000ul
#define COARSE_RES_NS	    4000000
#define CPU_NUMBER_SELECTOR 0x7b /* its limit is the CPU's number */
#define EXPORT		    __attribute__((visibility("default")))

/* Not const: the compiler would read it when it likes, since nobody could change it. */
extern struct vdso_data vdso_data __attribute__((visibility("hidden")));

struct getcpu_cache;
typedef __kernel_old_time_t time_type;

int __vdso_clock_gettime(int clock, struct __kernel_timespec *ts);
int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);
int __vdso_clock_getres(int clock, struct __kernel_timespec *res);
time_type __vdso_time(time_type *out);
long __vdso_getcpu(unsigned *cpu, unsigned *node, struct getcpu_cache *unused);

static inline long syscall2(long nr, long a, long b)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return ret;
}

static inline unsigned long cycles(void)
{
	unsigned lo, hi;

	/* RDTSC must not run ahead of the loads before it. */
	asm volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (unsigned long)hi << 32 | lo;
}

/* False: make the system call, as while the data changes (data.h). */
static inline int read_clock(const volatile struct vdso_data *data, unsigned clock,
			     unsigned long *ns)
{
	unsigned long delta;
	unsigned seq;

	if (clock >= VDSO_CLOCKS)
		return 0;
	do {
		seq = __atomic_load_n(&data->seq, __ATOMIC_ACQUIRE);
		if (__builtin_expect(
			    !(__atomic_load_n(&data->clocks, __ATOMIC_ACQUIRE) >> clock & 1), 0))
			return 0;
		delta = cycles() - data->base_tsc;
		if ((long)delta < 0)
			delta = 0; /* another CPU's counter, a little behind */
		delta = (unsigned long)((unsigned __int128)delta * data->mult >>
					(data->shift & 63));
		*ns = data->base_ns[clock] + delta;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (__builtin_expect(data->seq != seq, 0));
	return 1;
}

EXPORT int __vdso_clock_gettime(int clock, struct __kernel_timespec *ts)
{
	unsigned long ns;

	if (__builtin_expect(!read_clock(&vdso_data, (unsigned)clock, &ns), 0))
		return (int)syscall2(__NR_clock_gettime, clock, (long)ts);
	ts->tv_sec = (long)(ns / NSEC_PER_SEC);
	ts->tv_nsec = (long)(ns % NSEC_PER_SEC);
	return 0;
}

EXPORT int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	unsigned long ns;

	if (__builtin_expect(tz || !read_clock(&vdso_data, CLOCK_REALTIME, &ns), 0))
		return (int)syscall2(__NR_gettimeofday, (long)tv, (long)tz);
	if (tv) {
		tv->tv_sec = (long)(ns / NSEC_PER_SEC);
		tv->tv_usec = (long)(ns % NSEC_PER_SEC / 1000);
	}
	return 0;
}

EXPORT time_type __vdso_time(time_type *out)
{
	unsigned long ns;
	time_type now;

	if (__builtin_expect(!read_clock(&vdso_data, CLOCK_REALTIME, &ns), 0))
		return (time_type)syscall2(__NR_time, (long)out, 0);
	now = (time_type)(ns / NSEC_PER_SEC);
	if (out)
		*out = now;
	return now;
}

EXPORT int __vdso_clock_getres(int clock, struct __kernel_timespec *res)
{
	long ns;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		ns = 1;
		break;
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		ns = COARSE_RES_NS;
		break;
	default:
		return (int)syscall2(__NR_clock_getres, clock, (long)res);
	}
	if (res) {
		res->tv_sec = 0;
		res->tv_nsec = ns;
	}
	return 0;
}

EXPORT long __vdso_getcpu(unsigned *cpu, unsigned *node, struct getcpu_cache *unused)
{
	unsigned number;

	(void)unused;
	asm("lsl %1, %0" : "=r"(number) : "r"(CPU_NUMBER_SELECTOR));
	if (cpu)
		*cpu = number;
	if (node)
		*node = 0;
	return 0;
}

#define ALIAS(name) __attribute__((weak, alias("__vdso_" #name), visibility("default")))
int clock_gettime(int clock, struct __kernel_timespec *ts) ALIAS(clock_gettime);
int gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz) ALIAS(gettimeofday);
int clock_getres(int clock, struct __kernel_timespec *res) ALIAS(clock_getres);
time_type time(time_type *out) ALIAS(time);
long getcpu(unsigned *cpu, unsigned *node, struct getcpu_cache *unused) ALIAS(getcpu);
