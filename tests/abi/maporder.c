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
