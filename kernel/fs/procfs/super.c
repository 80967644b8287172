/*
 * super.c - procfs as a file system: mount, inodes, attributes.
 *
 * What there is stands in tables (struct proc_entry); an inode is made when a
 * name is looked up and points to its entry and, below /proc/PID, to the
 * struct pid.  Nothing here knows what a file says.  Names are in names.c, the
 * processes behind nodes in node.c.
 *
 * Names of processes come and go, so a miss is never cached and a hit below
 * /proc/PID is checked again at each use (INODE_REVALIDATE).  A struct pid is
 * never reused for another process while somebody holds it: so an inode
 * never comes to mean a different process.
 */
#include "fs/procfs/procfs.h"
#include <linux/magic.h>
#include "abi/dirent.h"
#include "core/caller.h"
#include "core/cred.h"
#include "fs/dentry.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/procfs/procfs_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/hash.h"
#include "mem/slab.h"
#include "proc/process.h"

static const struct inode_ops dir_ops, root_ops, hidden_dir_ops, pid_dir_ops, owner_dir_ops,
	file_inode_ops, link_ops, jump_ops, sysctl_dir_ops, sysctl_file_ops;

/* ---- inodes ---- */

/* Stable, and the same in readdir and stat; the root's is 1. */
u64 proc_node_ino(const struct proc_entry *entry, int nr, int fd)
{
	if (entry == &proc_root)
		return 1;
	return (hash_u64((u64)entry ^ (u64)nr << 40 ^ (u64)(fd + 1) << 20) & 0xffffffff) + 2;
}

/* Who owns the files of a process: its effective ids, root if it is not dumpable. */
static void set_owner(struct inode *inode, struct process *p)
{
	const struct cred *cred = process_cred_get(p);

	inode->uid = inode->gid = 0;
	if (cred) {
		if (READ_ONCE(p->dumpable) || proc_node(inode)->entry == &proc_pid_dir) {
			inode->uid = cred->euid;
			inode->gid = cred->egid;
		}
		cred_put(cred);
	}
}

static const struct inode_ops *ops_for(const struct superblock *sb, const struct proc_node *node)
{
	const struct proc_options *options = sb->priv;
	const struct proc_entry *entry = node->entry;

	if (entry->flags & PROC_SYSCTL)
		return S_ISDIR(entry->mode) ? &sysctl_dir_ops : &sysctl_file_ops;
	switch (entry->mode & S_IFMT) {
	case S_IFDIR:
		if (entry->flags & PROC_OWNER)
			return &owner_dir_ops;
		if (entry == &proc_root)
			return &root_ops;
		if (entry == &proc_pid_dir && options->hide)
			return &hidden_dir_ops;
		return node->pid ? &pid_dir_ops : &dir_ops;
	case S_IFLNK:
		return entry->follow ? &jump_ops : &link_ops;
	}
	return &file_inode_ops;
}

/* Descriptor links show by their mode what the file is open for. */
static u32 node_mode(const struct proc_node *node, struct process *p)
{
	struct file *file;
	u32 mode = node->entry->mode;

	if (!S_ISLNK(mode) || node->fd < 0 || !p)
		return mode;
	mode = S_IFLNK;
	file = proc_node_file(node);
	if (file) {
		mode |= file->mode & FMODE_READ ? 0500 : 0;
		mode |= file->mode & FMODE_WRITE ? 0300 : 0;
		file_put(file);
	}
	return mode;
}

/* As Linux: one for each directory in it that does not come and go; below sys/ none. */
static u32 dir_links(const struct proc_node *node)
{
	const struct proc_entry *child = node->entry->children;
	u32 links = 2;

	if (node->entry->flags & PROC_SYSCTL)
		return 1;
	for (; child && child->name; child++)
		links += S_ISDIR(child->mode);
	return links;
}

/* Takes over @node->pid; NULL without memory. */
struct inode *proc_inode_new(struct superblock *sb, const struct proc_node *node)
{
	struct proc_node *own = kmemdup(node, sizeof(*node));
	struct process *p = node->pid ? proc_process(node) : NULL;
	struct inode *inode = own ? inode_new_alloc(sb, node_mode(node, p)) : NULL;

	if (!inode) {
		kfree(own);
		pid_put(node->pid);
		if (p)
			process_put(p);
		return NULL;
	}
	inode->btime = 0; /* statx(2) says that there is none */
	if (S_ISLNK(inode->mode) && own->fd >= 0)
		inode->size = 64; /* as Linux says of descriptor links */
	inode->priv = own;
	inode->ops = ops_for(sb, own);
	inode->file_ops = S_ISDIR(inode->mode) ? &proc_dir_file_ops : &proc_text_ops;
	inode->ino = proc_node_ino(own->entry, pid_nr(own->pid), own->fd);
	inode->nlink = S_ISDIR(inode->mode) ? dir_links(own) : 1;
	if ((own->entry->flags & PROC_OWNER) || inode->ops == &hidden_dir_ops)
		inode->flags |= INODE_LOOKUP_SLOW;
	if (own->pid)
		inode->flags |= INODE_REVALIDATE;
	if (own->entry->flags & PROC_IMMUTABLE)
		inode->flags |= INODE_IMMUTABLE;
	if (p) {
		set_owner(inode, p);
		if (own->entry == &proc_pid_dir)
			proc_identity_note(&own->identity, p);
		process_put(p);
	}
	return inode;
}

static void proc_evict(struct inode *inode)
{
	struct proc_node *node = inode->priv;

	if (node)
		pid_put(node->pid);
	kfree(node);
}

/* ---- attributes, links, permission ---- */

/* Truncation, as a shell's > does it, is nothing; the rest is not allowed. */
static int proc_setattr(struct inode *inode, const struct inode_attr *attr)
{
	return attr->valid & (ATTR_MODE | ATTR_UID | ATTR_GID) ? -EPERM : 0;
}

/* fd/, fdinfo/: 0500, but a process may always look at itself (setuid programs). */
static int owner_permission(struct inode *inode, const struct caller *caller, u32 mask)
{
	const struct proc_node *node = proc_node(inode);
	const struct cred *cred = caller->cred;

	if (proc_is_own(node, caller))
		return 0;
	if (cred->fsuid == inode->uid && !(mask & MAY_WRITE))
		return 0;
	if (cred_capable(cred, CAP_DAC_OVERRIDE))
		return 0;
	if (!(mask & MAY_WRITE) && cred_capable(cred, CAP_DAC_READ_SEARCH))
		return 0;
	return -EACCES;
}

/* Below sys/ the mode binds root too; capabilities do not count.  What there is belongs to root. */
static int sysctl_permission(struct inode *inode, const struct caller *caller, u32 mask)
{
	u32 mode = inode->mode;

	if (caller->cred->euid == 0)
		mode >>= 6;
	else if (caller->cred->egid == 0 || cred_in_group(caller->cred, 0))
		mode >>= 3;
	return mask & ~mode & 7 ? -EACCES : 0;
}

static long proc_readlink(struct inode *inode, const struct caller *caller, char *buf, size_t size)
{
	const struct proc_node *node = proc_node(inode);

	return node->entry->readlink(node, caller, buf, size);
}

static int proc_follow(struct inode *inode, const struct caller *caller, struct path *out,
		       struct file **anon)
{
	const struct proc_node *node = proc_node(inode);

	return node->entry->follow(node, out, anon);
}

/* A link for each process too. */
static void root_getattr(struct inode *inode, struct kstat *stat)
{
	stat->nlink += process_task_count();
}

static int proc_open(struct inode *inode, struct file *file)
{
	const struct proc_entry *entry = proc_node(inode)->entry;
	int err = 0;

	if (entry->flags & PROC_PRIVATE)
		err = proc_access(proc_node(inode));
	if (!err && entry->ops)
		file->ops = entry->ops;
	else if (!err)
		err = proc_text_open(file);
	return err;
}

static const struct inode_ops dir_ops = {
	.lookup = proc_lookup,
	.setattr = proc_setattr,
};

static const struct inode_ops root_ops = {
	.lookup = proc_lookup,
	.setattr = proc_setattr,
	.getattr = root_getattr,
};

static const struct inode_ops hidden_dir_ops = {
	.lookup = proc_lookup,
	.setattr = proc_setattr,
	.revalidate = proc_hidden_revalidate,
	.permission = proc_hidden_permission,
};

static const struct inode_ops pid_dir_ops = {
	.lookup = proc_lookup,
	.setattr = proc_setattr,
	.revalidate = proc_revalidate,
};

static const struct inode_ops owner_dir_ops = {
	.lookup = proc_lookup,
	.setattr = proc_setattr,
	.revalidate = proc_revalidate,
	.permission = owner_permission,
};

static const struct inode_ops file_inode_ops = {
	.open = proc_open,
	.setattr = proc_setattr,
	.revalidate = proc_revalidate,
};

static const struct inode_ops sysctl_dir_ops = {
	.lookup = proc_lookup,
	.setattr = proc_setattr,
	.permission = sysctl_permission,
};

static const struct inode_ops sysctl_file_ops = {
	.open = proc_open,
	.setattr = proc_setattr,
	.permission = sysctl_permission,
};

static const struct inode_ops link_ops = {
	.readlink = proc_readlink,
	.setattr = proc_setattr,
	.revalidate = proc_revalidate,
};

static const struct inode_ops jump_ops = {
	.readlink = proc_readlink,
	.follow = proc_follow,
	.setattr = proc_setattr,
	.revalidate = proc_revalidate,
};

/* ---- mount ---- */

static int proc_remount(struct superblock *sb, const char *options)
{
	return proc_options_parse(options, sb->priv);
}

static int proc_show_options(struct superblock *sb, char *buf, size_t size)
{
	return proc_options_show(sb->priv, buf, size);
}

static void proc_release_sb(struct superblock *sb)
{
	kfree(sb->priv);
}

static const struct super_ops super_ops = {
	.evict = proc_evict,
	.remount = proc_remount,
	.show_options = proc_show_options,
	.release = proc_release_sb,
};

int procfs_mount(const struct fs_params *params, struct superblock **out)
{
	struct proc_node root = { .entry = &proc_root, .fd = -1 };
	struct superblock *sb;
	struct inode *inode;
	struct proc_options options = { .hide = HIDE_OFF };
	int err = proc_options_parse(params->options, &options);

	if (err)
		return err;
	sb = superblock_new(&procfs_type, &super_ops);
	if (!sb)
		return -ENOMEM;
	sb->priv = kmemdup(&options, sizeof(options));
	if (!sb->priv)
		goto out_put_sb;
	sb->magic = PROC_SUPER_MAGIC;
	sb->block_size = 1024;
	sb->flags = SB_NODEV | SB_NOEXEC | SB_NOSUID;
	inode = proc_inode_new(sb, &root);
	if (!inode)
		goto out_put_sb;
	sb->root = dentry_new_root(sb, inode);
	if (!sb->root) {
		inode_put(inode);
		goto out_put_sb;
	}
	*out = sb;
	return 0;

out_put_sb:
	superblock_put(sb);
	return -ENOMEM;
}

const struct fs_type procfs_type = {
	.name = "proc",
	.flags = FS_NODEV,
	.mount = procfs_mount,
};
