/*
 * What the calls about mappings say in odd cases, as random calls on both kernels showed it:
 * mmap(2), mremap(2), madvise(2), mlock(2).
 */
#include "abi_test.h"
#include <sys/mman.h>

#define PAGE 4096ul

static char *map(size_t pages, int prot, int flags, int fd)
{
	return (char *)CHECK_OK(mmap(NULL, pages * PAGE, prot, flags, fd, 0));
}

/* Nothing mapped there is seen before a length that goes beyond all addresses. */
TEST(mremap_of_nothing, SYS_mremap)
{
	char *there = (char *)0x300000000;

	CHECK_OK(mmap(there, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	CHECK_ERR(syscall(SYS_mremap, there + PAGE, -PAGE, PAGE, 0ul), EFAULT);
	CHECK_ERR(syscall(SYS_mremap, 0xffff800000000000ul, PAGE, PAGE, 0ul), EFAULT);
	CHECK_ERR(syscall(SYS_mremap, there, -PAGE, PAGE, 0ul), EINVAL);
}

/* Beyond any file's size: before the file is asked what may be done with it. */
TEST(mmap_behind_all_offsets, SYS_mmap)
{
	int zero = CHECK_OK(open("/dev/zero", O_RDWR)), dir = CHECK_OK(open("/", O_RDONLY));
	int w = CHECK_OK(open("f", O_CREAT | O_WRONLY, 0600));
	off_t last = -(off_t)PAGE;

	CHECK_ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, zero, last), EOVERFLOW);
	CHECK_ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, dir, last), EOVERFLOW);
	CHECK_ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, w, last), EOVERFLOW);
	CHECK_ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, w, 0), EACCES);
	CHECK_ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, dir, 0), ENODEV);
}

/* Not even with pages that were there before it became so. */
TEST(mlock_of_what_cannot_be_read, SYS_mlock)
{
	char *p = map(2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	memset(p, 1, 2 * PAGE);
	CHECK_OK(mprotect(p + PAGE, PAGE, PROT_NONE));
	CHECK_ERR(mlock(p, 2 * PAGE), ENOMEM);
	CHECK_OK(mlock(p, PAGE));
}

TEST(shared_validate_knows_no_fixed_noreplace, SYS_mmap)
{
	int zero = CHECK_OK(open("/dev/zero", O_RDWR));
	char *at = map(1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	CHECK_OK(munmap(at, PAGE));
	CHECK_ERR(mmap(at, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_FIXED_NOREPLACE, zero, 0),
		  EOPNOTSUPP);
	CHECK_OK(mmap(at, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, zero, 0));
}

/* A private mapping of /dev/zero keeps its name to itself. */
TEST(zero_is_not_joined_with_anonymous_memory, SYS_mmap)
{
	int zero = CHECK_OK(open("/dev/zero", O_RDWR)), rw = PROT_READ | PROT_WRITE;
	char *at = map(3, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1), line[300], want[40];
	bool found = false;
	FILE *maps;

	CHECK_OK(mmap(at + PAGE, PAGE, rw, MAP_PRIVATE | MAP_FIXED, zero, 4 * PAGE));
	CHECK_OK(mmap(at, PAGE, rw, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	CHECK_OK(mmap(at + 2 * PAGE, PAGE, rw, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	snprintf(want, sizeof(want), "%lx-%lx rw-p 00004000 ", (long)at + PAGE,
		 (long)at + 2 * PAGE);
	maps = fopen("/proc/self/maps", "r");
	CHECK(maps);
	while (fgets(line, sizeof(line), maps))
		found |= !strncmp(line, want, strlen(want)) && strstr(line, "/dev/zero");
	CHECK(found);
}

/* MADV_REMOVE wants a mapping that might be made writable, MADV_POPULATE_* the right itself. */
TEST(advice_and_rights, SYS_madvise)
{
	int fd = CHECK_OK(memfd_create("m", 0));
	char *shared, *exec;

	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_EQ(pwrite(fd, "x", 1, 0), 1);
	shared = map(1, PROT_READ, MAP_SHARED, fd);
	CHECK_EQ(*shared, 'x');
	CHECK_OK(madvise(shared, PAGE, MADV_REMOVE));
	CHECK_EQ(*shared, 0);
	exec = map(1, PROT_EXEC, MAP_SHARED, fd);
	CHECK_ERR(madvise(exec, PAGE, 22 /* MADV_POPULATE_READ */), EINVAL);
	CHECK_OK(madvise(shared, PAGE, 22));
	CHECK_ERR(madvise(shared, PAGE, 23 /* MADV_POPULATE_WRITE */), EINVAL);
}

/* mlock(2) needs no right to read, as long as there is one. */
TEST(locking_what_is_not_readable, SYS_mlock)
{
	int flags = MAP_SHARED | MAP_ANONYMOUS;

	CHECK_OK(mlock(map(1, PROT_WRITE, flags, -1), PAGE));
	CHECK_ERR(mlock(map(1, PROT_NONE, flags, -1), PAGE), ENOMEM);
}

/* /dev/zero makes memory of the mapping's size, and the offset is one into that. */
TEST(an_offset_into_zeroes, SYS_mmap)
{
	const size_t len = 4 * PAGE;
	int zero = CHECK_OK(open("/dev/zero", O_RDWR)),
	    fixed = CHECK_OK(open("/dev/zero", O_RDONLY));
	char *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, zero, PAGE), want[100];
	FILE *maps;
	char line[200];
	int found = 0;

	CHECK(at != MAP_FAILED);
	at[0] = at[2 * PAGE] = 1;
	CHECK_KILLED(SIGBUS, at[3 * PAGE] = 1);
	/* Who may never write it has no memory of its own. */
	at = mmap(NULL, len, PROT_READ, MAP_SHARED, fixed, 5 * PAGE);
	CHECK(at != MAP_FAILED);
	CHECK_EQ(at[3 * PAGE], 0);
	CHECK_ERR(mprotect(at, PAGE, PROT_WRITE), EACCES);
	snprintf(want, sizeof(want), "%lx-%lx r--s 00005000", (long)at, (long)at + len);
	maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), maps))
		if (!strncmp(line, want, strlen(want)))
			found = strstr(line, "/dev/zero\n") ? 1 : -1;
	CHECK_EQ(found, 1);
}

/* The number of the inode behind the memory at @at, which has no name. */
static unsigned long inode_behind(const void *at, const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end, ino, found = 0;
	unsigned major, minor;
	char line[200], *text;
	int n;

	CHECK(maps);
	while (!found && fgets(line, sizeof(line), maps)) {
		CHECK_EQ(sscanf(line, "%lx-%lx %*s %*x %x:%x %lu%n", &start, &end, &major, &minor,
				&ino, &n),
			 5);
		if ((unsigned long)at < start || (unsigned long)at >= end)
			continue;
		text = line + n + strspn(line + n, " ");
		CHECK(!strcmp(text, name));
		CHECK_EQ(major, 0);
		CHECK_EQ(minor, 1);
		found = ino;
	}
	fclose(maps);
	CHECK(found);
	return found;
}

/* One for all parts and copies of it, and no other's: of device 0:1, as memfds are. */
TEST(shared_memory_has_an_inode_number, SYS_mmap)
{
	const char *zero = "/dev/zero (deleted)\n";
	const int rw = PROT_READ | PROT_WRITE, how = MAP_SHARED | MAP_ANONYMOUS;
	char *one = map(8, rw, how, -1), *two = map(8, rw, how, -1), *part, *named, *memory;
	int fd = CHECK_OK(open("/dev/zero", O_RDWR)), memfd;
	unsigned long first = inode_behind(one, zero);
	struct stat st;

	CHECK_OK(munmap(one + PAGE, PAGE));
	CHECK_OK(mprotect(one + 4 * PAGE, PAGE, PROT_READ));
	CHECK_EQ(inode_behind(one, zero), first);
	CHECK_EQ(inode_behind(one + 2 * PAGE, zero), first);
	CHECK_EQ(inode_behind(one + 4 * PAGE, zero), first);
	CHECK_EQ(inode_behind(one + 5 * PAGE, zero), first);
	part = (char *)CHECK_OK(mremap(one + 2 * PAGE, 0, PAGE, MREMAP_MAYMOVE));
	CHECK_EQ(inode_behind(part, zero), first);
	CHECK_CHILD(CHECK_EQ(inode_behind(one, zero), first));
	CHECK(inode_behind(two, zero) != first);
	named = map(2, rw, MAP_SHARED, fd);
	CHECK(inode_behind(named, zero) != first);
	CHECK(inode_behind(named, zero) != inode_behind(two, zero));
	memfd = CHECK_OK(syscall(SYS_memfd_create, "x", 0));
	CHECK_OK(ftruncate(memfd, PAGE));
	memory = map(1, rw, MAP_SHARED, memfd);
	CHECK_OK(fstat(memfd, &st));
	CHECK_EQ(st.st_dev, 1);
	CHECK_EQ(inode_behind(memory, "/memfd:x (deleted)\n"), st.st_ino);
	CHECK(st.st_ino != first);
	CHECK(st.st_ino != inode_behind(two, zero));
	CHECK(st.st_ino != inode_behind(named, zero));
}
