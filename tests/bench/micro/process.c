/* process - threads, forks, execs */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "micro.h"

static void *nothing(void *arg)
{
	return arg;
}
static void thread_run(unsigned n)
{
	pthread_t thread;
	while (n--) {
		must(pthread_create(&thread, NULL, nothing, NULL) == 0, "thread");
		pthread_join(thread, NULL);
	}
}
void fork_run(unsigned n)
{
	while (n--) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}
/* The program started is this one, of 0.8 MB with a C library; or one of a few instructions. */
static void exec_least_setup(void)
{
	self = "/exit";
	must(access(self, X_OK) == 0, self);
}
static void vfork_exec_run(unsigned n)
{
	while (n--) {
		pid_t pid = vfork();
		if (pid == 0) {
			execl(self, self, "--exit", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}
static void fork_exec_run(unsigned n)
{
	while (n--) {
		pid_t pid = fork();
		if (pid == 0) {
			execl(self, self, "--exit", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

const struct bench process_benches[] = {
	{ "thread_create_join", 100, NULL, thread_run },
	{ "fork_exit_wait", 50, NULL, fork_run },
	{ "vfork_exec_wait", 50, NULL, vfork_exec_run },
	{ "fork_exec_wait", 50, NULL, fork_exec_run },
	{ "vfork_exec_wait_least", 50, exec_least_setup, vfork_exec_run },
	{ "fork_exec_wait_least", 50, exec_least_setup, fork_exec_run },
	{ 0 },
};
