/* core/cred and core/rlimit: counting, groups, capabilities round setuid, limits. */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "arch/host/host.h"
#include <linux/securebits.h>
#include "core/cred.h"
#include "core/rlimit.h"

static struct cred *user(u32 uid)
{
	struct cred *c = cred_dup(&cred_root);

	c->uid = c->euid = c->suid = c->fsuid = uid;
	return c;
}

static void dup_with_groups(void *arg)
{
	struct cred *c = cred_dup(&cred_root), *copy;
	struct group_list *g;

	if (!c)
		return;
	g = group_list_new(3);
	if (g) {
		g->gid[0] = 30, g->gid[1] = 10, g->gid[2] = 20;
		group_list_sort(g);
		cred_set_groups(c, g);
		assert_true(cred_in_group(c, 10) && cred_in_group(c, 20) && cred_in_group(c, 30));
		assert_true(cred_in_egroup(c, 0));
		assert_false(cred_in_group(c, 15));
	}
	copy = cred_dup(c);
	cred_put(c);
	if (copy && g)
		assert_true(cred_in_group(copy, 30));
	cred_put(copy);
}

/* Root's in place of what the CPU keeps. */
static void settle(void)
{
	cred_put(cred_get(&cred_root));
}

TEST(groups_are_shared_and_freed)
{
	fail_alloc_settle = settle;
	assert_int_equal(fail_alloc_each(dup_with_groups, NULL), 3);
}

TEST(setuid_drops_and_regains)
{
	struct cred *old = user(0), *new = user(0);

	new->euid = new->fsuid = 1000;
	cred_fix_caps_setuid(new, old);
	assert_true(new->effective == 0 && new->permitted == CAP_FULL_SET);
	old->euid = 1000;
	new->euid = 0;
	cred_fix_caps_setuid(new, old);
	assert_true(new->effective == CAP_FULL_SET);
	old->euid = 0;
	new->uid = new->euid = new->suid = 1000;
	new->ambient = BIT(CAP_KILL);
	cred_fix_caps_setuid(new, old);
	assert_true(!new->effective && !new->permitted && !new->ambient);
	cred_put(old);
	cred_put(new);
}

TEST(keep_caps_and_no_fixup)
{
	struct cred *old = user(0), *new = user(1000);

	new->securebits = SECBIT_KEEP_CAPS;
	cred_fix_caps_setuid(new, old);
	assert_true(new->effective == 0 && new->permitted == CAP_FULL_SET);
	new->securebits = SECBIT_NO_SETUID_FIXUP;
	new->effective = CAP_FULL_SET;
	cred_fix_caps_setuid(new, old);
	assert_true(new->effective == CAP_FULL_SET);
	new->securebits = 0;
	cred_fix_caps_setfsuid(new, old);
	assert_false(cred_capable(new, CAP_DAC_OVERRIDE));
	assert_true(cred_capable(new, CAP_KILL));
	cred_put(old);
	cred_put(new);
}

TEST(who_may_kill)
{
	struct cred *a = user(1000), *b = user(1001);

	a->effective = 0;
	assert_false(cred_may_kill(a, b));
	b->suid = 1000;
	assert_true(cred_may_kill(a, b));
	assert_true(cred_may_kill(&cred_root, b));
	cred_put(a);
	cred_put(b);
}

/* What a CPU keeps is given back when another's come. */
TEST(references_that_are_kept)
{
	struct cred *a = user(1), *b = user(2);

	for (int i = 0; i < 100; i++)
		assert_ptr_equal(cred_get(a), a);
	for (int i = 0; i < 100; i++)
		cred_put(a);
	assert_int_equal(refcount_read(&a->refs), 1 + CRED_KEEP_MAX);
	cred_put(cred_get(a));
	assert_int_equal(refcount_read(&a->refs), 1 + CRED_KEEP_MAX);
	cred_put(cred_get(b));
	assert_int_equal(refcount_read(&a->refs), 1);
	assert_int_equal(refcount_read(&b->refs), 2);
	cred_put(a);
	assert_int_equal(refcount_read(&b->refs), 1);
	cred_put(b); /* and the last of a goes */
	cred_put(NULL);
}

TEST(limits)
{
	struct rlimits r, copy;
	struct rlimit64 v;

	rlimits_init(&r, 512);
	assert_int_equal(rlimit_cur(&r, RLIMIT_NPROC), 512);
	assert_int_equal(rlimit_cur(&r, RLIMIT_NOFILE), 1024);
	assert_int_equal(rlimit_max(&r, RLIMIT_NOFILE), 4096);
	assert_int_equal(rlimit_cur(&r, RLIMIT_STACK), 8 << 20);
	v = (struct rlimit64){ 10, 5 };
	assert_int_equal(rlimit_write(&r, RLIMIT_NOFILE, &v, true), -EINVAL);
	v = (struct rlimit64){ 10, 8192 };
	assert_int_equal(rlimit_write(&r, RLIMIT_NOFILE, &v, false), -EPERM);
	assert_int_equal(rlimit_write(&r, RLIM_NLIMITS, &v, true), -EINVAL);
	assert_int_equal(rlimit_write(&r, RLIMIT_NOFILE, &v, true), 0);
	v.rlim_max = 1048577;
	assert_int_equal(rlimit_write(&r, RLIMIT_NOFILE, &v, true), -EPERM);
	rlimits_copy(&copy, &r);
	rlimit_read(&copy, RLIMIT_NOFILE, &v);
	assert_int_equal(v.rlim_cur, 10);
	assert_int_equal(v.rlim_max, 8192);
}

TEST(counting_errors_panic)
{
	struct refcount r;

	refcount_init(&r, 1);
	assert_true(refcount_put(&r));
	assert_false(refcount_get_unless_zero(&r));
	assert_true(HOST_EXPECT_PANIC(refcount_get(&r)));
	refcount_init(&r, 0);
	assert_true(HOST_EXPECT_PANIC((void)!refcount_put(&r)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_shared_and_freed),
		cmocka_unit_test(setuid_drops_and_regains),
		cmocka_unit_test(keep_caps_and_no_fixup),
		cmocka_unit_test(who_may_kill),
		cmocka_unit_test(references_that_are_kept),
		cmocka_unit_test(limits),
		cmocka_unit_test(counting_errors_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
