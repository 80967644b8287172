/* futex(2), futex_waitv(2): every operation, its errors, and who is woken. */
#include "abi_test.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define PRIVATE FUTEX_PRIVATE_FLAG

static volatile uint32_t word, word2;

static long futex(volatile uint32_t *at, int op, uint32_t val, const void *timeout,
		  volatile uint32_t *at2, uint32_t val3)
{
	return syscall(SYS_futex, at, op, val, timeout, at2, val3);
}

static struct timespec now_plus(clockid_t clock, int ms)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += ms * 1000000l;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

TEST(bad_futex_arguments, SYS_futex)
{
	struct timespec odd = { 0, 1000000000 }, past = { 0, 0 };

	CHECK_ERR(futex(&word, 99, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERR(futex(&word, 2 /* FUTEX_FD */, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERR(futex((void *)((char *)&word + 1), FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex((void *)((char *)&word + 1), FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex(NULL, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex(NULL, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	CHECK_OK(futex(NULL, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0));
	CHECK_ERR(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &odd, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 1, (void *)1, NULL, 0), EFAULT);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &past, NULL, 0), ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET, 0, &past, NULL, 1), ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0), ENOSYS);
	CHECK_ERR(futex(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0), ENOSYS);
	CHECK_ERR(futex(&word, FUTEX_CMP_REQUEUE, 1, NULL, &word2, 1), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_CMP_REQUEUE, -1, NULL, &word2, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)-1l, &word2, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_WAKE_OP, 1, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex(&word, FUTEX_WAKE_OP, 1, NULL, &word2, 5u << 28), ENOSYS);
	CHECK_ERR(futex(&word, FUTEX_WAKE_OP, 1, NULL, &word2, 6u << 24), ENOSYS);
}

TEST(futex_timeouts_last, SYS_futex)
{
	struct timespec start, end, rel = { 0, 30000000 }, to;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &start);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 0, &rel, NULL, 0), ETIMEDOUT);
	to = now_plus(CLOCK_MONOTONIC, 30);
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET | PRIVATE, 0, &to, NULL, 1), ETIMEDOUT);
	to = now_plus(CLOCK_REALTIME, 30);
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &to, NULL, 1),
		  ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &end);
	ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
	CHECK(ms >= 89 && ms < 5000);
}

/* FUTEX_WAKE_OP: each operation and each comparison. */
TEST(wake_op_computes_and_compares, SYS_futex)
{
	static const struct {
		unsigned op, arg, before, after;
	} ops[] = {
		{ FUTEX_OP_SET, 5, 9, 5 },	 { FUTEX_OP_ADD, 5, 9, 14 },
		{ FUTEX_OP_ADD, 0xfff, 9, 8 },	 { FUTEX_OP_OR, 6, 9, 15 },
		{ FUTEX_OP_ANDN, 8, 9, 1 },	 { FUTEX_OP_XOR, 3, 9, 10 },
		{ FUTEX_OP_SET | 8, 4, 9, 16 },	 { FUTEX_OP_OR | 8, 1, 9, 11 },
		{ FUTEX_OP_SET, 0xfff, 9, -1u },
	};

	for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		word2 = ops[i].before;
		CHECK_OK(futex(&word, FUTEX_WAKE_OP, 1, NULL, &word2,
			       ops[i].op << 28 | (ops[i].arg & 0xfff) << 12));
		CHECK_EQ(word2, ops[i].after);
	}
}

static volatile int asleep, awake[8];
static volatile uint32_t bits;

static void *sleeper(void *arg)
{
	long n = (long)arg;

	__atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
	futex(n & 1 ? &word2 : &word, FUTEX_WAIT_BITSET | PRIVATE, 0, NULL, NULL, bits ? bits : -1);
	awake[n] = 1;
	return NULL;
}

static char state_of_thread(int tid)
{
	char path[64], buf[256] = { 0 }, *p;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 'X';
	read(fd, buf, sizeof(buf) - 1);
	close(fd);
	p = strrchr(buf, ')');
	return p ? p[2] : '?';
}

static pthread_t start_sleeper(long n)
{
	pthread_t thread;
	int before = asleep;

	CHECK_EQ(pthread_create(&thread, NULL, sleeper, (void *)n), 0);
	while (asleep == before)
		sched_yield();
	usleep(20000);
	return thread;
}

TEST(comparison_decides_about_the_second_word, SYS_futex)
{
	static const struct {
		unsigned cmp, arg;
		int old, wakes;
	} cases[] = {
		{ FUTEX_OP_CMP_EQ, 0, 0, 1 },	  { FUTEX_OP_CMP_NE, 0, 0, 0 },
		{ FUTEX_OP_CMP_LT, 1, 0, 1 },	  { FUTEX_OP_CMP_LE, 0, 0, 1 },
		{ FUTEX_OP_CMP_GT, 0, 0, 0 },	  { FUTEX_OP_CMP_GE, 0, 0, 1 },
		{ FUTEX_OP_CMP_LT, 0xfff, 0, 0 }, /* -1: signed */
	};
	pthread_t thread;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		thread = start_sleeper(1);
		CHECK_EQ(futex(&word, FUTEX_WAKE_OP | PRIVATE, 1, (void *)1l, &word2,
			       FUTEX_OP_ADD << 28 | cases[i].cmp << 24 | cases[i].arg),
			 cases[i].wakes);
		if (!cases[i].wakes)
			CHECK_EQ(futex(&word2, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0), 1);
		pthread_join(thread, NULL);
	}
}

TEST(bitsets_choose, SYS_futex)
{
	pthread_t one, two;

	bits = 1;
	one = start_sleeper(0);
	bits = 2;
	two = start_sleeper(2);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET | PRIVATE, 8, NULL, NULL, 4), 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET | PRIVATE, 8, NULL, NULL, 2), 1);
	pthread_join(two, NULL);
	CHECK_EQ(awake[0], 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE | PRIVATE, 8, NULL, NULL, 0), 1);
	pthread_join(one, NULL);
}

TEST(requeue_moves_the_rest, SYS_futex)
{
	pthread_t threads[4];

	for (long i = 0; i < 4; i++)
		threads[i] = start_sleeper(i * 2);
	CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE | PRIVATE, 1, (void *)2l, &word2, 0), 3);
	CHECK_EQ(futex(&word2, FUTEX_WAKE | PRIVATE, 8, NULL, NULL, 0), 2);
	/* It counts those moved, whatever futex(2) says. */
	CHECK_EQ(futex(&word, FUTEX_REQUEUE | PRIVATE, 0, (void *)8l, &word2, 0), 1);
	CHECK_EQ(futex(&word2, FUTEX_WAKE | PRIVATE, 8, NULL, NULL, 0), 1);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

/* The same word by file and offset, in two processes, at two addresses. */
TEST(shared_words_are_found_by_what_is_mapped, SYS_futex)
{
	int fd = CHECK_OK(open("word", O_RDWR | O_CREAT, 0600)), status;
	volatile uint32_t *a, *b;
	pid_t child;

	CHECK_OK(ftruncate(fd, 4096));
	a = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(a != b);
	child = fork();
	if (child == 0) {
		b[1] = 1;
		CHECK_OK(futex(&b[4], FUTEX_WAIT, 0, NULL, NULL, 0));
		_exit(3);
	}
	while (!a[1])
		usleep(1000);
	usleep(20000);
	CHECK_EQ(futex(&a[4], FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0), 0);
	while (futex(&a[4], FUTEX_WAKE, 1, NULL, NULL, 0) == 0)
		usleep(1000);
	CHECK_OK(waitpid(child, &status, 0));
	CHECK_EQ(WEXITSTATUS(status), 3);
}

struct waitv {
	uint64_t val, uaddr;
	uint32_t flags, reserved;
};

static long waitv(struct waitv *v, unsigned n, unsigned flags, struct timespec *to, int clock)
{
	return syscall(SYS_futex_waitv, v, n, flags, to, clock);
}

static void *wake_second(void *arg)
{
	usleep(30000);
	while (futex(&word2, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0) == 0)
		usleep(1000);
	return NULL;
}

TEST(waitv_waits_on_many, SYS_futex_waitv)
{
	struct waitv v[130] = { { 0, (uint64_t)&word, 2 | PRIVATE, 0 },
				{ 0, (uint64_t)&word2, 2 | PRIVATE, 0 } };
	struct timespec to = now_plus(CLOCK_MONOTONIC, 20), odd = { 0, -1 };
	pthread_t thread;

	CHECK_ERR(waitv(v, 2, 0, &to, CLOCK_MONOTONIC), ETIMEDOUT);
	to = now_plus(CLOCK_REALTIME, 20);
	CHECK_ERR(waitv(v, 2, 0, &to, CLOCK_REALTIME), ETIMEDOUT);
	CHECK_ERR(waitv(v, 2, 0, &to, CLOCK_BOOTTIME), EINVAL);
	CHECK_ERR(waitv(v, 2, 0, &odd, CLOCK_MONOTONIC), EINVAL);
	CHECK_ERR(waitv(v, 2, 1, NULL, 0), EINVAL);
	CHECK_ERR(waitv(v, 0, 0, NULL, 0), EINVAL);
	CHECK_ERR(waitv(v, 129, 0, NULL, 0), EINVAL);
	CHECK_ERR(waitv(NULL, 1, 0, NULL, 0), EINVAL);
	CHECK_ERR(waitv((void *)8, 1, 0, NULL, 0), EFAULT);
	CHECK_ERR(waitv(v, 3, 0, NULL, 0), EINVAL); /* flags of the third */
	v[2] = (struct waitv){ 0, (uint64_t)&word, 2 | PRIVATE, 1 };
	CHECK_ERR(waitv(v, 3, 0, NULL, 0), EINVAL);
	v[2] = (struct waitv){ 7, (uint64_t)&word, 2 | PRIVATE, 0 };
	CHECK_ERR(waitv(v, 3, 0, NULL, 0), EAGAIN);
	v[2] = (struct waitv){ 7, (uint64_t)&word + 1, 2 | PRIVATE, 0 };
	CHECK_ERR(waitv(v, 3, 0, NULL, 0), EINVAL);
	v[2] = (struct waitv){ 7, 0, 2, 0 };
	CHECK_ERR(waitv(v, 3, 0, NULL, 0), EFAULT);
	CHECK_EQ(pthread_create(&thread, NULL, wake_second, NULL), 0);
	CHECK_EQ(waitv(v, 2, 0, NULL, 0), 1);
	pthread_join(thread, NULL);
}

/* ---- locks that lend priority ---- */

static int my_tid(void)
{
	return syscall(SYS_gettid);
}

TEST(pi_locks_go_by_the_word, SYS_futex)
{
	struct timespec past = { 0, 1 };

	word = 0;
	CHECK_OK(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(word, my_tid());
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	CHECK_ERR(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	CHECK_OK(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(word, 0);
	CHECK_ERR(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
	CHECK_OK(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(word, my_tid());
	word = 4000000;
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), ESRCH);
	word = getppid();
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI, 0, &past, NULL, 0), ETIMEDOUT);
	CHECK_EQ(word, getppid() | FUTEX_WAITERS);
	CHECK_ERR(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
	CHECK_ERR(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EAGAIN);
	CHECK_ERR(futex(NULL, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex(NULL, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EFAULT);
	word = FUTEX_OWNER_DIED;
	CHECK_OK(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(word, my_tid() | FUTEX_OWNER_DIED);
}

static int priority_of(int tid)
{
	char path[64], buf[512] = { 0 }, *p;
	long prio = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = CHECK_OK(open(path, O_RDONLY));
	read(fd, buf, sizeof(buf) - 1);
	close(fd);
	p = strrchr(buf, ')') + 2;
	for (int i = 3; i < 18; i++)
		p = strchr(p, ' ') + 1;
	sscanf(p, "%ld", &prio);
	return prio;
}

static volatile int holder_tid, waiter_tid, order[4], norder;
static volatile int let_go, both;

static void *holder(void *arg)
{
	CHECK_OK(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	if (both)
		CHECK_OK(futex(&word2, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	holder_tid = my_tid();
	while (!let_go)
		usleep(1000);
	CHECK_OK(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	CHECK_EQ(priority_of(my_tid()), 20);
	return NULL;
}

static void *rt_waiter(void *arg)
{
	struct sched_param param = { (long)arg };

	CHECK_OK(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param));
	waiter_tid = my_tid();
	CHECK_OK(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	order[norder++] = (long)arg;
	CHECK_OK(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	return NULL;
}

static void wait_asleep(int tid)
{
	while (state_of_thread(tid) != 'S')
		usleep(1000);
	usleep(5000);
}

/* The owner runs at its highest waiter's priority; the highest gets the lock first. */
TEST(waiters_lend_their_priority, SYS_futex, SYS_sched_setscheduler)
{
	pthread_t owner, waiters[3];
	static const long priorities[] = { 10, 30, 20 };

	word = 0;
	CHECK_EQ(pthread_create(&owner, NULL, holder, NULL), 0);
	while (!holder_tid)
		usleep(1000);
	CHECK_EQ(priority_of(holder_tid), 20);
	for (int i = 0; i < 3; i++) {
		waiter_tid = 0;
		CHECK_EQ(pthread_create(&waiters[i], NULL, rt_waiter, (void *)priorities[i]), 0);
		while (!waiter_tid)
			usleep(1000);
		wait_asleep(waiter_tid);
		CHECK_EQ(priority_of(holder_tid), -1 - (i ? 30 : 10));
	}
	CHECK_EQ(sched_getscheduler(holder_tid), SCHED_OTHER);
	let_go = 1;
	pthread_join(owner, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(waiters[i], NULL);
	CHECK_EQ(order[0], 30);
	CHECK_EQ(order[1], 20);
	CHECK_EQ(order[2], 10);
	CHECK_EQ(word & ~FUTEX_WAITERS, 0);
}

static volatile int middle_tid;

/* Holds word2, waits for word. */
static void *middle(void *arg)
{
	CHECK_OK(futex(&word2, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	middle_tid = my_tid();
	CHECK_OK(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	CHECK_OK(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	CHECK_OK(futex(&word2, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	return NULL;
}

TEST(loans_go_along_the_chain, SYS_futex, SYS_sched_setscheduler)
{
	struct sched_param param = { 40 };
	struct timespec to;
	pthread_t owner, between;

	word = word2 = 0;
	CHECK_EQ(pthread_create(&owner, NULL, holder, NULL), 0);
	while (!holder_tid)
		usleep(1000);
	CHECK_EQ(pthread_create(&between, NULL, middle, NULL), 0);
	while (!middle_tid)
		usleep(1000);
	wait_asleep(middle_tid);
	CHECK_EQ(priority_of(holder_tid), 20);
	/* A change of the one that waits reaches the owner. */
	CHECK_OK(syscall(SYS_sched_setscheduler, middle_tid, SCHED_RR, &param));
	CHECK_EQ(priority_of(holder_tid), -41);
	param.sched_priority = 0;
	CHECK_OK(syscall(SYS_sched_setscheduler, middle_tid, SCHED_OTHER, &param));
	CHECK_EQ(priority_of(holder_tid), 20);
	/* This thread waits for a while, at 50, two links away. */
	param.sched_priority = 50;
	CHECK_OK(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param));
	to = now_plus(CLOCK_REALTIME, 50);
	CHECK_ERR(futex(&word2, FUTEX_LOCK_PI | PRIVATE, 0, &to, NULL, 0), ETIMEDOUT);
	CHECK_EQ(priority_of(holder_tid), 20);
	CHECK_EQ(priority_of(middle_tid), 20);
	let_go = 1;
	pthread_join(owner, NULL);
	pthread_join(between, NULL);
}

static volatile long ring_result[2];

static void *ring(void *arg)
{
	volatile uint32_t *first = arg ? &word2 : &word, *second = arg ? &word : &word2;
	long ret;

	CHECK_OK(futex(first, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	__atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
	while (asleep < 2)
		sched_yield();
	if (arg)
		usleep(30000);
	ret = futex(second, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0);
	ring_result[arg != NULL] = ret ? errno : 0;
	if (!ret)
		futex(second, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0);
	futex(first, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0);
	return NULL;
}

TEST(rings_of_owners_are_refused, SYS_futex)
{
	pthread_t a, b;

	word = word2 = 0;
	CHECK_EQ(pthread_create(&a, NULL, ring, NULL), 0);
	CHECK_EQ(pthread_create(&b, NULL, ring, (void *)1), 0);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	CHECK_EQ(ring_result[0], 0);
	CHECK_EQ(ring_result[1], EDEADLK);
}

static void *dying_holder(void *arg)
{
	CHECK_OK(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	holder_tid = my_tid();
	while (!let_go)
		usleep(1000);
	return NULL;
}

static void *let_go_soon(void *arg)
{
	usleep(40000);
	let_go = 1;
	return NULL;
}

TEST(a_dead_owners_lock_goes_to_its_waiter, SYS_futex)
{
	pthread_t owner, timer;

	word = 0;
	CHECK_EQ(pthread_create(&owner, NULL, dying_holder, NULL), 0);
	while (!holder_tid)
		usleep(1000);
	CHECK_EQ(pthread_create(&timer, NULL, let_go_soon, NULL), 0);
	CHECK_OK(futex(&word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	CHECK_EQ(word & FUTEX_TID_MASK, my_tid());
	CHECK(word & FUTEX_OWNER_DIED);
	pthread_join(owner, NULL);
	pthread_join(timer, NULL);
	CHECK_OK(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
}

static void *condition_waiter(void *arg)
{
	long ret;

	__atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
	ret = futex(&word, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 0, NULL, &word2, 0);
	CHECK_OK(ret);
	CHECK_EQ(word2 & FUTEX_TID_MASK, my_tid());
	__atomic_add_fetch(&norder, 1, __ATOMIC_SEQ_CST);
	CHECK_OK(futex(&word2, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	return NULL;
}

TEST(conditions_are_requeued_to_a_lock, SYS_futex)
{
	pthread_t threads[3];
	struct timespec to;

	word = word2 = 0;
	CHECK_ERR(futex(&word, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 1, NULL, &word2, 0), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 0, NULL, &word, 0), EINVAL);
	to = now_plus(CLOCK_MONOTONIC, 10);
	CHECK_ERR(futex(&word, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 0, &to, &word2, 0), ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_CMP_REQUEUE_PI | PRIVATE, 1, NULL, &word, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_CMP_REQUEUE_PI | PRIVATE, 2, NULL, &word2, 0), EINVAL);
	CHECK_ERR(futex(&word, FUTEX_CMP_REQUEUE_PI | PRIVATE, 1, NULL, &word2, 1), EAGAIN);
	CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PI | PRIVATE, 1, (void *)9l, &word2, 0), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(pthread_create(&threads[i], NULL, condition_waiter, NULL), 0);
		while (asleep <= i)
			sched_yield();
	}
	usleep(50000);
	CHECK_ERR(futex(&word, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0), EINVAL);
	/* Held by us: all three are moved, none runs before the unlock. */
	CHECK_OK(futex(&word2, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PI | PRIVATE, 1, (void *)9l, &word2, 0), 3);
	CHECK_EQ(word2, my_tid() | FUTEX_WAITERS);
	usleep(20000);
	CHECK_EQ(norder, 0);
	CHECK_OK(futex(&word2, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(norder, 3);
	/* Free: the first one gets it, at once. */
	asleep = 0;
	CHECK_EQ(pthread_create(&threads[0], NULL, condition_waiter, NULL), 0);
	while (!asleep)
		sched_yield();
	usleep(30000);
	CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PI | PRIVATE, 1, (void *)9l, &word2, 0), 1);
	pthread_join(threads[0], NULL);
}

TEST(robust_lists_are_set_and_told, SYS_set_robust_list, SYS_get_robust_list)
{
	struct robust_list_head head = { .list = { &head.list } }, *got;
	size_t len = 0;

	CHECK_ERR(syscall(SYS_set_robust_list, &head, 23), EINVAL);
	CHECK_CHILD({
		CHECK_OK(syscall(SYS_set_robust_list, &head, sizeof(head)));
		CHECK_OK(syscall(SYS_get_robust_list, 0, &got, &len));
		CHECK(got == &head);
		CHECK_EQ(len, sizeof(head));
		CHECK_ERR(syscall(SYS_get_robust_list, 4000000, &got, &len), ESRCH);
		CHECK_ERR(syscall(SYS_get_robust_list, 0, NULL, &len), EFAULT);
		CHECK_OK(syscall(SYS_get_robust_list, getppid(), &got, &len));
		CHECK_OK(setuid(1000));
		CHECK_ERR(syscall(SYS_get_robust_list, 1, &got, &len), EPERM);
	});
}
