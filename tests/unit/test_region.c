/* vm/region.c: tree and list stay ordered and agree through splits and merges. */
#include "tests/unit/unit.h"
#include "tests/unit/vm_stub.h"
#include "arch/host/host.h"
#include "vm/page_cache.h"
#include "vm/space.h"

#define RW (REGION_READ | REGION_WRITE | REGION_MAYACCESS)

static struct vm_space space;
static u64 seed = 88172645463325252;

static void space_reset(void)
{
	memset(&space, 0, sizeof(space));
	list_init(&space.region_list);
}

/* Tree and list agree, nothing overlaps, the page count is right. */
static void check_space(void)
{
	struct region *region;
	struct rb_node *node = rb_first(&space.regions);
	u64 end = 0, total = 0;
	unsigned n = 0;

	list_for_each_entry(region, &space.region_list, link) {
		assert_true(node == &region->node);
		assert_true(region->start >= end && region->start < region->end);
		end = region->end;
		total += region_pages(region);
		node = rb_next(node);
		n++;
	}
	assert_true(!node);
	assert_true(n == space.nregions && total == space.total_pages);
}

static void space_clear(void)
{
	struct region *region, *tmp;

	list_for_each_entry_safe(region, tmp, &space.region_list, link) {
		region_remove(&space, region);
		region_free(region);
	}
	assert_true(space.nregions == 0 && space.total_pages == 0 && space.data_pages == 0);
}

TEST(find)
{
	struct region *a, *b;

	space_reset();
	a = region_new(&space, 0x10000, 0x20000, RW);
	b = region_new(&space, 0x40000, 0x50000, RW);
	region_insert(&space, b);
	region_insert(&space, a);
	check_space();
	assert_true(region_find(&space, 0x10000) == a);
	assert_true(region_find(&space, 0x1ffff) == a);
	assert_true(!region_find(&space, 0x20000));
	assert_true(!region_find(&space, 0xffff));
	assert_true(region_find_from(&space, 0) == a);
	assert_true(region_find_from(&space, 0x20000) == b);
	assert_true(!region_find_from(&space, 0x50000));
	assert_true(region_next(&space, a) == b && !region_next(&space, b));
	assert_true(region_prev(&space, b) == a && !region_prev(&space, a));
	space_clear();
}

TEST(split_merge)
{
	struct region *whole, *upper;

	space_reset();
	whole = region_new(&space, 0x10000, 0x90000, RW);
	region_insert(&space, whole);
	assert_true(region_split(&space, whole, 0x30000) == 0);
	check_space();
	upper = region_next(&space, whole);
	assert_true(whole->end == 0x30000 && upper->start == 0x30000 && upper->end == 0x90000);
	region_set_flags(&space, upper, upper->flags & ~REGION_WRITE);
	assert_true(space.data_pages == 0x20);
	assert_true(region_merge(&space, whole) == whole && space.nregions == 2);
	region_set_flags(&space, upper, RW);
	assert_true(region_merge(&space, upper) == whole);
	assert_true(space.nregions == 1 && whole->end == 0x90000);
	check_space();
	space_clear();
}

TEST(file_offsets)
{
	struct page_cache cache;
	struct region *region, *upper;

	space_reset();
	page_cache_init(&cache, NULL, CACHE_MEMORY, &cache);
	vm_stub.file_refs = 1;
	region = region_new(&space, 0x10000, 0x20000, RW | REGION_SHARED);
	region->cache = &cache;
	region->file = (struct file *)&cache;
	region->pgoff = 5;
	region_insert(&space, region);
	assert_true(cache.nwritable == 1);
	assert_true(region_split(&space, region, 0x14000) == 0);
	upper = region_next(&space, region);
	assert_true(upper->pgoff == 9 && vm_stub.file_refs == 2 && cache.nwritable == 2);
	page_cache_unmap(&cache, 10, 11);
	assert_true(vm_stub.zap_start == 0x15000 && vm_stub.zap_end == 0x17000);
	upper->pgoff = 10; /* not what follows: no merge */
	region_merge(&space, region);
	assert_true(space.nregions == 2);
	upper->pgoff = 9;
	region_merge(&space, region);
	assert_true(space.nregions == 1 && vm_stub.file_refs == 1 && cache.nwritable == 1);
	space_clear();
	assert_true(vm_stub.file_refs == 0 && rb_empty(&cache.regions));
}

TEST(random_splits)
{
	struct region *region;

	space_reset();
	region = region_new(&space, 0, 1024 * PAGE_SIZE, RW);
	region_insert(&space, region);
	for (int i = 0; i < 5000; i++) {
		u64 va = (u64)((u32)test_random(&seed) % 1024) * PAGE_SIZE;

		region = region_find(&space, va);
		assert_true(region && region->start <= va && va < region->end);
		if ((u32)test_random(&seed) & 1) {
			if (region->start < va)
				assert_true(region_split(&space, region, va) == 0);
		} else {
			region_merge(&space, region);
		}
		if (i % 64 == 0)
			check_space();
	}
	list_for_each_entry(region, &space.region_list, link)
		while (region_next(&space, region))
			region_merge(&space, region);
	assert_true(space.nregions == 1);
	check_space();
	space_clear();
}

/* Who maps pages [first, last]: what page_cache_unmap() found, beside a look at each. */
static void check_unmap(struct page_cache *cache, u64 first, u64 last)
{
	struct region *region;
	u64 regions = 0, pages = 0;

	list_for_each_entry(region, &space.region_list, link) {
		u64 from = max(first, region->pgoff);
		u64 to = min(last, region->pgoff + region_pages(region) - 1);

		if (from <= to) {
			regions++;
			pages += to - from + 1;
		}
	}
	vm_stub.zaps = vm_stub.zapped_pages = 0;
	page_cache_unmap(cache, first, last);
	assert_true(vm_stub.zaps == regions && vm_stub.zapped_pages == pages);
}

static void change_a_mapping(struct page_cache *cache, struct region **slot, u64 address)
{
	struct region *region = *slot;
	u64 random = test_random(&seed), pages = 1 + (random >> 8) % 24;

	if (!region) {
		region = region_new(&space, address, address + pages * PAGE_SIZE, RW);
		region->cache = cache;
		region->pgoff = (random >> 16) % 200;
		region_insert(&space, region);
		*slot = region;
	} else if (random % 4 == 0) {
		region_remove(&space, region);
		region_free(region);
		*slot = NULL;
	} else if (random % 4 == 1) {
		region_resize(&space, region, region->start, region->start + pages * PAGE_SIZE);
	} else if (random % 4 == 2) {
		pages = pages % region_pages(region); /* the first ones go */
		region_resize(&space, region, region->start + pages * PAGE_SIZE, region->end);
	} else if (region_pages(region) > 2) {
		assert_int_equal(region_split(&space, region, region->end - PAGE_SIZE), 0);
		assert_true(region_merge(&space, region) == region);
	}
}

TEST(who_maps_a_page)
{
	enum { SLOTS = 150 };
	static struct region *slot[SLOTS];
	struct page_cache cache;

	space_reset();
	page_cache_init(&cache, NULL, CACHE_MEMORY, &cache);
	for (int i = 0; i < 20000; i++) {
		unsigned which = (u32)test_random(&seed) % SLOTS;
		u64 first = (u32)test_random(&seed) % 230;

		change_a_mapping(&cache, &slot[which], 0x100000ull * (which + 1));
		if (i % 8 == 0)
			check_unmap(&cache, first, first + (u32)test_random(&seed) % 20);
		if (i % 64 == 0)
			check_unmap(&cache, first, U64_MAX);
	}
	check_unmap(&cache, 0, U64_MAX);
	space_clear();
	assert_true(rb_empty(&cache.regions));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find),
		cmocka_unit_test(split_merge),
		cmocka_unit_test(file_offsets),
		cmocka_unit_test(random_splits),
		cmocka_unit_test(who_maps_a_page),
	};

	region_init_cache();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
