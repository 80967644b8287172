/* procfs_internal.h - how /proc is described: tables of entries. */
#pragma once
#include <linux/stat.h>
#include "core/pid.h"
#include "fs/inode.h"
#include "fs/path.h"
#include "fs/procfs/options.h"
#include "fs/seq.h"
#include "lib/types.h"

struct caller;
struct file;
struct file_ops;
struct dentry;
struct poll_table;
struct superblock;
struct name;
struct process;
struct proc_entry;
struct task;

/* What an inode stands for.  Immutable; lives as long as the inode. */
struct proc_node {
	const struct proc_entry *entry;
	struct pid *pid;	       /* a reference; NULL outside /proc/PID */
	bool is_task;		       /* pid is a thread: /proc/PID/task/TID */
	int fd;			       /* in fd/ and fdinfo/; below irq/N: N; else -1 */
	struct proc_identity identity; /* of /proc/PID */
};

/* Names that come and go: processes, threads, descriptors. */
struct proc_dir {
	/* Fills @child (entry, and pid with a reference, or fd).  -ENOENT. */
	int (*lookup)(const struct proc_node *dir, const struct name *name,
		      struct proc_node *child);
	/* The number of the first at or after @from, or -1: they are all numbers. */
	int (*next)(const struct proc_node *dir, int from);
};

struct proc_entry {
	const char *name;
	u16 mode; /* with type */
	u8 flags; /* PROC_* */
	/* directories: the fixed names, ending with a NULL name; and the others */
	const struct proc_entry *children;
	const struct proc_dir *dir;
	/* files: the whole text; or record by record, from *cookie == 0 on:
	 * 1 when there was one, 0 at the end.  Errors are negative. */
	int (*show)(struct seq *s, const struct proc_node *node);
	int (*next)(struct seq *s, const struct proc_node *node, u64 *cookie);
	/* written text, NUL-terminated, at most PROC_WRITE_MAX; 0 or an error;
	 * PROC_LINE: how much of it was taken */
	int (*write)(const struct proc_node *node, char *text, size_t len);
	/* files that change now and then: how often so far; registers who polls */
	u64 (*event)(struct poll_table *pt);
	/* links: the text; and where they lead, when that is no text */
	long (*readlink)(const struct proc_node *node, const struct caller *caller, char *buf,
			 size_t size);
	int (*follow)(const struct proc_node *node, struct path *out, struct file **anon);
	const struct file_ops *ops; /* files of their own kind */
	void *arg;		    /* for show and write */
	u64 min, max;		    /* of a number written to arg */
};

#define PROC_WRITE_MAX	       4095u

#define PROC_PRIVATE	       1 /* open: only who may trace the process */
#define PROC_OWNER	       2 /* directory: the process itself may, whatever its mode */
#define PROC_SUBSET	       4 /* there with subset=pid too */
#define PROC_SYSCTL	       8 /* below sys/ */
#define PROC_IMMUTABLE	       16 /* as chattr +i: not even asked whether a name can be made or goes */
#define PROC_STRING	       32  /* below sys/: a text, not a number */
#define PROC_LINE	       64  /* what is written may be taken in part */
#define PROC_CUT	       128 /* what is written behind PROC_WRITE_MAX is not looked at */

#define PROC_FILE(n, m, s)     { .name = n, .mode = S_IFREG | (m), .show = s }
#define PROC_ITER(n, m, f)     { .name = n, .mode = S_IFREG | (m), .next = f }
#define PROC_EVENT(n, m, s, e) { .name = n, .mode = S_IFREG | (m), .show = s, .event = e }
#define SYS_DIR(n, m, c)       { .name = n, .mode = S_IFDIR | (m), .flags = PROC_SYSCTL, .children = c }
#define PROC_DIR(n, m, c)      { .name = n, .mode = S_IFDIR | (m), .children = c }

extern const struct proc_entry proc_root;	    /* root.c */
extern const struct proc_entry proc_pid_dir;	    /* pid.c */
extern const struct proc_entry proc_sys_children[]; /* sysctl.c */
/* A write below sys/ at @pos.  How much of it was taken, or the error.  sysctl_write.c */
long proc_sysctl_write(const struct proc_node *node, char *text, size_t len, u64 pos) __must_check;
extern const struct proc_entry proc_linnet_children[]; /* linnet.c */
extern const struct proc_entry proc_tty_children[];    /* tty.c */
int proc_consoles_show(struct seq *s, const struct proc_node *node);
extern const struct proc_entry proc_irq_children[]; /* irq.c */
extern const struct proc_dir proc_irq_dir;
extern const struct file_ops proc_text_ops; /* file.c */
int proc_text_open(struct file *file) __must_check;
extern const struct file_ops proc_mem_ops, proc_cmdline_ops, proc_environ_ops; /* pid_mem.c */
extern const struct proc_dir proc_fd_dir, proc_fdinfo_dir;		       /* pid_fd.c */

static inline const struct proc_node *proc_node(const struct inode *inode)
{
	return inode->priv;
}

/* The process (and, where it is a thread's, the task) behind a node, with
 * references.  -ESRCH.  *task is the leader for a process's own files. */
int proc_resolve(const struct proc_node *node, struct process **p, struct task **task) __must_check;
void proc_release(struct process *p, struct task *task);
/* The process alone. */
struct process *proc_process(const struct proc_node *node);
/* May the caller look inside?  0, -EACCES, -ESRCH. */
int proc_access(const struct proc_node *node);
/* What the descriptor is open on, with a reference; NULL: nothing.  pid_fd.c */
struct file *proc_node_file(const struct proc_node *node);
/* Is @node the calling process or one of its threads?  No lock. */
bool proc_is_own(const struct proc_node *node, const struct caller *caller);
bool proc_revalidate(struct inode *inode, struct dentry *dentry);
/* The same for a mount that hides processes from some. */
bool proc_hidden_revalidate(struct inode *inode, struct dentry *dentry);
int proc_hidden_permission(struct inode *inode, const struct caller *caller, u32 mask);

/* super.c: stable, and the same in readdir and stat; the root's is 1. */
u64 proc_node_ino(const struct proc_entry *entry, int nr, int fd);
/* Takes over @node->pid; NULL without memory. */
struct inode *proc_inode_new(struct superblock *sb, const struct proc_node *node);

/* names.c */
bool proc_number(const struct name *name, int *out);
int proc_lookup(struct inode *dir, struct dentry *dentry);
extern const struct file_ops proc_dir_file_ops;

/* Shared shows: mounts.c. */
u64 proc_mounts_event(struct poll_table *pt);
int proc_show_mounts(struct seq *s, const struct proc_node *node);
int proc_show_mountinfo(struct seq *s, const struct proc_node *node);
int proc_show_mountstats(struct seq *s, const struct proc_node *node);

int proc_sysrq_write(const struct proc_node *node, char *text, size_t len); /* sysrq.c */
int proc_crash_write(const struct proc_node *node, char *text, size_t len); /* crash.c */

/* stat.c, meminfo.c, kmsg.c */
int proc_uptime_show(struct seq *s, const struct proc_node *node);
int proc_loadavg_show(struct seq *s, const struct proc_node *node);
int proc_stat_show(struct seq *s, const struct proc_node *node);
int proc_interrupts_show(struct seq *s, const struct proc_node *node);
int proc_meminfo_show(struct seq *s, const struct proc_node *node);
int proc_vmstat_show(struct seq *s, const struct proc_node *node);
int proc_slabinfo_show(struct seq *s, const struct proc_node *node);
extern const struct file_ops proc_kmsg_ops;

/* pid_text.c, pid_maps.c */
int proc_pid_stat(struct seq *s, const struct proc_node *node);
int proc_pid_statm(struct seq *s, const struct proc_node *node);
int proc_pid_status(struct seq *s, const struct proc_node *node);
int proc_pid_limits(struct seq *s, const struct proc_node *node);
int proc_pid_maps(struct seq *s, const struct proc_node *node, u64 *cookie);
int proc_pid_smaps(struct seq *s, const struct proc_node *node, u64 *cookie);
int proc_pid_smaps_rollup(struct seq *s, const struct proc_node *node);

/* pid_mem.c, pid_attr.c */
int proc_pid_auxv_show(struct seq *s, const struct proc_node *node);
int proc_pid_comm_show(struct seq *s, const struct proc_node *node);
int proc_pid_comm_write(const struct proc_node *node, char *text, size_t len);
int proc_pid_wchan_show(struct seq *s, const struct proc_node *node);
int proc_pid_cgroup_show(struct seq *s, const struct proc_node *node);
/* pid_ids.c */
int proc_pid_loginuid_show(struct seq *s, const struct proc_node *node);
int proc_pid_loginuid_write(const struct proc_node *node, char *text, size_t len);
int proc_pid_sessionid_show(struct seq *s, const struct proc_node *node);
int proc_pid_id_map_write(const struct proc_node *node, char *text, size_t len);
int proc_pid_setgroups_write(const struct proc_node *node, char *text, size_t len);
/* pid_sched.c */
int proc_pid_sched_show(struct seq *s, const struct proc_node *node);
int proc_pid_syscall_show(struct seq *s, const struct proc_node *node);
int proc_pid_timers(struct seq *s, const struct proc_node *node, u64 *cookie);
int proc_pid_timerslack_show(struct seq *s, const struct proc_node *node);
int proc_pid_timerslack_write(const struct proc_node *node, char *text, size_t len);
int proc_pid_old_oom_adj_show(struct seq *s, const struct proc_node *node);
int proc_pid_old_oom_adj_write(const struct proc_node *node, char *text, size_t len);
int proc_pid_id_map_show(struct seq *s, const struct proc_node *node);
int proc_pid_setgroups_show(struct seq *s, const struct proc_node *node);
int proc_pid_personality_show(struct seq *s, const struct proc_node *node);
int proc_pid_oom_score_show(struct seq *s, const struct proc_node *node);
int proc_pid_oom_adj_show(struct seq *s, const struct proc_node *node);
int proc_pid_oom_adj_write(const struct proc_node *node, char *text, size_t len);
int proc_pid_core_filter_show(struct seq *s, const struct proc_node *node);
int proc_pid_core_filter_write(const struct proc_node *node, char *text, size_t len);
