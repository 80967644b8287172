/*
 * Regions and the page cache without a machine: the tree stays ordered through
 * random splits and merges, files read back what was written, truncation and
 * holes leave zeroes, nothing leaks.
 */
#include "lib/string.h"
#include "mem/uio.h"
#include "tests/unit/vm/host.h"
#include "vm/page_cache.h"
#include "vm/space.h"
#include "vm/vm_internal.h"

int printf(const char *fmt, ...);

static int failures;
#define CHECK(x) do {							\
	if (!(x)) {							\
		failures++;						\
		printf("%s:%d: %s\n", __FILE__, __LINE__, #x);		\
	}								\
} while (0)

static u32 seed = 1;
static u32 next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* --- Regions -------------------------------------------------------------- */

#define RW (REGION_READ | REGION_WRITE | REGION_MAYACCESS)

static struct vm_space space;

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
		CHECK(node == &region->node);
		CHECK(region->start >= end && region->start < region->end);
		end = region->end;
		total += region_pages(region);
		node = rb_next(node);
		n++;
	}
	CHECK(!node);
	CHECK(n == space.nregions && total == space.total_pages);
}

static void space_clear(void)
{
	struct region *region, *tmp;

	list_for_each_entry_safe(region, tmp, &space.region_list, link) {
		region_remove(&space, region);
		region_free(region);
	}
	CHECK(space.nregions == 0 && space.total_pages == 0 && space.data_pages == 0);
}

static void test_find(void)
{
	struct region *a, *b;

	space_reset();
	a = region_new(&space, 0x10000, 0x20000, RW);
	b = region_new(&space, 0x40000, 0x50000, RW);
	region_insert(&space, b);
	region_insert(&space, a);
	check_space();
	CHECK(region_find(&space, 0x10000) == a);
	CHECK(region_find(&space, 0x1ffff) == a);
	CHECK(!region_find(&space, 0x20000));
	CHECK(!region_find(&space, 0xffff));
	CHECK(region_find_from(&space, 0) == a);
	CHECK(region_find_from(&space, 0x20000) == b);
	CHECK(!region_find_from(&space, 0x50000));
	CHECK(region_next(&space, a) == b && !region_next(&space, b));
	CHECK(region_prev(&space, b) == a && !region_prev(&space, a));
	space_clear();
}

static void test_split_merge(void)
{
	struct region *whole, *upper;

	space_reset();
	whole = region_new(&space, 0x10000, 0x90000, RW);
	region_insert(&space, whole);
	CHECK(region_split(&space, whole, 0x30000) == 0);
	check_space();
	upper = region_next(&space, whole);
	CHECK(whole->end == 0x30000 && upper->start == 0x30000 && upper->end == 0x90000);
	region_set_flags(&space, upper, upper->flags & ~REGION_WRITE);
	CHECK(space.data_pages == 0x20);
	CHECK(region_merge(&space, whole) == whole && space.nregions == 2);
	region_set_flags(&space, upper, RW);
	CHECK(region_merge(&space, upper) == whole);
	CHECK(space.nregions == 1 && whole->end == 0x90000);
	check_space();
	space_clear();
}

static void test_file_offsets(void)
{
	struct page_cache cache;
	struct region *region, *upper;

	space_reset();
	page_cache_init(&cache, NULL, CACHE_MEMORY, &cache);
	host.file_refs = 1;
	region = region_new(&space, 0x10000, 0x20000, RW | REGION_SHARED);
	region->cache = &cache;
	region->file = (struct file *)&cache;
	region->pgoff = 5;
	region_insert(&space, region);
	CHECK(cache.nwritable == 1);
	CHECK(region_split(&space, region, 0x14000) == 0);
	upper = region_next(&space, region);
	CHECK(upper->pgoff == 9 && host.file_refs == 2 && cache.nwritable == 2);
	page_cache_unmap(&cache, 10, 11);
	CHECK(host.zap_start == 0x15000 && host.zap_end == 0x17000);
	upper->pgoff = 10;		/* not what follows: no merge */
	region_merge(&space, region);
	CHECK(space.nregions == 2);
	upper->pgoff = 9;
	region_merge(&space, region);
	CHECK(space.nregions == 1 && host.file_refs == 1 && cache.nwritable == 1);
	space_clear();
	CHECK(host.file_refs == 0 && list_empty(&cache.regions));
}

static void test_random_splits(void)
{
	struct region *region;

	space_reset();
	region = region_new(&space, 0, 1024 * PAGE_SIZE, RW);
	region_insert(&space, region);
	for (int i = 0; i < 5000; i++) {
		u64 va = (u64)(next_random() % 1024) * PAGE_SIZE;

		region = region_find(&space, va);
		CHECK(region && region->start <= va && va < region->end);
		if (next_random() & 1) {
			if (region->start < va)
				CHECK(region_split(&space, region, va) == 0);
		} else {
			region_merge(&space, region);
		}
		if (i % 64 == 0)
			check_space();
	}
	list_for_each_entry(region, &space.region_list, link)
		while (region_next(&space, region))
			region_merge(&space, region);
	CHECK(space.nregions == 1);
	check_space();
	space_clear();
}

/* --- The page cache ---------------------------------------------------------- */

static u8 buffer[64 * 1024], image[64 * 1024];

static void uio_set(struct uio *uio, void *base, size_t len)
{
	memset(uio, 0, sizeof(*uio));
	uio->one.iov_base = base;
	uio->len = len;
	host.uio_limit = SIZE_MAX / 2;
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

static void test_memory_file(void)
{
	long before = host.pages_out;
	struct page_cache cache;

	page_cache_init(&cache, NULL, CACHE_MEMORY, &cache);
	memset(image, 0, sizeof(image));
	for (int i = 0; i < 3000; i++) {
		u64 pos = next_random() % 60000;
		size_t len = next_random() % (i % 16 ? 300 : 9000) + 1;

		len = min_t(size_t, len, sizeof(image) - pos);
		switch (next_random() % 8) {
		case 0:		/* smaller: what is cut off is zero later */
			if (i % 5)
				break;
			page_cache_truncate(&cache, pos);
			memset(image + pos, 0, sizeof(image) - pos);
			break;
		case 1:
			CHECK(!page_cache_punch(&cache, pos, min(pos + len, cache.size)));
			if (pos < cache.size)
				memset(image + pos, 0, min(pos + len, cache.size) - pos);
			break;
		case 2: case 3: case 4:
			for (size_t k = 0; k < len; k++)
				image[pos + k] = (u8)next_random();
			CHECK(cache_write(&cache, pos, len) == (long)len);
			break;
		default:
			CHECK(cache_equals(&cache, pos, len));
		}
	}
	CHECK(cache_equals(&cache, 0, sizeof(image)));
	page_cache_fini(&cache);
	CHECK(host.pages_out == before && cache.npages == 0);
	CHECK(host.stat[PAGE_STAT_SHMEM] == 0);
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
static void test_backed_file(void)
{
	long before = host.pages_out;
	struct page_cache cache;
	size_t freed;

	for (size_t i = 0; i < sizeof(image); i++)
		image[i] = (u8)(i * 7);
	page_cache_init(&cache, &backed_ops, CACHE_MEMORY, &cache);
	cache.size = sizeof(image);
	CHECK(cache_equals(&cache, 5000, 10));
	CHECK(reads == 1 && cache.npages == 1);
	CHECK(cache_equals(&cache, 0, sizeof(image)));
	CHECK(reads == 16);
	image[100] = 1;
	CHECK(cache_write(&cache, 100, 1) == 1);
	freed = page_cache_reclaim(100);
	CHECK(freed == 15 && cache.npages == 1);
	CHECK(cache_equals(&cache, 0, sizeof(image)));
	CHECK(reads == 31);
	page_cache_fini(&cache);
	CHECK(host.pages_out == before);
}

/* A source page that is not there: nothing but whole bytes of it is written. */
static void test_short_copy(void)
{
	struct page_cache cache;
	struct uio uio;

	page_cache_init(&cache, &backed_ops, CACHE_MEMORY, &cache);
	cache.size = 4 * PAGE_SIZE;
	memset(image, 3, sizeof(image));
	memset(buffer, 9, sizeof(buffer));
	uio_set(&uio, buffer, 2 * PAGE_SIZE);
	host.uio_limit = PAGE_SIZE + 100;
	CHECK(page_cache_write(&cache, cache.size, &uio, 0) == (long)PAGE_SIZE);
	CHECK(uio.len == PAGE_SIZE && !uio.nofault);
	CHECK(page_cache_write(&cache, cache.size, &uio, PAGE_SIZE) == -EFAULT);
	CHECK(uio.len == PAGE_SIZE);
	memset(image, 9, PAGE_SIZE);
	CHECK(cache_equals(&cache, 0, 4 * PAGE_SIZE));
	page_cache_fini(&cache);
}

static void test_no_memory(void)
{
	struct page_cache cache;
	struct page *page;

	page_cache_init(&cache, NULL, CACHE_MEMORY, &cache);
	host.fail_pages = true;
	CHECK(page_cache_get_page(&cache, 0, CACHE_FILL, &page) == -ENOMEM);
	CHECK(cache_write(&cache, 0, 10) == -ENOMEM);
	host.fail_pages = false;
	CHECK(page_cache_get_page(&cache, 0, 0, &page) == -ENOENT);
	page_cache_fini(&cache);
}

static void test_seek(void)
{
	struct page_cache cache;

	page_cache_init(&cache, NULL, CACHE_MEMORY, &cache);
	CHECK(cache_write(&cache, 5 * PAGE_SIZE, 10) == 10);
	CHECK(page_cache_seek(&cache, 0, cache.size, true) == 5 * PAGE_SIZE);
	CHECK(page_cache_seek(&cache, 0, cache.size, false) == 0);
	CHECK(page_cache_seek(&cache, 5 * PAGE_SIZE, cache.size, false) == cache.size);
	page_cache_fini(&cache);
}

int main(void)
{
	host_init();
	region_init_cache();
	page_cache_boot_init();
	test_find();
	test_split_merge();
	test_file_offsets();
	test_random_splits();
	test_memory_file();
	test_backed_file();
	test_short_copy();
	test_no_memory();
	test_seek();
	printf("vm: %s\n", failures ? "FAILED" : "ok");
	return failures != 0;
}
