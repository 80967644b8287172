/* lib/list and lib/hlist. */
#include "tests/unit/unit.h"
#include "lib/hlist.h"
#include "lib/list.h"

struct item {
	int value;
	struct list_node link;
	struct hlist_node hash;
};

static int sum_in_order(struct list_node *head)
{
	struct item *e;
	int v = 0;

	list_for_each_entry(e, head, link)
		v = v * 10 + e->value;
	return v;
}

TEST(order_and_removal)
{
	struct item a = { .value = 1 }, b = { .value = 2 }, c = { .value = 3 }, *e, *tmp;
	DEFINE_LIST(head);
	DEFINE_LIST(other);

	assert_true(list_empty(&head));
	list_add_tail(&head, &b.link);
	list_add_tail(&head, &c.link);
	list_add(&head, &a.link);
	assert_int_equal(sum_in_order(&head), 123);
	list_move_tail(&head, &a.link);
	assert_int_equal(sum_in_order(&head), 231);
	assert_true(list_is_last(&head, &a.link));
	list_splice_tail(&other, &head);
	assert_true(list_empty(&head));
	assert_int_equal(sum_in_order(&other), 231);
	assert_ptr_equal(list_first_entry(&other, struct item, link), &b);
	list_for_each_entry_safe(e, tmp, &other, link)
		list_del_init(&e->link);
	assert_true(list_empty(&other));
	assert_null(list_first_entry_or_null(&other, struct item, link));
}

TEST(hash_chains)
{
	struct item a = { .value = 1 }, b = { .value = 2 }, c = { .value = 3 }, *e;
	struct hlist_head head = { NULL };
	struct hlist_node *tmp;
	int v = 0;

	hlist_add(&head, &c.hash);
	hlist_add(&head, &b.hash);
	hlist_add(&head, &a.hash);
	hlist_del(&b.hash);
	assert_true(hlist_unhashed(&b.hash));
	hlist_for_each_entry(e, &head, hash)
		v = v * 10 + e->value;
	assert_int_equal(v, 13);
	hlist_for_each_entry_safe(e, tmp, &head, hash)
		hlist_del(&e->hash);
	assert_true(hlist_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_removal),
		cmocka_unit_test(hash_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
