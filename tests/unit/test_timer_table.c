/* proc/timer_table: numbers in turn, found again while the table grows and shrinks. */
#include "tests/unit/unit.h"
#include "proc/timer_table.h"

#define NLINKS 1000

static void make_room(struct timer_table *table)
{
	u32 n = timer_table_next_size(table);

	if (timer_table_full(table))
		free(timer_table_grow(table, calloc(n, sizeof(struct timer_link *)), n));
}

static void add(struct timer_table *table, struct timer_link *link)
{
	make_room(table);
	assert_true(timer_table_add(table, link));
}

TEST(nothing_is_found_in_an_empty_table)
{
	struct timer_table table = {};

	assert_true(timer_table_full(&table));
	assert_null(timer_table_find(&table, 0));
	assert_null(timer_table_find(&table, -1));
}

TEST(numbers_are_given_in_turn)
{
	struct timer_table table = {};
	struct timer_link links[3];

	for (int i = 0; i < 3; i++) {
		add(&table, &links[i]);
		assert_int_equal(links[i].id, i);
	}
	timer_table_remove(&table, &links[1]);
	assert_null(timer_table_find(&table, 1));
	add(&table, &links[1]); /* not the one that was just free */
	assert_int_equal(links[1].id, 3);
	free(table.chains);
}

TEST(numbers_wrap_and_pass_over_those_in_use)
{
	struct timer_table table = {};
	struct timer_link links[5];

	add(&table, &links[0]);
	add(&table, &links[1]);
	table.next_id = INT_MAX;
	add(&table, &links[2]);
	assert_int_equal(links[2].id, INT_MAX);
	add(&table, &links[3]);
	assert_int_equal(links[3].id, 2);
	assert_ptr_equal(timer_table_find(&table, INT_MAX), &links[2]);
	free(table.chains);
}

TEST(random_adds_and_removes_agree_with_a_list)
{
	static struct timer_link links[NLINKS];
	static bool present[NLINKS];
	struct timer_table table = {};
	u64 seed = 11;
	u32 used = 0;

	for (int step = 0; step < 50000; step++) {
		u32 i = test_random(&seed) % NLINKS;

		if (present[i]) {
			assert_ptr_equal(timer_table_find(&table, links[i].id), &links[i]);
			timer_table_remove(&table, &links[i]);
			assert_null(timer_table_find(&table, links[i].id));
			used--;
		} else {
			add(&table, &links[i]);
			used++;
		}
		present[i] = !present[i];
		assert_int_equal(table.used, used);
	}
	for (int i = 0; i < NLINKS; i++)
		if (present[i])
			assert_ptr_equal(timer_table_find(&table, links[i].id), &links[i]);
	free(table.chains);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_in_an_empty_table),
		cmocka_unit_test(numbers_are_given_in_turn),
		cmocka_unit_test(numbers_wrap_and_pass_over_those_in_use),
		cmocka_unit_test(random_adds_and_removes_agree_with_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
