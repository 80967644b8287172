/*
 * session.c - process groups and sessions.
 *
 * Membership is a struct pid each (process.group, .session) and a place on its
 * list of users, all under process_tree_lock.  POSIX.1 chapter 11, setpgid(2),
 * setsid(2), credentials(7).
 */
#include "proc/session.h"
#include "proc/process.h"
#include "proc/signal/signal_internal.h"
#include "core/hooks.h"

int process_group_number(struct process *process)
{
	int number;

	spin_lock(&process_tree_lock);
	number = pid_nr(process->group);
	spin_unlock(&process_tree_lock);
	return number;
}

int process_session_number(struct process *process)
{
	int number;

	spin_lock(&process_tree_lock);
	number = pid_nr(process->session);
	spin_unlock(&process_tree_lock);
	return number;
}

bool process_is_session_leader(const struct process *process)
{
	return READ_ONCE(process->session) == process->pid;
}

/* @without: a process to leave out, because it is exiting. */
bool group_is_orphaned_locked(struct pid *group, const struct process *without)
{
	struct process *member;

	list_for_each_entry(member, &group->users[PID_PGID], group_link) {
		const struct process *parent = member->parent;

		if (member == without || member->state != PROCESS_ALIVE || !parent ||
		    parent == process_init)
			continue;
		if (parent->group != group && parent->session == member->session)
			return false;
	}
	return true;
}

bool group_is_orphaned(struct pid *group)
{
	bool orphaned;

	spin_lock(&process_tree_lock);
	orphaned = group_is_orphaned_locked(group, NULL);
	spin_unlock(&process_tree_lock);
	return orphaned;
}

static bool group_has_stopped(struct pid *group)
{
	struct process *member;

	list_for_each_entry(member, &group->users[PID_PGID], group_link)
		if (READ_ONCE(member->flags) & PROCESS_STOPPED)
			return true;
	return false;
}

static void group_signal_locked(struct pid *group, int sig) REQUIRES(&process_tree_lock)
{
	struct process *member;

	list_for_each_entry(member, &group->users[PID_PGID], group_link)
		signal_send_process_kernel(member, sig);
}

/*
 * @exiting is about to leave.  Its own group, and each child's group, may have
 * been kept from being orphaned by the link between @exiting and @parent.
 */
void group_orphan_check_locked(struct process *process, struct process *parent)
{
	struct pid *group = process->group;
	bool self = parent == NULL;
	struct process *link = self ? process->parent : parent;

	if (!link || link->group == group || link->session != process->session)
		return; /* that link kept nothing alive */
	if (!group_has_stopped(group) || !group_is_orphaned_locked(group, self ? process : NULL))
		return;
	group_signal_locked(group, SIGHUP);
	group_signal_locked(group, SIGCONT);
}

bool group_in_session(struct pid *group, struct pid *session)
{
	bool found = false;

	spin_lock(&process_tree_lock);
	if (!list_empty(&group->users[PID_PGID]))
		found = list_first_entry(&group->users[PID_PGID], struct process, group_link)
				->session == session;
	spin_unlock(&process_tree_lock);
	return found;
}

/* The caller holds process_tree_lock; takes a reference on @group. */
static void move_to_group(struct process *process, struct pid *group)
{
	process->group = pid_get(group);
	pid_attach(group, PID_PGID, &process->group_link);
}

/* setsid(2).  EPERM: already the leader of a process group. */
long session_new(void)
{
	struct process *self = current_process();
	struct pid *old_group, *old_session;

	spin_lock(&process_tree_lock);
	if (!list_empty(&self->pid->users[PID_PGID])) {
		spin_unlock(&process_tree_lock);
		return -EPERM;
	}
	old_group = self->group;
	old_session = self->session;
	pid_detach(old_group, &self->group_link);
	pid_detach(old_session, &self->session_link);
	move_to_group(self, self->pid);
	self->session = pid_get(self->pid);
	pid_attach(self->session, PID_SID, &self->session_link);
	self->tty = NULL;
	spin_unlock(&process_tree_lock);
	pid_put(old_group);
	pid_put(old_session);
	return process_number(self);
}

/*
 * setpgid(2).  EINVAL: negative group, or a thread that leads no process.  ESRCH: no such process, or not the
 * caller nor its child.  EACCES: the child has executed.  EPERM: a session
 * leader, another session, or no such group in this session.
 */
long group_set(int number, int group_number)
{
	struct process *self = current_process(), *process;
	struct pid *group = NULL, *old = NULL;
	long err;

	if (group_number < 0 || (group_number == 0 && number < 0))
		return -EINVAL;
	process = process_lookup_thread(number ? number : process_number(self));
	if (!process)
		return -ESRCH;
	if (number && number != process_number(process)) {
		process_put(process);
		return -EINVAL;
	}
	if (!group_number)
		group_number = process_number(process);
	group = group_number == process_number(process) ? pid_get(process->pid) :
							  pid_lookup(&pid_table_root, group_number);

	spin_lock(&process_tree_lock);
	err = -ESRCH;
	if (process != self && process->parent != self)
		goto out_unlock;
	err = -EPERM;
	if (process->session != self->session)
		goto out_unlock;
	err = -EACCES;
	if (process != self && process->has_execed)
		goto out_unlock;
	err = -EPERM;
	if (process->session == process->pid || !group)
		goto out_unlock;
	if (group != process->pid) {
		if (list_empty(&group->users[PID_PGID]) ||
		    list_first_entry(&group->users[PID_PGID], struct process, group_link)
				    ->session != self->session)
			goto out_unlock;
	}
	err = 0;
	if (group != process->group) {
		old = process->group;
		pid_detach(old, &process->group_link);
		move_to_group(process, group);
	}
out_unlock:
	spin_unlock(&process_tree_lock);
	pid_put(old);
	pid_put(group);
	process_put(process);
	return err;
}
