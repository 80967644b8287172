/* mmap(2), munmap, mprotect, mremap, madvise, msync, mincore, mlock, brk; what a page may be and become. */
#include "abi_test.h"
#include <setjmp.h>
#include <sys/resource.h>

enum { PAGE = 4096 };

static sigjmp_buf escape;

static void on_fault(int sig)
{
	siglongjmp(escape, sig);
}

/* The signal that writing to *at raises, or 0. */
static int try_write(volatile char *at)
{
	int sig;

	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	sig = sigsetjmp(escape, 1);
	if (sig == 0)
		*at = 1;
	return sig;
}

static int try_read(volatile char *at)
{
	int sig;

	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	sig = sigsetjmp(escape, 1);
	if (sig == 0)
		(void)*at;
	return sig;
}

static char *anon(size_t len)
{
	char *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(map != MAP_FAILED);
	return map;
}

TEST(anonymous_memory_is_zero, SYS_mmap)
{
	char *map = anon(64 * PAGE);

	for (int i = 0; i < 64 * PAGE; i += 64)
		CHECK_EQ(map[i], 0);
	memset(map, 7, 64 * PAGE);
	CHECK_OK(munmap(map, 64 * PAGE));
	CHECK_EQ(try_read(map), SIGSEGV);
}

TEST(bad_arguments, SYS_mmap)
{
	CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
	      errno == EINVAL);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 999, 0) == MAP_FAILED && errno == EBADF);
	CHECK(mmap((void *)1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
		      MAP_FAILED &&
	      errno == EINVAL);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 5) == MAP_FAILED &&
	      errno == EINVAL);
	CHECK(mmap(NULL, 1ul << 62, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
	      errno == ENOMEM);
	CHECK_ERR(munmap((void *)1, PAGE), EINVAL);
	CHECK_ERR(munmap(NULL, 0), EINVAL);
	CHECK_ERR(mprotect((void *)1, PAGE, PROT_READ), EINVAL);
	CHECK_ERR(mprotect((void *)0x10000000000, PAGE, PROT_READ), ENOMEM);
}

TEST(fixed_replaces_and_noreplace_refuses, SYS_mmap)
{
	char *map = anon(3 * PAGE);

	map[PAGE] = 5;
	CHECK(mmap(map + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
		   -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, EEXIST);
	CHECK_EQ(map[PAGE], 5);
	CHECK(mmap(map + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	      map + PAGE);
	CHECK_EQ(map[PAGE], 0);
	CHECK_EQ(try_write(map + PAGE), SIGSEGV);
	CHECK_EQ(try_write(map), 0);
	CHECK_EQ(try_write(map + 2 * PAGE), 0);
}

TEST(protection_changes_split_regions, SYS_mprotect)
{
	char *map = anon(4 * PAGE);

	memset(map, 3, 4 * PAGE);
	CHECK_OK(mprotect(map + PAGE, PAGE, PROT_READ));
	CHECK_OK(mprotect(map + 2 * PAGE, PAGE, PROT_NONE));
	CHECK_EQ(try_write(map), 0);
	CHECK_EQ(try_write(map + PAGE), SIGSEGV);
	CHECK_EQ(try_read(map + PAGE), 0);
	CHECK_EQ(try_read(map + 2 * PAGE), SIGSEGV);
	CHECK_EQ(try_write(map + 3 * PAGE), 0);
	CHECK_OK(mprotect(map, 4 * PAGE, PROT_READ | PROT_WRITE));
	CHECK_EQ(map[2 * PAGE], 3);
	CHECK_EQ(try_write(map + 2 * PAGE), 0);
}

TEST(code_needs_exec, SYS_mmap, SYS_mprotect)
{
	unsigned char *map = (void *)anon(PAGE);

	map[0] = 0xc3;
	signal(SIGSEGV, on_fault);
	if (sigsetjmp(escape, 1) == 0) {
		((void (*)(void))map)();
		abi_fail(__FILE__, __LINE__, "data was executed");
	}
	CHECK_OK(mprotect(map, PAGE, PROT_READ | PROT_EXEC));
	((void (*)(void))map)();
}

TEST(remap_moves_grows_and_shrinks, SYS_mremap)
{
	char *map = anon(4 * PAGE), *moved;

	memset(map, 9, 4 * PAGE);
	CHECK(mremap(map, 4 * PAGE, 2 * PAGE, 0) == map);
	CHECK_EQ(try_read(map + 2 * PAGE), SIGSEGV);
	char *block = mmap(map + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			   -1, 0);
	CHECK(block == map + 2 * PAGE);
	CHECK(mremap(map, 2 * PAGE, 8 * PAGE, 0) == MAP_FAILED && errno == ENOMEM);
	moved = mremap(map, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	CHECK(moved != MAP_FAILED);
	CHECK_EQ(moved[2 * PAGE - 1], 9);
	CHECK_EQ(moved[2 * PAGE], 0);
	CHECK_EQ(try_read(map), SIGSEGV);
	CHECK(mremap((void *)0x7000000000, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED &&
	      errno == EFAULT);
	CHECK(mremap(moved, PAGE, 2 * PAGE, 64) == MAP_FAILED && errno == EINVAL);
	char *target = anon(2 * PAGE);
	CHECK(mremap(moved, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
	CHECK_EQ(target[0], 9);
}

TEST(advice, SYS_madvise)
{
	char *map = anon(4 * PAGE);

	memset(map, 9, 4 * PAGE);
	CHECK_OK(madvise(map + PAGE, PAGE, MADV_DONTNEED));
	CHECK_EQ(map[PAGE], 0);
	CHECK_EQ(map[0], 9);
	CHECK_ERR(madvise(map, PAGE, 12345), EINVAL);
	CHECK_ERR(madvise(map + 1, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_OK(madvise(map, PAGE, MADV_WIPEONFORK));
	CHECK_OK(madvise(map + 2 * PAGE, PAGE, MADV_DONTFORK));
	CHECK_CHILD({
		CHECK_EQ(map[0], 0);
		CHECK_EQ(try_read(map + 2 * PAGE), SIGSEGV);
	});
	CHECK_EQ(map[0], 9);
}

TEST(shared_file_mapping_and_file_agree, SYS_mmap)
{
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));
	char buf[4];

	CHECK_OK(ftruncate(fd, 2 * PAGE));
	char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	map[5] = 'm';
	CHECK_EQ(pread(fd, buf, 1, 5), 1);
	CHECK_EQ(buf[0], 'm');
	CHECK_EQ(pwrite(fd, "w", 1, PAGE), 1);
	CHECK_EQ(map[PAGE], 'w');
	CHECK_CHILD(map[6] = 'c');
	CHECK_EQ(map[6], 'c');
	CHECK_OK(msync(map, 2 * PAGE, MS_SYNC));
	CHECK_ERR(msync(map, PAGE, 1 << 10), EINVAL);
	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_EQ(try_read(map + PAGE), SIGBUS);
	CHECK_EQ(try_read(map), 0);
	int ro = CHECK_OK(open("f", O_RDONLY));
	CHECK(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, ro, 0) == MAP_FAILED && errno == EACCES);
}

TEST(private_file_mapping_keeps_its_writes, SYS_mmap)
{
	int fd = CHECK_OK(open("f", O_CREAT | O_RDWR, 0600));
	char c;

	CHECK_EQ(write(fd, "abc", 3), 3);
	char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(map != MAP_FAILED);
	map[0] = 'z';
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_EQ(c, 'a');
	CHECK_CHILD({
		CHECK_EQ(map[0], 'z');
		map[0] = 'y';
	});
	CHECK_EQ(map[0], 'z');
}

TEST(shared_anonymous_memory_crosses_fork, SYS_mmap)
{
	int *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK_CHILD(*map = 31);
	CHECK_EQ(*map, 31);
}

TEST(residency_is_told, SYS_mincore)
{
	unsigned char vec[4];
	char *map = anon(4 * PAGE);

	map[PAGE] = 1;
	CHECK_OK(mincore(map, 4 * PAGE, vec));
	CHECK_EQ(vec[0] & 1, 0);
	CHECK_EQ(vec[1] & 1, 1);
	CHECK_ERR(mincore(map + 1, PAGE, vec), EINVAL);
	CHECK_OK(munmap(map + 2 * PAGE, PAGE));
	CHECK_ERR(mincore(map, 4 * PAGE, vec), ENOMEM);
}

TEST(break_moves, SYS_brk)
{
	char *old = sbrk(0);

	CHECK(sbrk(100000) == old);
	memset(old, 1, 100000);
	CHECK(sbrk(-100000) != (void *)-1);
	CHECK(sbrk(0) == old);
	CHECK_EQ(syscall(SYS_brk, 0), (long)old);
}

static int deep(int n)
{
	volatile char frame[1024];

	frame[0] = n;
	return n ? deep(n - 1) + frame[0] : 0;
}

TEST(stack_grows_to_its_limit, SYS_prlimit64)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };

	deep(6000);
	CHECK_OK(setrlimit(RLIMIT_STACK, &limit));
	CHECK_KILLED(SIGSEGV, {
		signal(SIGSEGV, SIG_DFL);
		deep(1 << 20);
	});
}

TEST(locks_count_against_the_limit, SYS_mlock)
{
	char *map = anon(4 * PAGE);

	CHECK_OK(mlock(map, 2 * PAGE));
	CHECK_OK(munlock(map, 2 * PAGE));
	CHECK_ERR(mlockall(0), EINVAL);
	CHECK_OK(munmap((char *)map + PAGE, PAGE));
	CHECK_ERR(mlock(map, 3 * PAGE), ENOMEM);
}

TEST(address_space_limit_holds, SYS_prlimit64)
{
	struct rlimit limit = { 64 << 20, RLIM_INFINITY };

	CHECK_OK(setrlimit(RLIMIT_AS, &limit));
	CHECK(mmap(NULL, 128 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
}

static int remap(volatile void *at, size_t size, size_t page)
{
	return syscall(SYS_remap_file_pages, at, size, 0, page, 0);
}

/* remap_file_pages(2): part of a shared mapping shows other pages of its file. */
TEST(remap_file_pages_changes_what_is_shown, SYS_remap_file_pages)
{
	int fd = CHECK_OK(syscall(SYS_memfd_create, "pages", 0)), readable;
	volatile char *map, *anon;
	char name[32], *read_only, *private;

	for (int i = 0; i < 4; i++)
		CHECK_EQ(pwrite(fd, (char[]){ 'a' + i }, 1, i * PAGE), 1);
	CHECK_OK(ftruncate(fd, 4 * PAGE));
	map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED && map[0] == 'a');
	CHECK_OK(remap(map, PAGE, 2));
	CHECK(map[0] == 'c' && map[PAGE] == 'b' && map[2 * PAGE] == 'c');
	map[0] = 'X';
	CHECK_EQ(map[2 * PAGE], 'X');
	CHECK_OK(remap(map, 2 * PAGE, 0)); /* over two pieces of one file */
	CHECK(map[0] == 'a' && map[PAGE] == 'b');
	CHECK_OK(remap(map + 5, PAGE + 7, 3)); /* whole pages are meant */
	CHECK(map[0] == 'd' && map[PAGE] == 'b');
	CHECK_OK(remap(map, PAGE, 9));
	CHECK_EQ(try_read(map), SIGBUS);

	CHECK_ERR(remap(map, 8 * PAGE, 0), EINVAL);
	CHECK_ERR(remap(map, PAGE - 1, 0), EINVAL);
	CHECK_ERR(remap(map, PAGE, -1ul), EINVAL);
	CHECK_ERR(remap((void *)(-1ul << 12), 2 * PAGE, 0), EINVAL);
	CHECK_ERR(syscall(SYS_remap_file_pages, map, PAGE, PROT_READ, 0, 0), EINVAL);
	private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK_ERR(remap(private, PAGE, 1), EINVAL);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	readable = CHECK_OK(open(name, O_RDONLY));
	read_only = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, readable, 0);
	CHECK_ERR(remap(read_only, PAGE, 1), EINVAL);
	CHECK_OK(munmap((char *)map + PAGE, PAGE));
	CHECK_ERR(remap(map, 3 * PAGE, 0), EINVAL); /* a hole */

	anon = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	anon[0] = 'p';
	CHECK_OK(remap(anon + PAGE, PAGE, 0));
	CHECK_EQ(anon[PAGE], 'p');
}
