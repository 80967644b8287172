/* fs: path walk, names, permissions and renames on a tmpfs, each allocation failing in turn. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "tests/unit/fs_stub.h"
#include "tests/unit/host_threads.h"
#include "abi/stat.h"
#include "fs/dcache_internal.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/superblock.h"
#include "fs/vfs.h"
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>

#define ROOT (&fs_stub_root)
#define USER (&fs_stub_caller)

static void touch(const char *name, u32 mode)
{
	struct file *file;

	assert_int_equal(vfs_open(ROOT, NULL, name, O_CREAT | O_EXCL | O_WRONLY, mode, &file), 0);
	file_put_now(file);
}

static int look(const char *name, unsigned flags)
{
	struct kstat stat;

	return vfs_stat(ROOT, NULL, name, flags, &stat);
}

static u64 ino(const char *name)
{
	struct kstat stat;

	assert_int_equal(vfs_stat(ROOT, NULL, name, LOOKUP_FOLLOW, &stat), 0);
	return stat.ino;
}

/* The hash of a component does not depend on where it lies or what follows. */
TEST(a_name_hashes_alike_everywhere)
{
	static char page[2 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
	u64 seed = 5;

	for (int round = 0; round < 20000; round++) {
		char name[300];
		u32 len = 1 + test_random(&seed) % 255, hash, at;

		for (u32 i = 0; i < len; i++)
			do
				name[i] = test_random(&seed);
			while (name[i] == '/' || name[i] == '\0');
		memset(page, (int)test_random(&seed), sizeof(page));
		at = round % 2 ? PAGE_SIZE - len - 1 : test_random(&seed) % (PAGE_SIZE - len - 1);
		memcpy(page + at, name, len);
		page[at + len] = round % 3 ? '/' : '\0';
		assert_int_equal(name_scan(page + at, &hash), len);
		assert_int_equal(hash, name_hash(name, len));
		memset(name + len, 0, 8);
		assert_true(name_equal(name, page + at, len));
		page[at + test_random(&seed) % len] ^= 1;
		assert_false(name_equal(name, page + at, len));
	}
}

TEST(components_dots_and_slashes)
{
	fs_stub_init();
	assert_int_equal(vfs_mkdir(ROOT, NULL, "/a", 0755), 0);
	assert_int_equal(vfs_mkdir(ROOT, NULL, "a/b///", 0755), 0);
	touch("/a/b/file", 0644);
	assert_int_equal(look("/a/b/file", 0), 0);
	assert_int_equal(look("//a//./b/../b/file", 0), 0);
	assert_int_equal(look("/../../a/b/file", 0), 0);
	assert_int_equal(look("/a/b/file/", 0), -ENOTDIR);
	assert_int_equal(look("/a/b/file/x", 0), -ENOTDIR);
	assert_int_equal(look("/a/b/file/..", 0), -ENOTDIR);
	assert_int_equal(look("/a/x", 0), -ENOENT);
	assert_int_equal(look("/a/x/y", 0), -ENOENT);
	assert_int_equal(look("", 0), -ENOENT);
	assert_int_equal(look("", LOOKUP_EMPTY), 0);
	assert_int_equal(ino("/a/.."), ino("/"));
	assert_int_equal(ino("/a/b/.."), ino("/a/."));
	assert_int_equal(vfs_unlink(ROOT, NULL, "/a/b"), -EISDIR);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "/a"), -ENOTEMPTY);
	assert_int_equal(vfs_unlink(ROOT, NULL, "/a/b/file"), 0);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "/a/b"), 0);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "/a"), 0);
	fs_stub_fini();
}

TEST(names_of_every_length)
{
	char name[300];

	fs_stub_init();
	for (int len = 1; len <= 256; len++) {
		memset(name, 'a' + len % 26, len);
		name[len] = '\0';
		if (len == 256) {
			assert_int_equal(look(name, 0), -ENAMETOOLONG);
			continue;
		}
		touch(name, 0644);
		assert_int_equal(look(name, 0), 0);
		name[len - 1] ^= 1;
		assert_int_equal(look(name, 0), -ENOENT);
		name[len - 1] ^= 1;
		assert_int_equal(vfs_unlink(ROOT, NULL, name), 0);
		assert_int_equal(look(name, 0), -ENOENT);
	}
	fs_stub_fini();
}

TEST(symbolic_links)
{
	char name[16], target[16];

	fs_stub_init();
	assert_int_equal(vfs_mkdir(ROOT, NULL, "d", 0755), 0);
	touch("d/f", 0644);
	assert_int_equal(vfs_symlink(ROOT, "d", NULL, "rel"), 0);
	assert_int_equal(vfs_symlink(ROOT, "/d/", NULL, "abs"), 0);
	assert_int_equal(vfs_symlink(ROOT, "../rel/f", NULL, "d/up"), 0);
	assert_int_equal(vfs_symlink(ROOT, "self", NULL, "self"), 0);
	assert_int_equal(ino("rel/f"), ino("d/f"));
	assert_int_equal(ino("abs/f"), ino("d/f"));
	assert_int_equal(ino("rel/up"), ino("d/f"));
	assert_int_equal(ino("abs/../rel/./up"), ino("d/f"));
	assert_int_equal(look("self", LOOKUP_FOLLOW), -ELOOP);
	assert_int_equal(look("self", 0), 0);
	assert_int_equal(look("self/x", 0), -ELOOP);
	assert_int_equal(look("rel/f", LOOKUP_NO_SYMLINKS), -ELOOP);
	assert_int_equal(look("rel", LOOKUP_NO_SYMLINKS), 0);
	strcpy(target, "d/f");
	for (int i = 0; i < 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		assert_int_equal(vfs_symlink(ROOT, target, NULL, name), 0);
		strcpy(target, name);
	}
	assert_int_equal(look("l39", LOOKUP_FOLLOW), 0);
	assert_int_equal(look("l40", LOOKUP_FOLLOW), -ELOOP);
	for (int i = 0; i < 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		assert_int_equal(vfs_unlink(ROOT, NULL, name), 0);
	}
	assert_int_equal(vfs_unlink(ROOT, NULL, "self"), 0);
	assert_int_equal(vfs_unlink(ROOT, NULL, "d/up"), 0);
	assert_int_equal(vfs_unlink(ROOT, NULL, "rel"), 0);
	assert_int_equal(vfs_unlink(ROOT, NULL, "abs"), 0);
	assert_int_equal(vfs_unlink(ROOT, NULL, "d/f"), 0);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "d"), 0);
	fs_stub_fini();
}

TEST(resolve_flags)
{
	struct path base;

	fs_stub_init();
	assert_int_equal(vfs_mkdir(ROOT, NULL, "in", 0755), 0);
	touch("in/f", 0644);
	touch("out", 0644);
	assert_int_equal(vfs_symlink(ROOT, "/f", NULL, "in/abs"), 0);
	assert_int_equal(path_lookup(ROOT, NULL, "in", 0, &base), 0);
	struct {
		const char *name;
		unsigned flags;
		int want;
	} cases[] = {
		{ "f", LOOKUP_BENEATH, 0 },
		{ "../out", LOOKUP_BENEATH, -EXDEV },
		{ "/f", LOOKUP_BENEATH, -EXDEV },
		{ "abs", LOOKUP_BENEATH | LOOKUP_FOLLOW, -EXDEV },
		{ "../../f", LOOKUP_IN_ROOT, 0 },
		{ "/f", LOOKUP_IN_ROOT, 0 },
		{ "abs", LOOKUP_IN_ROOT | LOOKUP_FOLLOW, 0 },
		{ "../out", LOOKUP_IN_ROOT, -ENOENT },
	};
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct path found;
		int err = path_lookup(ROOT, &base, cases[i].name, cases[i].flags, &found);

		assert_int_equal(err, cases[i].want);
		if (!err)
			path_put(&found);
	}
	path_put(&base);
	assert_int_equal(vfs_unlink(ROOT, NULL, "in/abs"), 0);
	assert_int_equal(vfs_unlink(ROOT, NULL, "in/f"), 0);
	assert_int_equal(vfs_unlink(ROOT, NULL, "out"), 0);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "in"), 0);
	fs_stub_fini();
}

TEST(permissions)
{
	struct file *file;
	struct kstat stat;

	fs_stub_init();
	assert_int_equal(vfs_mkdir(ROOT, NULL, "closed", 0700), 0);
	assert_int_equal(vfs_mkdir(ROOT, NULL, "open", 0755), 0);
	touch("closed/f", 0666);
	touch("open/f", 0640);
	assert_int_equal(vfs_stat(USER, NULL, "closed/f", 0, &stat), -EACCES);
	assert_int_equal(vfs_stat(USER, NULL, "closed", 0, &stat), 0);
	assert_int_equal(vfs_open(USER, NULL, "open/f", O_RDONLY, 0, &file), -EACCES);
	assert_int_equal(vfs_open(USER, NULL, "open/new", O_CREAT | O_RDWR, 0600, &file), -EACCES);
	assert_int_equal(vfs_unlink(USER, NULL, "open/f"), -EACCES);
	assert_int_equal(vfs_unlink(ROOT, NULL, "closed/f"), 0);
	assert_int_equal(vfs_unlink(ROOT, NULL, "open/f"), 0);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "closed"), 0);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "open"), 0);
	fs_stub_fini();
}

TEST(renames)
{
	u64 a, b;

	fs_stub_init();
	touch("a", 0644);
	touch("a-name-longer-than-the-inline-buffer-of-a-dentry", 0644);
	a = ino("a");
	b = ino("a-name-longer-than-the-inline-buffer-of-a-dentry");
	assert_int_equal(fs_stub_rename(ROOT, "a",
					"a-name-longer-than-the-inline-buffer-of-a-dentry",
					RENAME_EXCHANGE),
			 0);
	assert_int_equal(ino("a"), b);
	assert_int_equal(ino("a-name-longer-than-the-inline-buffer-of-a-dentry"), a);
	assert_int_equal(fs_stub_rename(ROOT, "a", "b", 0), 0);
	assert_int_equal(look("a", 0), -ENOENT);
	assert_int_equal(ino("b"), b);
	assert_int_equal(fs_stub_rename(ROOT, "a-name-longer-than-the-inline-buffer-of-a-dentry",
					"b", RENAME_NOREPLACE),
			 -EEXIST);
	assert_int_equal(
		fs_stub_rename(ROOT, "a-name-longer-than-the-inline-buffer-of-a-dentry", "b", 0),
		0);
	assert_int_equal(ino("b"), a);
	assert_int_equal(vfs_mkdir(ROOT, NULL, "d", 0755), 0);
	assert_int_equal(vfs_mkdir(ROOT, NULL, "d/e", 0755), 0);
	assert_int_equal(fs_stub_rename(ROOT, "d", "d/e/x", 0), -EINVAL);
	assert_int_equal(fs_stub_rename(ROOT, "d/e", "d", 0), -ENOTEMPTY);
	assert_int_equal(fs_stub_rename(ROOT, "b", "d/e/moved", 0), 0);
	assert_int_equal(fs_stub_rename(ROOT, "d/e", "e", 0), 0);
	assert_int_equal(ino("e/moved"), a);
	assert_int_equal(ino("e/.."), ino("/"));
	assert_int_equal(vfs_rmdir(ROOT, NULL, "d"), 0);
	assert_int_equal(vfs_unlink(ROOT, NULL, "e/moved"), 0);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "e"), 0);
	fs_stub_fini();
}

/* Enough names that the hash table is replaced, twice. */
TEST(a_table_that_grows)
{
	char name[32];

	fs_stub_init();
	assert_int_equal(vfs_mkdir(ROOT, NULL, "many", 0755), 0);
	for (int i = 0; i < 12000; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		touch(name, 0644);
	}
	for (int i = 0; i < 12000; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		assert_int_equal(look(name, 0), 0);
		assert_int_equal(vfs_unlink(ROOT, NULL, name), 0);
	}
	assert_int_equal(vfs_rmdir(ROOT, NULL, "many"), 0);
	fs_stub_fini();
}

TEST(mounts)
{
	fs_stub_init();
	assert_int_equal(vfs_mkdir(ROOT, NULL, "m", 0755), 0);
	assert_int_equal(vfs_mkdir(ROOT, NULL, "n", 0755), 0);
	touch("m/under", 0644);
	assert_int_equal(vfs_mount(USER, "t", "/m", "tmpfs", 0, NULL), -EPERM);
	assert_int_equal(vfs_mount(ROOT, "t", "/m", "tmpfs", 0, "size=3%,mode=0755"), 0);
	assert_int_equal(vfs_mount(ROOT, "t", "/m", "tmpfs", 0, "sise=3"), -EINVAL);
	assert_int_equal(vfs_mount(ROOT, "t", "/m", "nofs", 0, NULL), -ENODEV);
	assert_int_equal(look("m/under", 0), -ENOENT);
	touch("m/over", 0644);
	assert_int_equal(ino("m/.."), ino("/"));
	assert_int_equal(look("m/over", LOOKUP_NO_XDEV), -EXDEV);
	assert_int_equal(fs_stub_rename(ROOT, "m/over", "x", 0), -EXDEV);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "m"), -EBUSY);
	assert_int_equal(vfs_mount(ROOT, "/m", "/n", NULL, MS_BIND, NULL), 0);
	assert_int_equal(ino("n/over"), ino("m/over"));
	assert_int_equal(vfs_umount(ROOT, "/m", 0), 0);
	assert_int_equal(look("m/under", 0), 0);
	assert_int_equal(look("n/over", 0), 0);
	assert_int_equal(vfs_umount(ROOT, "/n", 0), 0);
	assert_int_equal(vfs_umount(ROOT, "/n", 0), -EINVAL);
	assert_int_equal(vfs_unlink(ROOT, NULL, "m/under"), 0);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "m"), 0);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "n"), 0);
	fs_stub_fini();
}

/* A lock-free walk may see one pointer of a mount that umount clears, and not the other. */
TEST(dotdot_out_of_a_mount_that_goes)
{
	struct mount *parent;
	struct dentry *place;
	struct path top;
	struct kstat stat;

	fs_stub_init();
	assert_int_equal(vfs_mkdir(ROOT, NULL, "m", 0755), 0);
	assert_int_equal(vfs_mount(ROOT, "t", "/m", "tmpfs", 0, NULL), 0);
	assert_int_equal(path_lookup(ROOT, NULL, "m", LOOKUP_FOLLOW, &top), 0);
	parent = top.mount->parent;
	place = top.mount->mountpoint;
	top.mount->mountpoint = NULL;
	assert_int_equal(vfs_stat(ROOT, &top, "..", 0, &stat), 0);
	top.mount->mountpoint = place;
	top.mount->parent = NULL;
	assert_int_equal(vfs_stat(ROOT, &top, "..", 0, &stat), 0);
	top.mount->parent = parent;
	path_put(&top);
	assert_int_equal(vfs_umount(ROOT, "/m", 0), 0);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "m"), 0);
	fs_stub_fini();
}

/* The name of what a path points at, also when it was removed or lies outside. */
TEST(names_back_from_paths)
{
	bool unreachable, deleted;
	char buf[PAGE_SIZE];
	struct path path, root;

	fs_stub_init();
	fs_context_root(ROOT->fs, &root);
	assert_int_equal(vfs_mkdir(ROOT, NULL, "p", 0755), 0);
	assert_int_equal(vfs_mkdir(ROOT, NULL, "p/q", 0755), 0);
	assert_int_equal(path_lookup(ROOT, NULL, "p/q", 0, &path), 0);
	assert_string_equal(path_name(&path, &root, buf, sizeof(buf), &unreachable, &deleted),
			    "/p/q");
	assert_false(unreachable || deleted);
	assert_null(path_name(&path, &root, buf, 4, &unreachable, &deleted));
	assert_string_equal(path_name(&root, &root, buf, sizeof(buf), &unreachable, &deleted), "/");
	assert_int_equal(vfs_rmdir(ROOT, NULL, "p/q"), 0);
	assert_string_equal(path_name_link(&path, &root, buf, sizeof(buf)), "/p/q (deleted)");
	path_put(&path);
	assert_int_equal(vfs_rmdir(ROOT, NULL, "p"), 0);
	path_put(&root);
	fs_stub_fini();
}

/* What a processor keeps goes when the name does, and makes room for other names. */
TEST(references_that_are_kept)
{
	enum { NAMES = 20, GETS = 200 };
	struct path path[NAMES], dir;
	char name[16];
	int refs;

	cpu_possible_count = 2;
	fs_stub_init();
	assert_int_equal(vfs_mkdir(ROOT, NULL, "k", 0755), 0);
	assert_int_equal(path_lookup(ROOT, NULL, "k", 0, &dir), 0);
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "k/%d", i);
		touch(name, 0644);
		assert_int_equal(path_lookup(ROOT, NULL, name, 0, &path[i]), 0);
	}
	for (int i = 0; i < NAMES; i++) {
		/* One processor alone keeps nothing. */
		assert_true(dentry_get_live(path[i].dentry));
		dentry_put(path[i].dentry);
		assert_int_equal(atomic_read(&path[i].dentry->refs), 2);
		path[i].dentry->flags |= DENTRY_KEEP; /* two have met */
		for (int n = 0; n < GETS; n++)
			assert_true(dentry_get_live(path[i].dentry));
		for (int n = 0; n < GETS; n++)
			dentry_put(path[i].dentry);
		/* The name's and ours; some of the others stay. */
		refs = atomic_read(&path[i].dentry->refs);
		assert_in_range(refs, 2 + 100, 2 + GETS - 1);
		for (int n = 0; n < 5; n++)
			dentry_get(path[i].dentry);
		assert_int_equal(atomic_read(&path[i].dentry->refs), refs);
		for (int n = 0; n < 5; n++)
			dentry_put(path[i].dentry);
	}
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "k/%d", i);
		assert_int_equal(vfs_unlink(ROOT, NULL, name), 0);
		assert_int_equal(atomic_read(&path[i].dentry->refs), 1);
		dentry_get(path[i].dentry); /* no longer kept */
		dentry_put(path[i].dentry);
		assert_int_equal(atomic_read(&path[i].dentry->refs), 1);
		path_put(&path[i]);
	}
	assert_int_equal(vfs_rmdir(ROOT, NULL, "k"), 0);
	assert_int_equal(atomic_read(&dir.dentry->refs), 1);
	path_put(&dir);
	fs_stub_fini();
	cpu_possible_count = 1;
}

static void make_and_remove(void *arg)
{
	struct file *file;
	int err;

	err = vfs_mkdir(ROOT, NULL, "dir-with-a-name-that-needs-memory-of-its-own", 0755);
	if (err) {
		assert_int_equal(err, -ENOMEM);
		return;
	}
	err = vfs_open(ROOT, NULL, "dir-with-a-name-that-needs-memory-of-its-own/f",
		       O_CREAT | O_RDWR, 0644, &file);
	if (!err) {
		vfs_write_kernel(file, "text", 4, 0);
		file_put_now(file);
	}
	err = vfs_symlink(ROOT, "f", NULL, "dir-with-a-name-that-needs-memory-of-its-own/l");
	if (!err)
		err = vfs_open(ROOT, NULL, "dir-with-a-name-that-needs-memory-of-its-own/l",
			       O_CREAT | O_RDWR, 0644, &file);
	if (!err)
		file_put_now(file);
	/* Removing looks names up, which takes no memory unless they are missing. */
	for (;;) {
		err = vfs_unlink(ROOT, NULL, "dir-with-a-name-that-needs-memory-of-its-own/f");
		if (err != -ENOMEM)
			break;
	}
	while (vfs_unlink(ROOT, NULL, "dir-with-a-name-that-needs-memory-of-its-own/l") == -ENOMEM)
		;
	assert_int_equal(vfs_rmdir(ROOT, NULL, "dir-with-a-name-that-needs-memory-of-its-own"), 0);
}

TEST(without_memory)
{
	fs_stub_init();
	assert_true(fail_alloc_each(make_and_remove, NULL) > 5);
	fs_stub_fini();
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_hashes_alike_everywhere),
		cmocka_unit_test(components_dots_and_slashes),
		cmocka_unit_test(names_of_every_length),
		cmocka_unit_test(symbolic_links),
		cmocka_unit_test(resolve_flags),
		cmocka_unit_test(permissions),
		cmocka_unit_test(renames),
		cmocka_unit_test(a_table_that_grows),
		cmocka_unit_test(mounts),
		cmocka_unit_test(dotdot_out_of_a_mount_that_goes),
		cmocka_unit_test(names_back_from_paths),
		cmocka_unit_test(references_that_are_kept),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return host_threads_main(run);
}
