/*
 * pid.c - /proc/PID: its table of names, links, descriptors, threads.
 *
 * The text files are in pid_text.c and pid_maps.c.  Looking into a process
 * (links, maps, environ, mem) is for who may trace it: ptrace(2).
 */
#include <linux/fcntl.h>
#include <linux/sched.h>
#include "core/caller.h"
#include "core/cred.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/procfs/procfs_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/uio.h"
#include "proc/coredump.h"
#include "proc/process.h"
#include "vm/mmap.h"
#include "vm/oom.h"
#include "vm/space.h"

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

/* ---- fd/ and fdinfo/ ---- */

/* The thread's table, for a visit, or NULL. */
static struct fdtable *node_fds(const struct proc_node *node)
{
	struct fdtable *fds;
	struct process *p;
	struct task *task;

	if (proc_resolve(node, &p, &task))
		return NULL;
	fds = task_fds_visit(task);
	proc_release(p, task);
	return fds;
}

struct file *proc_node_file(const struct proc_node *node)
{
	struct fdtable *fds = node_fds(node);
	struct file *file;

	if (!fds)
		return NULL;
	file = fdtable_visit_file(fds, node->fd);
	fdtable_leave(fds);
	return file;
}

static int fd_follow(const struct proc_node *node, struct path *out, struct file **anon)
{
	struct file *file;
	int err = proc_access(node);

	if (err)
		return err;
	file = proc_node_file(node);
	if (!file)
		return -ENOENT;
	if (!file->path.dentry) {
		*anon = file;
		return 0;
	}
	*out = file->path;
	path_get(out);
	file_put(file);
	return 0;
}

static long fd_readlink(const struct proc_node *node, const struct caller *caller, char *buf,
			size_t size)
{
	struct file *file;
	struct path root;
	long ret = proc_access(node);

	if (ret)
		return ret;
	file = proc_node_file(node);
	if (!file)
		return -ENOENT;
	fs_context_root(caller->fs, &root);
	ret = file_describe(file, &root, buf, size);
	path_put(&root);
	file_put(file);
	return ret;
}

static int fdinfo_show(struct seq *s, const struct proc_node *node)
{
	struct fdtable *fds = node_fds(node);
	struct file *file = fds ? fdtable_visit_file(fds, node->fd) : NULL;
	u32 flags;
	u64 ino;

	if (!file) {
		if (fds)
			fdtable_leave(fds);
		return -ENOENT;
	}
	flags = file->flags;
	if (fdtable_get_cloexec(fds, node->fd) > 0)
		flags |= O_CLOEXEC;
	ino = file->inode ? file->inode->ino : file->anon_ino;
	seq_printf(s, "pos:\t%lli\nflags:\t0%o\nmnt_id:\t%i\nino:\t%llu\n",
		   (long long)(file->ops->flags & FILE_STREAM ? 0 : file->pos), flags,
		   file->path.mount ? file->path.mount->id : 15, ino);
	fdtable_leave(fds);
	file_put(file);
	return 0;
}

static const struct proc_entry fd_link = {
	.mode = S_IFLNK | 0700,
	.readlink = fd_readlink,
	.follow = fd_follow,
};
static const struct proc_entry fdinfo_file = {
	.mode = S_IFREG | 0444,
	.show = fdinfo_show,
	.flags = PROC_PRIVATE,
};

static int fd_next(const struct proc_node *dir, int from)
{
	struct fdtable *fds = proc_access(dir) ? NULL : node_fds(dir);
	int fd = -1;

	if (fds) {
		fd = fdtable_next(fds, from);
		fdtable_leave(fds);
	}
	return fd;
}

static int fd_lookup_as(const struct proc_node *dir, const struct name *name,
			struct proc_node *child, const struct proc_entry *entry)
{
	struct file *file;

	*child = *dir;
	child->entry = entry;
	if (!proc_number(name, &child->fd))
		return -ENOENT;
	file = proc_node_file(child);
	if (!file)
		return -ENOENT;
	file_put(file);
	pid_get(child->pid);
	return 0;
}

static int fd_lookup(const struct proc_node *dir, const struct name *name, struct proc_node *child)
{
	return fd_lookup_as(dir, name, child, &fd_link);
}

static int fdinfo_lookup(const struct proc_node *dir, const struct name *name,
			 struct proc_node *child)
{
	return fd_lookup_as(dir, name, child, &fdinfo_file);
}

static const struct proc_dir fd_dir = { fd_lookup, fd_next };
static const struct proc_dir fdinfo_dir = { fdinfo_lookup, fd_next };

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

/* ---- memory of a process ---- */

static struct vm_space *node_space(const struct proc_node *node)
{
	struct process *p = proc_process(node);
	struct vm_space *space = p ? process_space_get(p) : NULL;

	if (p)
		process_put(p);
	return space;
}

/* Bytes [*pos, ...) of the process's range [start, end), as a file's. */
static long read_range(struct vm_space *space, u64 start, u64 end, struct uio *dst, u64 *pos)
{
	ssize_t n;

	if (start >= end || *pos >= end - start || dst->len == 0)
		return 0;
	n = vm_copy_remote_to_uio(space, start + *pos, dst, min(end - start - *pos, dst->len),
				  true);
	if (n > 0)
		*pos += n;
	return n;
}

/*
 * The arguments as they lie in memory.  A program that overwrote the last NUL
 * has a longer title that goes on into the environment: up to the first NUL.
 */
static long cmdline_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct vm_space *space = node_space(proc_node(file->inode));
	u64 start, end, env_end, at;
	char last = 0, chunk[64];
	ssize_t n;
	long ret;

	if (!space)
		return 0;
	start = space->arg_start;
	end = space->arg_end;
	env_end = space->env_start == end ? space->env_end : end;
	if (end > start && vm_read_remote(space, end - 1, &last, 1, true) == 1 && last) {
		for (at = start; at < env_end; at += n) {
			n = vm_read_remote(space, at, chunk, min((u64)sizeof(chunk), env_end - at),
					   true);
			if (n <= 0)
				break;
			if (memchr(chunk, 0, n)) {
				at += (char *)memchr(chunk, 0, n) - chunk + 1;
				break;
			}
		}
		end = at;
	}
	ret = read_range(space, start, end, dst, pos);
	vm_space_put(space);
	return ret;
}

static long environ_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct vm_space *space = node_space(proc_node(file->inode));
	long ret;

	if (!space)
		return 0;
	ret = read_range(space, space->env_start, space->env_end, dst, pos);
	vm_space_put(space);
	return ret;
}

/* /proc/PID/mem: the position is the address.  EIO: not mapped. */
static long mem_read(struct file *file, struct uio *dst, u64 *pos)
{
	struct vm_space *space = node_space(proc_node(file->inode));
	ssize_t n;

	if (!space)
		return 0;
	n = dst->len ? vm_copy_remote_to_uio(space, *pos, dst, dst->len, true) : 0;
	vm_space_put(space);
	if (n > 0)
		*pos += n;
	return n == -EFAULT ? -EIO : n;
}

static long mem_write(struct file *file, struct uio *src, u64 *pos)
{
	struct vm_space *space = node_space(proc_node(file->inode));
	ssize_t n;

	if (!space)
		return 0;
	n = src->len ? vm_copy_remote_from_uio(space, *pos, src, src->len, true) : 0;
	vm_space_put(space);
	if (n > 0)
		*pos += n;
	return n == -EFAULT ? -EIO : n;
}

/* Addresses use all 64 bits: no end to seek from. */
static s64 mem_llseek(struct file *file, s64 offset, int whence)
{
	if (whence != 0 && whence != 1)
		return -EINVAL;
	file->pos = whence ? file->pos + offset : (u64)offset;
	return file->pos;
}

const struct file_ops proc_mem_ops = {
	.read = mem_read,
	.write = mem_write,
	.llseek = mem_llseek,
	.name = "mem",
};
const struct file_ops proc_cmdline_ops = { .read = cmdline_read, .name = "cmdline" };
const struct file_ops proc_environ_ops = { .read = environ_read, .name = "environ" };

static int auxv_show(struct seq *s, const struct proc_node *node)
{
	struct vm_space *space = node_space(node);

	if (!space)
		return 0;
	seq_write(s, space->auxv, min((size_t)space->auxv_words * 8, sizeof(space->auxv)));
	vm_space_put(space);
	return 0;
}

/* ---- small texts ---- */

static int comm_show(struct seq *s, const struct proc_node *node)
{
	struct process *p;
	struct task *task;
	int err = proc_resolve(node, &p, &task);

	if (err)
		return err;
	seq_printf(s, "%s\n", task_comm(task));
	proc_release(p, task);
	return 0;
}

/* Only a process itself names its threads.  EINVAL: it is another. */
static int comm_write(const struct proc_node *node, char *text, size_t len)
{
	struct process *p;
	struct task *task;
	int err = proc_resolve(node, &p, &task);

	if (err)
		return err;
	if (p == current_process()) {
		text[min(len, (size_t)15)] = 0;
		thread_set_name(&task->thread, text);
	} else {
		err = -EINVAL;
	}
	proc_release(p, task);
	return err;
}

static int wchan_show(struct seq *s, const struct proc_node *node)
{
	seq_putc(s, '0');
	return 0;
}

static int cgroup_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "0::/\n");
	return 0;
}

static int loginuid_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "4294967295");
	return 0;
}

static int id_map_show(struct seq *s, const struct proc_node *node)
{
	seq_printf(s, "%10u %10u %10u\n", 0, 0, 0xffffffffu);
	return 0;
}

static int setgroups_show(struct seq *s, const struct proc_node *node)
{
	seq_puts(s, "allow\n");
	return 0;
}

static int personality_show(struct seq *s, const struct proc_node *node)
{
	struct process *p = proc_process(node);

	if (!p)
		return -ESRCH;
	seq_printf(s, "%08x\n", p->personality);
	process_put(p);
	return 0;
}

static int oom_score_show(struct seq *s, const struct proc_node *node)
{
	struct process *p = proc_process(node);
	struct vm_space *space;
	u64 points = 0, total = vm_commit_limit_pages();
	s64 score;

	if (!p)
		return -ESRCH;
	space = process_space_get(p);
	if (space) {
		points = vm_oom_points(space);
		vm_space_put(space);
	}
	score = 1000 + (total ? (s64)(points * 1000 / total) : 0) + p->oom_score_adj;
	seq_s64(s, 0, max(score, (s64)0) * 2 / 3);
	seq_putc(s, '\n');
	process_put(p);
	return 0;
}

static int oom_adj_show(struct seq *s, const struct proc_node *node)
{
	struct process *p = proc_process(node);

	if (!p)
		return -ESRCH;
	seq_printf(s, "%d\n", READ_ONCE(p->oom_score_adj));
	process_put(p);
	return 0;
}

/* EINVAL: beyond +-1000.  EACCES: lower than before, without CAP_SYS_RESOURCE. */
static int oom_adj_write(const struct proc_node *node, char *text, size_t len)
{
	struct process *p;
	s64 value;
	int err = parse_s64(text, 0, &value);

	if (err)
		return -EINVAL;
	if (value < -1000 || value > 1000)
		return -EINVAL;
	p = proc_process(node);
	if (!p)
		return -ESRCH;
	if (value < p->oom_score_adj && !cred_capable(current_cred(), CAP_SYS_RESOURCE))
		err = -EACCES;
	else
		WRITE_ONCE(p->oom_score_adj, value);
	process_put(p);
	return err;
}

/* core(5). */
static int core_filter_show(struct seq *s, const struct proc_node *node)
{
	struct process *p = proc_process(node);

	if (!p)
		return -ESRCH;
	seq_printf(s, "%08x\n", READ_ONCE(p->core_filter));
	process_put(p);
	return 0;
}

static int core_filter_write(const struct proc_node *node, char *text, size_t len)
{
	struct process *p;
	u64 value;

	while (len > 0 && char_is_space(text[len - 1]))
		text[--len] = 0;
	if (parse_u64(text, 0, &value) || value > U32_MAX)
		return -EINVAL;
	p = proc_process(node);
	if (!p)
		return -ESRCH;
	WRITE_ONCE(p->core_filter, (u16)(value & CORE_FILTER_MASK));
	process_put(p);
	return 0;
}

/* ---- the tables ---- */

#define LINK(n)                                                                                    \
	{ .name = n, .mode = S_IFLNK | 0777, .readlink = path_readlink, .follow = path_follow }
#define OWN(n, m, o)	 { .name = n, .mode = S_IFREG | (m), .ops = &o }
#define PRIVATE(n, m, o) { .name = n, .mode = S_IFREG | (m), .ops = &o, .flags = PROC_PRIVATE }

/* What a process and each of its threads have. */
#define COMMON                                                                                     \
	{ .name = "fd", .mode = S_IFDIR | 0500, .dir = &fd_dir, .flags = PROC_OWNER },             \
		{ .name = "fdinfo",                                                                \
		  .mode = S_IFDIR | 0555,                                                          \
		  .dir = &fdinfo_dir,                                                              \
		  .flags = PROC_OWNER },                                                           \
		PRIVATE("environ", 0400, proc_environ_ops),                                        \
		{ .name = "auxv",                                                                  \
		  .mode = S_IFREG | 0400,                                                          \
		  .show = auxv_show,                                                               \
		  .flags = PROC_PRIVATE },                                                         \
		PROC_FILE("status", 0444, proc_pid_status),                                        \
		PROC_FILE("personality", 0400, personality_show),                                  \
		PROC_FILE("limits", 0444, proc_pid_limits),                                        \
		{ .name = "comm",                                                                  \
		  .mode = S_IFREG | 0644,                                                          \
		  .show = comm_show,                                                               \
		  .write = comm_write },                                                           \
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
		PROC_FILE("wchan", 0444, wchan_show), PROC_FILE("cgroup", 0444, cgroup_show),      \
		PROC_FILE("oom_score", 0444, oom_score_show),                                      \
		{ .name = "oom_score_adj",                                                         \
		  .mode = S_IFREG | 0644,                                                          \
		  .show = oom_adj_show,                                                            \
		  .write = oom_adj_write },                                                        \
		PROC_FILE("loginuid", 0444, loginuid_show),                                        \
		PROC_FILE("sessionid", 0444, loginuid_show),                                       \
		PROC_FILE("uid_map", 0444, id_map_show), PROC_FILE("gid_map", 0444, id_map_show),  \
		PROC_FILE("setgroups", 0444, setgroups_show)

static const struct proc_entry pid_children[] = {
	{ .name = "task", .mode = S_IFDIR | 0555, .dir = &task_dir },
	COMMON,
	PROC_FILE("mountstats", 0400, proc_show_mountstats),
	{ .name = "coredump_filter",
	  .mode = S_IFREG | 0644,
	  .show = core_filter_show,
	  .write = core_filter_write },
	{ 0 },
};

static const struct proc_entry task_children[] = { COMMON, { 0 } };

const struct proc_entry proc_pid_dir = {
	.mode = S_IFDIR | 0555,
	.children = pid_children,
};
static const struct proc_entry task_entry = {
	.mode = S_IFDIR | 0555,
	.children = task_children,
};
