/*
 * vm/page_cache*.c: files read back what was written, truncation and holes leave
 * zeroes, clean pages can be dropped, nothing leaks.
 */
#include "tests/unit/unit.h"
#include "tests/unit/fail_alloc.h"
#include "tests/unit/vm_stub.h"
#include "arch/host/host.h"
#include "mem/uio.h"
#include "vm/page_cache.h"
#include "vm/region.h"
#include "vm/space.h"
#include "vm/vm_internal.h"

static u8 buffer[64 * 1024] __aligned(4096), image[64 * 1024];
static u64 seed = 88172645463325252;

static void uio_set(struct uio *uio, void *base, size_t len)
{
	assert_int_equal(uio_init_user(uio, base, len), 0);
}

static long cache_write(struct page_cache *cache, u64 pos, size_t len)
{
	struct uio uio;
	long n;

	uio_set(&uio, image + pos, len);
	n = page_cache_write(cache, cache->size, &uio, pos);
	if (n > 0 && pos + n > cache->size)
		cache->size = pos + n;
	return n;
}

static bool cache_equals(struct page_cache *cache, u64 pos, size_t len)
{
	struct uio uio;
	long n;

	memset(buffer, 0xee, sizeof(buffer));
	uio_set(&uio, buffer, len);
	n = page_cache_read(cache, cache->size, &uio, pos);
	len = pos < cache->size ? min_t(u64, len, cache->size - pos) : 0;
	return n == (long)len && !memcmp(buffer, image + pos, len);
}

TEST(memory_file)
{
	long before = host_alloc_outstanding();
	struct page_cache cache;

	page_cache_init(&cache, NULL, CACHE_MEMORY, &cache);
	memset(image, 0, sizeof(image));
	for (int i = 0; i < 3000; i++) {
		u64 pos = (u32)test_random(&seed) % 60000;
		size_t len = (u32)test_random(&seed) % (i % 16 ? 300 : 9000) + 1;

		len = min_t(size_t, len, sizeof(image) - pos);
		switch ((u32)test_random(&seed) % 8) {
		case 0: /* smaller: what is cut off is zero later */
			if (i % 5)
				break;
			page_cache_truncate(&cache, pos);
			memset(image + pos, 0, sizeof(image) - pos);
			break;
		case 1:
			assert_true(!page_cache_punch(&cache, pos, min(pos + len, cache.size)));
			if (pos < cache.size)
				memset(image + pos, 0, min(pos + len, cache.size) - pos);
			break;
		case 2:
		case 3:
		case 4:
			for (size_t k = 0; k < len; k++)
				image[pos + k] = (u8)(u32)test_random(&seed);
			assert_true(cache_write(&cache, pos, len) == (long)len);
			break;
		default:
			assert_true(cache_equals(&cache, pos, len));
		}
	}
	assert_true(cache_equals(&cache, 0, sizeof(image)));
	page_cache_fini(&cache);
	assert_true(host_alloc_outstanding() == before && cache.npages == 0);
	assert_true(page_stat_read(PAGE_STAT_SHMEM) == 0);
}

static unsigned reads;

static int backed_read(struct page_cache *cache, struct page *page)
{
	memcpy(page_to_virt(page), image + (page->index << PAGE_SHIFT), PAGE_SIZE);
	reads++;
	return 0;
}

static const struct page_cache_ops backed_ops = { .read_page = backed_read };

/* A file of an archive: read on demand, dropped when clean, kept when written. */
TEST(backed_file)
{
	long before = host_alloc_outstanding();
	struct page_cache cache;
	size_t freed;

	for (size_t i = 0; i < sizeof(image); i++)
		image[i] = (u8)(i * 7);
	page_cache_init(&cache, &backed_ops, CACHE_MEMORY, &cache);
	cache.size = sizeof(image);
	assert_true(cache_equals(&cache, 5000, 10));
	assert_true(reads == 1 && cache.npages == 1);
	assert_true(cache_equals(&cache, 0, sizeof(image)));
	assert_true(reads == 16);
	image[100] = 1;
	assert_true(cache_write(&cache, 100, 1) == 1);
	freed = page_cache_reclaim(100);
	assert_true(freed == 15 && cache.npages == 1);
	assert_true(cache_equals(&cache, 0, sizeof(image)));
	assert_true(reads == 31);
	page_cache_fini(&cache);
	assert_true(host_alloc_outstanding() == before);
}

/* A source page that is not there: nothing but whole bytes of it is written. */
TEST(short_copy)
{
	struct page_cache cache;
	struct uio uio;

	page_cache_init(&cache, &backed_ops, CACHE_MEMORY, &cache);
	cache.size = 4 * PAGE_SIZE;
	memset(image, 3, sizeof(image));
	memset(buffer, 9, sizeof(buffer));
	uio_set(&uio, buffer, 2 * PAGE_SIZE);
	host_user_fault_range(buffer + PAGE_SIZE, 100);
	assert_true(page_cache_write(&cache, cache.size, &uio, 0) == (long)PAGE_SIZE);
	assert_true(uio.len == PAGE_SIZE && !uio.nofault);
	assert_true(page_cache_write(&cache, cache.size, &uio, PAGE_SIZE) == -EFAULT);
	assert_true(uio.len == PAGE_SIZE);
	host_user_fault_range(NULL, 0);
	memset(image, 9, PAGE_SIZE);
	assert_true(cache_equals(&cache, 0, 4 * PAGE_SIZE));
	page_cache_fini(&cache);
}

static void write_somewhere(void *arg)
{
	struct page_cache cache;
	struct page *page;
	struct uio uio;

	page_cache_init(&cache, NULL, CACHE_MEMORY, &cache);
	uio_set(&uio, image, 100);
	if (page_cache_write(&cache, 0, &uio, 5 * PAGE_SIZE + 17) == 100 &&
	    page_cache_get_page(&cache, 70000, CACHE_FILL, &page) == 0)
		page_put(page);
	page_cache_fini(&cache);
}

TEST(no_memory)
{
	assert_true(fail_alloc_each(write_somewhere, NULL) >= 3);
}

TEST(seek)
{
	struct page_cache cache;

	page_cache_init(&cache, NULL, CACHE_MEMORY, &cache);
	assert_true(cache_write(&cache, 5 * PAGE_SIZE, 10) == 10);
	assert_true(page_cache_seek(&cache, 0, cache.size, true) == 5 * PAGE_SIZE);
	assert_true(page_cache_seek(&cache, 0, cache.size, false) == 0);
	assert_true(page_cache_seek(&cache, 5 * PAGE_SIZE, cache.size, false) == cache.size);
	page_cache_fini(&cache);
}

/* ---- reclaim ---- */

static struct page *look(struct page_cache *cache, u64 index)
{
	struct page *page;

	assert_int_equal(page_cache_get_page(cache, index, CACHE_FILL, &page), 0);
	return page;
}

static void read_all(struct page_cache *cache)
{
	memset(image, (int)cache->npages + 1, sizeof(image));
	cache->size = sizeof(image);
	assert_true(cache_equals(cache, 0, sizeof(image)));
	assert_int_equal(cache->npages, sizeof(image) / PAGE_SIZE);
}

static bool there(struct page_cache *cache, u64 index)
{
	struct page *page;
	bool yes = page_cache_get_page(cache, index, 0, &page) == 0;

	if (yes)
		page_put(page);
	return yes;
}

/* A page that somebody looks at, reads in or has written stays; all others go. */
TEST(reclaim_leaves_what_is_in_use)
{
	long before = host_alloc_outstanding();
	struct page_cache cache;
	struct page *held, *locked;

	page_cache_init(&cache, &backed_ops, CACHE_MEMORY, &cache);
	read_all(&cache);
	held = look(&cache, 3);
	locked = look(&cache, 5);
	page_lock(locked);
	page_put(locked);
	assert_int_equal(cache_write(&cache, 7 * PAGE_SIZE, 1), 1);
	assert_int_equal(page_cache_reclaim(1000), 13);
	assert_true(there(&cache, 3) && there(&cache, 5) && there(&cache, 7));
	assert_int_equal(cache.npages, 3);
	page_unlock(locked);
	page_put(held);
	assert_int_equal(page_cache_reclaim(1000), 2);
	assert_true(there(&cache, 7));
	assert_true(cache_equals(&cache, 0, sizeof(image)));
	page_cache_fini(&cache);
	assert_int_equal(host_alloc_outstanding(), before);
}

/* Pages that were read again since the last time go after those that were not. */
TEST(reclaim_gives_a_second_chance)
{
	struct page_cache cache;

	page_cache_init(&cache, &backed_ops, CACHE_MEMORY, &cache);
	read_all(&cache);
	for (u64 i = 0; i < 16; i++) {
		struct page *page = look(&cache, i);

		if (i % 2)
			page_flag_set(page, PG_REFERENCED);
		else
			page_flag_clear(page, PG_REFERENCED);
		page_put(page);
	}
	assert_int_equal(page_cache_reclaim(8), 8);
	for (u64 i = 0; i < 16; i++)
		assert_true(there(&cache, i) == (i % 2 != 0));
	assert_int_equal(page_cache_reclaim(3), 8); /* sixteen at a time */
	assert_int_equal(cache.npages, 0);
	page_cache_fini(&cache);
}

/* Whatever cannot be had again stays: memory files, and what is pinned. */
TEST(reclaim_takes_nothing_that_has_no_other_copy)
{
	struct page_cache memory, pinned;

	page_cache_init(&memory, NULL, CACHE_MEMORY, &memory);
	page_cache_init(&pinned, &backed_ops, CACHE_MEMORY | CACHE_PINNED, &pinned);
	assert_int_equal(cache_write(&memory, 0, sizeof(image)), sizeof(image));
	read_all(&pinned);
	assert_int_equal(page_cache_reclaim(1000), 0);
	assert_int_equal(memory.npages, 16);
	assert_int_equal(pinned.npages, 16);
	page_cache_fini(&memory);
	page_cache_fini(&pinned);
}

/* Only when all else is gone are mapped pages taken from their mappings; not where the tree of
 * mappings is in use, for reclaim never waits. */
TEST(reclaim_unmaps_last)
{
	static struct vm_space space;
	struct page_cache mapped, plain;
	struct region *region;
	u64 zaps = vm_stub.zaps_cached;

	list_init(&space.region_list);
	page_cache_init(&mapped, &backed_ops, CACHE_MEMORY, &mapped);
	page_cache_init(&plain, &backed_ops, CACHE_MEMORY, &plain);
	read_all(&mapped);
	read_all(&plain);
	region = region_new(&space, 0x10000, 0x20000, REGION_READ | REGION_MAYACCESS);
	region->cache = &mapped;
	page_cache_add_region(&mapped, region, NULL);
	vm_stub.mapped = look(&mapped, 2); /* the reference of a page-table entry */
	assert_int_equal(page_cache_reclaim(20), 31);
	assert_int_equal(vm_stub.zaps_cached, zaps);
	mutex_lock(&mapped.map_lock);
	assert_int_equal(page_cache_reclaim(12), 0);
	mutex_unlock(&mapped.map_lock);
	assert_int_equal(vm_stub.zaps_cached, zaps);
	assert_true(there(&mapped, 2));
	assert_int_equal(page_cache_reclaim(12), 1);
	assert_int_equal(vm_stub.zaps_cached, zaps + 1);
	assert_int_equal(mapped.npages + plain.npages, 0);
	page_cache_del_region(&mapped, region);
	region_free(region);
	page_cache_fini(&mapped);
	page_cache_fini(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_file),
		cmocka_unit_test(backed_file),
		cmocka_unit_test(short_copy),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(seek),
		cmocka_unit_test(reclaim_leaves_what_is_in_use),
		cmocka_unit_test(reclaim_gives_a_second_chance),
		cmocka_unit_test(reclaim_takes_nothing_that_has_no_other_copy),
		cmocka_unit_test(reclaim_unmaps_last),
	};

	radix_boot_init();
	region_init_cache();
	page_lock_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
