/*
 * Propagation: what is mounted or unmounted in one place happens elsewhere too.
 *
 *	peers:	a <-> b <-> c	one group, numbered; an event in one is in all
 *		    |
 *	slave:	    s <-> t	gets the events of the group above, and passes
 *				them on to its own peers and slaves, never up
 *
 * A group is a ring of mounts without a head.  A slave hangs on any one member
 * of its master group; when that leaves the group, the slave goes to another.
 * Binding a mount makes a peer of it, or a slave of the same master.
 *
 * An event at (mount, dentry) is carried out for all that gather() finds, for
 * those that show the dentry at all: a bind of a subdirectory may not.  The
 * copy that goes to a peer of the first mount becomes a peer of the mounted
 * one, the copy that goes to a slave becomes its slave, and so on downward; so
 * masters are visited before slaves.
 *
 * All with the namespace lock held.
 *
 * Source: mount_namespaces(7), mount(2)
 */
#include <linux/mount.h>

#include "fs/dentry.h"
#include "fs/mount_internal.h"
#include "lib/errno.h"
#include "mem/idr.h"

/* --- Numbers of groups: the least free one, from 1 ----------------------- */

static struct idr groups;

void mount_share_init(void)
{
	idr_init(&groups, 1, INT_MAX);
}

static int group_new(u32 *out)
{
	long id = idr_alloc(&groups);

	if (id < 0)
		return -ENOMEM;
	*out = (u32)id;
	return 0;
}

/* --- Kinds of propagation ------------------------------------------------ */

static int set_shared(struct mount *mount)
{
	return mount->group ? 0 : group_new(&mount->group);
}

static void set_master(struct mount *mount, struct mount *master)
{
	list_del_init(&mount->slave);
	mount->master = master;
	if (master)
		list_add(&master->slaves, &mount->slave);
}

/* Out of its group; it becomes slave to it, if others are left there.  Who was
 * its slave goes to them, or else to its own master. */
static void set_slave(struct mount *mount)
{
	struct mount *heir = mount->master;

	if (!mount->group)
		return;
	if (list_empty(&mount->peers)) {
		idr_remove(&groups, mount->group);
	} else {
		heir = list_next_entry(mount, peers);
		list_del_init(&mount->peers);
	}
	mount->group = 0;
	while (!list_empty(&mount->slaves))
		set_master(list_first_entry(&mount->slaves, struct mount, slave), heir);
	set_master(mount, heir);
}

void mount_set_private(struct mount *mount)
{
	set_slave(mount);
	set_master(mount, NULL);
}

int mount_set_propagation(struct mount *mount, u64 kind)
{
	int err = 0;

	if (kind == MS_SLAVE) { /* says nothing about binding */
		set_slave(mount);
		return 0;
	}
	if (kind == MS_SHARED)
		err = set_shared(mount);
	else
		mount_set_private(mount);
	if (err)
		return err;
	WRITE_ONCE(mount->flags, kind == MS_UNBINDABLE ? mount->flags | MNT_UNBINDABLE :
							 mount->flags & ~MNT_UNBINDABLE);
	return 0;
}

int mount_share_tree(struct mount *top)
{
	for (struct mount *m = top; m; m = mount_next(m, top)) {
		if (m->group)
			continue;
		int err = set_shared(m);

		if (err)
			return err;
		m->flags |= MNT_SHARING;
	}
	return 0;
}

void mount_share_tree_end(struct mount *top, bool keep)
{
	for (struct mount *m = top; m; m = mount_next(m, top)) {
		if (!(m->flags & MNT_SHARING))
			continue;
		WRITE_ONCE(m->flags, m->flags & ~MNT_SHARING);
		if (!keep)
			set_slave(m);
	}
}

/* --- Copies -------------------------------------------------------------- */

static int mount_clone(struct mount *src, struct dentry *root, enum mount_clone how,
		       struct mount **out)
{
	const u32 own = MNT_DETACHED | MNT_EXPIRED | MNT_UNBINDABLE | MNT_WRITE_HOLD | MNT_SHARING;
	struct mount *copy = mount_new(src->sb, root, src->flags & ~own, src->source);

	if (!copy)
		return -ENOMEM;
	if (how == CLONE_SLAVE_SHARED && set_shared(copy)) {
		mount_put(copy);
		return -ENOMEM;
	}
	if (how != CLONE_SAME) {
		set_master(copy, src);
	} else {
		if (src->group) {
			copy->group = src->group;
			list_add(&src->peers, &copy->peers);
		}
		set_master(copy, src->master);
	}
	*out = copy;
	return 0;
}

/* The copies pair up as the walk goes: @to is the copy of @from. */
int mount_copy_tree(struct mount *src, struct dentry *root, enum mount_clone how, bool recursive,
		    struct mount **out)
{
	struct mount *m, *from = src, *to, *copy;
	int err = mount_clone(src, root, how, out);

	if (err || !recursive)
		return err;
	to = *out;
	for (m = mount_next(src, src); m;) {
		if ((m->flags & MNT_UNBINDABLE) ||
		    (m->parent == src && !dentry_is_ancestor(root, m->mountpoint))) {
			m = mount_next_skip(m, src);
			continue;
		}
		for (; from != m->parent; from = from->parent)
			to = to->parent;
		err = mount_clone(m, m->root, how, &copy);
		if (err) {
			mount_free_tree(*out);
			return err;
		}
		mount_set_place(copy, to, m->mountpoint);
		list_add_tail(&to->children, &copy->child);
		from = m;
		to = copy;
		m = mount_next(m, src);
	}
	return 0;
}

/* --- Events -------------------------------------------------------------- */

static void gather_group(struct mount *mount, struct list_node *targets)
{
	struct mount *m = mount;

	if (!list_empty(&mount->target))
		return; /* has been here, and its peers too */
	do {
		list_add_tail(targets, &m->target);
		m = list_next_entry(m, peers);
	} while (m != mount);
}

/* @from, all its peers, their slaves, their peers ...: each once, masters first. */
static void gather(struct mount *from, struct list_node *targets)
{
	struct mount *m, *s;

	list_init(targets);
	gather_group(from, targets);
	list_for_each_entry(m, targets, target)
		list_for_each_entry(s, &m->slaves, slave)
			gather_group(s, targets);
}

static void gather_end(struct list_node *targets)
{
	while (!list_empty(targets)) {
		struct mount *m = list_first_entry(targets, struct mount, target);

		m->copy = NULL;
		list_del_init(&m->target);
	}
}

/* What the copy for @mount is made of: the last one of its group, or of the
 * nearest group above that has one. */
static struct mount *copy_source(struct mount *mount, enum mount_clone *how)
{
	struct mount *level, *m;

	*how = CLONE_SAME;
	for (level = mount; level; level = level->master) {
		m = level;
		do {
			if (m->copy)
				return m->copy;
			m = list_next_entry(m, peers);
		} while (m != level);
		*how = mount->group ? CLONE_SLAVE_SHARED : CLONE_SLAVE;
	}
	return NULL;
}

int mount_propagate(struct mount *top, struct mount *parent, struct dentry *at,
		    struct list_node *copies)
{
	struct list_node targets;
	struct mount *m, *copy;
	enum mount_clone how;
	int err = 0;

	gather(parent, &targets);
	parent->copy = top;
	list_for_each_entry(m, &targets, target) {
		if (m == parent || !m->ns || !dentry_is_ancestor(m->root, at))
			continue;
		struct mount *source = copy_source(m, &how);

		err = mount_copy_tree(source, source->root, how, true, &copy);
		if (err)
			break;
		mount_set_place(copy, m, at);
		list_add_tail(copies, &copy->list);
		m->copy = copy;
	}
	gather_end(&targets);
	return err;
}

/* Something mounted on the whole of @mount, and nothing else is mounted there. */
static struct mount *topper_of(struct mount *mount)
{
	struct mount *only;

	if (list_empty(&mount->children) || mount->children.next != mount->children.prev)
		return NULL;
	only = list_first_entry(&mount->children, struct mount, child);
	return only->mountpoint == mount->root ? only : NULL;
}

/* What an umount of @mount takes away from @target too, or NULL. */
static struct mount *goes_along(struct mount *target, struct mount *mount)
{
	struct mount *m = target->ns ? mount_covering(target, mount->mountpoint) : NULL;

	if (!m || m == mount || mount_is_below(mount, m))
		return NULL;
	return list_empty(&m->children) || topper_of(m) ? m : NULL;
}

bool mount_propagated_busy(struct mount *mount)
{
	struct list_node targets;
	struct mount *m, *other;
	bool busy = false;

	gather(mount->parent, &targets);
	list_for_each_entry(m, &targets, target) {
		other = goes_along(m, mount);
		/* The tree holds one reference, and what covers it another. */
		if (other && mount_is_busy(other, topper_of(other) ? 2 : 1))
			busy = true;
	}
	gather_end(&targets);
	return busy;
}

void mount_detach_propagated(struct mount *mount, struct list_node *gone)
{
	struct mount *m, *other, *topper;
	struct list_node targets;

	gather(mount->parent, &targets);
	list_for_each_entry(m, &targets, target) {
		other = goes_along(m, mount);
		if (!other)
			continue;
		topper = topper_of(other);
		if (topper)
			mount_move(topper, other->parent, other->mountpoint);
		mount_detach(other, gone);
	}
	gather_end(&targets);
	mount_detach(mount, gone);
}

u32 mount_visible_master(const struct mount *mount, const struct path *root)
{
	const struct mount *level, *m;

	for (level = mount->master; level; level = level->master) {
		m = level;
		do {
			if (m->ns && mount_is_below(m, root->mount))
				return m->group;
			m = list_next_entry(m, peers);
		} while (m != level);
	}
	return 0;
}
