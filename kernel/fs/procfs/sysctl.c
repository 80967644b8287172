/*
 * sysctl.c - /proc/sys: the kernel's settings, sysctl(8), proc(5).
 *
 * A number is described by where it lives and its bounds, in the tables at the
 * end; what needs more has its own show and write.  A constant is shown for
 * what programs ask and Linnet does not vary; it refuses writes by its mode.
 */
#include "abi/utsname.h"
#include "core/cred.h"
#include "core/panic.h"
#include "core/percpu.h"
#include "core/pid.h"
#include "core/log.h"
#include "core/random.h"
#include "core/uts.h"
#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/procfs/procfs_internal.h"
#include "ipc/pipe.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "proc/coredump.h"
#include "proc/fork.h"
#include "proc/process.h"
#include "vm/mmap.h"
#include "vm/page_cache.h"
#include "vm/space.h"

/* ---- numbers and words ---- */

static int number(char *text, u64 min, u64 max, u64 *out)
{
	size_t len = strlen(text);

	while (len > 0 && char_is_space(text[len - 1]))
		text[--len] = 0;
	while (char_is_space(*text))
		text++;
	if (parse_u64(text, 0, out) || *out < min || *out > max)
		return -EINVAL;
	return 0;
}

static int show_int(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%d\n", READ_ONCE(*(int *)node->entry->arg));
	return 0;
}

static int write_int(const struct proc_node *node, char *text, size_t len)
{
	u64 value;
	int err = number(text, node->entry->min, node->entry->max, &value);

	if (!err)
		WRITE_ONCE(*(int *)node->entry->arg, (int)value);
	return err;
}

static int show_u64(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%llu\n", READ_ONCE(*(u64 *)node->entry->arg));
	return 0;
}

static int write_u64(const struct proc_node *node, char *text, size_t len)
{
	u64 value;
	int err = number(text, node->entry->min, node->entry->max, &value);

	if (!err)
		WRITE_ONCE(*(u64 *)node->entry->arg, value);
	return err;
}

/* arg is the text itself. */
static int show_text(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, node->entry->arg);
	seq_putc(s, '\n');
	return 0;
}

/* ---- kernel ---- */

static int show_hostname(struct seq *s, const struct proc_node *node)
{
	char name[UTS_NAME_MAX + 1];

	uts_read(node->entry->arg ? UTS_DOMAINNAME : UTS_NODENAME, name);
	seq_printf(s, "%s\n", name);
	return 0;
}

static int write_hostname(const struct proc_node *node, char *text, size_t len)
{
	char *end = strchr(text, '\n');

	if (end)
		*end = 0;
	len = min(strlen(text), (size_t)UTS_NAME_MAX);
	uts_write(node->entry->arg ? UTS_DOMAINNAME : UTS_NODENAME, text, len);
	return 0;
}

static int show_core_pattern(struct seq *s, const struct proc_node *node)
{
	char pattern[CORE_PATTERN_MAX];

	core_pattern_read(pattern);
	seq_printf(s, "%s\n", pattern);
	return 0;
}

static int write_core_pattern(const struct proc_node *node, char *text, size_t len)
{
	char *end = strchr(text, '\n');

	if (end)
		*end = 0;
	return core_pattern_write(text);
}

static int show_pid_max(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%d\n", pid_table_max(&pid_table_root));
	return 0;
}

static int write_pid_max(const struct proc_node *node, char *text, size_t len)
{
	u64 value;
	int err = number(text, 301, PID_MAX_LIMIT, &value);

	return err ? err : pid_table_set_max(&pid_table_root, (int)value);
}

static void format_uuid(struct seq *s, const u8 *b)
{
	int i;

	for (i = 0; i < 16; i++)
		seq_printf(s, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", b[i]);
	seq_putc(s, '\n');
}

static void make_uuid(u8 *b)
{
	random_bytes(b, 16);
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
}

static int show_uuid(struct seq *s, const struct proc_node *node)
{
	u8 b[16];

	make_uuid(b);
	format_uuid(s, b);
	return 0;
}

/* Made when first asked for; two at once agree through the lock. */
static int show_boot_id(struct seq *s, const struct proc_node *node)
{
	static struct {
		struct spinlock lock;
		bool made;
		u8 id[16];
	} boot = { .lock = SPINLOCK_INIT_RANK(LOCK_THREAD_LEAF) };
	u8 b[16];

	make_uuid(b);
	spin_lock(&boot.lock);
	if (!boot.made)
		memcpy(boot.id, b, 16);
	boot.made = true;
	memcpy(b, boot.id, 16);
	spin_unlock(&boot.lock);
	format_uuid(s, b);
	return 0;
}

static int show_entropy(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, random_ready() ? "256\n" : "0\n");
	return 0;
}

static int show_threads_max(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%llu\n", threads_max());
	return 0;
}

static int show_printk(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%d\t4\t1\t7\n", log_console_level());
	return 0;
}

static int write_printk(const struct proc_node *node, char *text, size_t len)
{
	const char *end;
	u64 level = parse_prefix_u64(text, &end, 10);

	if (end == text || level > 15)
		return -EINVAL;
	log_set_console_level((int)level);
	return 0;
}

/* Which keys a keyboard may use: Debian's choice.  There is no keyboard. */
static int sysrq_keys = 438;

static int show_panic(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%d\n", READ_ONCE(panic_timeout));
	return 0;
}

static int write_panic(const struct proc_node *node, char *text, size_t len)
{
	bool negative;
	u64 value;
	int err;

	while (char_is_space(*text))
		text++;
	negative = *text == '-';
	err = number(text + negative, 0, INT_MAX, &value);
	if (!err)
		WRITE_ONCE(panic_timeout, negative ? -(int)value : (int)value);
	return err;
}

static int show_nmi_panic(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, READ_ONCE(panic_on_unknown_nmi) ? "1\n" : "0\n");
	return 0;
}

static int write_nmi_panic(const struct proc_node *node, char *text, size_t len)
{
	u64 value;
	int err = number(text, 0, INT_MAX, &value);

	if (!err)
		WRITE_ONCE(panic_on_unknown_nmi, value != 0);
	return err;
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
	int err = number(text, 0, S64_MAX, &value);

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

/* At least a page, a power of two. */
static int write_pipe_max(const struct proc_node *node, char *text, size_t len)
{
	u64 value;
	int err = number(text, 1, 1ull << 31, &value);

	if (err)
		return err;
	value = max(value, (u64)PAGE_SIZE);
	while (!IS_POW2(value))
		value += value & -value;
	WRITE_ONCE(pipe_limits.max_size, value);
	return 0;
}

/* ---- vm ---- */

static int write_drop_caches(const struct proc_node *node, char *text, size_t len)
{
	u64 value;
	int err = number(text, 1, 4, &value);

	if (err)
		return err;
	if (value & 2)
		dcache_shrink(SIZE_MAX);
	if (value & 1)
		page_cache_reclaim(SIZE_MAX);
	return 0;
}

/* ---- the tables ---- */

#define CONST(n, text)                                                                             \
	{ .name = n, .mode = S_IFREG | 0444, .show = show_text, .arg = (void *)(text) }
#define INT(n, var, lo, hi)                                                                        \
	{ .name = n,                                                                               \
	  .mode = S_IFREG | 0644,                                                                  \
	  .show = show_int,                                                                        \
	  .write = write_int,                                                                      \
	  .arg = &(var),                                                                           \
	  .min = lo,                                                                               \
	  .max = hi }
#define U64(n, var, lo, hi)                                                                        \
	{ .name = n,                                                                               \
	  .mode = S_IFREG | 0644,                                                                  \
	  .show = show_u64,                                                                        \
	  .write = write_u64,                                                                      \
	  .arg = &(var),                                                                           \
	  .min = lo,                                                                               \
	  .max = hi }
#define RW(n, s, w) { .name = n, .mode = S_IFREG | 0644, .show = s, .write = w }

static const struct proc_entry random_children[] = {
	PROC_FILE("boot_id", 0444, show_boot_id),
	PROC_FILE("entropy_avail", 0444, show_entropy),
	CONST("poolsize", "256"),
	PROC_FILE("uuid", 0444, show_uuid),
	{ 0 },
};

static const struct proc_entry pty_children[] = {
	CONST("max", "4096"),
	CONST("reserve", "1024"),
	{ 0 },
};

static const struct proc_entry kernel_children[] = {
	CONST("cap_last_cap", "40"),
	{ .name = "core_pattern",
	  .mode = S_IFREG | 0644,
	  .show = show_core_pattern,
	  .write = write_core_pattern },
	{ .name = "core_uses_pid",
	  .mode = S_IFREG | 0644,
	  .show = show_int,
	  .write = write_int,
	  .arg = &core_uses_pid,
	  .max = INT_MAX },
	CONST("ctrl-alt-del", "0"),
	CONST("dmesg_restrict", "0"),
	{ .name = "domainname",
	  .mode = S_IFREG | 0644,
	  .show = show_hostname,
	  .write = write_hostname,
	  .arg = (void *)1 },
	{ .name = "hostname",
	  .mode = S_IFREG | 0644,
	  .show = show_hostname,
	  .write = write_hostname },
	CONST("kptr_restrict", "1"),
	CONST("ngroups_max", "65536"),
	CONST("osrelease", LINNET_RELEASE),
	CONST("ostype", LINNET_SYSNAME),
	CONST("overflowgid", "65534"),
	CONST("overflowuid", "65534"),
	RW("panic", show_panic, write_panic),
	RW("pid_max", show_pid_max, write_pid_max),
	CONST("perf_event_paranoid", "3"),
	RW("printk", show_printk, write_printk),
	SYS_DIR("pty", 0555, pty_children),
	SYS_DIR("random", 0555, random_children),
	CONST("randomize_va_space", "2"),
	CONST("sched_child_runs_first", "0"),
	CONST("sched_rr_timeslice_ms", "100"),
	CONST("sched_rt_period_us", "1000000"),
	CONST("sched_rt_runtime_us", "950000"),
	INT("sysrq", sysrq_keys, 0, INT_MAX),
	CONST("tainted", "0"),
	PROC_FILE("threads-max", 0444, show_threads_max),
	RW("unknown_nmi_panic", show_nmi_panic, write_nmi_panic),
	CONST("unprivileged_bpf_disabled", "2"),
	CONST("version", LINNET_VERSION),
	{ 0 },
};

static const struct proc_entry epoll_children[] = {
	CONST("max_user_watches", "1048576"),
	{ 0 },
};

static const struct proc_entry fs_children[] = {
	PROC_FILE("dentry-state", 0444, show_dentry_state),
	SYS_DIR("epoll", 0555, epoll_children),
	RW("file-max", show_file_max, write_file_max),
	PROC_FILE("file-nr", 0444, show_file_nr),
	CONST("nr_open", "1048576"),
	{ .name = "pipe-max-size",
	  .mode = S_IFREG | 0644,
	  .show = show_u64,
	  .write = write_pipe_max,
	  .arg = &pipe_limits.max_size },
	U64("pipe-user-pages-hard", pipe_limits.user_pages_hard, 0, S64_MAX),
	U64("pipe-user-pages-soft", pipe_limits.user_pages_soft, 0, S64_MAX),
	INT("protected_hardlinks", fs_protected.hardlinks, 0, 1),
	INT("protected_symlinks", fs_protected.symlinks, 0, 1),
	CONST("suid_dumpable", "0"),
	{ 0 },
};

static const struct proc_entry vm_children[] = {
	{ .name = "drop_caches", .mode = S_IFREG | 0200, .write = write_drop_caches },
	CONST("max_map_count", "65530"),
	CONST("mmap_min_addr", "65536"),
	INT("overcommit_memory", vm_overcommit.mode, 0, 2),
	INT("overcommit_ratio", vm_overcommit.ratio, 0, INT_MAX),
	U64("overcommit_kbytes", vm_overcommit.kbytes, 0, S64_MAX),
	CONST("page-cluster", "3"),
	CONST("swappiness", "60"),
	{ 0 },
};

const struct proc_entry proc_sys_children[] = {
	SYS_DIR("fs", 0555, fs_children),
	SYS_DIR("kernel", 0555, kernel_children),
	SYS_DIR("vm", 0555, vm_children),
	{ 0 },
};
