/*
 * wait.c - wait4(2), waitid(2): news of children.
 *
 * The caller sleeps on its own process's child_wait; whatever happens to a
 * child wakes that.  News is looked for, and a zombie claimed, under
 * process_tree_lock, so that of several waiting threads one gets it.
 * A child remembers the thread that made it, for __WNOTHREAD.
 */
#include "proc/wait.h"
#include "core/cred.h"
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"
#include "sched/sched.h"

/* What a look at one child gives. */
enum news { NEWS_NONE, NEWS_POSSIBLE, NEWS_FOUND };

static bool is_eligible(const struct wait_request *req, const struct process *child)
{
	if (req->type == P_PID && child->pid != req->pid)
		return false;
	if (req->type == P_PGID && child->group != req->pid)
		return false;
	if (unlikely(req->options & __WNOTHREAD) && child->parent_task != current_task())
		return false;
	if (req->options & __WALL)
		return true;
	return (child->exit_signal != SIGCHLD) == !!(req->options & __WCLONE);
}

static void report(struct wait_request *req, struct process *child, int code, int status)
{
	req->code = code;
	req->code_status = status;
	req->uid = child->leader->caller.cred->uid;
}

static enum news look_at(struct wait_request *req, struct process *child)
{
	bool consume = !(req->options & WNOWAIT);
	unsigned long flags;
	enum news news = NEWS_POSSIBLE;

	if (child->state == PROCESS_DEAD)
		return NEWS_NONE;
	if (child->state == PROCESS_ZOMBIE) {
		if (!(req->options & WEXITED))
			return NEWS_NONE;
		req->status = child->exit_status;
		if (req->status & 0x7f)
			report(req, child, exit_code_of(req->status), req->status & 0x7f);
		else
			report(req, child, CLD_EXITED, req->status >> 8 & 0xff);
		req->claimed = consume;
		if (consume)
			child->state = PROCESS_DEAD;
		return NEWS_FOUND;
	}
	if (!(req->options & (WSTOPPED | WCONTINUED)) ||
	    !(READ_ONCE(child->flags) & (PROCESS_STOP_NEWS | PROCESS_CONT_NEWS)))
		return NEWS_POSSIBLE;
	flags = spin_lock_irqsave(&child->lock);
	if (req->options & WSTOPPED && child->flags & PROCESS_STOP_NEWS) {
		if (consume)
			child->flags &= ~PROCESS_STOP_NEWS;
		req->status = child->stop_signal << 8 | 0x7f;
		report(req, child, CLD_STOPPED, child->stop_signal);
		news = NEWS_FOUND;
	} else if (req->options & WCONTINUED && child->flags & PROCESS_CONT_NEWS) {
		if (consume)
			child->flags &= ~PROCESS_CONT_NEWS;
		req->status = 0xffff;
		report(req, child, CLD_CONTINUED, SIGCONT);
		news = NEWS_FOUND;
	}
	spin_unlock_irqrestore(&child->lock, flags);
	return news;
}

/* *out: a child with news, with a reference.  0; -EAGAIN: none yet; -ECHILD. */
static int look(struct process *self, struct wait_request *req, struct process **out)
{
	struct process *child;
	int err = -ECHILD;

	spin_lock(&process_tree_lock);
	if (req->type == P_PID) {
		if (!req->pid || list_empty(&req->pid->users[PID_TGID]))
			goto out_unlock;
		child = list_first_entry(&req->pid->users[PID_TGID], struct process, tgid_link);
		if (child->parent != self || !is_eligible(req, child))
			goto out_unlock;
		switch (look_at(req, child)) {
		case NEWS_FOUND:
			goto out_found;
		case NEWS_POSSIBLE:
			err = -EAGAIN;
			break;
		case NEWS_NONE:
			break;
		}
		goto out_unlock;
	}
	list_for_each_entry(child, &self->children, sibling) {
		if (!is_eligible(req, child))
			continue;
		switch (look_at(req, child)) {
		case NEWS_FOUND:
			goto out_found;
		case NEWS_POSSIBLE:
			err = -EAGAIN;
			break;
		case NEWS_NONE:
			break;
		}
	}
out_unlock:
	spin_unlock(&process_tree_lock);
	return err;

out_found:
	*out = process_get(child);
	spin_unlock(&process_tree_lock);
	return 0;
}

/* Figures of a zombie that is ours go to the parent; then it is gone. */
static void reap(struct process *self, struct process *child)
{
	unsigned long flags;

	flags = spin_lock_irqsave(&self->lock);
	process_usage_add(&self->children_usage, &child->usage);
	process_usage_add(&self->children_usage, &child->children_usage);
	spin_unlock_irqrestore(&self->lock, flags);
	process_release(child);
}

long process_wait(struct wait_request *req)
{
	struct process *self = current_process(), *child = NULL;
	struct waiter waiter;
	long ret;

	req->claimed = false;
	ret = look(self, req, &child);
	if (ret == -EAGAIN && !(req->options & WNOHANG)) {
		waiter_init(&waiter);
		for (;;) {
			waitq_prepare(&self->child_wait, &waiter, SLEEP_INTERRUPTIBLE);
			ret = look(self, req, &child);
			if (ret != -EAGAIN)
				break;
			ret = thread_sleep(DEADLINE_NONE, SLEEP_INTERRUPTIBLE);
			if (ret)
				break;
		}
		waitq_finish(&self->child_wait, &waiter);
	}
	if (ret)
		return ret == -EAGAIN ? 0 : ret;

	ret = process_number(child);
	if (req->usage) {
		process_usage_sum(child, req->usage);
		process_usage_add(req->usage, &child->children_usage);
	}
	if (req->claimed)
		reap(self, child);
	process_put(child);
	return ret;
}
