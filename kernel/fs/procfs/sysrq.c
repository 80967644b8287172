/*
 * sysrq.c - /proc/sysrq-trigger: the first character written is a key of Linux's magic SysRq.
 *
 * For a machine that is in trouble, or for the script that ends it.  Dumps go to the log, the
 * header line also to the console, as on Linux.  Only root can open the file; the bits of
 * /proc/sys/kernel/sysrq are about keyboards, and so ask nothing here.  A key that is not
 * in the table prints the help.
 * Source: Linux Documentation/admin-guide/sysrq.rst
 */
#include "arch/api/backtrace.h"
#include "arch/api/smp.h"
#include "arch/api/thread.h"
#include "core/hooks.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/symbols.h"
#include "fs/procfs/procfs_internal.h"
#include "lib/printf.h"
#include "mem/page.h"
#include "proc/process.h"
#include "proc/signal/signal.h"

#define HEADER_LEVEL 7 /* of the console, while a header is printed */
#define FRAMES_MAX   16

/* ---- the end ---- */

static void do_crash(char key)
{
	panic("sysrq triggered crash");
}

static void do_reboot(char key)
{
	machine_end(MACHINE_REBOOT, EXIT_CODE_OTHER, "rebooted by sysrq");
}

static void do_power_off(char key)
{
	machine_end(MACHINE_POWER_OFF, EXIT_CODE_OTHER, "powered off by sysrq");
}

/* ---- processes ---- */

/* All but process 1; the kernel's own threads are no processes. */
static void signal_everybody(int sig)
{
	struct process *process;

	spin_lock(&process_tree_lock);
	list_for_each_entry(process, &process_list, all_link)
		if (process != process_init)
			(void)signal_send_process_kernel(process, sig);
	spin_unlock(&process_tree_lock);
}

static void do_terminate(char key)
{
	signal_everybody(SIGTERM);
}

static void do_kill(char key)
{
	signal_everybody(SIGKILL);
}

static void do_oom(char key)
{
	if (!kernel_hooks.oom_kill || !kernel_hooks.oom_kill())
		log_info(SYSRQ, "OOM request ignored. No task eligible");
}

/* ---- dumps ---- */

static void do_memory(char key)
{
	struct page_stats m;

	page_stats(&m);
	log_info(SYSRQ,
		 "pages: total %llu free %llu anon %llu mapped %llu mlocked %llu slab %llu "
		 "page tables %llu kernel stacks %llu",
		 m.total, m.free, m.anon, m.mapped, m.mlocked, m.slab, m.page_tables, m.kstack);
}

/* Every process ('t'), or those that wait where no signal reaches them ('w'). */
static void do_tasks(char key)
{
	struct process *process;
	char comm[16], state;

	spin_lock(&process_tree_lock);
	list_for_each_entry(process, &process_list, all_link) {
		state = process_state_letter(process);
		if (key == 'w' && state != 'D')
			continue;
		process_comm(process, comm);
		log_info(SYSRQ, "task:%-15s state:%c pid:%-5d ppid:%-6d threads:%u", comm, state,
			 process_number(process),
			 process->parent ? process_number(process->parent) : 0, process->ntasks);
	}
	spin_unlock(&process_tree_lock);
}

static void log_frame(u64 ip, void *arg)
{
	u64 offset;
	const char *name = symbol_lookup(ip, &offset);

	if (++*(int *)arg <= FRAMES_MAX)
		log_info(SYSRQ, " %s+%#llx", name ? name : "?", name ? offset : ip);
}

/* Where this CPU is: its stack, or what the call's interrupt met. */
static void log_this_cpu(void *arg)
{
	const struct user_regs *regs = arg ? NULL : arch_irq_regs();
	const char *name = NULL;
	int tid = 0, frames = 0;

	if (kernel_hooks.task_name)
		name = kernel_hooks.task_name(&tid);
	log_info(SYSRQ, "CPU: %u PID: %d Comm: %s%s", cpu_id(), tid, name ? name : "idle",
		 regs && arch_irq_from_user() ? ", in user mode" : "");
	arch_backtrace(regs, log_frame, &frames);
}

static void do_backtraces(char key)
{
	log_this_cpu(&key);
	if (key == 'l')
		smp_call_function_mask(arch_online_cpus(), log_this_cpu, NULL, true);
}

/* ---- the table ---- */

static void do_loglevel(char key)
{
	log_info(SYSRQ, "Loglevel set to %d", key - '0');
	log_set_console_level(key - '0');
}

/* There is no disk whose data could be written. */
static void do_sync(char key)
{
	log_info(SYSRQ, "Emergency Sync complete");
}

static const struct sysrq_key {
	char key;
	const char *help, *header;
	void (*act)(char key);
} keys[] = {
	{ 'b', "reboot(b)", "Resetting", do_reboot },
	{ 'c', "crash(c)", "Trigger a crash", do_crash },
	{ 'e', "terminate-all-tasks(e)", "Terminate All Tasks", do_terminate },
	{ 'f', "memory-full-oom-kill(f)", "Manual OOM execution", do_oom },
	{ 'i', "kill-all-tasks(i)", "Kill All Tasks", do_kill },
	{ 'l', "show-backtrace-all-active-cpus(l)", "Show backtrace of all active CPUs",
	  do_backtraces },
	{ 'm', "show-memory-usage(m)", "Show Memory", do_memory },
	{ 'o', "poweroff(o)", "Power Off", do_power_off },
	{ 'p', "show-registers(p)", "Show Regs", do_backtraces },
	{ 's', "sync(s)", "Emergency Sync", do_sync },
	{ 't', "show-task-states(t)", "Show State", do_tasks },
	{ 'w', "show-blocked-tasks(w)", "Show Blocked State", do_tasks },
};

static const struct sysrq_key loglevel_key = { '0', "", "Changing Loglevel", do_loglevel };

static const struct sysrq_key *key_find(char key)
{
	if (key >= '0' && key <= '9')
		return &loglevel_key;
	for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].key == key)
			return &keys[i];
	return NULL;
}

static void help_print(void)
{
	char line[280];
	int n = scnprintf(line, sizeof(line), "HELP : loglevel(0-9)");

	for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
		n += scnprintf(line + n, sizeof(line) - n, " %s", keys[i].help);
	log_info(SYSRQ, "%s", line);
}

int proc_sysrq_write(const struct proc_node *node, char *text, size_t len)
{
	const struct sysrq_key *key;
	int level = log_console_level();

	if (!len)
		return 0;
	key = key_find(text[0]);
	log_set_console_level(max(level, HEADER_LEVEL));
	if (key)
		log_info(SYSRQ, "%s", key->header);
	else
		help_print();
	log_set_console_level(level);
	if (key)
		key->act(text[0]);
	return 0;
}
