/*
 * pid_ids.c - /proc/PID/loginuid, sessionid: the login that a thread belongs to; and
 * uid_map, gid_map, projid_map, setgroups of the one user namespace.
 *
 * A login's process (pam_loginuid) writes its user's number once; what it starts
 * inherits that and the session's number.  proc(5), pam_loginuid(8)
 */
#include "core/cred.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/atomic.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "proc/process.h"

#define NO_LOGIN (~0u)

static u32 last_session; /* [a] the number given last */

static int show_number(struct seq *s, const struct proc_node *node, bool session)
{
	struct process *p;
	struct task *task;
	int err = proc_resolve(node, &p, &task);

	if (err)
		return err;
	seq_u64(s, 0, READ_ONCE(*(session ? &task->session_id : &task->login_uid)));
	proc_release(p, task);
	return 0;
}

int proc_pid_loginuid_show(struct seq *s, const struct proc_node *node)
{
	return show_number(s, node, false);
}

int proc_pid_sessionid_show(struct seq *s, const struct proc_node *node)
{
	return show_number(s, node, true);
}

/* EPERM: of another thread, or a second time without CAP_AUDIT_CONTROL.  ERANGE, EINVAL. */
int proc_pid_loginuid_write(const struct proc_node *node, char *text, size_t len)
{
	struct task *self = current_task(), *task;
	struct process *p;
	u64 uid;
	int err = proc_resolve(node, &p, &task);

	if (err)
		return err;
	proc_release(p, task);
	if (task != self)
		return -EPERM;
	err = parse_u64(text, 10, &uid);
	if (err)
		return err;
	if (uid > U32_MAX)
		return -ERANGE;
	if (self->login_uid != NO_LOGIN && !cred_capable(current_cred(), CAP_AUDIT_CONTROL))
		return -EPERM;
	WRITE_ONCE(self->login_uid, (u32)uid);
	WRITE_ONCE(self->session_id,
		   uid == NO_LOGIN ? NO_LOGIN :
				     __atomic_add_fetch(&last_session, 1, __ATOMIC_RELAXED));
	return 0;
}

int proc_pid_id_map_show(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%10u %10u %10u\n", 0, 0, 0xffffffffu);
	return 0;
}

/* The first user namespace has its map. */
int proc_pid_id_map_write(const struct proc_node *node, char *text, size_t len)
{
	return -EPERM;
}

int proc_pid_setgroups_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "allow\n");
	return 0;
}

/* EPERM: in the first user namespace it cannot be denied.  EINVAL: another word. */
int proc_pid_setgroups_write(const struct proc_node *node, char *text, size_t len)
{
	while (len > 0 && char_is_space(text[len - 1]))
		text[--len] = 0;
	if (str_eq(text, "allow"))
		return 0;
	return str_eq(text, "deny") ? -EPERM : -EINVAL;
}
