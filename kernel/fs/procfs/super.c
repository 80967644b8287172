/*
 * super.c - procfs as a file system: mount, inodes, lookup, readdir.
 *
 * What there is stands in tables (struct proc_entry); an inode is made when a
 * name is looked up and points to its entry and, below /proc/PID, to the
 * struct pid.  Nothing here knows what a file says.
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
#include "lib/parse.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/process.h"
#include "sched/rcu.h"

#define DYNAMIC_POS 0x10000 /* readdir: numbers start here */

static const struct inode_ops dir_ops, root_ops, hidden_dir_ops, pid_dir_ops, owner_dir_ops,
	file_inode_ops, link_ops, jump_ops;
static const struct file_ops dir_file_ops;

/* ---- processes behind nodes ---- */

struct process *proc_process(const struct proc_node *node)
{
	struct process *p = NULL;
	struct task *task;

	if (!node->is_task)
		return process_lookup_pid(node->pid);
	task = task_lookup(node->pid->nr);
	if (task) {
		if (task->tid == node->pid)
			p = process_get(task->process);
		task_put(task);
	}
	return p;
}

int proc_resolve(const struct proc_node *node, struct process **p, struct task **task)
{
	if (node->is_task) {
		*task = task_lookup(node->pid->nr);
		if (!*task)
			return -ESRCH;
		if ((*task)->tid != node->pid) {
			task_put(*task);
			return -ESRCH;
		}
		*p = process_get((*task)->process);
		return 0;
	}
	*p = process_lookup_pid(node->pid);
	if (!*p)
		return -ESRCH;
	*task = process_leader_get(*p);
	if (!*task) {
		process_put(*p);
		return -ESRCH;
	}
	return 0;
}

void proc_release(struct process *p, struct task *task)
{
	task_put(task);
	process_put(p);
}

int proc_access(const struct proc_node *node)
{
	struct process *p = proc_process(node);
	int err;

	if (!p)
		return -ESRCH;
	err = process_access_check(p, false);
	process_put(p);
	return err ? -EACCES : 0;
}

int procfs_file_process(const struct file *file, struct process **out)
{
	if (file->ops != &dir_file_ops || proc_node(file->inode)->entry != &proc_pid_dir)
		return -EBADF;
	*out = proc_process(proc_node(file->inode));
	return *out ? 0 : -ESRCH;
}

/* ---- inodes ---- */

/* Stable, and the same in readdir and stat; the root's is 1. */
static u64 node_ino(const struct proc_entry *entry, int nr, int fd)
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
static struct inode *make_inode(struct superblock *sb, const struct proc_node *node)
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
	inode->file_ops = S_ISDIR(inode->mode) ? &dir_file_ops : &proc_text_ops;
	inode->ino = node_ino(own->entry, pid_nr(own->pid), own->fd);
	inode->nlink = S_ISDIR(inode->mode) ? dir_links(own) : 1;
	if ((own->entry->flags & PROC_OWNER) || inode->ops == &hidden_dir_ops)
		inode->flags |= INODE_LOOKUP_SLOW;
	if (own->pid)
		inode->flags |= INODE_REVALIDATE;
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

/*
 * Still there?  Called by the path walk, which may hold dcache.lock: so only
 * the pid is looked at, without a lock; a stale answer is as good as one a
 * moment ago.  What is cached below /proc/PID lives only while it is in use,
 * so a changed owner is seen by the next who looks it up.
 */
static bool proc_revalidate(struct inode *inode, struct dentry *dentry)
{
	const struct proc_node *node = proc_node(inode);
	const struct list_node *users = &node->pid->users[node->is_task ? PID_TID : PID_TGID];

	return READ_ONCE(users->next) != users;
}

/* Is @node the calling process or one of its threads?  No lock, as above. */
static bool is_own(const struct proc_node *node, const struct caller *caller)
{
	const struct list_node *users = &node->pid->users[PID_TID], *first;
	bool own;

	if (!node->is_task)
		return node->pid == caller->pid;
	rcu_read_lock(); /* tasks and processes are freed after a grace period */
	first = READ_ONCE(users->next);
	own = first != users &&
	      list_entry(first, struct task, tid_link)->process->pid == caller->pid;
	rcu_read_unlock();
	return own;
}

/* The name of a process that this mount does not show to the caller: no name. */
static bool hidden_revalidate(struct inode *inode, struct dentry *dentry)
{
	const struct proc_node *node = proc_node(inode);

	return proc_revalidate(inode, dentry) &&
	       (is_own(node, current_caller()) ||
		!proc_hides(inode->sb->priv, HIDE_INVISIBLE, current_cred(), &node->identity));
}

/* What lies below the name. */
static int hidden_permission(struct inode *inode, const struct caller *caller, u32 mask)
{
	const struct proc_options *options = inode->sb->priv;
	const struct proc_node *node = proc_node(inode);

	if (!is_own(node, caller) &&
	    proc_hides(options, HIDE_NOACCESS, caller->cred, &node->identity))
		return options->hide == HIDE_INVISIBLE ? -ENOENT : -EPERM;
	return (mask & MAY_WRITE) && !cred_capable(caller->cred, CAP_DAC_OVERRIDE) ? -EACCES : 0;
}

/* ---- names ---- */

/* The decimal number that @name is, without leading zeroes. */
bool proc_number(const struct name *name, int *out)
{
	u64 n = 0;
	u32 i;

	if (name->len == 0 || name->len > 10 || (name->str[0] == '0' && name->len > 1))
		return false;
	for (i = 0; i < name->len; i++) {
		if (!char_is_digit(name->str[i]))
			return false;
		n = n * 10 + (name->str[i] - '0');
	}
	*out = (int)n;
	return n <= INT_MAX;
}

static const struct proc_entry *find_child(const struct proc_entry *dir,
					   const struct dentry *dentry)
{
	const struct proc_entry *child = dir->children;

	for (; child && child->name; child++)
		if (strlen(child->name) == dentry->len &&
		    memcmp(child->name, dentry->name, dentry->len) == 0)
			return child;
	return NULL;
}

static bool not_in_subset(const struct inode *dir, const struct proc_entry *child)
{
	const struct proc_options *options = dir->sb->priv;

	return options->only_pids && proc_node(dir)->entry == &proc_root &&
	       !(child->flags & PROC_SUBSET);
}

static int proc_lookup(struct inode *dir, struct dentry *dentry)
{
	const struct proc_node *node = proc_node(dir);
	struct proc_node child = { .fd = -1, .is_task = node->is_task };
	struct name name = { .str = dentry->name, .len = dentry->len };
	struct inode *inode;
	int err = -ENOENT;

	/* A directory that is held outlives its process: it is empty then. */
	if (!node->pid || proc_revalidate(dir, NULL))
		child.entry = find_child(node->entry, dentry);
	if (child.entry && not_in_subset(dir, child.entry))
		return 0;
	if (child.entry) {
		if (node->pid)
			child.pid = pid_get(node->pid);
		err = 0;
	} else if (node->entry->dir && (!node->pid || proc_revalidate(dir, NULL))) {
		err = node->entry->dir->lookup(node, &name, &child);
	}
	/* Processes come at any time: no miss is remembered, no hit for long. */
	if (err || child.pid)
		dentry->flags |= DENTRY_DONTCACHE;
	if (err)
		return err == -ENOENT ? 0 : err;
	inode = make_inode(dir->sb, &child);
	if (!inode)
		return -ENOMEM;
	if (inode->ops == &hidden_dir_ops && !hidden_revalidate(inode, NULL))
		inode_put(inode);
	else
		dentry_set_inode(dentry, inode);
	return 0;
}

/* Is the process @found one that readdir of /proc leaves out? */
static bool process_hidden(const struct inode *dir, const struct proc_node *found)
{
	const struct proc_options *options = dir->sb->priv;
	struct proc_identity identity;
	struct process *p;

	if (options->hide < HIDE_INVISIBLE || is_own(found, current_caller()))
		return false;
	p = proc_process(found);
	if (!p)
		return true;
	proc_identity_note(&identity, p);
	process_put(p);
	return proc_hides(options, HIDE_INVISIBLE, current_cred(), &identity);
}

static int proc_readdir(struct file *file, struct dir_emit *emit)
{
	const struct proc_node *node = proc_node(file->inode);
	const struct proc_entry *child;
	int nr = pid_nr(node->pid), i;
	char name[12];
	bool hidden;

	if (!dir_emit_dots(file, emit))
		return 0;
	if (emit->pos < DYNAMIC_POS) {
		for (i = 2, child = node->entry->children; child && child->name; child++, i++) {
			if ((u64)i < emit->pos || not_in_subset(file->inode, child))
				continue;
			if (!dir_emit(emit, child->name, strlen(child->name),
				      node_ino(child, nr, -1), (child->mode & S_IFMT) >> 12, i + 1))
				return 0;
		}
		emit->pos = DYNAMIC_POS;
	}
	if (!node->entry->dir)
		return 0;
	for (i = (int)(emit->pos - DYNAMIC_POS); (i = node->entry->dir->next(node, i)) >= 0; i++) {
		struct proc_node found = { .fd = -1 };
		struct name key;
		u8 type;

		key.len = snprintf(name, sizeof(name), "%d", i);
		key.str = name;
		if (node->entry->dir->lookup(node, &key, &found))
			continue;
		type = (found.entry->mode & S_IFMT) >> 12;
		nr = pid_nr(found.pid);
		hidden = found.entry == &proc_pid_dir && process_hidden(file->inode, &found);
		pid_put(found.pid);
		if (hidden)
			continue;
		if (!dir_emit(emit, name, key.len, node_ino(found.entry, nr, found.fd), type,
			      (u64)DYNAMIC_POS + i + 1))
			return 0;
	}
	return 0;
}

static const struct file_ops dir_file_ops = {
	.readdir = proc_readdir,
	.name = "proc",
};

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

	if (is_own(node, caller))
		return 0;
	if (cred->fsuid == inode->uid && !(mask & MAY_WRITE))
		return 0;
	if (cred_capable(cred, CAP_DAC_OVERRIDE))
		return 0;
	if (!(mask & MAY_WRITE) && cred_capable(cred, CAP_DAC_READ_SEARCH))
		return 0;
	return -EACCES;
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
	.revalidate = hidden_revalidate,
	.permission = hidden_permission,
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
	inode = make_inode(sb, &root);
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
