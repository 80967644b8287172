/* fs/tmpfs: files against an array, directories against a set, extended attributes. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "tests/unit/fs_stub.h"
#include "tests/unit/host_threads.h"
#include "arch/host/host.h"
#include "fs/dcache_internal.h"
#include "fs/vfs.h"
#include "sched/rcu.h"
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/xattr.h>

#define ROOT (&fs_stub_root)
#define SIZE 60000

static u64 seed = 17;

static unsigned below(unsigned n)
{
	return test_random(&seed) % n;
}

/* ---- a file ---- */

static u8 model[SIZE], got[SIZE];
static size_t model_size;

static void check_file(struct file *file)
{
	u64 at = below(SIZE);
	size_t len = below(9000);
	long n = vfs_read_kernel(file, got, min(len, SIZE - at), at);
	long want = at < model_size ? min(min(len, SIZE - at), model_size - at) : 0;

	assert_int_equal(n, want);
	assert_memory_equal(got, model + at, n);
}

static void write_file(struct file *file)
{
	u64 at = below(SIZE - 5000);
	size_t len = below(5000);

	for (size_t i = 0; i < len; i++)
		got[i] = test_random(&seed);
	assert_int_equal(vfs_write_kernel(file, got, len, at), len);
	memcpy(model + at, got, len);
	if (len)
		model_size = max(model_size, at + len);
}

static void resize_file(struct file *file)
{
	u64 size = below(SIZE);

	assert_int_equal(vfs_ftruncate(ROOT, file, size), 0);
	if (size < model_size)
		memset(model + size, 0, model_size - size);
	model_size = size;
}

static void punch_file(struct file *file)
{
	u64 at = below(SIZE - 9000), len = 1 + below(9000);

	assert_int_equal(vfs_fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, len),
			 0);
	memset(model + at, 0, len);
}

static void allocate_file(struct file *file)
{
	u64 at = below(SIZE - 9000), len = 1 + below(9000);
	bool keep = below(2);

	assert_int_equal(vfs_fallocate(file, keep ? FALLOC_FL_KEEP_SIZE : 0, at, len), 0);
	if (!keep)
		model_size = max(model_size, at + len);
}

/* Where SEEK_DATA says that there is none, there are zeroes. */
static void seek_file(struct file *file)
{
	u64 at = below(SIZE);
	s64 data = vfs_llseek(file, at, SEEK_DATA), hole = vfs_llseek(file, at, SEEK_HOLE);

	if (at >= model_size) {
		assert_int_equal(data, -ENXIO);
		assert_int_equal(hole, -ENXIO);
		return;
	}
	assert_true(hole >= (s64)at && hole <= (s64)model_size);
	if (data < 0)
		data = model_size;
	for (s64 i = at; i < data; i++)
		assert_int_equal(model[i], 0);
}

TEST(a_file_against_an_array)
{
	struct file *file;
	struct kstat stat;

	fs_stub_init();
	model_size = 0;
	memset(model, 0, sizeof(model));
	assert_int_equal(vfs_open(ROOT, NULL, "/f", O_CREAT | O_RDWR, 0644, &file), 0);
	for (int step = 0; step < 6000; step++) {
		switch (below(12)) {
		case 0:
			resize_file(file);
			break;
		case 1:
			punch_file(file);
			break;
		case 2:
			allocate_file(file);
			break;
		case 3:
			seek_file(file);
			break;
		case 4:
		case 5:
		case 6:
			write_file(file);
			break;
		default:
			check_file(file);
		}
		assert_int_equal(file_getattr(file, &stat), 0);
		assert_int_equal(stat.size, model_size);
	}
	assert_int_equal(vfs_fallocate(file, FALLOC_FL_PUNCH_HOLE, 0, 1), -EOPNOTSUPP);
	assert_int_equal(vfs_unlink(ROOT, NULL, "/f"), 0);
	check_file(file); /* lives on without its name */
	file_put_now(file);
	fs_stub_fini();
}

/* ---- a directory ---- */

#define NAMES 40

static bool there[NAMES], listed[NAMES];

struct lister {
	struct dir_emit emit;
	int room; /* entries until it is full */
};

static bool list_one(struct dir_emit *emit, const char *name, size_t len, u64 ino, u8 type)
{
	struct lister *l = container_of(emit, struct lister, emit);
	int i;

	if (l->room-- == 0)
		return false;
	if (name[0] == '.')
		return true;
	i = atoi(name + 1);
	assert_true(i >= 0 && i < NAMES && !listed[i]);
	listed[i] = true;
	return true;
}

/* A few entries at a time, as getdents does. */
static void check_dir(void)
{
	struct file *dir;
	u64 before;
	struct lister l = { .emit = { .emit = list_one } };

	memset(listed, 0, sizeof(listed));
	assert_int_equal(vfs_open(ROOT, NULL, "/d", O_RDONLY | O_DIRECTORY, 0, &dir), 0);
	do {
		before = l.emit.pos;
		l.room = 1 + below(7);
		assert_int_equal(dir->ops->readdir(dir, &l.emit), 0);
	} while (l.emit.pos != before);
	file_put_now(dir);
	assert_memory_equal(there, listed, sizeof(there));
}

static const char *name_of(int i, char *buf)
{
	snprintf(buf, 16, "/d/n%d", i);
	return buf;
}

TEST(a_directory_against_a_set)
{
	char a[16], b[16];
	struct kstat stat;
	struct file *file;

	fs_stub_init();
	assert_int_equal(vfs_mkdir(ROOT, NULL, "/d", 0755), 0);
	for (int step = 0; step < 4000; step++) {
		int i = below(NAMES), j = below(NAMES), err;

		switch (below(5)) {
		case 0:
			err = vfs_open(ROOT, NULL, name_of(i, a), O_CREAT | O_EXCL, 0600, &file);
			assert_int_equal(err, there[i] ? -EEXIST : 0);
			if (!err)
				file_put_now(file);
			there[i] = true;
			break;
		case 1:
			err = vfs_unlink(ROOT, NULL, name_of(i, a));
			assert_int_equal(err, there[i] ? 0 : -ENOENT);
			there[i] = false;
			break;
		case 2:
			err = fs_stub_rename(ROOT, name_of(i, a), name_of(j, b), 0);
			assert_int_equal(err, there[i] ? 0 : -ENOENT);
			if (!err && i != j) {
				/* Two names of one file both stay. */
				there[j] = true;
				there[i] = vfs_stat(ROOT, NULL, a, 0, &stat) == 0;
			}
			break;
		case 3:
			err = fs_stub_link(ROOT, name_of(i, a), name_of(j, b));
			assert_int_equal(err, !there[i] ? -ENOENT : there[j] ? -EEXIST : 0);
			there[j] |= !err;
			break;
		default:
			check_dir();
		}
	}
	for (int i = 0; i < NAMES; i++)
		if (there[i])
			assert_int_equal(vfs_unlink(ROOT, NULL, name_of(i, a)), 0);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "/d"), 0);
	fs_stub_fini();
}

/* ---- many names ---- */

/* The table of names grows with them, and all of it comes back when they are gone. */
TEST(the_table_of_names_follows_their_number)
{
	enum { MANY = 20000 };
	u32 slots = dcache.table->mask + 1;
	char name[16];
	long before;

	fs_stub_init();
	rcu_barrier();
	before = host_alloc_outstanding();
	assert_int_equal(vfs_mkdir(ROOT, NULL, "/m", 0755), 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "/m/%d", i);
		assert_int_equal(vfs_mkdir(ROOT, NULL, name, 0755), 0);
	}
	assert_true(dcache.table->mask + 1 >= MANY / 2);
	for (int i = 0; i < MANY; i++) {
		struct kstat stat;

		snprintf(name, sizeof(name), "/m/%d", i);
		assert_int_equal(vfs_rmdir(ROOT, NULL, name), 0);
		if (i % 100 == 0)
			host_settle(); /* the table changes under names that stay */
		snprintf(name, sizeof(name), "/m/%d", MANY - 1);
		assert_int_equal(vfs_stat(ROOT, NULL, name, 0, &stat), i < MANY - 1 ? 0 : -ENOENT);
	}
	assert_int_equal(vfs_rmdir(ROOT, NULL, "/m"), 0);
	host_settle();
	assert_int_equal(dcache.table->mask + 1, slots);
	for (int i = 0; i < 3; i++) /* what is freed frees more */
		rcu_barrier();
	/* The first table was static; nothing stays for each name. */
	assert_in_range(host_alloc_outstanding(), before, before + 10);
	fs_stub_fini();
}

/* ---- extended attributes ---- */

static struct path attr_path;

static int set(const char *name, const char *value, int flags)
{
	return vfs_setxattr(ROOT, &attr_path, name, value, strlen(value), flags);
}

static void attr_file(void)
{
	struct file *file;

	assert_int_equal(vfs_open(ROOT, NULL, "/x", O_CREAT | O_RDWR, 0666, &file), 0);
	attr_path = file->path;
	path_get(&attr_path);
	file_put_now(file);
}

static void attr_file_gone(void)
{
	assert_int_equal(vfs_unlink(ROOT, NULL, "/x"), 0);
	path_put(&attr_path);
}

TEST(extended_attributes)
{
	char buf[100];

	fs_stub_init();
	attr_file();
	assert_int_equal(vfs_listxattr(ROOT, &attr_path, buf, sizeof(buf)), 0);
	assert_int_equal(set("trusted.a", "one", 0), 0);
	assert_int_equal(set("trusted.a", "two!", XATTR_CREATE), -EEXIST);
	assert_int_equal(set("security.b", "x", XATTR_REPLACE), -ENODATA);
	assert_int_equal(set("security.b", "", XATTR_CREATE), 0);
	assert_int_equal(set("trusted.a", "two!", XATTR_REPLACE), 0);
	assert_int_equal(set("user.c", "x", 0), -EOPNOTSUPP);
	assert_int_equal(vfs_getxattr(ROOT, &attr_path, "trusted.a", buf, 0), 4);
	assert_int_equal(vfs_getxattr(ROOT, &attr_path, "trusted.a", buf, 3), -ERANGE);
	assert_int_equal(vfs_getxattr(ROOT, &attr_path, "trusted.a", buf, 4), 4);
	assert_memory_equal(buf, "two!", 4);
	assert_int_equal(vfs_getxattr(ROOT, &attr_path, "security.b", buf, 100), 0);
	assert_int_equal(vfs_getxattr(ROOT, &attr_path, "trusted.none", buf, 100), -ENODATA);
	assert_int_equal(vfs_listxattr(ROOT, &attr_path, buf, 0), 10 + 11);
	assert_int_equal(vfs_listxattr(ROOT, &attr_path, buf, 20), -ERANGE);
	assert_int_equal(vfs_listxattr(ROOT, &attr_path, buf, 21), 21);
	assert_int_equal(vfs_listxattr(&fs_stub_caller, &attr_path, buf, 100), 11);
	assert_string_equal(buf, "security.b");
	assert_int_equal(vfs_removexattr(ROOT, &attr_path, "trusted.none"), -ENODATA);
	assert_int_equal(vfs_removexattr(ROOT, &attr_path, "trusted.a"), 0);
	assert_int_equal(vfs_removexattr(ROOT, &attr_path, "trusted.a"), -ENODATA);
	attr_file_gone();
	fs_stub_fini();
}

/* ---- without memory ---- */

static void attr_life(void *arg)
{
	char buf[8];
	int err = set("trusted.a", "one", 0);

	assert_true(!err || err == -ENOMEM);
	if (!err && set("trusted.a", "three", XATTR_REPLACE))
		assert_int_equal(vfs_getxattr(ROOT, &attr_path, "trusted.a", buf, 8), 3);
	if (!err)
		assert_int_equal(vfs_removexattr(ROOT, &attr_path, "trusted.a"), 0);
}

static void file_life(void *arg)
{
	struct file *file;
	int err = tmpfs_file_new("memfd", 0, O_RDWR, 0, &file);
	long n;

	if (err) {
		assert_int_equal(err, -ENOMEM);
		return;
	}
	n = vfs_write_kernel(file, model, 3 * PAGE_SIZE, 100);
	assert_true(n > 0 || n == -ENOMEM || n == -ENOSPC);
	err = vfs_fallocate(file, 0, 1 << 20, 3 * PAGE_SIZE);
	assert_true(!err || err == -ENOMEM || err == -ENOSPC);
	err = vfs_ftruncate(ROOT, file, 50);
	assert_int_equal(err, 0);
	file_put_now(file);
}

TEST(without_memory)
{
	fs_stub_init();
	attr_file();
	assert_int_equal(fail_alloc_each(attr_life, NULL), 4);
	attr_file_gone();
	file_life(NULL); /* the first makes the mount that all share */
	assert_true(fail_alloc_each(file_life, NULL) > 8);
	fs_stub_fini();
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_against_an_array),
		cmocka_unit_test(a_directory_against_a_set),
		cmocka_unit_test(the_table_of_names_follows_their_number),
		cmocka_unit_test(extended_attributes),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return host_threads_main(run);
}
