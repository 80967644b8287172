/*
 * stress.c - many at once: nothing hangs, and what was used comes back
 *
 * Each test is named after what it once broke or would break: two who touch
 * one page first, an end in the middle of a call, a directory that changes under
 * its readers.  The last step mostly is that free memory is what it was.
 */
#include "abi_test.h"
#include <dirent.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static long meminfo(const char *name)
{
	char line[128];
	long value = -1;
	FILE *f = fopen("/proc/meminfo", "r");

	CHECK(f);
	while (value < 0 && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			value = atol(line + strlen(name) + 1);
	fclose(f);
	CHECK(value >= 0);
	return value;
}

/* Free memory comes back up to @slack kB of @before, though not at once. */
static void check_memory_is_back(long before, long slack)
{
	for (int tries = 0; tries < 50; tries++) {
		if (meminfo("MemFree") + slack >= before)
			return;
		usleep(100000);
	}
	CHECK_EQ(meminfo("MemFree"), before);
}

static void reap_all(void)
{
	while (wait(NULL) > 0 || errno == EINTR)
		;
	CHECK_EQ(errno, ECHILD);
}

static unsigned next_random(unsigned *seed)
{
	return *seed = *seed * 1103515245 + 12345, *seed >> 8;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* ---- the initial archive ---- */

TEST(cached_is_less_than_used, SYS_openat)
{
	long total = meminfo("MemTotal"), used = total - meminfo("MemFree");

	CHECK(meminfo("Cached") + meminfo("Buffers") <= used);
	CHECK(meminfo("MemAvailable") <= total);
}

TEST(deleted_archive_file_frees_memory, SYS_unlink, SYS_openat)
{
	struct stat st;
	long before;

	if (stat("/ballast1", &st))
		abi_skip("not in the initramfs of the tests");
	before = meminfo("MemFree");
	CHECK_OK(unlink("/ballast1"));
	for (int tries = 0; tries < 50; tries++) {
		/* A kernel keeps some freed pages at hand for each processor. */
		if (meminfo("MemFree") >= before + st.st_size / 1024 * 3 / 4)
			return;
		usleep(100000);
	}
	CHECK_EQ(meminfo("MemFree"), before + st.st_size / 1024);
}

/* The page in the archive is one and the same for whoever comes first. */
TEST_TIMEOUT(two_touch_an_archive_page_first, 60, SYS_openat)
{
	int fd;
	size_t size = 64 * 4096;
	unsigned *round;

	if (access("/ballast2", F_OK))
		abi_skip("not in the initramfs of the tests");
	fd = CHECK_OK(open("/ballast2", O_RDONLY));
	round = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int child = 0; child < 4; child++) {
		if (fork())
			continue;
		for (unsigned n = 1; n <= 100; n++) {
			volatile char *p;
			unsigned sum = 0;

			while (__atomic_load_n(&round[0], __ATOMIC_ACQUIRE) < n)
				sched_yield();
			p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
			for (size_t at = 0; at < size; at += 4096)
				sum += p[at];
			munmap((void *)p, size);
			__atomic_add_fetch(&round[1], 1, __ATOMIC_ACQ_REL);
		}
		_exit(0);
	}
	for (unsigned n = 1; n <= 100; n++) {
		posix_fadvise(fd, 0, size, POSIX_FADV_DONTNEED);
		__atomic_store_n(&round[0], n, __ATOMIC_RELEASE);
		while (__atomic_load_n(&round[1], __ATOMIC_ACQUIRE) < 4 * n)
			sched_yield();
	}
	reap_all();
}

/* ---- processes ---- */

TEST_TIMEOUT(fork_storm_leaves_no_memory_behind, 60, SYS_clone)
{
	long before = 0;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 4; i++) {
			if (CHECK_OK(fork()))
				continue;
			for (int j = 0; j < 50; j++) {
				pid_t pid = fork();

				if (pid == 0)
					_exit(fork() == 0 ? 0 : 1);
				if (pid > 0)
					waitpid(pid, NULL, 0);
			}
			_exit(0);
		}
		reap_all();
		if (round == 1) /* caches have grown to what they need */
			before = meminfo("MemFree");
	}
	check_memory_is_back(before, 1024);
}

TEST_TIMEOUT(a_thousand_processes, 90, SYS_clone, SYS_kill)
{
	long before = 0;

	for (int round = 0; round < 2; round++) {
		int n = 0;

		setpgid(0, 0);
		for (; n < 1000; n++) {
			pid_t pid = fork();

			if (pid < 0)
				break;
			if (pid == 0) {
				pause();
				_exit(1);
			}
		}
		CHECK(n > 200);
		signal(SIGTERM, SIG_IGN);
		signal(SIGCHLD, SIG_DFL);
		CHECK_OK(kill(0, SIGTERM)); /* inherited handlers: they die */
		for (int i = 0; i < n; i++)
			CHECK_OK(wait(NULL));
		signal(SIGTERM, SIG_DFL);
		if (round == 0)
			before = meminfo("MemFree");
	}
	check_memory_is_back(before, 2048);
}

static void busy_child(unsigned seed)
{
	char name[32];
	int fd[2];

	for (;;) {
		switch (next_random(&seed) % 7) {
		case 0: {
			char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			if (p != MAP_FAILED)
				memset(p, 1, 65536), munmap(p, 65536);
			break;
		}
		case 1:
			if (pipe(fd) == 0) {
				(void)!write(fd[1], name, sizeof(name));
				close(fd[0]), close(fd[1]);
			}
			break;
		case 2:
			snprintf(name, sizeof(name), "f%u", next_random(&seed) % 8);
			close(open(name, O_CREAT | O_WRONLY | O_TRUNC, 0600));
			break;
		case 3:
			snprintf(name, sizeof(name), "f%u", next_random(&seed) % 8);
			unlink(name);
			break;
		case 4: {
			pid_t pid = fork();

			if (pid == 0)
				_exit(0);
			if (pid > 0)
				waitpid(pid, NULL, 0);
			break;
		}
		case 5: {
			pid_t pid = vfork();

			if (pid == 0) {
				execl("/bin/busybox", "true", NULL);
				_exit(0);
			}
			if (pid > 0)
				waitpid(pid, NULL, 0);
			break;
		}
		case 6:
			poll(NULL, 0, 1);
			break;
		}
	}
}

/* Wherever in a call it is, a process can end. */
TEST_TIMEOUT(kill_at_random_points, 90, SYS_kill, SYS_clone)
{
	unsigned seed = 42;
	long before = 0;
	pid_t pids[6];

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int round = 0; round < 40; round++) {
		for (int i = 0; i < 6; i++) {
			pids[i] = fork();
			if (pids[i] == 0)
				busy_child(round * 8 + i);
			CHECK(pids[i] > 0);
		}
		usleep(next_random(&seed) % 30000);
		for (int i = 0; i < 6; i++)
			kill(pids[i], SIGKILL);
		reap_all();
		if (round == 10)
			before = meminfo("MemFree");
	}
	check_memory_is_back(before, 2048);
}

TEST_TIMEOUT(parallel_exec, 60, SYS_execve)
{
	for (int i = 0; i < 8; i++) {
		if (fork())
			continue;
		for (int j = 0; j < 15; j++) {
			int status;
			pid_t pid = fork();

			if (pid == 0) {
				execl("/bin/busybox", "sh", "-c", "busybox true; exit 7", NULL);
				_exit(1);
			}
			if (waitpid(pid, &status, 0) != pid || status != 7 << 8)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 8; i++) {
		int status;

		CHECK_OK(wait(&status));
		CHECK_EQ(status, 0);
	}
}

/* ---- threads ---- */

#define NTHREADS 8
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static unsigned long counter;
static double stop_at;

static void run_threads(void *(*fn)(void *), int n)
{
	pthread_t t[64];

	for (long i = 0; i < n; i++) {
		int err;

		while ((err = pthread_create(&t[i], NULL, fn, (void *)i)) == EAGAIN)
			usleep(1000); /* those that have ended are not all gone */
		CHECK_EQ(err, 0);
	}
	for (int i = 0; i < n; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
}

static void *lock_often(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		if (i % 64 == 0)
			sched_yield();
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *take_turns(void *arg)
{
	pthread_mutex_lock(&mutex);
	for (int i = 0; i < 100; i++) {
		while (counter % NTHREADS != (unsigned long)arg)
			pthread_cond_wait(&cond, &mutex);
		counter++;
		pthread_cond_broadcast(&cond);
	}
	pthread_mutex_unlock(&mutex);
	return NULL;
}

TEST_TIMEOUT(threads_and_mutexes, 60, SYS_futex)
{
	run_threads(lock_often, NTHREADS);
	CHECK_EQ(counter, NTHREADS * 2000);
	counter = 0;
	run_threads(take_turns, NTHREADS);
	CHECK_EQ(counter, NTHREADS * 100);
}

static void *map_and_unmap(void *arg)
{
	unsigned seed = (long)arg;

	while (now() < stop_at) {
		size_t size = (1 + next_random(&seed) % 64) * 4096;
		char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);

		CHECK(p != MAP_FAILED);
		for (size_t at = 0; at < size; at += 4096)
			p[at] = (long)arg;
		mprotect(p + size / 2 / 4096 * 4096, 4096, PROT_READ);
		for (size_t at = 0; at < size; at += 4096)
			CHECK_EQ(p[at], (long)arg);
		mprotect(p, size, PROT_READ | PROT_WRITE); /* one region again */
		if (seed & 0x10000)
			madvise(p, size, MADV_DONTNEED);
		if (seed & 0x20000) {
			char *q = mremap(p, size, size * 2, MREMAP_MAYMOVE);

			CHECK(q != MAP_FAILED);
			p = q;
			size *= 2;
		}
		CHECK_OK(munmap(p, size));
	}
	return NULL;
}

TEST_TIMEOUT(threads_map_and_unmap, 60, SYS_mmap)
{
	stop_at = now() + 3;
	CHECK_CHILD(run_threads(map_and_unmap, NTHREADS));
	CHECK_CHILD(
		/* And forks in between copy what just changes. */
		pthread_t t[4]; stop_at = now() + 3;
		for (long i = 0; i < 4; i++) pthread_create(&t[i], NULL, map_and_unmap, (void *)i);
		while (now() < stop_at) CHECK_CHILD(_exit(0));
		for (int i = 0; i < 4; i++) pthread_join(t[i], NULL););
}

static volatile unsigned long handled;
static pthread_t storm_thread[NTHREADS];

static void on_signal(int signal)
{
	__atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
}

static void *signal_each_other(void *arg)
{
	unsigned seed = (long)arg;

	while (now() < stop_at) {
		pthread_t who = __atomic_load_n(&storm_thread[next_random(&seed) % NTHREADS],
						__ATOMIC_ACQUIRE);

		if (who)
			pthread_kill(who, next_random(&seed) & 1 ? SIGUSR1 : SIGRTMIN + 3);
		if ((seed & 0x700) == 0)
			kill(getpid(), SIGUSR2);
	}
	while (now() < stop_at + 0.2) /* all stay until nobody sends any more */
		usleep(50000);
	return NULL;
}

TEST_TIMEOUT(signal_storm_between_threads, 60, SYS_tgkill, SYS_kill)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	sigaction(SIGRTMIN + 3, &action, NULL);
	stop_at = now() + 3;
	for (long i = 0; i < NTHREADS; i++) {
		pthread_t t;

		CHECK_EQ(pthread_create(&t, NULL, signal_each_other, (void *)i), 0);
		__atomic_store_n(&storm_thread[i], t, __ATOMIC_RELEASE);
	}
	for (int i = 0; i < NTHREADS; i++)
		CHECK_EQ(pthread_join(storm_thread[i], NULL), 0);
	CHECK(handled > 100);
}

static void *do_little(void *arg)
{
	return NULL;
}

static void *start_others(void *arg)
{
	for (int i = 0; i < 100; i++)
		run_threads(do_little, 2);
	return NULL;
}

TEST_TIMEOUT(threads_come_and_go, 60, SYS_clone, SYS_exit)
{
	long before;

	CHECK_CHILD(run_threads(start_others, 4));
	before = meminfo("MemFree");
	for (int i = 0; i < 3; i++)
		CHECK_CHILD(run_threads(start_others, 4));
	for (int i = 0; i < 30; i++) { /* exit and exec with threads in the middle of things */
		int status = CHILD(
			pthread_t t; stop_at = now() + 100; for (long j = 0; j < 4; j++)
				pthread_create(&t, NULL, j & 1 ? map_and_unmap : start_others,
					       (void *)j);
			usleep(i * 500); if (i & 1) execl("/bin/busybox", "true", NULL); _exit(0));

		CHECK_EQ(status, 0);
	}
	check_memory_is_back(before, 2048);
}

/* ---- files ---- */

TEST_TIMEOUT(pipes_in_pairs, 60, SYS_pipe, SYS_pipe2)
{
	for (int i = 0; i < 6; i++) {
		int there[2], back[2];

		CHECK_OK(pipe(there));
		CHECK_OK(pipe(back));
		if (fork() == 0) {
			char c[300];
			int n;

			close(there[1]);
			while ((n = read(there[0], c, sizeof(c))) > 0)
				if (write(back[1], c, n) != n)
					_exit(1);
			_exit(0);
		}
		if (fork() == 0) {
			char out[300] = { 0 }, in[300];

			for (int j = 0; j < 1500; j++) {
				int size = 1 + j % 300, got = 0, n;

				out[0] = j;
				if (write(there[1], out, size) != size)
					_exit(1);
				while (got < size && (n = read(back[0], in + got, size - got)) > 0)
					got += n;
				if (got != size || in[0] != out[0])
					_exit(2);
			}
			_exit(0);
		}
		close(there[0]), close(there[1]), close(back[0]), close(back[1]);
	}
	for (int i = 0; i < 12; i++) {
		int status;

		CHECK_OK(wait(&status));
		CHECK_EQ(status, 0);
	}
}

static void change_names(unsigned seed, double until)
{
	char a[16], b[32];

	while (now() < until) {
		DIR *dir;

		snprintf(a, sizeof(a), "d/%u", next_random(&seed) % 12);
		snprintf(b, sizeof(b), "d/%u", next_random(&seed) % 12);
		if (next_random(&seed) % 3 == 0)
			snprintf(b, sizeof(b), "%s/%u", a, next_random(&seed) % 4);
		switch (next_random(&seed) % 9) {
		case 0:
			mkdir(a, 0700);
			break;
		case 1:
			rmdir(a);
			break;
		case 2:
			unlink(b);
			break;
		case 3:
			close(open(b, O_CREAT | O_RDWR, 0600));
			break;
		case 4:
			rename(a, b);
			break;
		case 5:
			rename(b, a);
			break;
		case 6:
			syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2 /* RENAME_EXCHANGE */);
			break;
		case 7:
			(void)!link(a, b), (void)!symlink(a, b);
			break;
		case 8:
			dir = opendir(b);
			if (dir) {
				while (readdir(dir))
					;
				closedir(dir);
			}
			break;
		}
	}
	_exit(0);
}

TEST_TIMEOUT(names_change_in_one_directory, 60, SYS_rename, SYS_mkdir)
{
	double until = now() + 4;
	int status;

	CHECK_OK(mkdir("d", 0700));
	for (int i = 0; i < 6; i++)
		if (fork() == 0)
			change_names(i, until);
	for (int i = 0; i < 6; i++) {
		CHECK_OK(wait(&status));
		CHECK_EQ(status, 0);
	}
	/* What is left is a tree, and can be taken away. */
	CHECK_CHILD(execl("/bin/busybox", "rm", "-rf", "d", NULL));
	CHECK_ERR(access("d", F_OK), ENOENT);
}

TEST_TIMEOUT(file_grows_and_shrinks_while_mapped, 60, SYS_ftruncate)
{
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));
	long before = meminfo("MemFree");
	double until = now() + 3;

	for (int i = 0; i < 4; i++) {
		if (fork())
			continue;
		unsigned seed = i;

		while (now() < until) {
			off_t at = next_random(&seed) % 64 * 4096;

			if (i == 0) {
				(void)!ftruncate(fd, at);
			} else if (i == 1) {
				(void)!pwrite(fd, "x", 1, at);
			} else {
				char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
					       at);
				int fds[2];

				/* By way of the kernel: EFAULT, no SIGBUS. */
				if (pipe(fds) == 0) {
					(void)!write(fds[1], "abc", 3);
					(void)!read(fds[0], p, 3);
					fcntl(fds[1], F_SETFL, O_NONBLOCK);
					(void)!write(fds[1], p + 4096, 100);
					close(fds[0]), close(fds[1]);
				}
				munmap(p, 65536);
			}
		}
		_exit(0);
	}
	reap_all();
	CHECK_OK(ftruncate(fd, 0));
	check_memory_is_back(before, 1024);
}

TEST(file_with_a_gap_of_gigabytes, SYS_ftruncate)
{
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));
	struct stat st;
	char c = 1;

	CHECK_OK(ftruncate(fd, 1ll << 42));
	CHECK_EQ(pread(fd, &c, 1, 1ll << 41), 1);
	CHECK_EQ(c, 0);
	CHECK_EQ(pwrite(fd, "x", 1, (1ll << 42) - 1), 1);
	CHECK_EQ(lseek(fd, 1, SEEK_DATA), (1ll << 42) - 4096);
	CHECK_OK(fstat(fd, &st));
	CHECK(st.st_blocks <= 64);
	CHECK_OK(ftruncate(fd, 0));
}

/* ---- memory ---- */

/* Whoever holds most dies, again and again; the rest lives on. */
TEST_TIMEOUT(out_of_memory_again_and_again, 120, SYS_mmap, SYS_clone)
{
	long before = meminfo("MemFree");
	size_t size = (size_t)(meminfo("MemTotal") + 65536) << 10;
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	(void)!write(fd, "-1000", 5);
	close(fd);
	for (int i = 0; i < 4; i++)
		CHECK_KILLED(SIGKILL, {
			char *p;

			fd = open("/proc/self/oom_score_adj", O_WRONLY);
			(void)!write(fd, "1000", 4);
			p = mmap(NULL, size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
			CHECK(p != MAP_FAILED);
			for (size_t at = 0; at < size; at += 4096)
				p[at] = 1;
		});
	check_memory_is_back(before, 2048);
}
