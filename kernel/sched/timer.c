/* sched/timer.c - one-shot timers, a red-black tree per CPU.
 *
 * The hardware timer of a CPU is set for the leftmost timer of its tree.  Cancelling leaves
 * it as it is: an interrupt that finds nothing due just sets the next deadline.  So arm and
 * cancel of a timeout that never fires cost a tree insert and erase, no device access.
 *
 * A timer is armed on the CPU that arms it, unless its callback runs on another just now:
 * then it stays there, where timer_cancel_sync() looks for it.  timer.cpu names the base
 * whose lock guards it; to move it, the base that has it lets go under its own lock first.
 *
 * Locking: base.lock (LOCK_TIMER, interrupts off), not held while a callback runs.
 */
#include "sched/timer.h"
#include "arch/api/time.h"
#include "arch/api/upcalls.h"
#include "core/clock.h"
#include "core/percpu.h"
#include "core/spinlock.h"

struct timer_base {
	struct spinlock lock;
	struct rb_root tree GUARDED_BY(&lock);	 /* [lock] by deadline */
	struct rb_node *first GUARDED_BY(&lock); /* [lock] leftmost */
	struct timer *running GUARDED_BY(&lock); /* [lock] its callback runs on this CPU */
	ktime_t hardware_ns GUARDED_BY(&lock);	 /* [lock] what the hardware is set for */
	bool firing GUARDED_BY(&lock); /* [lock] upcall_irq_timer() will set the hardware */
	bool ready;		       /* that CPU, before its first interrupt */
	u64 interrupts;		       /* that CPU, in interrupts; others read */
};
DEFINE_PERCPU_STATIC(struct timer_base, timer_base);

void timer_cpu_init(void)
{
	struct timer_base *base = this_cpu_ptr(timer_base);

	*base = (struct timer_base){ .hardware_ns = S64_MAX, .ready = true };
	spin_init(&base->lock, LOCK_TIMER);
}

void timer_init(struct timer *timer, void (*fn)(struct timer *timer))
{
	timer->fn = fn;
	timer->armed = false;
	timer->deadline_ns = 0;
	timer->cpu = cpu_id();
}

static void base_insert(struct timer_base *base, struct timer *timer) REQUIRES(&base->lock)
{
	struct rb_node **link = &base->tree.node, *parent = NULL;
	bool first = true;

	while (*link) {
		parent = *link;
		if (timer->deadline_ns < rb_entry(parent, struct timer, node)->deadline_ns) {
			link = &parent->left;
		} else {
			link = &parent->right;
			first = false;
		}
	}
	rb_link(&timer->node, parent, link);
	rb_insert_fixup(&base->tree, &timer->node);
	if (first)
		base->first = &timer->node;
	WRITE_ONCE(timer->armed, true);
}

static void base_erase(struct timer_base *base, struct timer *timer) REQUIRES(&base->lock)
{
	if (base->first == &timer->node)
		base->first = rb_next(&timer->node);
	rb_erase(&base->tree, &timer->node);
	WRITE_ONCE(timer->armed, false);
}

/* The base that guards the timer, locked; interrupts are off. */
static inline void base_lock_of(struct timer *timer, struct timer_base **base)
	ACQUIRE((*base)->lock)
{
	for (;;) {
		unsigned cpu = READ_ONCE(timer->cpu);

		*base = &per_cpu(timer_base, cpu);
		spin_lock(&(*base)->lock);
		if (likely(timer->cpu == cpu))
			return;
		spin_unlock(&(*base)->lock);
	}
}

void timer_arm(struct timer *timer, ktime_t deadline_ns)
{
	unsigned long irq = arch_irq_save();
	struct timer_base *here = this_cpu_ptr(timer_base), *base;
	unsigned cpu = cpu_id();

	for (;;) {
		base_lock_of(timer, &base);
		if (timer->armed)
			base_erase(base, timer);
		if (likely(base == here) || unlikely(base->running == timer))
			break; /* the one where it runs is firing: it sets its hardware itself */
		WRITE_ONCE(timer->cpu, cpu);
		spin_unlock(&base->lock);
	}
	timer->deadline_ns = deadline_ns;
	base_insert(base, timer);
	if (deadline_ns < base->hardware_ns && !base->firing) {
		base->hardware_ns = deadline_ns;
		arch_timer_set(deadline_ns);
	}
	spin_unlock(&base->lock);
	arch_irq_restore(irq);
}

bool timer_cancel(struct timer *timer)
{
	unsigned long irq;
	struct timer_base *base;
	bool armed;

	if (!READ_ONCE(timer->armed))
		return false;
	irq = arch_irq_save();
	base_lock_of(timer, &base);
	armed = timer->armed;
	if (armed)
		base_erase(base, timer);
	spin_unlock(&base->lock);
	arch_irq_restore(irq);
	return armed;
}

bool timer_cancel_sync(struct timer *timer)
{
	bool armed = false;

	for (;;) {
		unsigned long irq = arch_irq_save();
		struct timer_base *base;
		bool running;

		base_lock_of(timer, &base);
		running = base->running == timer;
		if (timer->armed) {
			base_erase(base, timer);
			armed = true;
		}
		spin_unlock(&base->lock);
		arch_irq_restore(irq);
		if (likely(!running))
			return armed;
		arch_cpu_relax();
	}
}

void upcall_irq_timer(void)
{
	struct timer_base *base = this_cpu_ptr(timer_base);
	ktime_t now;

	if (!base->ready)
		return;
	base->interrupts++;
	clock_tick();
	spin_lock(&base->lock);
	base->hardware_ns = S64_MAX;
	base->firing = true;
	now = arch_clock_ns();
	while (base->first) {
		struct timer *timer = rb_entry(base->first, struct timer, node);

		if (timer->deadline_ns > now) {
			now = arch_clock_ns();
			if (timer->deadline_ns > now)
				break;
		}
		base_erase(base, timer);
		base->running = timer;
		spin_unlock(&base->lock);
		timer->fn(timer);
		spin_lock(&base->lock);
		base->running = NULL;
	}
	base->firing = false;
	if (base->first) {
		base->hardware_ns = rb_entry(base->first, struct timer, node)->deadline_ns;
		arch_timer_set(base->hardware_ns);
	}
	spin_unlock(&base->lock);
}

u64 timer_irq_count(unsigned cpu)
{
	return READ_ONCE(per_cpu(timer_base, cpu).interrupts);
}
