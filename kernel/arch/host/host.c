/*
 * arch/api on a Linux process: clock, user memory, random, the end.
 *
 * One thread, one CPU, virtual time.  What the kernel would never come back from
 * (power-off, spinning with nobody to release) ends the test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arch/host/host.h"
#include "arch/api/backtrace.h"
#include "arch/api/inline.h"
#include "arch/api/power.h"
#include "arch/api/random.h"
#include "arch/api/smp.h"
#include "arch/api/time.h"
#include "arch/api/user.h"

bool host_irqs_on = true;
ktime_t host_clock_ns = 1000000000;
s64 host_wall_ns = 1700000000LL * 1000000000;

void arch_halt(void)
{
	abort();
}
void arch_power_off(void)
{
	abort();
}
void arch_reboot(void)
{
	abort();
}
void arch_exit_code(unsigned code)
{
	fprintf(stderr, "exit code %u\n", code);
}
void arch_stop_other_cpus(void)
{
}

/* ---- spinning, time, random ---- */

void host_spin(void)
{
	fprintf(stderr, "spins on a lock that nobody will release\n");
	abort();
}

u64 arch_cycles(void)
{
	static u64 cycles;

	return cycles += 7;
}
u64 arch_cycles_to_ns(u64 cycles)
{
	return cycles;
}

ktime_t arch_clock_ns(void)
{
	return host_clock_ns;
}
s64 arch_wall_clock(void)
{
	return host_wall_ns;
}
void arch_clock_set_offsets(s64 realtime_offset_ns, s64 boottime_offset_ns)
{
}

/* The same sequence in every run. */
bool arch_random_u64(u64 *out)
{
	static u64 x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*out = x;
	return true;
}

u64 arch_random_weak(void)
{
	return 4;
}

/* ---- user memory ---- */

static u64 fault_start, fault_len;

void host_user_fault_range(const void *start, size_t len)
{
	fault_start = (uintptr_t)start;
	fault_len = len;
}

/* How many of @len bytes at @ptr can be reached. */
static size_t reachable(const void *ptr, size_t len)
{
	u64 at = (uintptr_t)ptr;

	if (!user_range_ok(ptr, len))
		return 0;
	if (!fault_len || at >= fault_start + fault_len || at + len <= fault_start)
		return len;
	return at >= fault_start ? 0 : fault_start - at;
}

size_t arch_copy_from_user(void *dst, const void __user *src, size_t len)
{
	size_t n = reachable(src, len);

	memcpy(dst, src, n);
	return len - n;
}

size_t arch_copy_to_user(void __user *dst, const void *src, size_t len)
{
	size_t n = reachable(dst, len);

	memcpy(dst, src, n);
	return len - n;
}

size_t arch_clear_user(void __user *dst, size_t len)
{
	size_t n = reachable(dst, len);

	memset(dst, 0, n);
	return len - n;
}

long arch_strncpy_from_user(char *dst, const char __user *src, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!reachable(src + i, 1))
			return -EFAULT;
		dst[i] = src[i];
		if (!dst[i])
			return i;
	}
	return size;
}

long arch_strnlen_user(const char __user *src, size_t max)
{
	for (size_t i = 0; i < max; i++) {
		if (!reachable(src + i, 1))
			return -EFAULT;
		if (!src[i])
			return i;
	}
	return max;
}
