/*
 * action.c - what each signal does: struct signal_handlers, shared with CLONE_SIGHAND.
 *
 * Beside the actions stand two sets, so that senders and takers need not look at each: what
 * has a handler, and what is ignored, be it by SIG_IGN or by default.
 *
 * Locking: signal_handlers.lock; SIG_DFL and SIG_IGN also take process.lock, as they drop what
 * is pending.  sigaction(2), signal(7).
 */
#include "proc/signal/signal_internal.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "mem/slab.h"

static struct slab_cache handlers_cache;

void signal_handlers_init(void)
{
	slab_cache_init(&handlers_cache, "sighand", sizeof(struct signal_handlers), 0);
}

struct signal_handlers *signal_handlers_new(void)
{
	struct signal_handlers *handlers = slab_zalloc(&handlers_cache);

	if (!handlers)
		return NULL;
	refcount_init(&handlers->refs, 1);
	spin_init(&handlers->lock, LOCK_LEAF);
	WRITE_ONCE(handlers->ignored, SIGNALS_IGNORED);
	return handlers;
}

struct signal_handlers *signal_handlers_copy(struct signal_handlers *src)
{
	struct signal_handlers *handlers;
	unsigned long flags;

	handlers = slab_alloc(&handlers_cache);
	if (!handlers)
		return NULL;
	flags = spin_lock_irqsave(&src->lock);
	memcpy(handlers, src, sizeof(*handlers));
	spin_unlock_irqrestore(&src->lock, flags);
	refcount_init(&handlers->refs, 1);
	spin_init(&handlers->lock, LOCK_LEAF);
	return handlers;
}

void signal_handlers_put(struct signal_handlers *handlers)
{
	if (refcount_put(&handlers->refs))
		slab_free(&handlers_cache, handlers);
}

void signal_handlers_reset(struct signal_handlers *handlers)
{
	unsigned long flags = spin_lock_irqsave(&handlers->lock);

	for (u64 left = handlers->touched; left; left &= left - 1) {
		struct kernel_sigaction *action = &handlers->actions[bit_ctz(left)];

		if (action->handler != SIG_IGN) {
			action->handler = SIG_DFL;
			handlers->touched &= ~(left & -left);
		}
		action->flags = 0;
		action->mask = 0;
		action->restorer = NULL;
	}
	/* What had a handler and is ignored by default is ignored again. */
	handlers->ignored |= handlers->handled & SIGNALS_IGNORED;
	handlers->handled = 0;
	spin_unlock_irqrestore(&handlers->lock, flags);
}

/* @handled: a function, @ignored: SIG_IGN or what comes to it.  Constants, where this is inlined. */
static __always_inline void set_action_locked(struct signal_handlers *handlers, int sig,
					      const struct kernel_sigaction *new, bool handled,
					      bool ignored) REQUIRES(&handlers->lock)
{
	struct kernel_sigaction action = *new;
	u64 bit = SIGNAL_MASK(sig);

	action.mask &= ~SIGNALS_UNBLOCKABLE;
	handlers->actions[(unsigned)sig - 1] = action;
	handlers->touched |= bit;
	WRITE_ONCE(handlers->handled, (handlers->handled & ~bit) | (handled ? bit : 0));
	WRITE_ONCE(handlers->ignored, (handlers->ignored & ~bit) | (ignored ? bit : 0));
}

static bool is_function(__sighandler_t handler)
{
	return (u64)handler > (u64)SIG_IGN; /* 1; SIG_DFL is 0 */
}

/* SIG_DFL or SIG_IGN.  POSIX: to ignore a signal is to drop what is pending of it. */
static __noinline void set_no_function(struct process *process, int sig,
				       const struct kernel_sigaction *new,
				       struct kernel_sigaction *old)
{
	struct signal_handlers *handlers = process->handlers;
	u64 bit = SIGNAL_MASK(sig);
	bool ignored = new->handler == SIG_IGN || (bit & SIGNALS_IGNORED);
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct task *task;

	spin_lock(&handlers->lock);
	if (old)
		*old = handlers->actions[sig - 1];
	set_action_locked(handlers, sig, new, false, ignored);
	spin_unlock(&handlers->lock);
	if (ignored) {
		signal_queue_discard(&process->pending, bit);
		list_for_each_entry(task, &process->tasks, process_link)
			signal_queue_discard(&task->pending, bit);
	}
	spin_unlock_irqrestore(&process->lock, flags);
}

/* EINVAL: no such signal, or SIGKILL, SIGSTOP with @new.  Interrupts are on. */
int signal_set_action(int sig, const struct kernel_sigaction *new, struct kernel_sigaction *old)
{
	struct process *process = current_process();
	struct signal_handlers *handlers = process->handlers;

	if (sig < 1 || sig > SIGNAL_MAX || (new && SIGNAL_MASK(sig) & SIGNALS_UNBLOCKABLE))
		return -EINVAL;
	if (new && !is_function(new->handler)) {
		set_no_function(process, sig, new, old);
		return 0;
	}
	spin_lock_irq(&handlers->lock);
	if (old)
		*old = handlers->actions[(unsigned)sig - 1];
	if (new)
		set_action_locked(handlers, sig, new, true, false);
	spin_unlock_irq(&handlers->lock);
	return 0;
}

void signal_action_read(struct process *process, int sig, struct kernel_sigaction *action)
{
	unsigned long flags = spin_lock_irqsave(&process->lock);
	struct signal_handlers *handlers = process->handlers;

	spin_lock(&handlers->lock);
	*action = handlers->actions[sig - 1];
	spin_unlock(&handlers->lock);
	spin_unlock_irqrestore(&process->lock, flags);
}

void signal_action_reset_locked(struct signal_handlers *handlers, int sig)
{
	static const struct kernel_sigaction dfl;

	set_action_locked(handlers, sig, &dfl, false, SIGNAL_MASK(sig) & SIGNALS_IGNORED);
}
