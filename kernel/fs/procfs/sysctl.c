/*
 * sysctl.c - /proc/sys: the kernel's settings, sysctl(8), proc(5).
 *
 * A number is described by where it lives and its bounds, in the tables at the
 * end; what needs more has its own show and write.  A constant is shown for
 * what programs ask and Linnet does not vary; it refuses writes by its mode.
 */
#include "fs/procfs/sysctl.h"
#include "fs/dentry.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/vfs.h"
#include "ipc/pipe.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "vm/mmap.h"
#include "vm/page_cache.h"
#include "vm/space.h"

/* ---- numbers and words ---- */

int sysctl_number(const char *text, u64 min, u64 max, u64 *out)
{
	if (*text == '+' || parse_u64(text, 0, out) || *out < min || *out > max)
		return -EINVAL;
	return 0;
}

int sysctl_int(const char *text, int min, int max, int *out)
{
	bool negative = *text == '-';
	u64 value;
	int err = sysctl_number(text + negative, 0, negative ? -(s64)INT_MIN : INT_MAX, &value);
	s64 number = negative ? -(s64)value : (s64)value;

	if (err || number < min || number > max)
		return -EINVAL;
	*out = (int)number;
	return 0;
}

int sysctl_show_int(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%d\n", READ_ONCE(*(int *)node->entry->arg));
	return 0;
}

/* The bounds are ints too. */
int sysctl_write_int(const struct proc_node *node, char *text, size_t len)
{
	int value, err = sysctl_int(text, (int)node->entry->min, (int)node->entry->max, &value);

	if (!err)
		WRITE_ONCE(*(int *)node->entry->arg, value);
	return err;
}

int sysctl_show_u64(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%llu\n", READ_ONCE(*(u64 *)node->entry->arg));
	return 0;
}

int sysctl_write_u64(const struct proc_node *node, char *text, size_t len)
{
	u64 value;
	int err = sysctl_number(text, node->entry->min, node->entry->max, &value);

	if (!err)
		WRITE_ONCE(*(u64 *)node->entry->arg, value);
	return err;
}

/* arg is the text itself. */
int sysctl_show_text(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, node->entry->arg);
	seq_putc(s, '\n');
	return 0;
}

/* ---- fs ---- */

static int show_file_nr(struct seq *s, const struct proc_node *node)
{
	struct file_stats f;

	file_stats(&f);
	seq_printf(s, "%llu\t0\t%llu\n", f.open, f.max);
	return 0;
}

static int show_file_max(struct seq *s, const struct proc_node *node)
{
	struct file_stats f;

	file_stats(&f);
	seq_printf(s, "%llu\n", f.max);
	return 0;
}

static int write_file_max(const struct proc_node *node, char *text, size_t len)
{
	u64 value;
	int err = sysctl_number(text, 0, S64_MAX, &value);

	if (!err)
		file_set_max(value);
	return err;
}

static int show_dentry_state(struct seq *s, const struct proc_node *node)
{
	struct dcache_stats d;

	dcache_stats(&d);
	seq_printf(s, "%llu\t%llu\t45\t0\t0\t0\n", d.dentries, d.unused);
	return 0;
}

/* Those that nobody uses are freed at once. */
static int show_inode_nr(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%llu\t0\n", inode_count());
	return 0;
}

static int show_inode_state(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%llu\t0\t0\t0\t0\t0\t0\n", inode_count());
	return 0;
}

/* At least a page, a power of two. */
static int write_pipe_max(const struct proc_node *node, char *text, size_t len)
{
	u64 value;
	int err = sysctl_number(text, 1, 1ull << 31, &value);

	if (err)
		return err;
	value = max(value, (u64)PAGE_SIZE);
	while (!IS_POW2(value))
		value += value & -value;
	WRITE_ONCE(pipe_limits.max_size, value);
	return 0;
}

/* ---- vm ---- */

/* page-cluster, swappiness: as on Linux without swap, they have nothing to say. */
static int swap_kept[2] = { 3, 60 };

static int write_drop_caches(const struct proc_node *node, char *text, size_t len)
{
	u64 value;
	int err = sysctl_number(text, 1, 4, &value);

	if (err)
		return err;
	if (value & 2)
		dcache_shrink(SIZE_MAX);
	if (value & 1)
		page_cache_reclaim(SIZE_MAX);
	return 0;
}

/* Of the two limits the one that was set last holds. */
static int write_overcommit_ratio(const struct proc_node *node, char *text, size_t len)
{
	int err = sysctl_write_int(node, text, len);

	if (!err)
		WRITE_ONCE(vm_overcommit.kbytes, 0);
	return err;
}

static int write_overcommit_kbytes(const struct proc_node *node, char *text, size_t len)
{
	int err = sysctl_write_u64(node, text, len);

	if (!err)
		WRITE_ONCE(vm_overcommit.ratio, 0);
	return err;
}

/* ---- the tables ---- */

static const struct proc_entry epoll_children[] = {
	SYSCTL_CONST("max_user_watches", "1048576"),
	{ 0 },
};

static const struct proc_entry fs_children[] = {
	SYSCTL("dentry-state", 0444, show_dentry_state, NULL),
	SYSCTL_CONST("dir-notify-enable", "0"),
	SYS_DIR("epoll", 0555, epoll_children),
	SYSCTL("file-max", 0644, show_file_max, write_file_max),
	SYSCTL("file-nr", 0444, show_file_nr, NULL),
	SYSCTL("inode-nr", 0444, show_inode_nr, NULL),
	SYSCTL("inode-state", 0444, show_inode_state, NULL),
	SYSCTL_CONST("leases-enable", "0"),
	SYSCTL_INT("mount-max", mount_max, 1, INT_MAX),
	SYSCTL_INT("nr_open", fs_nr_open, 64, FS_NR_OPEN_MAX),
	SYSCTL_CONST("overflowgid", "65534"),
	SYSCTL_CONST("overflowuid", "65534"),
	SYSCTL_ARG("pipe-max-size", sysctl_show_u64, write_pipe_max, &pipe_limits.max_size, 0, 0),
	SYSCTL_U64("pipe-user-pages-hard", pipe_limits.user_pages_hard, 0, S64_MAX),
	SYSCTL_U64("pipe-user-pages-soft", pipe_limits.user_pages_soft, 0, S64_MAX),
	SYSCTL_INT("protected_fifos", fs_protected.fifos, 0, 2),
	SYSCTL_INT("protected_hardlinks", fs_protected.hardlinks, 0, 1),
	SYSCTL_INT("protected_regular", fs_protected.regular, 0, 2),
	SYSCTL_INT("protected_symlinks", fs_protected.symlinks, 0, 1),
	SYSCTL_CONST("suid_dumpable", "0"),
	{ 0 },
};

static const struct proc_entry vm_children[] = {
	SYSCTL("drop_caches", 0200, NULL, write_drop_caches),
	SYSCTL_CONST("legacy_va_layout", "0"),
	SYSCTL_INT("max_map_count", vm_max_map_count, 0, INT_MAX),
	SYSCTL_CONST("mmap_min_addr", "65536"),
	SYSCTL_CONST("oom_kill_allocating_task", "0"),
	SYSCTL_INT("overcommit_memory", vm_overcommit.mode, 0, 2),
	SYSCTL_ARG("overcommit_ratio", sysctl_show_int, write_overcommit_ratio,
		   &vm_overcommit.ratio, 0, INT_MAX),
	SYSCTL_ARG("overcommit_kbytes", sysctl_show_u64, write_overcommit_kbytes,
		   &vm_overcommit.kbytes, 0, S64_MAX),
	SYSCTL_INT("page-cluster", swap_kept[0], 0, 31),
	SYSCTL_CONST("panic_on_oom", "0"),
	SYSCTL_INT("swappiness", swap_kept[1], 0, 200),
	{ 0 },
};

const struct proc_entry proc_sys_children[] = {
	SYS_DIR("fs", 0555, fs_children),
	SYS_DIR("kernel", 0555, sysctl_kernel_children),
	SYS_DIR("vm", 0555, vm_children),
	{ 0 },
};
