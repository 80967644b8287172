/* prctl.c - prctl(2): what a process asks of the kernel about itself. */
#include "abi/prctl.h"
#include "arch/api/cpuinfo.h"
#include "core/cred.h"
#include "lib/string.h"
#include "mem/user.h"
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"
#include "syscall/syscalls.h"
#include "vm/space.h"

#define SECUREBITS_KNOWN (SECURE_ALL_BITS | SECURE_ALL_LOCKS)

static long set_name(const char __user *uname)
{
	char name[16];
	long len = arch_strncpy_from_user(name, uname, sizeof(name) - 1);

	if (len < 0)
		return -EFAULT;
	name[sizeof(name) - 1] = '\0';
	thread_set_name(current, name);
	return 0;
}

static long get_name(char __user *uname)
{
	char name[16];

	memset(name, 0, sizeof(name));
	strlcpy(name, current->name, sizeof(name));
	return copy_to_user(uname, name, sizeof(name));
}

static long set_dumpable(u64 value)
{
	struct process *process = current_process();

	if (value > 1)
		return -EINVAL;
	process->dumpable = value;
	process->space->dumpable = value;
	return 0;
}

static long set_securebits(u64 bits)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (bits & ~(u64)SECUREBITS_KNOWN ||
	    ((old->securebits & SECURE_ALL_LOCKS) >> 1) & (old->securebits ^ bits) ||
	    old->securebits & SECURE_ALL_LOCKS & ~bits || !cred_capable(old, CAP_SETPCAP))
		return -EPERM;
	new = cred_dup(old);
	if (!new)
		return -ENOMEM;
	new->securebits = bits;
	cred_commit(new);
	return 0;
}

static long set_keepcaps(u64 value)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (value > 1)
		return -EINVAL;
	if (old->securebits & SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;
	new = cred_dup(old);
	if (!new)
		return -ENOMEM;
	new->securebits &= ~SECBIT_KEEP_CAPS;
	if (value)
		new->securebits |= SECBIT_KEEP_CAPS;
	cred_commit(new);
	return 0;
}

static long set_no_new_privs(void)
{
	struct cred *new;

	if (current_cred()->no_new_privs)
		return 0;
	new = cred_dup(current_cred());
	if (!new)
		return -ENOMEM;
	new->no_new_privs = true;
	cred_commit(new);
	return 0;
}

static long drop_bounding(u64 cap)
{
	struct cred *new;

	if (!cred_capable(current_cred(), CAP_SETPCAP))
		return -EPERM;
	if (cap > CAP_LAST_CAP)
		return -EINVAL;
	new = cred_dup(current_cred());
	if (!new)
		return -ENOMEM;
	new->bounding &= ~BIT(cap);
	cred_commit(new);
	return 0;
}

static long ambient(u64 op, u64 cap, u64 arg4, u64 arg5)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (arg4 || arg5)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_CLEAR_ALL) {
		if (cap)
			return -EINVAL;
	} else if (cap > CAP_LAST_CAP) {
		return -EINVAL;
	}
	switch (op) {
	case PR_CAP_AMBIENT_IS_SET:
		return old->ambient >> cap & 1;
	case PR_CAP_AMBIENT_RAISE:
		if (!(old->permitted >> cap & 1) || !(old->inheritable >> cap & 1) ||
		    old->securebits & SECBIT_NO_CAP_AMBIENT_RAISE)
			return -EPERM;
		break;
	case PR_CAP_AMBIENT_LOWER:
	case PR_CAP_AMBIENT_CLEAR_ALL:
		break;
	default:
		return -EINVAL;
	}
	new = cred_dup(old);
	if (!new)
		return -ENOMEM;
	if (op == PR_CAP_AMBIENT_RAISE)
		new->ambient |= BIT(cap);
	else if (op == PR_CAP_AMBIENT_LOWER)
		new->ambient &= ~BIT(cap);
	else
		new->ambient = 0;
	cred_commit(new);
	return 0;
}

/* When a thread is to hear of broken memory; there is no machine check that would tell it. */
static long set_mce_kill(struct process *process, u64 op, u64 when, bool more)
{
	if (more)
		return -EINVAL;
	if (op == PR_MCE_KILL_CLEAR) {
		if (when)
			return -EINVAL;
		process->mce_kill = PR_MCE_KILL_DEFAULT;
		return 0;
	}
	if (op != PR_MCE_KILL_SET || when > PR_MCE_KILL_DEFAULT)
		return -EINVAL;
	process->mce_kill = (u8)when;
	return 0;
}

/*
 * Nothing is mitigated, so that nothing can be switched, only asked to stay as it is.
 * ENODEV: no such speculation.  ENXIO, EPERM: it cannot be controlled.  ERANGE: no such value.
 */
static long speculation(bool set, u64 which, u64 value)
{
	switch (which) {
	case PR_SPEC_STORE_BYPASS:
		if (set)
			return -ENXIO;
		return arch_store_bypass_safe() ? PR_SPEC_NOT_AFFECTED : PR_SPEC_ENABLE;
	case PR_SPEC_INDIRECT_BRANCH:
		if (!set)
			return PR_SPEC_ENABLE;
		if (value == PR_SPEC_DISABLE || value == PR_SPEC_FORCE_DISABLE)
			return -EPERM;
		return value == PR_SPEC_ENABLE ? 0 : -ERANGE;
	case PR_SPEC_L1D_FLUSH:
		return set ? -EPERM : PR_SPEC_FORCE_DISABLE;
	}
	return -ENODEV;
}

/* EINVAL: unknown, or an argument that should be 0 is not. */
long sys_prctl(int option, u64 arg2, u64 arg3, u64 arg4, u64 arg5)
{
	struct process *process = current_process();
	struct task *task = current_task();
	const struct cred *cred = current_cred();

	switch (option) {
	case PR_SET_PDEATHSIG:
		if (arg2 > SIGNAL_MAX)
			return -EINVAL;
		task->parent_death_signal = (int)arg2;
		return 0;
	case PR_GET_PDEATHSIG:
		return put_user_s32(task->parent_death_signal, (int __user *)arg2);
	case PR_SET_NAME:
		return set_name((const char __user *)arg2);
	case PR_GET_NAME:
		return get_name((char __user *)arg2);
	case PR_SET_DUMPABLE:
		return set_dumpable(arg2);
	case PR_GET_DUMPABLE:
		return process->dumpable;
	case PR_SET_KEEPCAPS:
		return set_keepcaps(arg2);
	case PR_GET_KEEPCAPS:
		return !!(cred->securebits & SECBIT_KEEP_CAPS);
	case PR_SET_NO_NEW_PRIVS:
		if (arg2 != 1 || arg3 || arg4 || arg5)
			return -EINVAL;
		return set_no_new_privs();
	case PR_GET_NO_NEW_PRIVS:
		if (arg2 || arg3 || arg4 || arg5)
			return -EINVAL;
		return cred->no_new_privs;
	case PR_SET_CHILD_SUBREAPER:
		process->subreaper = arg2 != 0;
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user_s32(process->subreaper, (int __user *)arg2);
	case PR_SET_SECUREBITS:
		return set_securebits(arg2);
	case PR_GET_SECUREBITS:
		return cred->securebits;
	case PR_CAPBSET_READ:
		if (arg2 > CAP_LAST_CAP)
			return -EINVAL;
		return cred->bounding >> arg2 & 1;
	case PR_CAPBSET_DROP:
		return drop_bounding(arg2);
	case PR_CAP_AMBIENT:
		return ambient(arg2, arg3, arg4, arg5);
	case PR_SET_TIMERSLACK:
		task_set_timer_slack(task, (s64)arg2 > 0 ? arg2 : 0);
		return 0;
	case PR_GET_TIMERSLACK:
		return min(task_timer_slack(task), (u64)LONG_MAX);
	case PR_GET_TIMING:
		return PR_TIMING_STATISTICAL;
	case PR_SET_TIMING:
		return arg2 == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
	case PR_GET_TID_ADDRESS:
		return put_user_u64((u64)task->futex.clear_child_tid, (u64 __user *)arg2);
	case PR_GET_THP_DISABLE:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : process->thp_disabled;
	case PR_SET_THP_DISABLE:
		if (arg3 || arg4 || arg5)
			return -EINVAL;
		process->thp_disabled = arg2 != 0;
		return 0;
	case PR_MCE_KILL:
		return set_mce_kill(process, arg2, arg3, arg4 || arg5);
	case PR_MCE_KILL_GET:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : process->mce_kill;
	case PR_GET_TSC:
		return put_user_s32(PR_TSC_ENABLE, (int __user *)arg2);
	case PR_SET_TSC: /* it cannot be forbidden here */
		return arg2 == PR_TSC_ENABLE ? 0 : -EINVAL;
	case PR_GET_SPECULATION_CTRL:
		return arg3 || arg4 || arg5 ? -EINVAL : speculation(false, arg2, 0);
	case PR_SET_SPECULATION_CTRL:
		return arg4 || arg5 ? -EINVAL : speculation(true, arg2, arg3);
	case PR_SET_IO_FLUSHER:
		if (!cred_capable(cred, CAP_SYS_RESOURCE))
			return -EPERM;
		if (arg2 > 1 || arg3 || arg4 || arg5)
			return -EINVAL;
		task->io_flusher = arg2;
		return 0;
	case PR_GET_IO_FLUSHER:
		if (!cred_capable(cred, CAP_SYS_RESOURCE))
			return -EPERM;
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : task->io_flusher;
	}
	return -EINVAL;
}
