/*
 * Path walk and dentry cache under change: names move, go and come back, mounts
 * come and go, while others walk through them.  Each walk must see a state that
 * was: an entry that always has one of two names is found under one of them, a
 * file opened by name is the one that belongs there.
 */
#include "abi_test.h"
#include <dirent.h>
#include <linux/fs.h>
#include <sys/mount.h>

enum { CHILDREN = 6 };

static volatile int *stop; /* shared by all */

static void begin(void)
{
	stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)stop != MAP_FAILED);
}

static pid_t run(void (*fn)(int seed), int seed)
{
	pid_t pid = CHECK_OK(fork());

	if (pid == 0) {
		while (!*stop)
			fn(seed++);
		_exit(0);
	}
	return pid;
}

static void finish(const pid_t *pids, int n, unsigned ms)
{
	int status;

	usleep(ms * 1000);
	*stop = 1;
	for (int i = 0; i < n; i++) {
		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_EQ(status, 0);
	}
}

static void put(const char *name, const char *text)
{
	int fd = CHECK_OK(open(name, O_CREAT | O_RDWR | O_TRUNC, 0644));

	CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static char first_byte(int fd)
{
	char c = 0;

	CHECK_EQ(read(fd, &c, 1), 1);
	close(fd);
	return c;
}

/* --- A directory that is always x/a or y/a ------------------------------- */

static void move_there_and_back(int seed)
{
	CHECK_OK(rename("x/a", "y/a"));
	CHECK_OK(rename("y/a", "x/a"));
}

static void exchange(int seed)
{
	CHECK_OK(renameat2(AT_FDCWD, "one", AT_FDCWD, "two", RENAME_EXCHANGE));
}

static void replace(int seed)
{
	char name[32];

	snprintf(name, sizeof(name), "new.%d", getpid());
	put(name, "n");
	CHECK_OK(rename(name, "always"));
}

static void look_in_both(int seed)
{
	int fd = open("x/a/deep/f", O_RDONLY);

	/* It may go to y after the first look and come back before the second: many
	 * misses in a row it cannot. */
	for (int i = 0; fd < 0 && i < 1000; i++) {
		CHECK_EQ(errno, ENOENT);
		fd = open(i % 2 ? "x/a/deep/f" : "y/a/deep/f", O_RDONLY);
	}
	CHECK(fd >= 0);
	CHECK_EQ(first_byte(fd), 'd');
	/* Names that are always there, whatever they name. */
	fd = CHECK_OK(open("always", O_RDONLY));
	CHECK_EQ(first_byte(fd), 'n');
	fd = CHECK_OK(open("one", O_RDONLY));
	char c = first_byte(fd);
	CHECK(c == '1' || c == '2');
}

static void climb(int seed)
{
	char cwd[4096];
	struct stat st;

	if (chdir("x/a/deep") && chdir("y/a/deep"))
		return;
	CHECK_OK(stat("../deep/f", &st));
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
	CHECK(strstr(cwd, "/x/a/deep") || strstr(cwd, "/y/a/deep"));
	CHECK_OK(chdir("../../.."));
	CHECK_OK(stat("always", &st));
}

TEST_TIMEOUT(walks_while_directories_move, 60, SYS_renameat2)
{
	pid_t pids[CHILDREN];

	begin();
	CHECK_OK(mkdir("x", 0755));
	CHECK_OK(mkdir("y", 0755));
	CHECK_OK(mkdir("x/a", 0755));
	CHECK_OK(mkdir("x/a/deep", 0755));
	put("x/a/deep/f", "d");
	put("one", "1");
	put("two", "2");
	put("always", "n");
	CHECK_OK(renameat2(AT_FDCWD, "one", AT_FDCWD, "two", RENAME_EXCHANGE));
	pids[0] = run(move_there_and_back, 0);
	pids[1] = run(exchange, 0);
	pids[2] = run(replace, 0);
	pids[3] = run(look_in_both, 0);
	pids[4] = run(look_in_both, 0);
	pids[5] = run(climb, 0);
	finish(pids, 6, 3000);
}

/* --- Deletion against opens and listings --------------------------------- */

static void make_and_delete(int seed)
{
	char name[32], text[32];

	snprintf(name, sizeof(name), "d/%d", seed % 50);
	snprintf(text, sizeof(text), "%c", '0' + seed % 50);
	put(name, text);
	CHECK(unlink(name) == 0 || errno == ENOENT);
}

static void open_any(int seed)
{
	char name[32], c;
	int fd;

	snprintf(name, sizeof(name), "d/%d", seed % 50);
	fd = open(name, O_RDONLY);
	if (fd < 0) {
		CHECK_EQ(errno, ENOENT);
		return;
	}
	/* Empty, between creation and write, or its own text: never another's.  Zero, where O_TRUNC
	 * comes between read(2)'s look at the size and at the page, on Linux too. */
	if (read(fd, &c, 1) == 1)
		CHECK(c == '0' + seed % 50 || !c);
	close(fd);
}

static void list_once(int seed)
{
	int stay = 0;
	DIR *dir = opendir("d");

	CHECK(dir != NULL);
	for (struct dirent *entry; (entry = readdir(dir));)
		stay += strncmp(entry->d_name, "stay", 4) == 0;
	closedir(dir);
	CHECK_EQ(stay, 20); /* none lost, none twice */
}

TEST_TIMEOUT(opens_and_lists_while_names_go, 60, SYS_getdents64)
{
	pid_t pids[CHILDREN];
	char name[32];

	begin();
	CHECK_OK(mkdir("d", 0755));
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "d/stay%d", i);
		put(name, "s");
	}
	CHECK(readdir(opendir("d")) != NULL);
	pids[0] = run(make_and_delete, 0);
	pids[1] = run(make_and_delete, 25);
	pids[2] = run(open_any, 0);
	pids[3] = run(open_any, 10);
	pids[4] = run(list_once, 0);
	pids[5] = run(list_once, 0);
	finish(pids, 6, 3000);
}

/* --- Mounts against walks ------------------------------------------------- */

static void mount_and_umount(int seed)
{
	CHECK_OK(mount("t", "p/m", "tmpfs", 0, "size=64k"));
	put("p/m/f", "m");
	/* EINVAL: gone with the bind of it, which is its peer. */
	while (umount("p/m") && errno != EINVAL)
		CHECK_EQ(errno, EBUSY);
}

static void bind_and_detach(int seed)
{
	CHECK_OK(mount("p", "b", NULL, MS_BIND | MS_REC, NULL));
	CHECK_OK(umount2("b", MNT_DETACH));
}

static void walk_through(int seed)
{
	const char *name = seed % 2 ? "p/m/f" : "q/m/f";
	struct stat st;
	int fd = open(name, O_RDONLY);

	if (fd < 0) {
		CHECK_EQ(errno, ENOENT); /* mounted, the file not made yet */
	} else {
		char c = 0;

		/* Below the mount, or in it and perhaps not yet written. */
		if (read(fd, &c, 1) == 1)
			CHECK(c == 'm' || c == 'u');
		close(fd);
	}
	CHECK_OK(stat("p/m/..", &st));
	/* The root of a mount that was just taken away has no way up. */
	CHECK(stat("p/m/../keep", &st) == 0 || errno == ENOENT);
	CHECK_OK(stat("p/keep", &st));
	CHECK_OK(stat("q/keep", &st));
}

static void read_table(int seed)
{
	char buf[8192];
	int fd = CHECK_OK(open("/proc/self/mountinfo", O_RDONLY)), n, all = 0;

	while ((n = CHECK_OK(read(fd, buf, sizeof(buf)))) > 0)
		all += n;
	CHECK(all > 0);
	close(fd);
}

TEST_TIMEOUT(walks_while_mounts_come_and_go, 60, SYS_mount)
{
	pid_t pids[CHILDREN];

	begin();
	CHECK_OK(mkdir("p", 0755));
	CHECK_OK(mkdir("q", 0755));
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mount("t", "p", "tmpfs", 0, NULL));
	CHECK_OK(mkdir("p/m", 0755));
	put("p/m/f", "u");
	put("p/keep", "k");
	CHECK_OK(mount(NULL, "p", NULL, MS_SHARED, NULL));
	CHECK_OK(mount("p", "q", NULL, MS_BIND, NULL));
	pids[0] = run(mount_and_umount, 0);
	pids[1] = run(bind_and_detach, 0);
	pids[2] = run(walk_through, 0);
	pids[3] = run(walk_through, 1);
	pids[4] = run(read_table, 0);
	finish(pids, 5, 3000);
	CHECK_OK(umount2("q", MNT_DETACH));
	CHECK_OK(umount2("p", MNT_DETACH));
}
