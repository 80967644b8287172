/* lib/rbtree: random insertions and removals, all invariants checked after each, also
 * with an augmented maximum. */
#include "tests/unit/unit.h"
#include "lib/rbtree.h"

#define NODES 300

struct item {
	struct rb_node node;
	u32 key;
	u32 value;
	u32 max;
	bool in;
};

static struct item item[NODES];

static u32 max_of(struct rb_node *n)
{
	return n ? rb_entry(n, struct item, node)->max : 0;
}

static bool update(struct rb_node *n)
{
	struct item *i = rb_entry(n, struct item, node);
	u32 before = i->max;

	i->max = max(i->value, max(max_of(n->left), max_of(n->right)));
	return i->max != before;
}

/* Black height; fails the test on any broken rule. */
static int check(struct rb_node *n, struct rb_node *parent, bool augmented, int *count)
{
	bool red;
	int left, right;

	if (!n)
		return 1;
	++*count;
	red = !(n->parent_color & 1);
	assert_ptr_equal(rb_parent(n), parent);
	if (red) {
		assert_non_null(parent);
		assert_true(parent->parent_color & 1);
	}
	left = check(n->left, n, augmented, count);
	right = check(n->right, n, augmented, count);
	assert_int_equal(left, right);
	if (augmented) {
		u32 stored = max_of(n);

		update(n);
		assert_int_equal(max_of(n), stored);
	}
	return left + !red;
}

static void check_all(struct rb_root *root, int expected, bool augmented)
{
	struct rb_node *n;
	int count = 0, walked = 0;
	long last = -1;

	check(root->node, NULL, augmented, &count);
	assert_int_equal(count, expected);
	for (n = rb_first(root); n; n = rb_next(n), walked++) {
		assert_true((long)rb_entry(n, struct item, node)->key > last);
		last = rb_entry(n, struct item, node)->key;
	}
	assert_int_equal(walked, expected);
	for (n = rb_last(root); n; n = rb_prev(n))
		walked--;
	assert_int_equal(walked, 0);
}

static void insert(struct rb_root *root, struct item *new, bool augmented)
{
	struct rb_node **link = &root->node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = new->key < rb_entry(parent, struct item, node)->key ? &parent->left :
									     &parent->right;
	}
	rb_link(&new->node, parent, link);
	if (augmented)
		rb_insert_augmented(root, &new->node, update);
	else
		rb_insert_fixup(root, &new->node);
}

static void churn(bool augmented)
{
	struct rb_root root = RB_ROOT;
	u64 seed = 7;
	int count = 0;

	for (int i = 0; i < NODES; i++)
		item[i] = (struct item){ .key = i * 3 };
	for (int step = 0; step < 6000; step++) {
		struct item *i = &item[test_random(&seed) % NODES];

		if (!i->in) {
			i->value = test_random(&seed) % 1000;
			insert(&root, i, augmented);
			count++;
		} else if (augmented) {
			rb_erase_augmented(&root, &i->node, update);
			count--;
		} else {
			rb_erase(&root, &i->node);
			count--;
		}
		i->in = !i->in;
		assert_int_equal(rb_is_linked(&i->node), i->in);
		check_all(&root, count, augmented);
	}
}

TEST(random_churn)
{
	churn(false);
}
TEST(random_churn_augmented)
{
	churn(true);
}

TEST(replace_keeps_the_shape)
{
	struct rb_root root = RB_ROOT;
	struct item other;

	for (int i = 0; i < 20; i++) {
		item[i] = (struct item){ .key = i };
		insert(&root, &item[i], false);
	}
	other = item[9];
	rb_replace(&root, &item[9].node, &other.node);
	check_all(&root, 20, false);
	assert_ptr_equal(rb_next(&item[8].node), &other.node);
}

TEST(changed_value_is_passed_up)
{
	struct rb_root root = RB_ROOT;

	for (int i = 0; i < 50; i++) {
		item[i] = (struct item){ .key = i, .value = i };
		insert(&root, &item[i], true);
	}
	item[10].value = 5000;
	rb_update_path(&item[10].node, update);
	assert_int_equal(max_of(root.node), 5000);
	check_all(&root, 50, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_churn),
		cmocka_unit_test(random_churn_augmented),
		cmocka_unit_test(replace_keeps_the_shape),
		cmocka_unit_test(changed_value_is_passed_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
