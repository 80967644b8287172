/*
 * The realtime clock: an offset to the monotonic one.
 *
 * The offset is one word, so readers load it and add.  `special` says that there is more to
 * do first: the wall clock has not been read yet, or an adjtime(3) slew is under way, which
 * moves the offset by 500 ppm of the time that passed since it last moved.
 * Linux slews by changing the clock's rate; here the offset moves in steps of 500 ppm of
 * the time between two readings or ticks, so a slow-down may show as a step back of 2 us.
 * Locking: all under clk.lock (irq off) but for the reads just named.
 */
#include "core/clock.h"
#include "core/hooks.h"
#include "core/spinlock.h"
#include "lib/errno.h"

#define SLEW_DIVISOR 2000 /* 500 ppm */

static struct {
	struct spinlock lock;
	bool special GUARDED_BY(&lock); /* [l], read without: see above */
	bool started;
	struct clock_params p;
} clk = { .lock = SPINLOCK_INIT_RANK(LOCK_CLOCK), .special = true };

static void publish_locked(void) REQUIRES(&clk.lock)
{
	arch_clock_set_offsets(clk.p.realtime_offset_ns, 0);
	if (kernel_hooks.clock_changed)
		kernel_hooks.clock_changed();
}

static void start_locked(void) REQUIRES(&clk.lock)
{
	s64 wall;

	if (clk.started)
		return;
	wall = arch_wall_clock();
	WRITE_ONCE(clk.p.realtime_offset_ns, wall ? wall - arch_clock_ns() : 0);
	clk.started = true;
	WRITE_ONCE(clk.special, false);
	publish_locked();
}

static void slew_locked(void) REQUIRES(&clk.lock)
{
	ktime_t now = arch_clock_ns();
	s64 step = (now - clk.p.slew_last_ns) / SLEW_DIVISOR;

	if (!clk.p.slew_left_ns || !step)
		return;
	clk.p.slew_last_ns = now;
	if (clk.p.slew_left_ns < 0)
		step = max(-step, clk.p.slew_left_ns);
	else
		step = min(step, clk.p.slew_left_ns);
	clk.p.slew_left_ns -= step;
	WRITE_ONCE(clk.p.realtime_offset_ns, clk.p.realtime_offset_ns + step);
	WRITE_ONCE(clk.special, clk.p.slew_left_ns != 0);
	publish_locked();
}

static __noinline void catch_up(void)
{
	unsigned long flags = spin_lock_irqsave(&clk.lock);

	start_locked();
	slew_locked();
	spin_unlock_irqrestore(&clk.lock, flags);
}

void clock_init(void)
{
	catch_up();
}

s64 clock_realtime_offset(void)
{
	if (unlikely(READ_ONCE(clk.special)))
		catch_up();
	return READ_ONCE(clk.p.realtime_offset_ns);
}

ktime_t clock_realtime_ns(void)
{
	return clock_realtime_offset() + arch_clock_ns();
}

ktime_t clock_tai_ns(void)
{
	return clock_realtime_ns() + READ_ONCE(clk.p.tai_offset_s) * NSEC_PER_SEC;
}

void clock_tick(void)
{
	if (unlikely(READ_ONCE(clk.special)) && READ_ONCE(clk.started))
		catch_up();
}

int clock_realtime_set(ktime_t now_ns)
{
	unsigned long flags;

	/* Linux leaves 30 years of uptime before the count overflows. */
	if (now_ns < 0 || now_ns > S64_MAX - 30LL * 365 * 86400 * NSEC_PER_SEC)
		return -EINVAL;
	flags = spin_lock_irqsave(&clk.lock);
	clk.started = true;
	clk.p.slew_left_ns = 0;
	clk.p.set_count++;
	WRITE_ONCE(clk.p.realtime_offset_ns, now_ns - arch_clock_ns());
	WRITE_ONCE(clk.special, false);
	publish_locked();
	spin_unlock_irqrestore(&clk.lock, flags);
	if (kernel_hooks.clock_set)
		kernel_hooks.clock_set();
	return 0;
}

void clock_set_tai_offset(s32 seconds)
{
	WRITE_ONCE(clk.p.tai_offset_s, seconds);
}

void clock_slew(s64 delta_ns, s64 *old_ns)
{
	unsigned long flags = spin_lock_irqsave(&clk.lock);

	start_locked();
	slew_locked();
	if (old_ns)
		*old_ns = clk.p.slew_left_ns;
	clk.p.slew_left_ns = delta_ns;
	clk.p.slew_last_ns = arch_clock_ns();
	WRITE_ONCE(clk.special, delta_ns != 0);
	spin_unlock_irqrestore(&clk.lock, flags);
}

s64 clock_slew_left(void)
{
	struct clock_params p;

	clock_params_read(&p);
	return p.slew_left_ns;
}

void clock_params_read(struct clock_params *out)
{
	unsigned long flags = spin_lock_irqsave(&clk.lock);

	start_locked();
	slew_locked();
	*out = clk.p;
	spin_unlock_irqrestore(&clk.lock, flags);
}
