/*
 * names.c - names in /proc: lookup and readdir, of fixed names and of numbers.
 */
#include "abi/dirent.h"
#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/procfs/procfs_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "proc/process.h"

#define DYNAMIC_POS 0x10000 /* readdir: numbers start here */

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

int proc_lookup(struct inode *dir, struct dentry *dentry)
{
	const struct proc_node *node = proc_node(dir);
	struct proc_node child = { .fd = node->fd, .is_task = node->is_task };
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
	inode = proc_inode_new(dir->sb, &child);
	if (!inode)
		return -ENOMEM;
	if (inode->ops && inode->ops->revalidate == proc_hidden_revalidate &&
	    !proc_hidden_revalidate(inode, NULL))
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

	if (options->hide < HIDE_INVISIBLE || proc_is_own(found, current_caller()))
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
				      proc_node_ino(child, nr, node->fd),
				      (child->mode & S_IFMT) >> 12, i + 1))
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
		if (!dir_emit(emit, name, key.len, proc_node_ino(found.entry, nr, found.fd), type,
			      (u64)DYNAMIC_POS + i + 1))
			return 0;
	}
	return 0;
}

const struct file_ops proc_dir_file_ops = {
	.readdir = proc_readdir,
	.name = "proc",
};
