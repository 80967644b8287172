/*
 * pid_maps.c - /proc/PID/maps, smaps, smaps_rollup: proc(5).
 *
 * One record per region.  The cookie is the address where the last one ended,
 * so a reader in pieces sees each region that stays exactly once.
 */
#include <linux/limits.h>
#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/procfs/procfs_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/process.h"
#include "vm/mmap.h"
#include "vm/region.h"
#include "vm/space.h"

#define NAME_COLUMN 73

static struct vm_space *node_space(const struct proc_node *node)
{
	struct process *p = proc_process(node);
	struct vm_space *space = p ? process_space_get(p) : NULL;

	if (p)
		process_put(p);
	return space;
}

static void file_name(struct seq *s, const struct file *file)
{
	char *buf = kmalloc(PATH_MAX), *name = NULL;
	struct path root;

	if (!buf)
		return;
	if (file->path.dentry) {
		fs_context_root(current_caller()->fs, &root);
		name = path_name_link(&file->path, &root, buf, PATH_MAX);
		path_put(&root);
	} else if (file_describe((struct file *)file, NULL, buf, PATH_MAX) > 0) {
		name = buf;
	}
	if (name)
		seq_escape(s, name, "\n");
	kfree(buf);
}

static void region_line(struct seq *s, const struct region_info *r)
{
	const struct inode *inode = r->file ? r->file->inode : NULL;
	u64 dev = inode && inode->sb ? inode->sb->dev : r->shared_anon ? NAMELESS_DEV : 0;
	u64 ino = inode ? inode->ino : r->shared_ino;
	size_t begin = s->len;

	seq_printf(s, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu ", r->start, r->end,
		   r->flags & REGION_READ ? 'r' : '-', r->flags & REGION_WRITE ? 'w' : '-',
		   r->flags & REGION_EXEC ? 'x' : '-', r->flags & REGION_MAYSHARE ? 's' : 'p',
		   r->offset, dev_major(dev), dev_minor(dev), ino);
	if (r->file || r->shared_anon || (r->name && *r->name)) {
		while (!seq_overflow(s) && s->len - begin < NAME_COLUMN)
			seq_putc(s, ' ');
		if (r->file)
			file_name(s, r->file);
		else
			seq_puts(s, r->shared_anon ? "/dev/zero (deleted)" : r->name);
	}
	seq_putc(s, '\n');
}

int proc_pid_maps(struct seq *s, const struct proc_node *node, u64 *cookie)
{
	struct vm_space *space = node_space(node);
	struct region_info info;
	bool found;

	if (!space)
		return 0;
	found = vm_region_info(space, *cookie, &info, NULL);
	if (found) {
		region_line(s, &info);
		*cookie = info.end;
		if (info.file)
			file_put(info.file);
	}
	vm_space_put(space);
	return found;
}

static void usage_line(struct seq *s, const char *name, u64 bytes)
{
	seq_printf(s, "%-16s%8llu kB\n", name, bytes >> 10);
}

static void usage_lines(struct seq *s, const struct region_usage *u, u64 shmem)
{
	usage_line(s, "Rss:", u->rss << PAGE_SHIFT);
	usage_line(s, "Pss:", u->pss_bytes);
	usage_line(s, "Pss_Dirty:", u->private_dirty << PAGE_SHIFT);
	usage_line(s, "Shared_Clean:", u->shared_clean << PAGE_SHIFT);
	usage_line(s, "Shared_Dirty:", u->shared_dirty << PAGE_SHIFT);
	usage_line(s, "Private_Clean:", u->private_clean << PAGE_SHIFT);
	usage_line(s, "Private_Dirty:", u->private_dirty << PAGE_SHIFT);
	usage_line(s, "Referenced:", u->referenced << PAGE_SHIFT);
	usage_line(s, "Anonymous:", u->anonymous << PAGE_SHIFT);
	usage_line(s, "LazyFree:", 0);
	usage_line(s, "AnonHugePages:", 0);
	usage_line(s, "ShmemPmdMapped:", 0);
	usage_line(s, "FilePmdMapped:", 0);
	usage_line(s, "Shared_Hugetlb:", 0);
	usage_line(s, "Private_Hugetlb:", 0);
	usage_line(s, "Swap:", 0);
	usage_line(s, "SwapPss:", 0);
	usage_line(s, "Locked:", u->locked << PAGE_SHIFT);
}

static void flag_line(struct seq *s, unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *text;
	} names[] = {
		{ REGION_READ, " rd" },	      { REGION_WRITE, " wr" },
		{ REGION_EXEC, " ex" },	      { REGION_SHARED, " sh" },
		{ REGION_MAYREAD, " mr" },    { REGION_MAYWRITE, " mw" },
		{ REGION_MAYEXEC, " me" },    { REGION_MAYSHARE, " ms" },
		{ REGION_GROWSDOWN, " gd" },  { REGION_LOCKED, " lo" },
		{ REGION_IO, " io" },	      { REGION_SEQREAD, " sr" },
		{ REGION_RANDREAD, " rr" },   { REGION_DONTFORK, " dc" },
		{ REGION_DONTEXPAND, " de" }, { REGION_ACCOUNT, " ac" },
		{ REGION_NORESERVE, " nr" },  { REGION_WIPEONFORK, " wf" },
		{ REGION_DONTDUMP, " dd" },   { REGION_HUGEPAGE, " hg" },
		{ REGION_NOHUGEPAGE, " nh" }, { REGION_MERGEABLE, " mg" },
	};
	unsigned i;

	if (flags & REGION_SHARED) /* Linux accounts for the file then */
		flags &= ~REGION_ACCOUNT;
	seq_puts(s, "VmFlags:");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag)
			seq_puts(s, names[i].text);
	seq_puts(s, " \n");
}

int proc_pid_smaps(struct seq *s, const struct proc_node *node, u64 *cookie)
{
	struct vm_space *space = node_space(node);
	struct region_usage usage = { 0 };
	struct region_info info;
	bool found;

	if (!space)
		return 0;
	found = vm_region_info(space, *cookie, &info, &usage);
	if (found) {
		region_line(s, &info);
		usage_line(s, "Size:", info.end - info.start);
		usage_line(s, "KernelPageSize:", PAGE_SIZE);
		usage_line(s, "MMUPageSize:", PAGE_SIZE);
		usage_lines(s, &usage, 0);
		seq_puts(s, "THPeligible:    0\n");
		flag_line(s, info.flags);
		*cookie = info.end;
		if (info.file)
			file_put(info.file);
	}
	vm_space_put(space);
	return found;
}

int proc_pid_smaps_rollup(struct seq *s, const struct proc_node *node)
{
	struct vm_space *space = node_space(node);
	struct region_usage sum = { 0 }, part;
	struct region_info info;
	u64 first = 0, at = 0;

	if (!space)
		return -ESRCH;
	for (;;) {
		part = (struct region_usage){ 0 };
		if (!vm_region_info(space, at, &info, &part))
			break;
		if (info.file)
			file_put(info.file);
		first = first ? first : info.start;
		at = info.end;
		sum.rss += part.rss;
		sum.pss_bytes += part.pss_bytes;
		sum.shared_clean += part.shared_clean;
		sum.shared_dirty += part.shared_dirty;
		sum.private_clean += part.private_clean;
		sum.private_dirty += part.private_dirty;
		sum.referenced += part.referenced;
		sum.anonymous += part.anonymous;
		sum.locked += part.locked;
	}
	seq_printf(s, "%08llx-%08llx ---p 00000000 00:00 0 %22s[rollup]\n", first, at, "");
	usage_lines(s, &sum, 0);
	vm_space_put(space);
	return 0;
}
