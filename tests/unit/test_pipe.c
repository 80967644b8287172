/* ipc/pipe: bytes against a simple model, sleeping ends, packets, FIFOs, sizes and limits. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "tests/unit/fs_stub.h"
#include "tests/unit/host_threads.h"
#include "arch/host/host.h"
#include "core/hooks.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "fs/vfs.h"
#include "ipc/pipe.h"
#include "mem/uio.h"
#include "sched/sched.h"
#include <asm/ioctls.h>
#include <linux/fcntl.h>

#define ROOM (16 * PAGE_SIZE)
#define FIFO 0010000 /* S_IFIFO, which the UAPI leaves to libc here */

static struct file *rd, *wr;
static u8 page[PAGE_SIZE];

static long get(struct file *file, void *buf, size_t len)
{
	struct uio uio;

	uio_init_kernel(&uio, buf, len);
	return file->ops->read(file, &uio, NULL);
}

static long put(struct file *file, const void *buf, size_t len)
{
	struct uio uio;

	uio_init_kernel(&uio, (void *)buf, len);
	return file->ops->write(file, &uio, NULL);
}

static void make(int flags)
{
	assert_int_equal(pipe_new(flags, &rd, &wr), 0);
}

static void drop(struct file **file)
{
	if (*file)
		file_put_now(*file);
	*file = NULL;
}

static int fresh(void **state)
{
	fs_stub_init();
	return 0;
}

static int done(void **state)
{
	drop(&rd);
	drop(&wr);
	fs_stub_cred = &cred_root;
	fs_stub_fini();
	return 0;
}

static int queued(void)
{
	int n = -1;

	assert_int_equal(rd->ops->ioctl(rd, FIONREAD, (unsigned long)&n), 0);
	return n;
}

/* ---- bytes ---- */

TEST(bytes_against_a_model)
{
	static u8 model[1 << 21], buf[ROOM], out[ROOM];
	size_t head = 0, tail = 0;
	u64 seed = 11;

	make(O_NONBLOCK);
	while (head < sizeof(model) - sizeof(buf)) {
		size_t len = test_random(&seed) % (test_random(&seed) % 4 ? 300 : ROOM);
		long n;

		if (test_random(&seed) % 2) {
			for (size_t i = 0; i < len; i++)
				buf[i] = test_random(&seed);
			n = put(wr, buf, len);
			if (n < 0) {
				assert_int_equal(n, -EAGAIN);
				/* At most half of each page is lost to merging. */
				assert_true(head - tail >= ROOM / 2 - PAGE_SIZE);
				continue;
			}
			assert_true(n <= len && (n == len || len > PAGE_SIZE || n == 0));
			memcpy(model + head, buf, n);
			head += n;
		} else {
			n = get(rd, out, len);
			if (n < 0) {
				assert_int_equal(n, -EAGAIN);
				assert_int_equal(head, tail);
				continue;
			}
			assert_int_equal(n, min(len, head - tail));
			assert_memory_equal(out, model + tail, n);
			tail += n;
		}
		assert_int_equal(queued(), head - tail);
		assert_true(head - tail <= ROOM);
	}
}

TEST(ends)
{
	make(O_NONBLOCK);
	assert_int_equal(put(wr, "abc", 3), 3);
	assert_int_equal(put(wr, "", 0), 0);
	assert_int_equal(get(rd, page, 0), 0);
	drop(&wr);
	assert_int_equal(get(rd, page, 2), 2);
	assert_int_equal(get(rd, page, 2), 1);
	assert_int_equal(get(rd, page, 2), 0); /* end of file */
	drop(&rd);
	make(O_NONBLOCK);
	assert_int_equal(put(wr, "abc", 3), 3);
	drop(&rd);
	assert_int_equal(put(wr, "abc", 3), -EPIPE);
}

TEST(packets)
{
	make(O_NONBLOCK | O_DIRECT);
	assert_int_equal(put(wr, "abc", 3), 3);
	assert_int_equal(put(wr, "defg", 4), 4);
	assert_int_equal(get(rd, page, 2), 2);	 /* the rest is gone */
	assert_int_equal(get(rd, page, 100), 4); /* one at most */
	assert_memory_equal(page, "defg", 4);
	for (int i = 0; i < 16; i++)
		assert_int_equal(put(wr, "x", 1), 1);
	assert_int_equal(put(wr, "x", 1), -EAGAIN);
}

TEST(bad_user_memory)
{
	struct uio uio;
	u8 buf[64];

	make(O_NONBLOCK);
	host_user_fault_range(buf + 10, 20);
	assert_int_equal(uio_init_user(&uio, buf, 30), 0);
	assert_int_equal(wr->ops->write(wr, &uio, NULL), -EFAULT);
	assert_int_equal(queued(), 0); /* nothing of it became visible */
	assert_int_equal(put(wr, "abcdefghijklmnop", 16), 16);
	assert_int_equal(uio_init_user(&uio, buf, 30), 0);
	assert_int_equal(wr->ops->write(wr, &uio, NULL), -EFAULT);
	assert_int_equal(queued(), 16);
	assert_int_equal(uio_init_user(&uio, buf + 10, 16), 0);
	assert_int_equal(rd->ops->read(rd, &uio, NULL), -EFAULT);
	assert_int_equal(queued(), 16);
	host_user_fault_range(NULL, 0);
	assert_int_equal(get(rd, page, 100), 16);
	assert_memory_equal(page, "abcdefghijklmnop", 16);
}

/* ---- sleeping ---- */

struct mover {
	struct file *file;
	u8 *buf;
	size_t len;
	long ret;
	bool done;
};

static void do_put(void *arg)
{
	struct mover *m = arg;

	m->ret = put(m->file, m->buf, m->len);
	m->done = true;
}
static void do_get(void *arg)
{
	struct mover *m = arg;

	m->ret = get(m->file, m->buf, m->len);
	m->done = true;
}

TEST(a_long_write_waits_for_its_reader)
{
	static u8 src[5 * ROOM + 1234], dst[sizeof(src)];
	struct mover m = { .buf = src, .len = sizeof(src) };
	struct thread *t;
	size_t got = 0;
	u64 seed = 9;

	for (size_t i = 0; i < sizeof(src); i++)
		src[i] = test_random(&seed);
	make(0);
	m.file = wr;
	t = host_spawn(do_put, &m);
	while (got < sizeof(src)) {
		long n = get(rd, dst + got, 1 + test_random(&seed) % 9000);

		assert_true(n > 0);
		got += n;
	}
	host_join(t);
	assert_int_equal(m.ret, sizeof(src));
	assert_memory_equal(src, dst, sizeof(src));
}

TEST(a_reader_waits_for_bytes_or_the_end)
{
	struct mover m = { .buf = page, .len = 100 };
	struct thread *t;

	make(0);
	m.file = rd;
	t = host_spawn(do_get, &m);
	host_settle();
	assert_false(m.done);
	put(wr, "xyz", 3);
	host_join(t);
	assert_int_equal(m.ret, 3);
	m.done = false;
	t = host_spawn(do_get, &m);
	host_settle();
	assert_false(m.done);
	drop(&wr);
	host_join(t);
	assert_int_equal(m.ret, 0);
}

/* What one reader leaves, the next gets; nobody sleeps beside bytes. */
TEST(two_readers_one_write)
{
	u8 a[4], b[4];
	struct mover m[2] = { { .buf = a, .len = 2 }, { .buf = b, .len = 4 } };
	struct thread *t[2];

	make(0);
	for (int i = 0; i < 2; i++) {
		m[i].file = rd;
		t[i] = host_spawn(do_get, &m[i]);
		host_settle();
	}
	put(wr, "abcd", 4);
	host_settle();
	assert_true(m[0].done && m[1].done);
	assert_int_equal(m[0].ret + m[1].ret, 4);
	host_join(t[0]);
	host_join(t[1]);
}

static unsigned broken;
static void count_broken(void)
{
	broken++;
}

TEST(signals_and_lost_readers)
{
	static u8 much[ROOM + 100];
	struct mover m = { .buf = page, .len = 10 };
	struct thread *t;

	make(0);
	m.file = rd;
	t = host_spawn(do_get, &m);
	host_settle();
	thread_interrupt(t);
	host_join(t);
	assert_int_equal(m.ret, -ERESTARTSYS);

	/* A write that moved something says how much. */
	m = (struct mover){ .file = wr, .buf = much, .len = sizeof(much) };
	t = host_spawn(do_put, &m);
	host_settle();
	assert_false(m.done);
	thread_interrupt(t);
	host_join(t);
	assert_int_equal(m.ret, ROOM);

	/* The same when the last reader goes; SIGPIPE besides. */
	kernel_hooks.write_broken = count_broken;
	assert_int_equal(get(rd, page, sizeof(page)), sizeof(page));
	m.done = false;
	t = host_spawn(do_put, &m);
	host_settle();
	assert_false(m.done);
	drop(&rd);
	host_join(t);
	assert_int_equal(m.ret, PAGE_SIZE);
	assert_int_equal(broken, 1);
}

TEST(readiness)
{
	u32 in = EPOLLIN | EPOLLRDNORM, out = EPOLLOUT | EPOLLWRNORM;

	make(O_NONBLOCK);
	assert_int_equal(file_poll(rd, NULL), 0);
	assert_int_equal(file_poll(wr, NULL), out);
	for (int i = 0; i < 16; i++)
		assert_int_equal(put(wr, page, PAGE_SIZE), PAGE_SIZE);
	assert_int_equal(file_poll(wr, NULL), 0);
	assert_int_equal(file_poll(rd, NULL), in);
	assert_int_equal(get(rd, page, 1), 1);
	assert_int_equal(file_poll(wr, NULL), 0); /* a whole page must be free */
	assert_int_equal(get(rd, page, PAGE_SIZE - 1), PAGE_SIZE - 1);
	assert_int_equal(file_poll(wr, NULL), out);
	drop(&wr);
	assert_int_equal(file_poll(rd, NULL), in | EPOLLHUP);
	drop(&rd);
	make(O_NONBLOCK);
	drop(&rd);
	assert_int_equal(file_poll(wr, NULL), out | EPOLLERR);
}

/* ---- sizes ---- */

TEST(sizes)
{
	make(O_NONBLOCK);
	assert_int_equal(pipe_get_size(rd), ROOM);
	assert_int_equal(pipe_set_size(wr, &cred_root, 1), PAGE_SIZE);
	assert_int_equal(put(wr, page, PAGE_SIZE), PAGE_SIZE);
	assert_int_equal(put(wr, page, 1), -EAGAIN);
	assert_int_equal(pipe_set_size(wr, &cred_root, 3 * PAGE_SIZE), 4 * PAGE_SIZE);
	for (int i = 1; i <= 3; i++) {
		memset(page, i, sizeof(page));
		assert_int_equal(put(wr, page, PAGE_SIZE), PAGE_SIZE);
	}
	assert_int_equal(pipe_set_size(wr, &cred_root, 2 * PAGE_SIZE), -EBUSY);
	assert_int_equal(get(rd, page, PAGE_SIZE), PAGE_SIZE);
	assert_int_equal(get(rd, page, PAGE_SIZE), PAGE_SIZE);
	assert_int_equal(pipe_set_size(wr, &cred_root, 2 * PAGE_SIZE), 2 * PAGE_SIZE);
	for (int i = 2; i <= 3; i++) {
		assert_int_equal(get(rd, page, PAGE_SIZE), PAGE_SIZE);
		assert_int_equal(page[0], i);
	}
	assert_int_equal(pipe_set_size(wr, &cred_root, (1ul << 31) + 1), -EINVAL);
	assert_int_equal(pipe_set_size(wr, &fs_stub_user, 2 * pipe_limits.max_size), -EPERM);
	assert_int_equal(pipe_set_size(wr, &fs_stub_user, pipe_limits.max_size),
			 pipe_limits.max_size);
}

TEST(limits_of_a_user)
{
	struct pipe_limits before = pipe_limits;
	struct file *r[3], *w[3], *x, *y;

	fs_stub_cred = &fs_stub_user;
	pipe_limits.user_pages_soft = 32;
	pipe_limits.user_pages_hard = 35;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pipe_new(0, &r[i], &w[i]), 0);
	assert_int_equal(pipe_get_size(r[1]), ROOM);
	assert_int_equal(pipe_get_size(r[2]), 2 * PAGE_SIZE); /* beyond the soft limit */
	assert_int_equal(pipe_new(0, &x, &y), -ENFILE);
	assert_int_equal(pipe_set_size(r[2], &fs_stub_user, 4 * PAGE_SIZE), -EPERM);
	fs_stub_cred = &cred_root;
	assert_int_equal(pipe_new(0, &x, &y), 0); /* not bound by it */
	file_put_now(x);
	file_put_now(y);
	for (int i = 0; i < 3; i++) {
		file_put_now(r[i]);
		file_put_now(w[i]);
	}
	pipe_limits = before;
}

/* ---- splice's view ---- */

TEST(claims)
{
	u8 buf[100], other[4];
	struct mover m = { .buf = other, .len = 4 };
	struct thread *t;

	make(0);
	assert_int_equal(pipe_claim(rd, true), -EAGAIN);
	put(wr, "abcdefgh", 8);
	assert_int_equal(pipe_claim(rd, true), 1);
	m.file = rd;
	t = host_spawn(do_get, &m);
	host_settle();
	assert_false(m.done); /* the bytes are spoken for */
	assert_int_equal(pipe_peek(rd, buf, 3, 2), 3);
	assert_memory_equal(buf, "cde", 3);
	assert_int_equal(pipe_peek(rd, buf, 100, 0), 8);
	assert_int_equal(pipe_peek(rd, buf, 100, 8), 0);
	pipe_unclaim(rd, 5);
	host_join(t);
	assert_int_equal(m.ret, 3);
	assert_memory_equal(other, "fgh", 3);
	drop(&wr);
	assert_int_equal(pipe_claim(rd, false), 0);
}

/* ---- FIFOs ---- */

struct opener {
	u32 flags;
	struct file *file;
	int err;
	bool done;
};

static void do_open(void *arg)
{
	struct opener *o = arg;

	o->err = vfs_open(&fs_stub_root, NULL, "/fifo", o->flags, 0, &o->file);
	o->done = true;
}

TEST(fifo_opens_wait_for_each_other)
{
	struct opener r = { .flags = O_RDONLY }, w = { .flags = O_WRONLY };
	struct thread *tr, *tw;

	assert_int_equal(vfs_mknod(&fs_stub_root, NULL, "/fifo", FIFO | 0600, 0), 0);
	tr = host_spawn(do_open, &r);
	host_settle();
	assert_false(r.done);
	tw = host_spawn(do_open, &w);
	host_join(tr);
	host_join(tw);
	assert_int_equal(r.err, 0);
	assert_int_equal(w.err, 0);
	assert_int_equal(put(w.file, "x", 1), 1);
	assert_int_equal(get(r.file, page, 9), 1);
	assert_int_equal(file_poll(r.file, NULL), 0);
	file_put_now(w.file);
	assert_int_equal(file_poll(r.file, NULL), EPOLLHUP);
	file_put_now(r.file);

	/* A signal ends the wait and leaves nothing behind. */
	r.done = false;
	tr = host_spawn(do_open, &r);
	host_settle();
	thread_interrupt(tr);
	host_join(tr);
	assert_int_equal(r.err, -ERESTARTSYS);
	w.flags = O_WRONLY | O_NONBLOCK;
	do_open(&w);
	assert_int_equal(w.err, -ENXIO);
	r.flags = O_RDONLY | O_NONBLOCK;
	do_open(&r);
	assert_int_equal(r.err, 0);
	assert_int_equal(file_poll(r.file, NULL), 0); /* no hang-up before any writer */
	assert_int_equal(get(r.file, page, 1), 0);
	do_open(&w);
	assert_int_equal(w.err, 0);
	file_put_now(w.file);
	file_put_now(r.file);
	assert_int_equal(vfs_unlink(&fs_stub_root, NULL, "/fifo"), 0);
}

/* ---- without memory ---- */

static void life(void *arg)
{
	struct file *in, *out;
	static u8 buf[3 * PAGE_SIZE];
	int err = pipe_new(O_NONBLOCK, &in, &out);
	long n;

	if (err) {
		assert_int_equal(err, -ENOMEM);
		return;
	}
	n = put(out, buf, sizeof(buf));
	assert_true(n == sizeof(buf) || n == -ENOMEM || (n > 0 && n % PAGE_SIZE == 0));
	n = pipe_set_size(in, &cred_root, 32 * PAGE_SIZE);
	assert_true(n == 32 * PAGE_SIZE || n == -ENOMEM);
	file_put_now(in);
	file_put_now(out);
}

static void fifo_life(void *arg)
{
	struct file *file;
	int err = vfs_open(&fs_stub_root, NULL, "/fifo", O_RDWR, 0, &file);

	assert_true(!err || err == -ENOMEM);
	if (!err)
		file_put_now(file);
}

TEST(without_memory)
{
	assert_true(fail_alloc_each(life, NULL) >= 8);
	assert_int_equal(vfs_mknod(&fs_stub_root, NULL, "/fifo", FIFO | 0600, 0), 0);
	assert_true(fail_alloc_each(fifo_life, NULL) >= 3);
	assert_int_equal(vfs_unlink(&fs_stub_root, NULL, "/fifo"), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, done)
static int run(void)
{
	const struct CMUnitTest tests[] = {
		T(bytes_against_a_model),
		T(ends),
		T(packets),
		T(bad_user_memory),
		T(a_long_write_waits_for_its_reader),
		T(a_reader_waits_for_bytes_or_the_end),
		T(two_readers_one_write),
		T(signals_and_lost_readers),
		T(readiness),
		T(sizes),
		T(limits_of_a_user),
		T(claims),
		T(fifo_opens_wait_for_each_other),
		T(without_memory),
	};

	pipe_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return host_threads_main(run);
}
