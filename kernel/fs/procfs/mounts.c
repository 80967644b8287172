/*
 * mounts.c - /proc/PID/mounts, mountinfo, mountstats: proc(5).
 *
 * A process sees the mounts below its root, in the order of mounting.  Spaces
 * in names are \040, as getmntent(3) and libmount expect.
 */
#include <linux/limits.h>
#include "fs/dentry.h"
#include "fs/fs_context.h"
#include "fs/mount.h"
#include "fs/poll.h"
#include "fs/procfs/procfs_internal.h"
#include "fs/superblock.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/process.h"

#define ESCAPED " \t\n\\#"

struct walk {
	struct seq *seq;
	struct path root; /* of the process asked about */
	char *buf;	  /* PATH_MAX */
	void (*line)(struct walk *walk, struct mount *mount, const char *where);
};

static void mount_flags(struct seq *s, u32 flags)
{
	static const struct {
		u32 flag;
		const char *text;
	} names[] = {
		{ MNT_NOSUID, ",nosuid" },	   { MNT_NODEV, ",nodev" },
		{ MNT_NOEXEC, ",noexec" },	   { MNT_NOATIME, ",noatime" },
		{ MNT_NODIRATIME, ",nodiratime" }, { MNT_RELATIME, ",relatime" },
	};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag)
			seq_puts(s, names[i].text);
}

static void super_options(struct seq *s, struct superblock *sb)
{
	char text[256];

	if (!sb->ops->show_options)
		return;
	if (sb->ops->show_options(sb, text, sizeof(text)) > 0)
		seq_puts(s, text);
}

static const char *source_of(const struct mount *mount)
{
	return mount->source && *mount->source ? mount->source : "none";
}

static bool read_only(const struct mount *mount)
{
	return (mount->flags & MNT_RDONLY) || (mount->sb->flags & SB_RDONLY);
}

static void mounts_line(struct walk *w, struct mount *mount, const char *where)
{
	struct seq *s = w->seq;

	seq_escape(s, source_of(mount), ESCAPED);
	seq_putc(s, ' ');
	seq_escape(s, where, " \t\n\\");
	seq_printf(s, " %s %s", mount->sb->type->name, read_only(mount) ? "ro" : "rw");
	mount_flags(s, mount->flags);
	super_options(s, mount->sb);
	seq_puts(s, " 0 0\n");
}

/* mount_namespaces(7): which peer group, and where events come from. */
static void propagation(struct seq *s, const struct mount *mount, const struct path *root)
{
	u32 from = mount_visible_master(mount, root);

	if (mount->group)
		seq_printf(s, " shared:%u", mount->group);
	if (mount->master) {
		seq_printf(s, " master:%u", mount->master->group);
		if (from && from != mount->master->group)
			seq_printf(s, " propagate_from:%u", from);
	}
	if (mount->flags & MNT_UNBINDABLE)
		seq_puts(s, " unbindable");
}

static void mountinfo_line(struct walk *w, struct mount *mount, const char *where)
{
	struct seq *s = w->seq;
	u64 dev = mount->sb->dev;
	char *part, *name;

	seq_printf(s, "%d %d %u:%u ", mount->id, mount->parent ? mount->parent->id : mount->id,
		   dev_major(dev), dev_minor(dev));
	part = kmalloc(PATH_MAX);
	name = part ? dentry_name(mount->root, part, PATH_MAX) : NULL;
	seq_escape(s, name ? name : "/", ESCAPED);
	kfree(part);
	seq_putc(s, ' ');
	seq_escape(s, where, " \t\n\\");
	seq_puts(s, mount->flags & MNT_RDONLY ? " ro" : " rw");
	mount_flags(s, mount->flags);
	propagation(s, mount, &w->root);
	seq_printf(s, " - %s ", mount->sb->type->name);
	seq_escape(s, source_of(mount), ESCAPED);
	seq_puts(s, mount->sb->flags & SB_RDONLY ? " ro" : " rw");
	super_options(s, mount->sb);
	seq_putc(s, '\n');
}

static void mountstats_line(struct walk *w, struct mount *mount, const char *where)
{
	struct seq *s = w->seq;

	seq_puts(s, "device ");
	seq_escape(s, source_of(mount), ESCAPED);
	seq_puts(s, " mounted on ");
	seq_escape(s, where, " \t\n\\");
	seq_printf(s, " with fstype %s\n", mount->sb->type->name);
}

static int one_mount(struct mount *mount, void *arg)
{
	struct walk *w = arg;
	struct path path = { mount, mount->root };
	bool unreachable = false, deleted = false;
	char *where = path_name(&path, &w->root, w->buf, PATH_MAX, &unreachable, &deleted);

	if (where && !unreachable)
		w->line(w, mount, where);
	return 0;
}

static int show(struct seq *s, const struct proc_node *node,
		void (*line)(struct walk *, struct mount *, const char *))
{
	struct walk w = { .seq = s, .line = line };
	struct fs_context *fs;
	struct process *p;
	struct task *task;
	int err = proc_resolve(node, &p, &task);

	if (err)
		return err;
	fs = task_fs_get(task);
	proc_release(p, task);
	if (!fs)
		return -EINVAL;
	w.buf = kmalloc(PATH_MAX);
	if (!w.buf) {
		fs_context_put(fs);
		return -ENOMEM;
	}
	fs_context_root(fs, &w.root);
	fs_context_put(fs);
	mount_for_each(&w.root, one_mount, &w);
	path_put(&w.root);
	kfree(w.buf);
	return 0;
}

u64 proc_mounts_event(struct poll_table *pt)
{
	poll_wait(pt, &mount_root_ns.changed);
	return READ_ONCE(mount_root_ns.event);
}

int proc_show_mounts(struct seq *s, const struct proc_node *node)
{
	return show(s, node, mounts_line);
}

int proc_show_mountinfo(struct seq *s, const struct proc_node *node)
{
	return show(s, node, mountinfo_line);
}

int proc_show_mountstats(struct seq *s, const struct proc_node *node)
{
	return show(s, node, mountstats_line);
}
