/*
 * pid.c - /proc/PID: its table of names, links, threads.
 *
 * The text files are in pid_text.c, pid_maps.c and pid_attr.c, descriptors in
 * pid_fd.c, memory in pid_mem.c.  Looking into a process (links, maps, environ,
 * mem) is for who may trace it: ptrace(2).
 */
#include "core/caller.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "proc/process.h"

/* ---- links ---- */

/* The path that a link shows, as the caller's root sees it. */
static long show_path(const struct path *path, const struct caller *caller, char *buf, size_t size)
{
	struct path root;
	char *name;
	size_t len;

	fs_context_root(caller->fs, &root);
	name = path_name_link(path, &root, buf, size);
	path_put(&root);
	if (!name)
		return -ENAMETOOLONG;
	len = strlen(name);
	memmove(buf, name, len);
	return len;
}

static int exe_path(const struct proc_node *node, struct path *out)
{
	struct process *p = proc_process(node);
	struct file *file;

	if (!p)
		return -ESRCH;
	file = process_exe_get(p);
	process_put(p);
	if (!file)
		return -ENOENT;
	*out = file->path;
	path_get(out);
	file_put(file);
	return 0;
}

static int fs_path(const struct proc_node *node, struct path *out, bool root)
{
	struct process *p;
	struct task *task;
	struct fs_context *fs;
	int err = proc_resolve(node, &p, &task);

	if (err)
		return err;
	fs = task_fs_get(task);
	proc_release(p, task);
	if (!fs)
		return -ENOENT;
	if (root)
		fs_context_root(fs, out);
	else
		fs_context_cwd(fs, out);
	fs_context_put(fs);
	return 0;
}

static int link_path(const struct proc_node *node, struct path *out)
{
	int err = proc_access(node);

	if (err)
		return err;
	switch (node->entry->name[0]) {
	case 'e':
		return exe_path(node, out);
	case 'c':
		return fs_path(node, out, false);
	default:
		return fs_path(node, out, true);
	}
}

static int path_follow(const struct proc_node *node, struct path *out, struct file **anon)
{
	return link_path(node, out);
}

static long path_readlink(const struct proc_node *node, const struct caller *caller, char *buf,
			  size_t size)
{
	struct path path;
	long ret = link_path(node, &path);

	if (ret)
		return ret;
	ret = show_path(&path, caller, buf, size);
	path_put(&path);
	return ret;
}

/* ---- task/ ---- */

static const struct proc_entry task_entry;

static int task_dir_lookup(const struct proc_node *dir, const struct name *name,
			   struct proc_node *child)
{
	struct process *p = proc_process(dir);
	struct task *task = NULL;
	int nr, err = -ENOENT;

	if (p && proc_number(name, &nr))
		task = task_lookup(nr);
	if (task && task->process == p) {
		*child = (struct proc_node){
			.entry = &task_entry,
			.pid = pid_get(task->tid),
			.is_task = true,
			.fd = -1,
		};
		err = 0;
	}
	if (task)
		task_put(task);
	if (p)
		process_put(p);
	return err;
}

static int task_dir_next(const struct proc_node *dir, int from)
{
	struct process *p = proc_process(dir);
	struct task *task;
	unsigned long flags;
	int best = -1;

	if (!p)
		return -1;
	flags = spin_lock_irqsave(&p->lock);
	list_for_each_entry(task, &p->tasks, process_link) {
		int nr = task->tid->nr;

		if (!task->dead && nr >= from && (best < 0 || nr < best))
			best = nr;
	}
	spin_unlock_irqrestore(&p->lock, flags);
	process_put(p);
	return best;
}

static const struct proc_dir task_dir = { task_dir_lookup, task_dir_next };

/* ---- the tables ---- */

#define LINK(n)                                                                                    \
	{ .name = n, .mode = S_IFLNK | 0777, .readlink = path_readlink, .follow = path_follow }
#define OWN(n, m, o)	 { .name = n, .mode = S_IFREG | (m), .ops = &o }
#define PRIVATE(n, m, o) { .name = n, .mode = S_IFREG | (m), .ops = &o, .flags = PROC_PRIVATE }

#define RW(n, m, s, w)	 { .name = n, .mode = S_IFREG | (m), .show = s, .write = w }
#define RW_LONG(n, m, s, w, f)                                                                     \
	{ .name = n, .mode = S_IFREG | (m), .show = s, .write = w, .flags = PROC_CUT | (f) }

/* What a process and each of its threads have. */
#define COMMON                                                                                     \
	{ .name = "fd", .mode = S_IFDIR | 0500, .dir = &proc_fd_dir, .flags = PROC_OWNER },        \
		{ .name = "fdinfo",                                                                \
		  .mode = S_IFDIR | 0555,                                                          \
		  .dir = &proc_fdinfo_dir,                                                         \
		  .flags = PROC_OWNER },                                                           \
		PRIVATE("environ", 0400, proc_environ_ops),                                        \
		{ .name = "auxv",                                                                  \
		  .mode = S_IFREG | 0400,                                                          \
		  .show = proc_pid_auxv_show,                                                      \
		  .flags = PROC_PRIVATE },                                                         \
		PROC_FILE("status", 0444, proc_pid_status),                                        \
		PROC_FILE("personality", 0400, proc_pid_personality_show),                         \
		PROC_FILE("limits", 0444, proc_pid_limits),                                        \
		RW_LONG("comm", 0644, proc_pid_comm_show, proc_pid_comm_write, 0),                 \
		OWN("cmdline", 0444, proc_cmdline_ops), PROC_FILE("stat", 0444, proc_pid_stat),    \
		PROC_FILE("statm", 0444, proc_pid_statm),                                          \
		{ .name = "maps",                                                                  \
		  .mode = S_IFREG | 0444,                                                          \
		  .next = proc_pid_maps,                                                           \
		  .flags = PROC_PRIVATE },                                                         \
		PRIVATE("mem", 0600, proc_mem_ops), LINK("cwd"), LINK("root"), LINK("exe"),        \
		PROC_EVENT("mounts", 0444, proc_show_mounts, proc_mounts_event),                   \
		PROC_EVENT("mountinfo", 0444, proc_show_mountinfo, proc_mounts_event),             \
		{ .name = "smaps",                                                                 \
		  .mode = S_IFREG | 0444,                                                          \
		  .next = proc_pid_smaps,                                                          \
		  .flags = PROC_PRIVATE },                                                         \
		{ .name = "smaps_rollup",                                                          \
		  .mode = S_IFREG | 0444,                                                          \
		  .show = proc_pid_smaps_rollup,                                                   \
		  .flags = PROC_PRIVATE },                                                         \
		PROC_FILE("wchan", 0444, proc_pid_wchan_show),                                     \
		PROC_FILE("cgroup", 0444, proc_pid_cgroup_show),                                   \
		PROC_FILE("oom_score", 0444, proc_pid_oom_score_show),                             \
		RW_LONG("oom_score_adj", 0644, proc_pid_oom_adj_show, proc_pid_oom_adj_write,      \
			PROC_LINE),                                                                \
		RW_LONG("oom_adj", 0644, proc_pid_old_oom_adj_show, proc_pid_old_oom_adj_write,    \
			PROC_LINE),                                                                \
		RW("loginuid", 0644, proc_pid_loginuid_show, proc_pid_loginuid_write),             \
		PROC_FILE("sessionid", 0444, proc_pid_sessionid_show),                             \
		RW("uid_map", 0644, proc_pid_id_map_show, proc_pid_id_map_write),                  \
		RW("gid_map", 0644, proc_pid_id_map_show, proc_pid_id_map_write),                  \
		RW("projid_map", 0644, proc_pid_id_map_show, proc_pid_id_map_write),               \
		RW("setgroups", 0644, proc_pid_setgroups_show, proc_pid_setgroups_write),          \
		PROC_FILE("sched", 0644, proc_pid_sched_show),                                     \
	{                                                                                          \
		.name = "syscall", .mode = S_IFREG | 0400, .show = proc_pid_syscall_show,          \
		.flags = PROC_PRIVATE                                                              \
	}

static const struct proc_entry pid_children[] = {
	{ .name = "task", .mode = S_IFDIR | 0555, .dir = &task_dir },
	COMMON,
	PROC_FILE("mountstats", 0400, proc_show_mountstats),
	RW("coredump_filter", 0644, proc_pid_core_filter_show, proc_pid_core_filter_write),
	PROC_ITER("timers", 0444, proc_pid_timers),
	RW("timerslack_ns", 0666, proc_pid_timerslack_show, proc_pid_timerslack_write),
	{ 0 },
};

static const struct proc_entry task_children[] = { COMMON, { 0 } };

const struct proc_entry proc_pid_dir = {
	.mode = S_IFDIR | 0555,
	.flags = PROC_IMMUTABLE,
	.children = pid_children,
};
static const struct proc_entry task_entry = {
	.mode = S_IFDIR | 0555,
	.flags = PROC_IMMUTABLE,
	.children = task_children,
};
