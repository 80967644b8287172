/* fs/fdtable: lowest free descriptors, growth, sharing, against a simple model. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "tests/unit/fs_stub.h"
#include "tests/unit/host_threads.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include <linux/fcntl.h>

static unsigned closed;
static int count_flush(struct file *file)
{
	closed++;
	return 0;
}
static const struct file_ops ops = { .flush = count_flush, .name = "test", .flags = FILE_STREAM };

static struct file *new_file(void)
{
	struct file *file;

	assert_int_equal(file_new_anon("test", &ops, NULL, O_RDWR, &file), 0);
	return file;
}

TEST(lowest_free_against_a_model)
{
	enum { MAX = 3000 };
	static bool used[MAX];
	struct fdtable *fds = fdtable_new();
	u64 seed = 3;

	fs_stub_fd_limit = MAX;
	for (int round = 0; round < 60000; round++) {
		bool grow = (round / 6000) % 2 == 0;

		if (test_random(&seed) % 4 != 0 ? grow : !grow) {
			struct file *file = new_file();
			int want = 0, fd = fdtable_add(fds, file, false);

			while (want < MAX && used[want])
				want++;
			if (want == MAX) {
				assert_int_equal(fd, -EMFILE);
				file_put_now(file);
				continue;
			}
			assert_int_equal(fd, want);
			used[fd] = true;
		} else {
			unsigned fd = test_random(&seed) % MAX;

			assert_int_equal(fdtable_close(fds, fd), used[fd] ? 0 : -EBADF);
			used[fd] = false;
		}
	}
	closed = 0;
	unsigned open = 0;

	for (int i = 0; i < MAX; i++)
		open += used[i];
	fdtable_put(fds);
	assert_int_equal(closed, open);
}

TEST(limits_and_reservations)
{
	struct fdtable *fds = fdtable_new();
	int fd[3], more[2];
	struct file *file;

	fs_stub_fd_limit = 4;
	assert_int_equal(fdtable_reserve(fds, 3, fd), 0);
	assert_int_equal(fd[0], 0);
	assert_int_equal(fd[2], 2);
	assert_int_equal(fdtable_reserve(fds, 2, more), -EMFILE);
	assert_int_equal(fdtable_reserve(fds, 1, more), 0);
	assert_int_equal(more[0], 3);
	fdtable_release(fds, 1, more);
	assert_null(fd_get(fds, 1).file);
	file = new_file();
	assert_int_equal(fdtable_dup2(fds, file, 1, false), -EBUSY);
	assert_int_equal(fdtable_dup2(fds, file, 4, false), -EBADF);
	fdtable_install(fds, 1, file, true);
	assert_ptr_equal(fd_get(fds, 1).file, file);
	assert_int_equal(fdtable_get_cloexec(fds, 1), 1);
	assert_int_equal(fdtable_dup2(fds, file, 3, false), 3);
	assert_int_equal(fdtable_reserve_from(fds, 4), -EINVAL);
	assert_int_equal(fdtable_reserve_from(fds, 3), -EMFILE);
	fdtable_close_on_exec(fds);
	assert_null(fd_get(fds, 1).file);
	assert_ptr_equal(fd_get(fds, 3).file, file);
	fdtable_put(fds);
}

TEST(copies_and_sharing)
{
	struct fdtable *fds = fdtable_new(), *copy;
	struct file *file = new_file();
	struct fd_ref ref;

	fs_stub_fd_limit = 1000;
	assert_int_equal(fdtable_add(fds, file, true), 0);
	assert_int_equal(fdtable_dup2(fds, file, 700, false), 700);
	copy = fdtable_fork(fds);
	assert_non_null(copy);
	assert_int_equal(refcount_read(&file->refs), 4);
	assert_ptr_equal(fd_get(copy, 700).file, file);
	assert_int_equal(fdtable_get_cloexec(copy, 0), 1);
	assert_int_equal(fdtable_next(copy, 1), 700);
	ref = fd_get(fds, 0);
	assert_false(ref.counted);
	fdtable_get(fds);
	ref = fd_get(fds, 0);
	assert_true(ref.counted);
	assert_int_equal(refcount_read(&file->refs), 5);
	fd_put(ref);
	assert_int_equal(fdtable_close_range(fds, 1, ~0u, false), 0);
	assert_int_equal(fdtable_next(fds, 0), 0);
	assert_int_equal(fdtable_next(fds, 1), -1);
	fdtable_put(fds);
	fdtable_put(fds);
	fdtable_put(copy);
}

static void fork_table(void *arg)
{
	struct fdtable *copy = fdtable_fork(arg);

	if (copy)
		fdtable_put(copy);
}

TEST(without_memory)
{
	struct fdtable *fds = fdtable_new();
	struct file *file = new_file();

	fs_stub_fd_limit = 1000;
	assert_int_equal(fdtable_dup2(fds, file, 500, false), 500);
	file_put_now(file);
	assert_int_equal(fail_alloc_each(fork_table, fds), 2);
	fdtable_put(fds);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowest_free_against_a_model),
		cmocka_unit_test(limits_and_reservations),
		cmocka_unit_test(copies_and_sharing),
		cmocka_unit_test(without_memory),
	};

	fs_stub_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return host_threads_main(run);
}
