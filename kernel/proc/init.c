/*
 * init.c - process 1: made by hand, since there is nobody to fork it from.
 *
 * It starts as a kernel thread with everything a process has but an address
 * space, opens the console as descriptors 0, 1 and 2, and executes the first of
 * Linux's candidates that works.  bootparam(7), init/main.c as documented in
 * admin-guide/init.
 */
#include "proc/process.h"
#include "abi/fcntl.h"
#include "arch/api/power.h"
#include "arch/api/thread.h"
#include "arch/api/time.h"
#include "core/cmdline.h"
#include "core/cred.h"
#include "core/log.h"
#include "core/panic.h"
#include "core/timeline.h"
#include "core/user.h"
#include "fs/fdtable.h"
#include "fs/fs_context.h"
#include "fs/vfs.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "proc/exec.h"
#include "proc/fork.h"
#include "proc/proc_internal.h"
#include "proc/signal/signal_internal.h"
#include "sched/sched.h"

static struct {
	struct path root;
	const char *path;
	const char *argv[INIT_ARGS_MAX + 2];
	const char *const *envp;
} init_start;

/* Group and session 0: those of what the kernel itself starts.  Never freed. */
static struct pid pid_zero = { .refs = REFCOUNT_INIT(1) };
static struct list_node pid_zero_keeper;

void boot_root_path_set(const struct path *root)
{
	init_start.root = *root;
}

static void open_console(struct process *self)
{
	struct file *file;
	int err, fd;

	err = vfs_open(current_caller(), NULL, "/dev/console", O_RDWR, 0, &file);
	if (err) {
		log_warn(PROC, "no /dev/console for init (%d)", err);
		return;
	}
	for (int i = 0; i < 3; i++) {
		file_get(file);
		fd = fdtable_add(current_fds(), file, false);
		if (fd < 0)
			file_put(file);
	}
	file_put(file);
}

static bool run(const char *path)
{
	struct user_regs *regs = arch_thread_regs(&current->arch);
	struct exec_request req = {
		.name = path,
		.display_name = path,
		.lookup = LOOKUP_FOLLOW,
		.kernel_strings = true,
		.argv = (u64)init_start.argv,
		.envp = (u64)init_start.envp,
	};
	int err;

	init_start.argv[0] = path;
	err = process_exec(regs, &req);
	if (err && err != -ENOENT)
		log_err(PROC, "init %s does not run (error %d)", path, err);
	return err == 0;
}

static void init_main(void *arg)
{
	static const char *const usual[] = { "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };
	const char *rdinit = cmdline_get("rdinit"), *init = cmdline_get("init");
	struct process *self = current_process();
	bool running;

	timeline_mark("process 1 made");
	open_console(self);
	timeline_mark("its console opened");
	running = run(rdinit && *rdinit ? rdinit : "/init");
	if (!running && init_start.path && !(rdinit && str_eq(init_start.path, rdinit)))
		running = run(init_start.path);
	if (!running && init && *init) {
		running = run(init);
		if (!running)
			panic("requested init %s failed", init);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(usual) && !running; i++)
		running = run(usual[i]);
	if (!running)
		panic("no working init found: try init= or rdinit=");
	timeline_mark("its program loaded");
	timeline_print();
	arch_clock_settle();
	sched_start_ticks();
	if (cmdline_has("boot_timer"))
		arch_boot_timer();
	arch_enter_user(arch_thread_regs(&current->arch));
}

static int make_process(struct process **out)
{
	struct process *process = process_alloc();

	if (!process)
		return -ENOMEM;
	rlimits_init(process->limits, threads_max / 2);
	process->handlers = signal_handlers_new();
	if (!process->handlers)
		return -ENOMEM;			  /* the boot fails: nothing to save */
	WRITE_ONCE(process->flags, PROCESS_INIT); /* nobody else knows it yet */
	*out = process;
	return 0;
}

static int make_task(struct process *process)
{
	struct task *task = task_alloc(process);
	int err;

	if (!task)
		return -ENOMEM;
	task->caller.cred = cred_get(&cred_root);
	task->caller.fs = fs_context_new(&init_start.root);
	task->fds = fdtable_new();
	if (!task->caller.fs || !task->fds)
		return -ENOMEM; /* the boot fails: nothing to save */
	err = thread_init_user(&task->thread, NULL, NULL, init_main, task, task,
			       task_release_thread);
	if (!err)
		err = pid_alloc(&pid_table_root, &task->tid);
	if (err)
		return err;
	thread_set_name(&task->thread, "init");
	task->futex.tid = task->tid->nr;
	process->pid = pid_get(task->tid);
	task->caller.pid = process->pid;
	process->leader = task;
	process->ntasks = process->nlive = 1;
	list_add(&process->tasks, &task->process_link);
	return 0;
}

/*
 * isolcpus=[flags,]LIST keeps init, and so its children, off these processors until a program
 * asks for one.  The flags (domain, nohz, managed_irq) choose between things that Linnet does
 * in one way only.  One that leaves no processor leaves the first, as on Linux.
 */
static void isolate_cpus(struct thread *thread)
{
	const char *list = cmdline_get("isolcpus");
	struct cpumask allowed;
	u64 isolated;

	if (!list)
		return;
	while (*list >= 'a' && *list <= 'z') {
		while (*list && *list++ != ',')
			;
	}
	if (parse_list(list, &isolated)) {
		log_err(PROC, "isolcpus=%s is no list: ignored", cmdline_get("isolcpus"));
		return;
	}
	allowed.bits = ~isolated;
	if (sched_set_affinity(thread, &allowed)) {
		allowed.bits = BIT(0);
		(void)!sched_set_affinity(thread, &allowed);
	}
}

int process_start_init(const char *path, const char *const *argv, const char *const *envp)
{
	struct process *process;
	int err;

	init_start.path = path;
	for (unsigned i = 1; argv && argv[i - 1] && i <= INIT_ARGS_MAX; i++)
		init_start.argv[i] = argv[i - 1];
	init_start.envp = envp;

	fork_init();
	if (cmdline_has("norandmaps"))
		exec_randomize = 0;
	err = make_process(&process);
	if (!err)
		err = make_task(process);
	if (err)
		return err;

	for (int type = 0; type < PID_TYPES; type++)
		list_init(&pid_zero.users[type]);
	spin_lock(&process_tree_lock);
	pid_attach(&pid_zero, PID_TID, &pid_zero_keeper);
	process->group = pid_get(&pid_zero);
	process->session = pid_get(&pid_zero);
	pid_attach(process->pid, PID_TID, &process->leader->tid_link);
	pid_attach(process->pid, PID_TGID, &process->tgid_link);
	pid_attach(process->group, PID_PGID, &process->group_link);
	pid_attach(process->session, PID_SID, &process->session_link);
	list_add_tail(&process_list, &process->all_link);
	process_init = process;
	spin_unlock(&process_tree_lock);
	atomic_inc(&user_root.ntasks);
	isolate_cpus(&process->leader->thread);
	fork_task_born();
	thread_start(&process->leader->thread);
	return 0;
}
