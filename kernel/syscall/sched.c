/* syscall/sched.c - scheduling policy and CPU affinity.
 *
 * Source: sched(7), and the man page of each call.  SCHED_DEADLINE and utilisation clamps do not
 * exist here (EINVAL, EOPNOTSUPP, as on a Linux built without them).
 */
#include "abi/sched.h"
#include "abi/time.h"
#include "core/cred.h"
#include "core/rlimit.h"
#include "mem/user.h"
#include "proc/proc_internal.h"
#include "proc/process.h"
#include "sched/sched.h"
#include "syscall/sched.h"
#include "syscall/syscalls.h"

/* The task that @pid means (0: the caller), with a reference.  NULL: none. */
struct task *sched_target(int pid)
{
	return pid ? task_lookup(pid) : task_get(current_task());
}

/* May the caller change how @task runs?  Its own and those of the same user, or CAP_SYS_NICE. */
bool sched_may_change(struct task *task)
{
	const struct cred *self = current_cred(), *theirs;
	bool same;

	if (task->process == current_process())
		return true;
	theirs = process_cred_get(task->process);
	same = self->euid == theirs->euid || self->euid == theirs->uid;
	cred_put(theirs);
	return same || cred_capable(self, CAP_SYS_NICE);
}

bool sched_nice_allowed(struct task *task, int nice)
{
	return cred_capable(current_cred(), CAP_SYS_NICE) ||
	       (u64)(20 - nice) <= rlimit_cur(task->process->limits, RLIMIT_NICE);
}

long sys_sched_yield(void)
{
	sched_yield();
	return 0;
}

/* --- affinity ---------------------------------------------------------------------- */

/* EINVAL: no CPU left.  EPERM, ESRCH, EFAULT. */
long sys_sched_setaffinity(int pid, unsigned len, const u64 __user *umask)
{
	struct cpumask mask = { 0 };
	struct task *task;
	long ret;

	if (copy_from_user(&mask.bits, umask, min_t(size_t, len, sizeof(mask.bits))))
		return -EFAULT;
	task = sched_target(pid);
	if (!task)
		return -ESRCH;
	ret = sched_may_change(task) ? sched_set_affinity(&task->thread, &mask) : -EPERM;
	task_put(task);
	return ret;
}

/* Returns the bytes written.  EINVAL: @len is no multiple of 8, or too short. */
long sys_sched_getaffinity(int pid, unsigned len, u64 __user *umask)
{
	struct task *task;
	u64 bits;

	if (len & (sizeof(u64) - 1) || len == 0)
		return -EINVAL;
	task = sched_target(pid);
	if (!task)
		return -ESRCH;
	bits = cpumask_bits(&task->thread.affinity) & cpumask_bits(&cpu_online_mask);
	task_put(task);
	if (copy_to_user(umask, &bits, sizeof(bits)))
		return -EFAULT;
	return sizeof(bits);
}

/* getcpu(2): the one node is 0; @cache has no meaning since 2.6.24. */
long sys_getcpu(unsigned __user *ucpu, unsigned __user *unode, void __user *cache)
{
	int err = ucpu ? put_user_u32(cpu_id(), ucpu) : 0;

	if (unode && put_user_u32(0, unode))
		err = -EFAULT;
	return err ? -EFAULT : 0;
}

/* --- policy -------------------------------------------------------------------------- */

#define KEEP (-1) /* a policy argument: leave it as it is */

struct policy_request {
	int policy; /* SCHED_*, or KEEP */
	int priority;
	int nice;
	bool set_nice; /* sched_setattr: nice goes with OTHER and BATCH */
	bool reset_on_fork;
	bool keep_reset; /* leave that flag as it is */
};

/* Those that a nice value weighs. */
static bool is_fair(int policy)
{
	return policy == SCHED_OTHER || policy == SCHED_BATCH;
}

static bool is_rt(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* 0 or -EPERM: what an unprivileged caller may not do. */
static int policy_permitted(struct task *task, const struct policy_request *r)
{
	const struct thread *t = &task->thread;
	u64 limit;

	if (cred_capable(current_cred(), CAP_SYS_NICE))
		return 0;
	if (is_rt(r->policy)) {
		limit = rlimit_cur(task->process->limits, RLIMIT_RTPRIO);
		if (r->policy != t->own_policy && !limit)
			return -EPERM;
		if (r->priority > t->own_rt_priority && (u64)r->priority > limit)
			return -EPERM;
	} else if (r->set_nice && is_fair(r->policy) && r->nice < t->nice &&
		   !sched_nice_allowed(task, r->nice)) {
		return -EPERM;
	}
	/* Leaving SCHED_IDLE is raising the priority. */
	if (t->own_policy == SCHED_IDLE && r->policy != SCHED_IDLE &&
	    !sched_nice_allowed(task, t->nice))
		return -EPERM;
	if (!sched_may_change(task))
		return -EPERM;
	if (t->reset_on_fork && !r->reset_on_fork)
		return -EPERM;
	return 0;
}

static int policy_apply(struct task *task, struct policy_request *r)
{
	int ret;

	if (r->policy == KEEP)
		r->policy = task->thread.own_policy;
	if (r->keep_reset)
		r->reset_on_fork = task->thread.reset_on_fork;
	if (!is_rt(r->policy) && r->policy != SCHED_OTHER && r->policy != SCHED_BATCH &&
	    r->policy != SCHED_IDLE)
		return -EINVAL;
	if (is_rt(r->policy) ? r->priority < 1 || r->priority > SCHED_RT_MAX : r->priority != 0)
		return -EINVAL;
	ret = policy_permitted(task, r);
	if (ret)
		return ret;
	ret = sched_set_policy(&task->thread, r->policy, r->priority, r->reset_on_fork);
	if (!ret)
		futex_pi_adjust(&task->futex);
	if (!ret && is_rt(r->policy))
		cpu_timer_update(task->process); /* RLIMIT_RTTIME */
	if (!ret && r->set_nice && is_fair(r->policy))
		sched_set_nice(&task->thread, r->nice);
	return ret;
}

static int policy_apply_to(int pid, struct policy_request *r)
{
	struct task *task = sched_target(pid);
	int ret;

	if (!task)
		return -ESRCH;
	ret = policy_apply(task, r);
	task_put(task);
	return ret;
}

static int get_param(const struct sched_param __user *uparam, int *priority)
{
	struct sched_param param;

	if (!uparam)
		return -EINVAL;
	if (copy_from_user(&param, uparam, sizeof(param)))
		return -EFAULT;
	*priority = param.sched_priority;
	return 0;
}

long sys_sched_setscheduler(int pid, int policy, const struct sched_param __user *uparam)
{
	struct policy_request r = { .reset_on_fork = policy & SCHED_RESET_ON_FORK };
	int err;

	if (pid < 0 || policy < 0 || !uparam)
		return -EINVAL;
	r.policy = policy & ~SCHED_RESET_ON_FORK;
	err = get_param(uparam, &r.priority);
	return err ? err : policy_apply_to(pid, &r);
}

long sys_sched_setparam(int pid, const struct sched_param __user *uparam)
{
	struct policy_request r = { .policy = KEEP, .keep_reset = true };
	int err;

	if (pid < 0)
		return -EINVAL;
	err = get_param(uparam, &r.priority);
	return err ? err : policy_apply_to(pid, &r);
}

long sys_sched_getscheduler(int pid)
{
	struct task *task;
	long ret;

	if (pid < 0)
		return -EINVAL;
	task = sched_target(pid);
	if (!task)
		return -ESRCH;
	ret = task->thread.own_policy | (task->thread.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	task_put(task);
	return ret;
}

long sys_sched_getparam(int pid, struct sched_param __user *uparam)
{
	struct sched_param param;
	struct task *task;

	if (pid < 0 || !uparam)
		return -EINVAL;
	task = sched_target(pid);
	if (!task)
		return -ESRCH;
	param.sched_priority = task->thread.own_rt_priority;
	task_put(task);
	return copy_to_user(uparam, &param, sizeof(param));
}

long sys_sched_get_priority_max(int policy)
{
	if (is_rt(policy))
		return SCHED_RT_MAX;
	return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE ||
			       policy == SCHED_DEADLINE ?
		       0 :
		       -EINVAL;
}

long sys_sched_get_priority_min(int policy)
{
	if (is_rt(policy))
		return 1;
	return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE ||
			       policy == SCHED_DEADLINE ?
		       0 :
		       -EINVAL;
}

long sys_sched_rr_get_interval(int pid, struct __kernel_timespec __user *uts)
{
	struct __kernel_timespec ts;
	struct task *task;
	u8 policy;

	if (pid < 0)
		return -EINVAL;
	task = sched_target(pid);
	if (!task)
		return -ESRCH;
	policy = task->thread.own_policy;
	task_put(task);
	ts = ns_to_timespec(policy == SCHED_RR	 ? SCHED_RR_SLICE_NS :
			    policy == SCHED_FIFO ? 0 :
						   SCHED_TICK_NS);
	return copy_to_user(uts, &ts, sizeof(ts));
}

/* --- sched_setattr, sched_getattr -------------------------------------------------------- */

#define FLAGS_CLAMP (SCHED_FLAG_UTIL_CLAMP_MIN | SCHED_FLAG_UTIL_CLAMP_MAX)

/* E2BIG: a size this kernel does not know, with something behind what it does; the size it
 * does know is then in uattr->size. */
static int get_attr(struct sched_attr *attr, struct sched_attr __user *uattr)
{
	u32 size;
	int err;

	if (get_user_u32(&size, &uattr->size))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	err = size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE ?
		      -E2BIG :
		      copy_struct_from_user(attr, sizeof(*attr), uattr, size);
	if (err) {
		if (err == -E2BIG && put_user_u32(sizeof(*attr), &uattr->size))
			return -EFAULT;
		return err;
	}
	if (attr->sched_flags & FLAGS_CLAMP && size < SCHED_ATTR_SIZE_VER1)
		return -EINVAL;
	return 0;
}

long sys_sched_setattr(int pid, struct sched_attr __user *uattr, unsigned flags)
{
	struct policy_request r = { .set_nice = true };
	struct sched_attr attr;
	struct task *task;
	int err;

	if (!uattr || pid < 0 || flags)
		return -EINVAL;
	err = get_attr(&attr, uattr);
	if (err)
		return err;
	if ((int)attr.sched_policy < 0)
		return -EINVAL;
	task = sched_target(pid);
	if (!task)
		return -ESRCH;
	if (attr.sched_flags & ~(u64)SCHED_FLAG_ALL)
		err = -EINVAL;
	else if (attr.sched_flags & FLAGS_CLAMP)
		err = -EOPNOTSUPP;
	if (err)
		goto out_put;
	r.policy = (int)attr.sched_policy;
	r.priority = (int)attr.sched_priority;
	r.nice = clamp(attr.sched_nice, -20, 19);
	r.reset_on_fork = attr.sched_flags & SCHED_FLAG_RESET_ON_FORK;
	if (attr.sched_flags & SCHED_FLAG_KEEP_POLICY) {
		r.policy = KEEP;
		r.keep_reset = true;
	}
	if (attr.sched_flags & SCHED_FLAG_KEEP_PARAMS) {
		r.priority = task->thread.own_rt_priority;
		r.nice = task->thread.nice;
	}
	err = policy_apply(task, &r);
out_put:
	task_put(task);
	return err;
}

long sys_sched_getattr(int pid, struct sched_attr __user *uattr, unsigned size, unsigned flags)
{
	struct sched_attr attr = { .size = min_t(u32, size, sizeof(attr)) };
	struct task *task;

	if (!uattr || pid < 0 || size > PAGE_SIZE || size < SCHED_ATTR_SIZE_VER0 || flags)
		return -EINVAL;
	task = sched_target(pid);
	if (!task)
		return -ESRCH;
	attr.sched_policy = task->thread.own_policy;
	if (task->thread.reset_on_fork)
		attr.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
	if (is_rt(task->thread.own_policy))
		attr.sched_priority = task->thread.own_rt_priority;
	else
		attr.sched_nice = task->thread.nice;
	task_put(task);
	return copy_to_user(uattr, &attr, attr.size);
}
