/*
 * bomb - programs that make as many of one kind of object as they can get
 *
 * Each is run by root and by an ordinary user, twice.  It meets an errno that says that
 * there are no more to be had, or is killed; and while it holds what it got, somebody
 * else takes memory and runs a shell, and a third one's memory stays as it was.  When it is
 * gone, what it had is back.
 *
 * For machines so small that the end is reached soon (test_abi.py).  Linux counts the pages in
 * page tables only, and kills who is innocent: there these tests are skipped.
 */
#include "abi_test.h"
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <sys/xattr.h>

enum { PAGE = 4096, LITTLE = 256 << 10, LOST_KIB = 1536, USER = 1000, PROCESSES = 6 };

#define PLACE "/bombs"

static volatile int *ended;	/* shared, by bomb: -1 not yet, else the errno it met; 0: none */
static volatile int *all_there; /* shared: each may begin */
static long limit;		/* objects that a bomb makes at most */
static char *spare;		/* LITTLE, mapped and not touched */

/* --- the bombs: in a process of its own, in PLACE; the errno they met ----------------- */

#define TAKE(call)                                                                                 \
	for (long i_ = 0; i_ < limit; i_++)                                                        \
		if ((call) < 0)                                                                    \
			return errno;                                                              \
	return 0

static int large_pipe(void)
{
	int fd[2];

	if (pipe(fd))
		return -1;
	(void)fcntl(fd[0], F_SETPIPE_SZ, 1 << 20);
	return (int)write(fd[1], "x", 1);
}

static int take_pipes(void)
{
	TAKE(large_pipe());
}

static int take_eventfds(void)
{
	TAKE(eventfd(0, 0));
}

static int armed_timerfd(void)
{
	struct itimerspec soon = { { 0, 50000000 }, { 0, 50000000 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	return fd < 0 ? fd : timerfd_settime(fd, 0, &soon, NULL);
}

static int take_timerfds(void)
{
	TAKE(armed_timerfd());
}

/* Each epoll watches all descriptors that there were before it, a hundred at most. */
static int watch_all(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(0);

	for (int i = fd > 100 ? fd - 100 : 3; i < fd; i++)
		if (epoll_ctl(fd, EPOLL_CTL_ADD, i, &event) && errno != EPERM && errno != ELOOP &&
		    errno != EINVAL && errno != EBADF)
			return -1;
	return fd < 0 || eventfd(0, 0) < 0 ? -1 : 0;
}

static int take_epolls(void)
{
	TAKE(watch_all());
}

static int open_pty(void)
{
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);

	return fd < 0 ? fd : (int)write(fd, "typed", 5);
}

static int take_ptys(void)
{
	TAKE(open_pty());
}

static int small_memfd(void)
{
	int fd = memfd_create("bomb", 0);

	return fd < 0 ? fd : (int)write(fd, "x", 1);
}

static int take_memfds(void)
{
	TAKE(small_memfd());
}

static int numbered(const char *format, long n, int (*make)(const char *name))
{
	char name[300];

	snprintf(name, sizeof(name), format, n);
	return make(name);
}

static int directory(const char *name)
{
	return mkdir(name, 0700);
}

static int take_directories(void)
{
	TAKE(numbered("d%ld", i_, directory));
}

/* Names as long as may be, on files with a byte. */
static int small_file(const char *name)
{
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600), n;

	if (fd < 0)
		return fd;
	n = (int)write(fd, "x", 1);
	close(fd);
	return n;
}

static int take_files(void)
{
	TAKE(numbered("%0250ld", i_, small_file));
}

static int empty_file(const char *name)
{
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);

	return fd < 0 ? fd : close(fd);
}

static int take_empty_files(void)
{
	TAKE(numbered("%0250ld", i_, empty_file));
}

static char long_text[4000];

static int long_symlink(const char *name)
{
	return symlink(long_text, name);
}

static int take_symlinks(void)
{
	memset(long_text, 's', sizeof(long_text) - 1);
	TAKE(numbered("s%ld", i_, long_symlink));
}

static int hard_link(const char *name)
{
	return link("one", name);
}

static int take_links(void)
{
	(void)empty_file("one");
	TAKE(numbered("%0250ld", i_, hard_link));
}

static int file_with_attribute(const char *name)
{
	if (empty_file(name))
		return -1;
	return setxattr(name, "trusted.bomb", long_text, sizeof(long_text), 0);
}

static int take_attributes(void)
{
	TAKE(numbered("x%ld", i_, file_with_attribute));
}

static int mounted_directory(const char *name)
{
	return mkdir(name, 0700) ? -1 : mount(".", name, NULL, MS_BIND, NULL);
}

static int take_mounts(void)
{
	TAKE(numbered("m%ld", i_, mounted_directory));
}

/* Every second byte, so that none is joined to another. */
static int lock_byte(int fd, long n, int cmd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 2 * n, .l_len = 1 };

	return fcntl(fd, cmd, &lock);
}

static int take_record_locks_by(int cmd)
{
	long n = 0;

	/* Many files: each file's locks are a list. */
	for (int file = 0; file < 3000; file++) {
		char name[32];
		int fd;

		snprintf(name, sizeof(name), "l%d.%d", file, getpid());
		fd = open(name, O_CREAT | O_RDWR, 0600);
		if (fd < 0)
			return errno;
		for (long i = 0; i < 200; i++, n++)
			if (n >= limit)
				return 0;
			else if (lock_byte(fd, i, cmd))
				return errno;
	}
	return 0;
}

static int take_record_locks(void)
{
	return take_record_locks_by(F_SETLK);
}

static int take_ofd_locks(void)
{
	return take_record_locks_by(F_OFD_SETLK);
}

static int locked_file(const char *name)
{
	int fd = open(name, O_CREAT | O_RDWR, 0600);

	return fd < 0 ? fd : flock(fd, LOCK_SH);
}

static int take_flocks(void)
{
	TAKE(numbered("f%ld", i_ % 100 + 1000 * getpid(), locked_file));
}

/* Root may have as many as it likes. */
static void no_limit_of_signals(void)
{
	struct rlimit any = { RLIM_INFINITY, RLIM_INFINITY };

	(void)setrlimit(RLIMIT_SIGPENDING, &any);
}

static int armed_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec soon = { { 0, 0 }, { 0, 50000000 } };
	timer_t id;

	if (timer_create(CLOCK_MONOTONIC, &event, &id))
		return -1;
	return timer_settime(id, 0, &soon, NULL);
}

static void block_all_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static int take_timers(void)
{
	no_limit_of_signals();
	block_all_signals();
	TAKE(armed_timer());
}

static int take_signals(void)
{
	union sigval value = { .sival_int = 1 };

	no_limit_of_signals();
	block_all_signals();
	TAKE(sigqueue(getpid(), SIGRTMIN + (int)(i_ % 8), value));
}

/* No name is there, and nobody has to remember that. */
static int missing(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? -1 : 0;
}

static int take_missing_names(void)
{
	long many = 10 * limit < 50000 ? 10 * limit : 50000;

	for (long i = 0; i < many; i++)
		if (numbered("%0250ld", i, missing) ||
		    numbered(i % 2 ? "/proc/%0200ld" : "/dev/%0200ld", i, missing))
			return EEXIST;
	return 0;
}

static int take_regions(void)
{
	char *map = mmap(NULL, 200000ul * PAGE, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return errno;
	TAKE(mprotect(map + i_ * 2 * PAGE, PAGE, PROT_NONE));
}

static int __attribute__((noreturn)) idle(void *arg)
{
	for (;;)
		pause();
}

static int thread(void)
{
	char *stack = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			   0);

	if (stack == MAP_FAILED)
		return -1;
	return clone(idle, stack + 4 * PAGE,
		     CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			     CLONE_SYSVSEM,
		     NULL);
}

static int take_threads(void)
{
	TAKE(thread());
}

static int process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		idle(NULL);
	return pid;
}

/* Of many small ones that hold all memory together none could be called the largest. */
static int take_processes(void)
{
	limit = 40;
	TAKE(process());
}

/* --- what is around them ------------------------------------------------------------ */

static long memory_kib(bool free)
{
	struct sysinfo info;

	CHECK_OK(sysinfo(&info));
	return (long)((free ? info.freeram : info.totalram) * info.mem_unit / 1024);
}

static bool says_no_more(int error)
{
	static const int list[] = { 0,	    ENOMEM, EMFILE, ENFILE, EAGAIN, ENOSPC,
				    ENOLCK, EMLINK, EDQUOT, EIO,    EPERM };

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (list[i] == error)
			return true;
	return false;
}

static void __attribute__((noreturn)) be_bomb(int (*take)(void), int n, bool root)
{
	struct rlimit files = { 4096, 4096 };

	(void)setrlimit(RLIMIT_NOFILE, &files);
	while (!*all_there) /* else the first could leave no process for the others */
		usleep(1000);
	if (!root) {
		CHECK_OK(setgid(USER));
		CHECK_OK(setuid(USER));
	}
	ended[n] = take();
	idle(NULL);
}

/* Until each has met its errno or is dead; false: too slow. */
static bool all_full(pid_t *pids, int n)
{
	bool busy = true;

	for (int tries = 0; busy && tries < 3000; tries++) {
		busy = false;
		for (int i = 0; i < n; i++) {
			if (pids[i] && waitpid(pids[i], NULL, WNOHANG) == pids[i])
				pids[i] = 0;
			busy |= pids[i] && ended[i] < 0;
		}
		usleep(10000);
	}
	return !busy;
}

/* Memory that was promised is had; then there is some for others, too. */
static void check_that_others_go_on(void)
{
	memset(spare, 1, LITTLE);
	CHECK_OK(madvise(spare, LITTLE, MADV_DONTNEED));
	CHECK_CHILD({
		execl("/bin/sh", "sh", "-c", "true", NULL);
		CHECK(false);
	});
}

/* Root's processes leave no number for anybody else, here as on Linux. */
static bool takes_all_processes(int (*take)(void))
{
	return take == take_processes || take == take_threads;
}

static void explode_once(int (*take)(void), int n, bool root)
{
	pid_t pids[PROCESSES], group = 0;

	char options[64];

	snprintf(options, sizeof(options), "mode=1777,size=%ldk", memory_kib(true) / 2);
	CHECK_OK(mount("bombs", PLACE, "tmpfs", 0, options));
	CHECK_OK(chdir(PLACE));
	*all_there = 0;
	for (int i = 0; i < n; i++) {
		ended[i] = -1;
		pids[i] = fork();
		CHECK(pids[i] >= 0);
		if (pids[i] == 0) {
			(void)setpgid(0, group);
			be_bomb(take, i, root);
		}
		group = i ? group : pids[0];
		(void)setpgid(pids[i], group);
	}
	*all_there = 1;
	CHECK(all_full(pids, n));
	if (!takes_all_processes(take))
		check_that_others_go_on();
	for (int i = 0; i < n; i++)
		if (pids[i] && !says_no_more(ended[i]))
			abi_fail(__FILE__, __LINE__, "it met errno %d", ended[i]);
	(void)kill(-group, SIGKILL);
	while (waitpid(-group, NULL, 0) > 0)
		;
	check_that_others_go_on();
	CHECK_OK(chdir("/"));
	CHECK_OK(umount2(PLACE, MNT_DETACH));
	usleep(100000); /* what is freed a little later */
}

/* A third one, whose memory stays as it is. */
static pid_t start_bystander(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		int *map = mmap(NULL, LITTLE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				-1, 0);

		for (int i = 0; i < LITTLE / 4; i++)
			map[i] = i;
		for (int i = 0;; i = (i + 1) % (LITTLE / 4)) {
			if (map[i] != i)
				_exit(1);
			if (i % (LITTLE / 8) == 0)
				usleep(10000);
		}
	}
	return pid;
}

static void explode(int (*take)(void), int n)
{
	long before, after;
	pid_t bystander;
	int status;

	struct utsname name;

	CHECK_OK(uname(&name));
	if (!strstr(name.release, "linnet"))
		abi_skip("Linux kills the wrong one");
	if (memory_kib(false) > 100000)
		abi_skip("there is too much memory");
	(void)mkdir(PLACE, 0777);
	limit = 1000000;
	ended = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	spare = mmap(NULL, LITTLE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(ended != MAP_FAILED && spare != MAP_FAILED);
	all_there = ended + PROCESSES;
	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	bystander = start_bystander();
	for (int root = 0; root < 2; root++) {
		explode_once(take, n, root);
		before = memory_kib(true);
		explode_once(take, n, root);
		after = memory_kib(true);
		if (before - after > LOST_KIB)
			abi_fail(__FILE__, __LINE__, "%ld KiB free before, %ld after", before,
				 after);
	}
	CHECK_EQ(waitpid(bystander, &status, WNOHANG), 0);
	kill(bystander, SIGKILL);
	CHECK_EQ(waitpid(bystander, &status, 0), bystander);
}

#define BOMB(name, take, n, ...)                                                                   \
	TEST_TIMEOUT(name, 150, __VA_ARGS__)                                                       \
	{                                                                                          \
		explode(take, n);                                                                  \
	}

BOMB(pipes, take_pipes, PROCESSES, SYS_pipe, SYS_pipe2)
BOMB(eventfds, take_eventfds, PROCESSES, SYS_eventfd2)
BOMB(timerfds, take_timerfds, PROCESSES, SYS_timerfd_create)
BOMB(epolls, take_epolls, PROCESSES, SYS_epoll_create1)
BOMB(ptys, take_ptys, PROCESSES, SYS_open, SYS_openat)
BOMB(memfds, take_memfds, PROCESSES, SYS_memfd_create)
BOMB(directories, take_directories, 1, SYS_mkdir, SYS_mkdirat)
BOMB(files, take_files, 1, SYS_open, SYS_openat)
BOMB(empty_files, take_empty_files, 1, SYS_open, SYS_openat)
BOMB(symlinks, take_symlinks, 1, SYS_symlink, SYS_symlinkat)
BOMB(hard_links, take_links, 1, SYS_link, SYS_linkat)
BOMB(attributes, take_attributes, 1, SYS_setxattr)
BOMB(mounts, take_mounts, 1, SYS_mount)
BOMB(record_locks, take_record_locks, PROCESSES, SYS_fcntl)
BOMB(ofd_locks, take_ofd_locks, PROCESSES, SYS_fcntl)
BOMB(flocks, take_flocks, PROCESSES, SYS_flock)
BOMB(timers, take_timers, PROCESSES, SYS_timer_create)
BOMB(signals, take_signals, PROCESSES, SYS_rt_sigqueueinfo)
BOMB(missing_names, take_missing_names, 1, SYS_stat, SYS_newfstatat)
BOMB(regions, take_regions, PROCESSES, SYS_mprotect)
BOMB(threads, take_threads, PROCESSES, SYS_clone)
BOMB(processes, take_processes, 1, SYS_clone, SYS_wait4)
