/* proc/elf and proc/exec_args: malformed headers, what is mapped where, counting arguments. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "tests/unit/fs_stub.h"
#include "tests/unit/host_threads.h"
#include "arch/host/host.h"
#include "fs/vfs.h"
#include "mem/slab.h"
#include "proc/exec_internal.h"
#include "vm/mmap.h"
#include "vm/space.h"
#include <linux/fcntl.h>

/* ---- a file that a test builds ---- */

static struct {
	Elf64_Ehdr header;
	Elf64_Phdr ph[8];
	char interp[32];
} elf;
static struct file *file;

/* vm/: what elf_map() asks for. */
static struct {
	u64 addr, offset, len;
	unsigned prot;
	bool replace;
} mapped[16];
static unsigned nmapped;
static int map_error;
static u64 tail;
static int tail_error = -EFAULT;

int vm_map_elf_pages(struct vm_space *space, struct file *from, u64 addr, u64 offset, u64 filesz,
		     unsigned prot, bool replace)
{
	assert_ptr_equal(from, file);
	if (map_error)
		return map_error;
	mapped[nmapped].addr = addr;
	mapped[nmapped].offset = offset;
	mapped[nmapped].len = filesz;
	mapped[nmapped].replace = replace;
	mapped[nmapped++].prot = prot;
	return 0;
}

int vm_map_elf_zeroes(struct vm_space *space, u64 start, u64 end, bool exec)
{
	if (map_error)
		return map_error;
	if (end <= start)
		return 0;
	mapped[nmapped].addr = start;
	mapped[nmapped].offset = U64_MAX;
	mapped[nmapped].len = end - start;
	mapped[nmapped].replace = true;
	mapped[nmapped++].prot = 3 | (exec ? 4 : 0);
	return 0;
}

int vm_zero_tail(struct vm_space *space, u64 addr)
{
	tail = addr;
	return tail_error;
}

static void build(void)
{
	memset(&elf, 0, sizeof(elf));
	memcpy(elf.header.e_ident, ELFMAG, SELFMAG);
	elf.header.e_ident[EI_CLASS] = ELFCLASS64;
	elf.header.e_type = ET_DYN;
	elf.header.e_machine = EM_X86_64;
	elf.header.e_phentsize = sizeof(Elf64_Phdr);
	elf.header.e_phoff = offsetof(__typeof__(elf), ph);
	elf.header.e_phnum = 4;
	strcpy(elf.interp, "/lib/ld.so");
	elf.ph[0] = (Elf64_Phdr){ .p_type = PT_INTERP,
				  .p_offset = offsetof(__typeof__(elf), interp),
				  .p_filesz = sizeof("/lib/ld.so") };
	elf.ph[1] = (Elf64_Phdr){ .p_type = PT_LOAD,
				  .p_flags = PF_R | PF_X,
				  .p_filesz = 0x2345,
				  .p_memsz = 0x2345,
				  .p_align = 4096 };
	elf.ph[2] = (Elf64_Phdr){ .p_type = PT_LOAD,
				  .p_flags = PF_R | PF_W,
				  .p_offset = 0x2345,
				  .p_vaddr = 0x5345,
				  .p_filesz = 0x100,
				  .p_memsz = 0x9000,
				  .p_align = 0x200000 };
	elf.ph[3] = (Elf64_Phdr){ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W };
}

static int read_image(struct elf_image *image, size_t head_len)
{
	assert_int_equal(vfs_ftruncate(&fs_stub_root, file, 0), 0);
	assert_int_equal(vfs_write_kernel(file, &elf, sizeof(elf), 0), sizeof(elf));
	return elf_read(file, (char *)&elf, head_len, image);
}

static int verdict(void)
{
	struct elf_image image;
	int err = read_image(&image, sizeof(elf));

	if (!err)
		elf_free(&image);
	assert_null(image.phdrs);
	return err;
}

TEST(extent_and_segments)
{
	struct elf_image image;
	char *interp;

	build();
	/* The program headers in the bytes at hand, and only in the file. */
	for (size_t head = sizeof(elf);; head = sizeof(elf.header)) {
		assert_int_equal(read_image(&image, head), 0);
		assert_int_equal(image.low, 0);
		assert_int_equal(image.high, 0xf000);
		assert_int_equal(image.align, 0x200000);
		assert_false(image.exec_stack);
		assert_int_equal(elf_interpreter(&image, &interp), 0);
		assert_string_equal(interp, "/lib/ld.so");
		kfree(interp);
		if (head == sizeof(elf.header))
			break;
		elf_free(&image);
	}
	assert_true(image.mappable);
	nmapped = 0;
	assert_int_equal(elf_map(&image, NULL, 0x10000000), 0);
	assert_int_equal(nmapped, 3);
	assert_int_equal(mapped[0].prot, 1 | 4);
	assert_false(mapped[0].replace);
	assert_int_equal(mapped[1].addr, 0x10005345);
	assert_int_equal(mapped[1].len, 0x100);
	assert_int_equal(mapped[1].prot, 1 | 2);
	assert_true(mapped[1].replace);
	assert_int_equal(tail, 0x10005445); /* that it cannot be written is no error */
	assert_int_equal(mapped[2].addr, 0x10006000);
	assert_int_equal(mapped[2].addr + mapped[2].len, 0x1000e345);
	assert_int_equal(image.code_start, 0x10000000);
	assert_int_equal(image.code_end, 0x10002345);
	assert_int_equal(image.data_start, 0x10005345);
	assert_int_equal(image.end_of_bss, 0x10005345 + 0x9000);
	assert_int_equal(elf_phdr_address(&image), 0x10000000 + elf.header.e_phoff);
	assert_int_equal(elf_map(&image, NULL, USER_ADDR_MAX - 0xe000), -ENOMEM);
	assert_int_equal(elf_map(&image, NULL, -0x8000ull), -ENOMEM);
	map_error = -EEXIST;
	assert_int_equal(elf_map(&image, NULL, 0x10000000), -EEXIST);
	map_error = 0;
	elf_free(&image);
}

/* All of the file first, zeroes once behind its last byte; a tail that stays is an error. */
TEST(segments_of_an_interpreter)
{
	struct elf_image image;

	build();
	elf.ph[1].p_memsz = 0x3000;
	assert_int_equal(read_image(&image, sizeof(elf)), 0);
	nmapped = 0;
	assert_int_equal(elf_map_interpreter(&image, NULL, 0x10000000), -EFAULT);
	tail_error = 0;
	nmapped = 0;
	assert_int_equal(elf_map_interpreter(&image, NULL, 0x10000000), 0);
	tail_error = -EFAULT;
	assert_int_equal(nmapped, 3);
	assert_int_equal(mapped[0].len, 0x2345);
	assert_int_equal(mapped[1].len, 0x100);
	assert_int_equal(tail, 0x10005445);
	assert_int_equal(mapped[2].addr, 0x10006000);
	assert_int_equal(mapped[2].addr + mapped[2].len, 0x1000e345);
	elf_free(&image);
}

#define REFUSED(change, errno)                                                                     \
	do {                                                                                       \
		build();                                                                           \
		change;                                                                            \
		assert_int_equal(verdict(), errno);                                                \
	} while (0)

#define UNMAPPABLE(change)                                                                         \
	do {                                                                                       \
		build();                                                                           \
		change;                                                                            \
		assert_int_equal(read_image(&image, sizeof(elf)), 0);                              \
		assert_false(image.mappable);                                                      \
		elf_free(&image);                                                                  \
	} while (0)

TEST(malformed_files)
{
	struct elf_image image;

	REFUSED((void)0, 0);
	REFUSED(elf.header.e_ident[0]++, -ENOEXEC);
	REFUSED(elf.header.e_ident[EI_CLASS] = ELFCLASS32, 0);
	REFUSED(elf.header.e_machine = EM_386, -ENOEXEC);
	REFUSED(elf.header.e_phentsize--, -ENOEXEC);
	REFUSED(elf.header.e_phnum = 0, -ENOEXEC);
	REFUSED(elf.header.e_phnum = 74, -ENOEXEC);
	REFUSED(elf.header.e_phoff = 1 << 20, -ENOEXEC);
	REFUSED(elf.header.e_phoff = U64_MAX - 8, -ENOEXEC);
	UNMAPPABLE(elf.header.e_type = ET_CORE);
	UNMAPPABLE(elf.header.e_phnum = 1); /* no PT_LOAD */
	UNMAPPABLE(elf.ph[1].p_filesz++);
	UNMAPPABLE(elf.ph[1].p_memsz = U64_MAX);
	UNMAPPABLE(elf.ph[2].p_vaddr = -0x1000ull + 0x345);
	build();
	assert_int_equal(read_image(&image, sizeof(elf.header) - 1), -ENOEXEC);
	build();
	elf.ph[3].p_flags |= PF_X;
	elf.ph[2].p_align = 3; /* no power of two: forgotten */
	assert_int_equal(read_image(&image, sizeof(elf)), 0);
	assert_true(image.exec_stack);
	assert_int_equal(image.align, PAGE_SIZE);
	elf_free(&image);
}

TEST(interpreters)
{
	static const struct {
		u64 offset, filesz;
		int err;
	} bad[] = {
		{ offsetof(__typeof__(elf), interp), 1, -ENOEXEC },
		{ offsetof(__typeof__(elf), interp), 4097, -ENOEXEC },
		{ offsetof(__typeof__(elf), interp), 10, -ENOEXEC }, /* no NUL */
		{ sizeof(elf) - 2, 11, -EIO },
		{ U64_MAX - 3, 11, -EINVAL },
	};
	struct elf_image image;
	char *interp;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		build();
		elf.ph[0].p_offset = bad[i].offset;
		elf.ph[0].p_filesz = bad[i].filesz;
		assert_int_equal(read_image(&image, sizeof(elf)), 0);
		assert_int_equal(elf_interpreter(&image, &interp), bad[i].err);
		assert_null(interp);
		elf_free(&image);
	}
	build();
	elf.ph[0].p_type = PT_NOTE;
	assert_int_equal(read_image(&image, sizeof(elf)), 0);
	assert_int_equal(elf_interpreter(&image, &interp), 0);
	assert_null(interp);
	elf_free(&image);
}

/* Any bytes: an errno or an image within bounds. */
TEST(noise)
{
	u64 seed = 99;
	unsigned good = 0;

	for (int round = 0; round < 20000; round++) {
		struct elf_image image;
		u8 *bytes = (u8 *)&elf;
		char *interp;

		build();
		for (unsigned n = test_random(&seed) % 6; n > 0; n--)
			bytes[test_random(&seed) % sizeof(elf)] = test_random(&seed) % 3 ?
									  test_random(&seed) :
									  0xff;
		if (elf_read(file, (char *)&elf, sizeof(elf), &image))
			continue;
		good++;
		assert_true(IS_POW2(image.align));
		if (elf_interpreter(&image, &interp) == 0)
			kfree(interp);
		for (int as_interpreter = 0; as_interpreter < 2 && image.mappable;
		     as_interpreter++) {
			assert_true(image.low <= image.high);
			assert_true(image.high <= USER_ADDR_MAX + PAGE_SIZE);
			nmapped = 0;
			if (as_interpreter ? elf_map_interpreter(&image, NULL, 0) :
					     elf_map(&image, NULL, 0))
				continue;
			for (unsigned i = 0; i < nmapped; i++)
				assert_true(mapped[i].addr + mapped[i].len <= USER_ADDR_MAX);
		}
		elf_phdr_address(&image);
		elf_free(&image);
	}
	assert_true(good > 5000);
}

/* ---- arguments ---- */

static void check_strings(const struct exec_args *args, const char **strings, unsigned n)
{
	size_t at = 0;

	assert_int_equal(args->count, n);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(args->offsets[i], at);
		assert_string_equal(args->strings + at, strings[i]);
		at += strlen(strings[i]) + 1;
	}
	assert_int_equal(args->used, at);
}

TEST(arguments_in_order)
{
	static char text[300][32];
	const char *vector[301];
	struct exec_args args;
	unsigned n;

	for (int i = 0; i < 300; i++) {
		snprintf(text[i], 32, "argument number %d", i);
		vector[i] = text[i];
	}
	vector[300] = NULL;
	for (int kernel = 0; kernel < 2; kernel++) {
		exec_args_init(&args, 8 << 20);
		assert_int_equal(exec_args_add_vector(&args, (u64)vector, kernel, &n), 0);
		assert_int_equal(n, 300);
		check_strings(&args, vector, 300);
		exec_args_fini(&args);
	}
	exec_args_init(&args, 8 << 20);
	assert_int_equal(exec_args_add_vector(&args, 0, false, &n), 0);
	assert_int_equal(n, 0);
	exec_args_fini(&args);
}

/* By fewer bytes, by more, by more than there is room for; by one and by several. */
TEST(the_first_argument_gives_way)
{
	static char long_one[5000];
	static const char *const firsts[][4] = { { "f" },
						 { "first and longer" },
						 { "/bin/interpreter", "-x", "script" },
						 { "a", long_one, "b" } };
	const char *vector[192], *want[200];
	struct exec_args args;

	memset(long_one, 'x', sizeof(long_one) - 1);
	for (unsigned others = 1; others < 192; others += 95) {
		for (size_t f = 0; f < ARRAY_SIZE(firsts); f++) {
			unsigned n = 0;

			exec_args_init(&args, 8 << 20);
			for (unsigned i = 0; i <= others; i++) {
				vector[i] = i ? "other" : "zero";
				assert_int_equal(exec_args_add(&args, vector[i]), 0);
			}
			args.argc = 2;
			for (; firsts[f][n]; n++)
				want[n] = firsts[f][n];
			memcpy(want + n, vector + 1, others * sizeof(*want));
			assert_int_equal(exec_args_replace_first(&args, want, n), 0);
			assert_int_equal(args.argc, n + 1);
			check_strings(&args, want, n + others);
			exec_args_fini(&args);
		}
	}
}

TEST(limits_of_arguments)
{
	static char big[140000];
	static const char *many[15001];
	const char *vector[] = { big, NULL };
	struct exec_args args;
	unsigned n;
	int err = 0;

	memset(big, 'x', sizeof(big) - 1);
	exec_args_init(&args, 8 << 20);
	assert_int_equal(exec_args_add_vector(&args, (u64)vector, false, &n), -E2BIG);
	exec_args_fini(&args);
	exec_args_init(&args, 8 << 20);
	big[131071] = '\0'; /* MAX_ARG_STRLEN, its NUL included */
	assert_int_equal(exec_args_add_vector(&args, (u64)vector, false, &n), 0);
	for (n = 0; !err; n++)
		err = exec_args_add(&args, big);
	assert_int_equal(err, -E2BIG);
	assert_int_equal(n, 15); /* a quarter of the stack */
	exec_args_fini(&args);

	/* Pointers count too: empty strings end as well. */
	for (int i = 0; i < 15000; i++)
		many[i] = "";
	exec_args_init(&args, 256 << 10);
	assert_int_equal(exec_args_add_vector(&args, (u64)many, false, &n), -E2BIG);
	assert_int_equal(n, (128 << 10) / 9);
	exec_args_fini(&args);

	/* Strings fit into the stack. */
	exec_args_init(&args, 16 << 10);
	memset(big, 'x', 16384);
	big[16384 - 9] = '\0';
	assert_int_equal(exec_args_add(&args, big), 0);
	assert_int_equal(exec_args_add(&args, ""), -E2BIG);
	exec_args_fini(&args);
}

TEST(bad_user_memory)
{
	static const char *vector[600];
	struct exec_args args;
	unsigned n;

	for (int i = 0; i < 599; i++)
		vector[i] = "x";
	exec_args_init(&args, 8 << 20);
	host_user_fault_range(&vector[500], sizeof(vector[0]));
	assert_int_equal(exec_args_add_vector(&args, (u64)vector, false, &n), -EFAULT);
	host_user_fault_range(NULL, 0);
	vector[7] = (char *)(uintptr_t)-4096;
	assert_int_equal(exec_args_add_vector(&args, (u64)vector, false, &n), -EFAULT);
	exec_args_fini(&args);
}

static void args_life(void *arg)
{
	struct exec_args args;
	int err = 0;

	exec_args_init(&args, 8 << 20);
	for (int i = 0; i < 1000 && !err; i++)
		err = exec_args_add(&args, "some argument or other");
	assert_true(!err || err == -ENOMEM);
	exec_args_fini(&args);
}

static void elf_life(void *arg)
{
	struct elf_image image;
	char *interp;
	int err = elf_read(file, (char *)&elf, sizeof(elf), &image);

	if (!err) {
		err = elf_interpreter(&image, &interp);
		kfree(interp);
		elf_free(&image);
	}
	assert_true(!err || err == -ENOMEM);
}

TEST(without_memory)
{
	assert_int_equal(fail_alloc_each(args_life, NULL), 4);
	build();
	assert_int_equal(verdict(), 0);
	assert_int_equal(fail_alloc_each(elf_life, NULL), 2);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extent_and_segments),
		cmocka_unit_test(segments_of_an_interpreter),
		cmocka_unit_test(malformed_files),
		cmocka_unit_test(interpreters),
		cmocka_unit_test(noise),
		cmocka_unit_test(arguments_in_order),
		cmocka_unit_test(the_first_argument_gives_way),
		cmocka_unit_test(limits_of_arguments),
		cmocka_unit_test(bad_user_memory),
		cmocka_unit_test(without_memory),
	};
	int failed;

	fs_stub_init();
	assert_int_equal(tmpfs_file_new("elf", 0, O_RDWR, 0, &file), 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	file_put_now(file);
	fs_stub_fini();
	return failed;
}

int main(void)
{
	return host_threads_main(run);
}
