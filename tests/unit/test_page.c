/* mem/page.c and mem/slab.c for real. */
#include "tests/unit/unit.h"
#include "tests/unit/real_mem.h"

TEST(boot_touches_no_section)
{
	assert_int_equal(zone.nr_free, 0);
	assert_true(zone.nr_untouched > 7000);
	assert_int_equal(page_free_count(), zone.nr_untouched);
}

/*
 * The first test that takes pages: all of RAM, in the order in which it is touched.  Pages
 * come in batches of neighbours, so what is left of the other ranges comes behind.
 */
TEST(memory_below_a_mebibyte_is_taken_last)
{
	struct list_node taken;
	struct page *page, *next;
	unsigned low = 0, high = 0, rest = 0;

	list_init(&taken);
	while ((page = page_alloc(0))) {
		if (page_to_phys(page) < RAM_BASE)
			low++;
		else if (low)
			rest++;
		else
			high++;
		list_add(&taken, &page->lru);
	}
	assert_true(low > 64);
	assert_true(high > 7000);
	assert_true(rest < 2 * PAGE_BATCH);
	list_for_each_entry_safe(page, next, &taken, lru)
		page_free(page);
}

TEST(pages_are_distinct_and_zeroed_when_asked)
{
	static struct page *pages[4000];
	u64 before = page_free_count();

	for (unsigned i = 0; i < 4000; i++) {
		pages[i] = page_alloc(PAGE_ZERO);
		assert_non_null(pages[i]);
		assert_int_equal(page_refs(pages[i]), 1);
		assert_true(page_to_phys(pages[i]) < INITRD_BASE ||
			    page_to_phys(pages[i]) >= INITRD_BASE + INITRD_SIZE);
		for (unsigned w = 0; w < PAGE_SIZE / 8; w++)
			assert_int_equal(((u64 *)page_to_virt(pages[i]))[w], 0);
		*(u64 *)page_to_virt(pages[i]) = i;
	}
	for (unsigned i = 0; i < 4000; i++)
		assert_int_equal(*(u64 *)page_to_virt(pages[i]), i);
	for (unsigned i = 0; i < 4000; i++)
		page_put(pages[i]);
	assert_int_equal(page_free_count(), before);
}

TEST(blocks_are_aligned_and_merge_again)
{
	struct page *block[PAGE_MAX_ORDER + 1];
	u64 before = page_free_count(), seed = 1;

	for (int round = 0; round < 50; round++) {
		for (unsigned o = 0; o <= PAGE_MAX_ORDER; o++) {
			block[o] = page_alloc_order(o, 0);
			assert_non_null(block[o]);
			assert_int_equal(page_to_pfn(block[o]) & ((1u << o) - 1), 0);
		}
		for (unsigned n = 0; n <= PAGE_MAX_ORDER; n++) {
			unsigned o = test_random(&seed) % (PAGE_MAX_ORDER + 1);

			while (!block[o])
				o = (o + 1) % (PAGE_MAX_ORDER + 1);
			page_free_order(block[o], o);
			block[o] = NULL;
		}
		assert_int_equal(page_free_count(), before);
	}
}

TEST(running_out_is_null_and_atomic_has_a_reserve)
{
	struct list_node taken;
	struct page *page, *next;
	u64 before = page_free_count(), n = 0, extra = 0;

	list_init(&taken);
	while ((page = page_alloc(0))) {
		list_add(&taken, &page->lru);
		n++;
	}
	assert_true(n > 7000);
	while ((page = page_alloc(PAGE_ATOMIC))) {
		list_add(&taken, &page->lru);
		extra++;
	}
	assert_true(extra >= 16);
	assert_int_equal(n + extra, before);
	list_for_each_entry_safe(page, next, &taken, lru)
		page_free(page);
	assert_int_equal(page_free_count(), before);
}

TEST(initrd_pages_can_be_borrowed_and_given_up)
{
	struct page *page = page_reserved(INITRD_BASE + 8 * PAGE_SIZE);
	u64 before = page_free_count();

	assert_non_null(page);
	assert_int_equal(page_refs(page), 1);
	assert_true(page_flag(page, PG_RESERVED));
	page_get(page);
	page_put(page);
	assert_int_equal(page_free_count(), before);
	page_put(page);
	assert_int_equal(page_free_count(), before + 1);
	page_free_reserved(INITRD_BASE, 4 * PAGE_SIZE);
	assert_int_equal(page_free_count(), before + 5);
	assert_null(page_reserved(RAM_BASE + RAM_SIZE));
	assert_null(page_reserved(0x1000));
}

TEST(kmalloc_sizes)
{
	for (size_t size = 1; size < 20000; size = size * 5 / 4 + 1) {
		char *p = kmalloc(size), *q = kzalloc(size);

		assert_non_null(p);
		assert_non_null(q);
		assert_true(kmalloc_usable_size(p) >= size);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(q[i], 0);
		memset(p, 1, size);
		memset(q, 2, size);
		assert_int_equal(p[size - 1], 1);
		kfree(p);
		kfree(q);
	}
	assert_null(kmalloc(KMALLOC_MAX + 1));
	assert_null(kcalloc(SIZE_MAX / 2, 3));
	kfree(NULL);
}

TEST(kmalloc_random_objects_keep_their_contents)
{
	static struct {
		u8 *p;
		size_t size;
		u8 fill;
	} slot[1000];
	u64 seed = 42;

	for (int step = 0; step < 100000; step++) {
		unsigned i = test_random(&seed) % 1000;

		if (slot[i].p) {
			assert_int_equal(slot[i].p[0], slot[i].fill);
			assert_int_equal(slot[i].p[slot[i].size - 1], slot[i].fill);
			kfree(slot[i].p);
			slot[i].p = NULL;
			continue;
		}
		slot[i].size = 1 + test_random(&seed) % 3000;
		slot[i].fill = (u8)step;
		slot[i].p = kmalloc(slot[i].size);
		assert_non_null(slot[i].p);
		memset(slot[i].p, slot[i].fill, slot[i].size);
	}
	for (int i = 0; i < 1000; i++)
		kfree(slot[i].p);
}

TEST(krealloc_keeps_contents)
{
	char *p = kstrdup("linnet");

	p = krealloc(p, 500);
	assert_string_equal(p, "linnet");
	p = krealloc(p, 10000);
	assert_string_equal(p, "linnet");
	p = krealloc(p, 16);
	assert_string_equal(p, "linnet");
	kfree(p);
}

TEST(cache_gives_all_pages_back)
{
	static struct slab_cache cache;
	static void *object[500];
	long before;

	slab_cache_init(&cache, "test", 200, 8);
	before = page_stat_read(PAGE_STAT_SLAB);
	for (int i = 0; i < 500; i++)
		assert_non_null(object[i] = slab_alloc(&cache));
	for (int i = 0; i < 500; i++)
		slab_free(&cache, object[i]);
	assert_true(cache.nr_out <= SLAB_MAGAZINE_MAX);
	slab_shrink();
	assert_int_equal(cache.nr_empty, 0);
	assert_true(page_stat_read(PAGE_STAT_SLAB) <= before + 10);
}

static struct rcu_head *waiting;

static void wait_for_readers(struct rcu_head *head, void (*fn)(struct rcu_head *head))
{
	head->next = waiting;
	head->fn = fn;
	waiting = head;
}

/* What a reader under RCU may still look at: an object's contents, and its pages. */
TEST(a_typesafe_cache_keeps_what_was_an_object_for_a_grace_period)
{
	static struct slab_cache cache;
	static u32 *object[200];
	void (*call_rcu)(struct rcu_head *, void (*)(struct rcu_head *)) = mem_call_rcu;
	long before, nfreed = 0;

	mem_call_rcu = wait_for_readers;
	slab_cache_init(&cache, "typesafe", 200, 0);
	slab_cache_typesafe(&cache);
	for (int i = 0; i < 200; i++) {
		assert_non_null(object[i] = slab_alloc(&cache));
		object[i][2] = 7;
	}
	before = page_stat_read(PAGE_STAT_SLAB);
	for (int i = 0; i < 200; i++)
		slab_free(&cache, object[i]);
	assert_int_equal(slab_shrink(), 0);
	assert_non_null(waiting);
	assert_int_equal(page_stat_read(PAGE_STAT_SLAB), before);
	for (int i = 0; i < 200; i++)
		assert_int_equal(object[i][2], 7);
	while (waiting) {
		struct rcu_head *head = waiting;

		waiting = head->next;
		head->fn(head);
		nfreed++;
	}
	assert_int_equal(page_stat_read(PAGE_STAT_SLAB), before - (nfreed << cache.order));
	mem_call_rcu = call_rcu;
}

/* Every page taken: NULL at once, nothing changed, and it works again afterwards. */
TEST(without_pages)
{
	static struct slab_cache cache;
	struct list_node taken;
	struct page *page, *next;
	char *small = kstrdup("linnet"), *large = kmalloc(2 * PAGE_SIZE);
	void *object[64] = { NULL }, *atomic;
	unsigned n = 0;

	slab_cache_init(&cache, "empty", 1000, 0);
	slab_shrink();
	list_init(&taken);
	while ((page = page_alloc(0)))
		list_add(&taken, &page->lru);
	while (n < 64 && (object[n] = slab_alloc(&cache)))
		n++;
	assert_int_equal(n, 0);
	assert_null(kmalloc(3 * PAGE_SIZE));
	assert_null(kcalloc(3, PAGE_SIZE));
	assert_null(krealloc(small, 3 * PAGE_SIZE));
	assert_string_equal(small, "linnet");
	assert_ptr_equal(krealloc(large, 1 * PAGE_SIZE), large);    /* too big, but there */
	atomic = slab_alloc_flags(&cache, SLAB_ATOMIC | SLAB_ZERO); /* from the reserve */
	assert_non_null(atomic);
	slab_free(&cache, atomic);
	list_for_each_entry_safe(page, next, &taken, lru)
		page_free(page);
	while (n < 64 && (object[n] = slab_alloc(&cache)))
		n++;
	assert_int_equal(n, 64);
	while (n)
		slab_free(&cache, object[--n]);
	kfree(small);
	kfree(large);
}

static void find_cache(const struct slab_info *info, void *arg)
{
	if (!strcmp(info->name, "counted"))
		*(struct slab_info *)arg = *info;
}

TEST(what_slabinfo_says)
{
	static struct slab_cache cache;
	struct slab_info info = { 0 };
	void *object[10];
	char *text;

	slab_cache_init(&cache, "counted", 3000, 0);
	for (int i = 0; i < 10; i++)
		assert_non_null(object[i] = slab_zalloc(&cache));
	slab_for_each(find_cache, &info);
	assert_true(info.size >= 3000 && info.slabs >= 10 / info.per_slab);
	assert_true(info.objects >= 10 && info.objects <= info.total);
	assert_true(info.per_slab * info.size <= info.pages_per_slab * PAGE_SIZE);
	for (int i = 0; i < 10; i++)
		slab_free(&cache, object[i]);
	assert_true(HOST_EXPECT_PANIC(kfree(page_to_virt(page_alloc(0)))));
	text = kasprintf("%d-%s", 42, "x");
	assert_string_equal(text, "42-x");
	kfree(text);
	text = kvzalloc(PAGE_SIZE);
	assert_int_equal(text[PAGE_SIZE - 1], 0);
	kvfree(text);
	assert_null(kvmalloc(5 * PAGE_SIZE)); /* vmalloc's, which is none here */
}

TEST(debug_catches_overruns_and_double_frees)
{
	char *p = kmalloc(16);

	p[16] = 1;
	assert_true(HOST_EXPECT_PANIC(kfree(p)));
	p = kmalloc(64);
	kfree(p);
	assert_true(HOST_EXPECT_PANIC(kfree(p)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boot_touches_no_section),
		cmocka_unit_test(memory_below_a_mebibyte_is_taken_last),
		cmocka_unit_test(pages_are_distinct_and_zeroed_when_asked),
		cmocka_unit_test(blocks_are_aligned_and_merge_again),
		cmocka_unit_test(running_out_is_null_and_atomic_has_a_reserve),
		cmocka_unit_test(initrd_pages_can_be_borrowed_and_given_up),
		cmocka_unit_test(kmalloc_sizes),
		cmocka_unit_test(kmalloc_random_objects_keep_their_contents),
		cmocka_unit_test(krealloc_keeps_contents),
		cmocka_unit_test(cache_gives_all_pages_back),
		cmocka_unit_test(a_typesafe_cache_keeps_what_was_an_object_for_a_grace_period),
		cmocka_unit_test(without_pages),
		cmocka_unit_test(what_slabinfo_says),
		cmocka_unit_test(debug_catches_overruns_and_double_frees),
	};

	return cmocka_run_group_tests(tests, real_mem_boot, NULL);
}
