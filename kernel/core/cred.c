/* Credentials.  Source: credentials(7), capabilities(7), setuid(2). */
#include "core/cred.h"
#include <linux/securebits.h>
#include "core/hooks.h"
#include "core/user.h"
#include "lib/errno.h"
#include "lib/sort.h"
#include "lib/string.h"

struct cred cred_root = {
	.refs = REFCOUNT_INIT(1),
	.effective = CAP_FULL_SET,
	.permitted = CAP_FULL_SET,
	.bounding = CAP_FULL_SET,
	.user = &user_root,
};

DEFINE_PERCPU(struct cred_kept, cred_kept);

static void drop(const struct cred *cred, int n)
{
	struct cred *c = (struct cred *)cred;

	if (!c || !n || !refcount_put_many(&c->refs, n))
		return;
	group_list_put(c->groups);
	user_put(c->user);
	kernel_hooks.free(c);
}

/* There are enough kept, or others: these make room. */
void cred_put_slow(const struct cred *cred)
{
	struct cred_kept old = this_cpu(cred_kept);

	if (!cred)
		return;
	if (old.cred == cred) {
		drop(cred, 1);
		return;
	}
	this_cpu(cred_kept).cred = cred;
	this_cpu(cred_kept).count = 1;
	drop(old.cred, (int)old.count);
}

struct cred *cred_dup(const struct cred *cred)
{
	struct cred *new = kernel_hooks.alloc(sizeof(*new));

	if (!new)
		return NULL;
	*new = *cred;
	refcount_init(&new->refs, 1);
	group_list_get(new->groups);
	user_get(new->user);
	return new;
}

int cred_set_user(struct cred *cred)
{
	struct user *user;

	if (cred->user->uid == cred->uid)
		return 0;
	user = user_lookup(cred->uid);
	if (!user)
		return -EAGAIN;
	user_put(cred->user);
	cred->user = user;
	return 0;
}

/* ---- groups ---- */

struct group_list *group_list_new(u32 count)
{
	struct group_list *g = kernel_hooks.alloc(sizeof(*g) + count * sizeof(g->gid[0]));

	if (g) {
		refcount_init(&g->refs, 1);
		g->count = count;
	}
	return g;
}

static int compare_gid(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

void group_list_sort(struct group_list *g)
{
	sort(g->gid, g->count, sizeof(u32), compare_gid);
}

struct group_list *group_list_get(struct group_list *g)
{
	if (g)
		refcount_get(&g->refs);
	return g;
}

void group_list_put(struct group_list *g)
{
	if (g && refcount_put(&g->refs))
		kernel_hooks.free(g);
}

void cred_set_groups(struct cred *cred, struct group_list *g)
{
	group_list_put(cred->groups);
	cred->groups = g;
}

static bool in_groups(const struct group_list *g, u32 gid)
{
	u32 lo = 0, hi = g ? g->count : 0;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (g->gid[mid] == gid)
			return true;
		if (g->gid[mid] < gid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

bool cred_in_group(const struct cred *cred, u32 gid)
{
	return cred->fsgid == gid || in_groups(cred->groups, gid);
}

bool cred_in_egroup(const struct cred *cred, u32 gid)
{
	return cred->egid == gid || in_groups(cred->groups, gid);
}

/* ---- capabilities ---- */

#define CAP_FS_SET                                                                                 \
	(BIT(CAP_CHOWN) | BIT(CAP_MKNOD) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) |      \
	 BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_MAC_OVERRIDE))

static bool any_root(const struct cred *c)
{
	return !c->uid || !c->euid || !c->suid;
}

void cred_fix_caps_setuid(struct cred *new, const struct cred *old)
{
	if (new->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (any_root(old) && !any_root(new)) {
		if (!(new->securebits &SECBIT_KEEP_CAPS))
			new->permitted = new->effective = 0;
		new->ambient = 0;
	}
	if (old->euid == 0 && new->euid != 0)
		new->effective = 0;
	if (old->euid != 0 && new->euid == 0)
		new->effective = new->permitted;
}

void cred_fix_caps_setfsuid(struct cred *new, const struct cred *old)
{
	if (new->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (old->fsuid == 0 && new->fsuid != 0)
		new->effective &= ~CAP_FS_SET;
	if (old->fsuid != 0 && new->fsuid == 0)
		new->effective |= new->permitted & CAP_FS_SET;
}

bool cred_may_kill(const struct cred *cred, const struct cred *target)
{
	return cred->euid == target->suid || cred->euid == target->uid ||
	       cred->uid == target->suid || cred->uid == target->uid ||
	       cred_capable(cred, CAP_KILL);
}
