/*
 * oom_victim - who dies when memory is held by descriptors and shared mappings
 *
 * Somebody with a little memory of his own goes on while another, who is no larger to look
 * at, takes all there is.  Linux 6.1 counts the pages in page tables only, and kills the
 * first one: these tests are skipped there.
 */
#include "abi_test.h"
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>

enum { PAGE = 4096, MIB = 1 << 20 };

static char block[1 << 16];

static void many_descriptors(void)
{
	struct rlimit limit = { 16384, 16384 };

	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/*
 * A bomb that has all there is takes what others give back, too.  If it stopped, and did while
 * the one who goes on had his memory, there would be enough for ever after.
 */
static void fill_pipes(void)
{
	int fd[2];

	many_descriptors();
	while (pipe2(fd, O_NONBLOCK) == 0)
		while (write(fd[1], block, sizeof(block)) > 0)
			;
}

static void take_pipes(void)
{
	for (;;) {
		fill_pipes();
		usleep(1000);
	}
}

/* The read ends are all that is left. */
static void take_pipes_to_read(void)
{
	int fd[2];

	many_descriptors();
	for (;;) {
		while (pipe2(fd, O_NONBLOCK) == 0) {
			while (write(fd[1], block, sizeof(block)) > 0)
				;
			close(fd[1]);
		}
		usleep(1000);
	}
}

static void take_memfds(void)
{
	int fd = memfd_create("bomb", 0);

	for (;;)
		if (write(fd, block, sizeof(block)) <= 0)
			usleep(1000);
}

/* Mapped and not touched, no descriptor: only the region leads to the pages. */
static void take_mapped_memfds(void)
{
	for (;;) {
		int fd = memfd_create("bomb", 0);

		for (int i = 0; i < 16; i++)
			if (write(fd, block, sizeof(block)) <= 0)
				usleep(1000);
		mmap(NULL, PAGE, PROT_NONE, MAP_SHARED, fd, 0);
		close(fd);
	}
}

/* Shared memory that was touched, and let go of by this page table. */
static void take_shared_and_drop(void)
{
	for (;;) {
		char *map = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
				 0);

		if (map == MAP_FAILED)
			continue;
		memset(map, 1, MIB);
		madvise(map, MIB, MADV_DONTNEED);
	}
}

/* A file of tmpfs that has lost its name. */
static void take_unlinked(void)
{
	int fd;

	mkdir("/tmp/oom", 0700);
	mount("none", "/tmp/oom", "tmpfs", 0, "size=100%");
	fd = open("/tmp/oom/f", O_CREAT | O_RDWR, 0600);
	unlink("/tmp/oom/f");
	umount2("/tmp/oom", MNT_DETACH);
	for (;;)
		if (write(fd, block, sizeof(block)) <= 0)
			usleep(1000);
}

/* Each of many holds all pipes of their parent. */
static void take_pipes_as_a_tree(void)
{
	int fd[2];

	many_descriptors();
	for (int i = 0; pipe2(fd, O_NONBLOCK) == 0; i++) {
		if (i % 64 == 0 && i < 640 && fork() == 0)
			for (;;)
				pause();
		while (write(fd[1], block, sizeof(block)) > 0)
			;
	}
	for (int i = 0; i < 8; i++)
		if (fork() == 0)
			break;
	take_pipes();
}

/*
 * While @bomb holds all there is, somebody else with some memory of his own goes on: he
 * takes a little more again and again, and gets it.
 */
static void outlive(void (*bomb)(void))
{
	size_t len = 6 * MIB;
	char *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct utsname name;
	pid_t pid;
	int status;

	CHECK_OK(uname(&name));
	if (!strstr(name.release, "linnet"))
		abi_skip("Linux kills the wrong one");
	CHECK(map != MAP_FAILED);
	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	memset(map, 1, len / 2);
	pid = fork();
	if (pid == 0) {
		munmap(map, len);
		setpgid(0, 0);
		bomb();
		_exit(0);
	}
	(void)setpgid(pid, pid);
	for (int i = 0; i < 100; i++) {
		memset(map + len / 2, i, len / 2);
		madvise(map + len / 2, len / 2, MADV_DONTNEED);
		if (waitpid(pid, &status, WNOHANG) == pid)
			goto out;
		usleep(50000);
	}
	abi_fail(__FILE__, __LINE__, "nobody was killed");
out:
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	(void)kill(-pid, SIGKILL);
	while (wait(NULL) > 0)
		;
}

TEST_TIMEOUT(who_fills_pipes_dies, 60, SYS_pipe2)
{
	outlive(take_pipes);
	outlive(take_pipes_to_read);
}

TEST_TIMEOUT(who_fills_memfds_dies, 60, SYS_memfd_create)
{
	outlive(take_memfds);
	outlive(take_mapped_memfds);
}

TEST_TIMEOUT(who_drops_shared_memory_dies, 60, SYS_madvise)
{
	outlive(take_shared_and_drop);
}

TEST_TIMEOUT(who_fills_nameless_files_dies, 60, SYS_unlink)
{
	outlive(take_unlinked);
}

TEST_TIMEOUT(a_tree_that_fills_pipes_dies, 60, SYS_pipe2)
{
	outlive(take_pipes_as_a_tree);
}
