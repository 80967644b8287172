/*
 * signalfd.c - signals read from a descriptor: signalfd(2).
 *
 * A signalfd gives whoever reads it that process's pending signals, so it
 * belongs to no process.  All of them are on one list; a send to a process that
 * ever made or inherited one (process.uses_signalfd) wakes those that want the
 * signal.  A reader or poller of another process finds nothing and goes on.
 */
#include "proc/signal/signalfd.h"
#include "abi/fdtypes.h"
#include <linux/fcntl.h>
#include "fs/file.h"
#include "fs/poll.h"
#include "fs/seq.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "proc/signal/signal_internal.h"

struct signalfd {
	u64 mask; /* [a] wanted */
	struct waitq wait;
	struct list_node link; /* signalfds.lock */
};

static struct {
	struct spinlock lock;
	struct list_node list GUARDED_BY(&lock); /* [lock] */
} signalfds = { .lock = SPINLOCK_INIT_RANK(LOCK_SIGNALFD_LIST), .list = LIST_INIT(signalfds.list) };

/* process.lock held, interrupts off. */
void signalfd_wake(int sig)
{
	struct signalfd *sfd;

	spin_lock(&signalfds.lock);
	list_for_each_entry(sfd, &signalfds.list, link)
		if (READ_ONCE(sfd->mask) & SIGNAL_MASK(sig))
			waitq_wake_events_all(&sfd->wait, EPOLLIN | EPOLLRDNORM);
	spin_unlock(&signalfds.lock);
}

static int take(struct signalfd *sfd, siginfo_t *info)
{
	struct task *task = current_task();
	struct process *process = task->process;
	unsigned long flags = spin_lock_irqsave(&process->lock);
	int sig = signal_queue_take(&task->pending, sfd->mask, info);

	if (!sig)
		sig = signal_queue_take(&process->pending, sfd->mask, info);
	if (sig)
		signal_recalculate_locked(process, task);
	spin_unlock_irqrestore(&process->lock, flags);
	return sig;
}

static int take_or_sleep(struct signalfd *sfd, bool nonblock, siginfo_t *info)
{
	struct waiter waiter;
	int err, sig = take(sfd, info);

	if (sig)
		return sig;
	if (nonblock)
		return -EAGAIN;
	waiter_init(&waiter);
	for (;;) {
		waitq_prepare(&sfd->wait, &waiter, SLEEP_INTERRUPTIBLE);
		sig = take(sfd, info);
		if (sig)
			break;
		err = thread_sleep(DEADLINE_NONE, SLEEP_INTERRUPTIBLE);
		if (err) {
			sig = err;
			break;
		}
	}
	waitq_finish(&sfd->wait, &waiter);
	return sig;
}

/* Which members of a siginfo_t's union are meant: its code tells, with the signal.  sigaction(2). */
enum layout { BY_KILL, BY_TIMER, BY_POLL, BY_FAULT, BY_CHILD, BY_QUEUE, BY_SYSCALL };

static enum layout layout_of(int sig, int code)
{
	static const struct {
		u8 signal, codes, layout; /* for codes from 1 up to this one */
	} own[] = {
		{ SIGILL, NSIGILL, BY_FAULT },	 { SIGFPE, NSIGFPE, BY_FAULT },
		{ SIGSEGV, NSIGSEGV, BY_FAULT }, { SIGBUS, NSIGBUS, BY_FAULT },
		{ SIGTRAP, NSIGTRAP, BY_FAULT }, { SIGCHLD, NSIGCHLD, BY_CHILD },
		{ SIGSYS, NSIGSYS, BY_SYSCALL },
	};

	if (code <= 0 || code >= SI_KERNEL) {
		if (code == SI_TIMER)
			return BY_TIMER;
		if (code == SI_SIGIO)
			return BY_POLL;
		return code < 0 ? BY_QUEUE : BY_KILL;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(own); i++)
		if (sig == own[i].signal && code <= own[i].codes)
			return own[i].layout;
	return code <= NSIGPOLL ? BY_POLL : BY_KILL; /* F_SETSIG: any signal may be one of these */
}

static void convert(const siginfo_t *info, struct signalfd_siginfo *out)
{
	enum layout layout = layout_of(info->si_signo, info->si_code);

	memset(out, 0, sizeof(*out));
	out->ssi_signo = info->si_signo;
	out->ssi_errno = info->si_errno;
	out->ssi_code = info->si_code;
	switch (layout) {
	case BY_TIMER:
		out->ssi_tid = info->si_tid;
		out->ssi_overrun = info->si_overrun;
		break;
	case BY_POLL:
		out->ssi_band = (u32)info->si_band;
		out->ssi_fd = info->si_fd;
		break;
	case BY_FAULT:
		out->ssi_addr = (u64)info->si_addr;
		if (info->si_signo == SIGBUS && info->si_code >= BUS_MCEERR_AR)
			out->ssi_addr_lsb = info->si_addr_lsb;
		break;
	case BY_SYSCALL:
		out->ssi_call_addr = (u64)info->si_call_addr;
		out->ssi_syscall = info->si_syscall;
		out->ssi_arch = info->si_arch;
		break;
	case BY_CHILD:
		out->ssi_status = info->si_status;
		out->ssi_utime = info->si_utime;
		out->ssi_stime = info->si_stime;
		break;
	case BY_KILL:
	case BY_QUEUE:
		break;
	}
	if (layout == BY_KILL || layout == BY_QUEUE || layout == BY_CHILD) {
		out->ssi_pid = info->si_pid;
		out->ssi_uid = info->si_uid;
	}
	if (layout == BY_QUEUE || layout == BY_TIMER) {
		out->ssi_ptr = (u64)info->si_ptr;
		out->ssi_int = info->si_int;
	}
}

/* EINVAL: no room for one record. */
static long signalfd_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct signalfd *sfd = file->priv;
	bool nonblock = file->flags & O_NONBLOCK;
	struct signalfd_siginfo out;
	siginfo_t info;
	long done = 0;
	int sig;

	if (dst->len < sizeof(out))
		return -EINVAL;
	while (dst->len >= sizeof(out)) {
		sig = take_or_sleep(sfd, nonblock || done, &info);
		if (sig < 0)
			return done ? done : sig;
		convert(&info, &out);
		if (copy_to_uio(dst, &out, sizeof(out)))
			return done ? done : -EFAULT;
		done += sizeof(out);
	}
	return done;
}

static u32 signalfd_poll(struct file *file, struct poll_table *pt)
{
	struct signalfd *sfd = file->priv;
	struct task *task = current_task();

	task->process->uses_signalfd = true;
	poll_wait(pt, &sfd->wait);
	smp_mb();
	return (READ_ONCE(task->pending.set) | READ_ONCE(task->process->pending.set)) & sfd->mask ?
		       EPOLLIN | EPOLLRDNORM :
		       0;
}

static void signalfd_release(struct file *file)
{
	struct signalfd *sfd = file->priv;
	unsigned long flags = spin_lock_irqsave(&signalfds.lock);

	list_del(&sfd->link);
	spin_unlock_irqrestore(&signalfds.lock, flags);
	kfree(sfd);
}

static void signalfd_fdinfo(struct file *file, struct seq *s)
{
	struct signalfd *sfd = file->priv;

	seq_printf(s, "sigmask:\t%016llx\n", READ_ONCE(sfd->mask));
}

static const struct file_ops signalfd_ops = {
	.read = signalfd_read,
	.fdinfo = signalfd_fdinfo,
	.poll = signalfd_poll,
	.release = signalfd_release,
	.name = "signalfd",
	.llseek = file_llseek_noop,
	.flags = FILE_STREAM | FILE_NO_SPLICE,
};

int signalfd_new(u64 mask, int flags, struct file **out)
{
	struct signalfd *sfd = kzalloc(sizeof(*sfd));
	unsigned long irq;
	int err;

	if (!sfd)
		return -ENOMEM;
	sfd->mask = mask & ~SIGNALS_UNBLOCKABLE;
	waitq_init(&sfd->wait);
	err = file_new_anon("signalfd", &signalfd_ops, sfd, O_RDWR | (flags & O_NONBLOCK), out);
	if (err) {
		kfree(sfd);
		return err;
	}
	current_process()->uses_signalfd = true;
	irq = spin_lock_irqsave(&signalfds.lock);
	list_add(&signalfds.list, &sfd->link);
	spin_unlock_irqrestore(&signalfds.lock, irq);
	return 0;
}

int signalfd_change(struct file *file, u64 mask)
{
	struct signalfd *sfd = file->priv;

	if (file->ops != &signalfd_ops)
		return -EINVAL;
	WRITE_ONCE(sfd->mask, mask & ~SIGNALS_UNBLOCKABLE);
	waitq_wake_events_all(&sfd->wait, EPOLLIN | EPOLLRDNORM);
	return 0;
}
