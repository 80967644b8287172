/* mem/kasan.c: which bytes may be touched, as the real allocators tell it. */
#undef CONFIG_KASAN
#define CONFIG_KASAN 1
#define KASAN_OFF
#include "tests/unit/unit.h"
#include "tests/unit/real_mem.h"
#define __asan_handle_no_return kasan_handle_no_return /* the host's own is wanted here */
#include "mem/kasan.c"

extern jmp_buf *host_panic_jump;
extern char host_panic_message[256];

/* What a read of these bytes is reported as, or "". */
static const char *read_of(const void *p, size_t len)
{
	unsigned long had = covered;
	jmp_buf jump;

	host_panic_message[0] = 0;
	host_panic_jump = &jump;
	if (!setjmp(jump))
		kasan_check(p, len, false);
	host_panic_jump = NULL;
	covered = had;
	return host_panic_message;
}

#define GOOD(p, len)	 assert_string_equal(read_of(p, len), "")
#define BAD(p, len, why) assert_non_null(strstr(read_of(p, len), why))

TEST(what_was_asked_for_may_be_touched_and_no_more)
{
	for (size_t size = 1; size <= 600; size++) {
		char *p = kmalloc(size);

		GOOD(p, size);
		GOOD(p + size - 1, 1);
		BAD(p, size + 1, "behind an object (kmalloc-");
		BAD(p + size, 1, "+0 is behind an object");
		kfree(p);
		BAD(p, 1, "a freed object");
	}
}

TEST(the_first_bad_byte_is_named)
{
	char *p = kmalloc(21);

	BAD(p + 4, 100, "+17 is behind");
	BAD(p + 19, 4, "+2 is behind");
	GOOD(p + 16, 5);
	kfree(p);
}

TEST(krealloc_narrows_and_widens)
{
	char *p = krealloc(kmalloc(100), 70);

	GOOD(p, 70);
	BAD(p, 71, "behind");
	p = krealloc(p, 90);
	GOOD(p, 90);
	p = krealloc(p, 300);
	GOOD(p, 300);
	kfree(p);
}

TEST(a_freed_object_is_not_given_out_at_once)
{
	static struct slab_cache cache;
	void *first;

	slab_cache_init(&cache, "short", 40, 0);
	first = slab_alloc(&cache);
	GOOD(first, 40);
	slab_free(&cache, first);
	for (int i = 0; i < QUARANTINE - 1; i++) {
		void *next = slab_alloc(&cache);

		assert_ptr_not_equal(next, first);
		slab_free(&cache, next);
	}
	BAD(first, 8, "a freed object (short)");
}

TEST(pages_are_good_while_they_are_out)
{
	struct page *page = page_alloc(0), *block = page_alloc_order(3, 0);

	GOOD(page_to_virt(page), PAGE_SIZE);
	GOOD(page_to_virt(block), 8 * PAGE_SIZE);
	page_free_order(block, 3);
	BAD((char *)page_to_virt(block) + 5 * PAGE_SIZE, 1, "a free page (no slab)");
	page_put(page);
	BAD(page_to_virt(page), 16, "a free page");
}

TEST(what_is_not_the_direct_map_is_not_watched)
{
	char local[8];

	GOOD(local, sizeof(local));
	kasan_poison(local, sizeof(local), KASAN_FREE_PAGE);
	GOOD(local, sizeof(local));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_asked_for_may_be_touched_and_no_more),
		cmocka_unit_test(the_first_bad_byte_is_named),
		cmocka_unit_test(krealloc_narrows_and_widens),
		cmocka_unit_test(a_freed_object_is_not_given_out_at_once),
		cmocka_unit_test(pages_are_good_while_they_are_out),
		cmocka_unit_test(what_is_not_the_direct_map_is_not_watched),
	};

	return cmocka_run_group_tests(tests, real_mem_boot, NULL);
}
