/*
 * sysctl_kernel.c - /proc/sys/kernel: proc(5); Linux Documentation/admin-guide/sysctl/kernel.rst
 */
#include "abi/utsname.h"
#include "core/cred.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/pid.h"
#include "core/random.h"
#include "core/uts.h"
#include "fs/procfs/sysctl.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "proc/coredump.h"
#include "proc/exec.h"
#include "proc/fork.h"
#include "tty/pty.h"

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
	int err = sysctl_number(text, 301, PID_MAX_LIMIT, &value);

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

/* Kept and without an effect, as on Linux: urandom_min_reseed_secs, write_wakeup_threshold. */
static int random_kept[2] = { 60, 256 };

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

static int show_last_pid(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%d\n", pid_table_last(&pid_table_root));
	return 0;
}

/* For those who restore processes with the numbers that they had.  EPERM: not one of them. */
static int write_last_pid(const struct proc_node *node, char *text, size_t len)
{
	u64 value;
	int err;

	if (!cred_capable(current_cred(), CAP_CHECKPOINT_RESTORE) &&
	    !cred_capable(current_cred(), CAP_SYS_ADMIN))
		return -EPERM;
	err = sysctl_number(text, 0, PID_MAX_LIMIT, &value);
	return err ? err : pid_table_set_last(&pid_table_root, (int)value);
}

static int show_pty_nr(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%d\n", devpts_count());
	return 0;
}

/* Of four the first counts.  The others are kept: the level of messages without one, the least
 * that the first can be set to, and what it is set to when none is named. */
static int printk_kept[3] = { 4, 1, 7 };

static int show_printk(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%d\t%d\t%d\t%d\n", log_console_level(), READ_ONCE(printk_kept[0]),
		   READ_ONCE(printk_kept[1]), READ_ONCE(printk_kept[2]));
	return 0;
}

static int write_printk(const struct proc_node *node, char *text, size_t len)
{
	char *at = text, *word;
	int level;

	for (unsigned i = 0; i < 4 && at < text + len; i++) {
		word = sysctl_word(&at, text + len);
		if (!word || sysctl_int(word, INT_MIN, INT_MAX, &level))
			return -EINVAL; /* what came before it is set */
		if (i)
			WRITE_ONCE(printk_kept[i - 1], level);
		else
			log_set_console_level(level);
	}
	return (int)(at - text);
}

/* Which keys a keyboard may use: Debian's choice.  There is no keyboard. */
static int sysrq_keys = 438;

/* Who may see kernel addresses in /proc: there are none. */
static int kptr_restrict;

static int show_nmi_panic(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, READ_ONCE(panic_on_unknown_nmi) ? "1\n" : "0\n");
	return 0;
}

static int write_nmi_panic(const struct proc_node *node, char *text, size_t len)
{
	u64 value;
	int err = sysctl_number(text, 0, INT_MAX, &value);

	if (!err)
		WRITE_ONCE(panic_on_unknown_nmi, value != 0);
	return err;
}

/* ---- the tables ---- */

static const struct proc_entry random_children[] = {
	SYSCTL("boot_id", 0444, show_boot_id, NULL),
	SYSCTL("entropy_avail", 0444, show_entropy, NULL),
	SYSCTL_CONST("poolsize", "256"),
	SYSCTL_INT("urandom_min_reseed_secs", random_kept[0], 0, INT_MAX),
	SYSCTL("uuid", 0444, show_uuid, NULL),
	SYSCTL_INT("write_wakeup_threshold", random_kept[1], 0, INT_MAX),
	{ 0 },
};

static const struct proc_entry pty_children[] = {
	SYSCTL_CONST("max", "4096"),
	SYSCTL("nr", 0444, show_pty_nr, NULL),
	SYSCTL_CONST("reserve", "1024"),
	{ 0 },
};

const struct proc_entry sysctl_kernel_children[] = {
	SYSCTL_CONST("arch", "x86_64"),
	SYSCTL_CONST("cap_last_cap", "40"),
	SYSCTL_STRING("core_pattern", show_core_pattern, write_core_pattern, 0),
	SYSCTL_INT("core_uses_pid", core_uses_pid, 0, INT_MAX),
	SYSCTL_INT("ctrl-alt-del", machine_ctrl_alt_del, 0, INT_MAX),
	SYSCTL_INT("dmesg_restrict", log_restricted, 0, 1),
	SYSCTL_STRING("domainname", show_hostname, write_hostname, 1),
	SYSCTL_STRING("hostname", show_hostname, write_hostname, 0),
	SYSCTL_INT("kptr_restrict", kptr_restrict, 0, 2),
	SYSCTL_CONST("ngroups_max", "65536"),
	SYSCTL("ns_last_pid", 0666, show_last_pid, write_last_pid),
	SYSCTL_CONST("osrelease", LINNET_RELEASE),
	SYSCTL_CONST("ostype", LINNET_SYSNAME),
	SYSCTL_CONST("overflowgid", "65534"),
	SYSCTL_CONST("overflowuid", "65534"),
	SYSCTL_INT("panic", panic_timeout, INT_MIN, INT_MAX),
	SYSCTL_CONST("panic_on_oops", "1"),
	SYSCTL_CONST("panic_on_warn", "1"),
	SYSCTL("pid_max", 0644, show_pid_max, write_pid_max),
	SYSCTL_CONST("perf_event_paranoid", "3"),
	SYSCTL_CONST("print-fatal-signals", "0"),
	SYSCTL_LINE("printk", show_printk, write_printk),
	SYSCTL_CONST("printk_devkmsg", "on"),
	SYS_DIR("pty", 0555, pty_children),
	SYS_DIR("random", 0555, random_children),
	SYSCTL_INT("randomize_va_space", exec_randomize, 0, 2),
	SYSCTL_CONST("sched_child_runs_first", "0"),
	SYSCTL_CONST("sched_rr_timeslice_ms", "100"),
	SYSCTL_CONST("sched_rt_period_us", "1000000"),
	SYSCTL_CONST("sched_rt_runtime_us", "950000"),
	SYSCTL_INT("sysctl_writes_strict", sysctl_writes_strict, -1, 1),
	SYSCTL_INT("sysrq", sysrq_keys, 0, INT_MAX),
	SYSCTL_CONST("tainted", "0"),
	SYSCTL_INT("threads-max", threads_max, 1, THREADS_LIMIT),
	SYSCTL("unknown_nmi_panic", 0644, show_nmi_panic, write_nmi_panic),
	SYSCTL_CONST("unprivileged_bpf_disabled", "2"),
	SYSCTL_CONST("version", LINNET_VERSION),
	{ 0 },
};
