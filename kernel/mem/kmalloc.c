/* mem/kmalloc.c - kernel memory of any size.
 *
 * kmalloc picks one of fourteen slab caches up to 2 KiB, whole pages (PG_LARGE) above; what it
 * returns tells by its struct page which of the two it is.  kvmalloc goes on where pages next
 * to each other are hard to get.
 */
#include "mem/kasan.h"
#include "mem/kmap.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "mem/slab_internal.h"
#include "core/panic.h"
#include "lib/bitops.h"
#include "lib/printf.h"
#include "lib/string.h"

static const u16 class_size[] = {
	16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048,
};
static const char *const class_name[] = {
	"kmalloc-16",  "kmalloc-32",  "kmalloc-48",   "kmalloc-64",  "kmalloc-96",
	"kmalloc-128", "kmalloc-192", "kmalloc-256",  "kmalloc-384", "kmalloc-512",
	"kmalloc-768", "kmalloc-1k",  "kmalloc-1536", "kmalloc-2k",
};
#define CLASSES	  ARRAY_SIZE(class_size)
#define CLASS_MAX 2048

static struct slab_cache kmalloc_cache[CLASSES];
static u8 class_of[CLASS_MAX / 16 + 1] __ro_after_init; /* by (size + 15) / 16 */

static __noinline void *kmalloc_large(size_t size, unsigned flags)
{
	unsigned order = size > PAGE_SIZE ? bit_fls((size - 1) >> PAGE_SHIFT) : 0;
	struct page *page;

	if (size > KMALLOC_MAX)
		return NULL;
	page = page_alloc_order(order, (flags & SLAB_ATOMIC ? PAGE_ATOMIC : 0) |
					       (flags & SLAB_ZERO ? PAGE_ZERO : 0));
	if (!page)
		return NULL;
	page->flags.v = PG_LARGE;
	page->order = order;
	return page_to_virt(page);
}

/* What was asked for may be touched, not all of the class. */
static void kasan_narrow(const void *object, size_t size)
{
	kasan_poison(object, kmalloc_usable_size(object), KASAN_REDZONE);
	kasan_unpoison(object, size);
}

static __always_inline void *kmalloc_flags(size_t size, unsigned flags)
{
	void *object;

	if (unlikely(size > CLASS_MAX))
		return kmalloc_large(size, flags);
	object = slab_take(&kmalloc_cache[class_of[(size + 15) / 16]], flags);
	if (CONFIG_KASAN && object)
		kasan_narrow(object, size);
	return object;
}

void *kmalloc(size_t size)
{
	return kmalloc_flags(size, 0);
}

void *kzalloc(size_t size)
{
	return kmalloc_flags(size, SLAB_ZERO);
}

void *kmalloc_atomic(size_t size)
{
	return kmalloc_flags(size, SLAB_ATOMIC);
}

void *kcalloc(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kzalloc(bytes);
}

void kfree(const void *p)
{
	struct page *page;

	if (!p)
		return;
	page = virt_to_page(p);
	if (likely(page->flags.v & PG_SLAB)) {
		slab_give(page->slab_cache, (void *)p);
		return;
	}
	if (unlikely(!(page->flags.v & PG_LARGE)))
		panic("kfree of %p, which is no kmalloc", p);
	page->flags.v = 0;
	page_free_order(page, (unsigned)page->order);
}

size_t kmalloc_usable_size(const void *p)
{
	const struct page *page = virt_to_page(p);

	if (page->flags.v & PG_SLAB)
		return page->slab_cache->size;
	return PAGE_SIZE << page->order;
}

void *krealloc(void *old, size_t size)
{
	size_t have;
	void *new;

	if (!old)
		return kmalloc(size);
	have = kmalloc_usable_size(old);
	if (size <= have && size >= have / 2) {
		if (CONFIG_KASAN)
			kasan_narrow(old, size);
		return old;
	}
	new = kmalloc(size);
	if (!new)
		return size <= have ? old : NULL;
	memcpy(new, old, min(have, size));
	kfree(old);
	return new;
}

void *kmemdup(const void *src, size_t len)
{
	void *p = kmalloc(len);

	if (p)
		memcpy(p, src, len);
	return p;
}

char *kstrdup(const char *src)
{
	return kmemdup(src, strlen(src) + 1);
}

char *kasprintf(const char *fmt, ...)
{
	va_list args;
	char *s;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0)
		return NULL;
	s = kmalloc((size_t)len + 1);
	if (!s)
		return NULL;
	va_start(args, fmt);
	vsnprintf(s, (size_t)len + 1, fmt, args);
	va_end(args);
	return s;
}

void *kvmalloc(size_t size)
{
	return size <= 4 * PAGE_SIZE ? kmalloc(size) : vmalloc(size);
}

void *kvzalloc(size_t size)
{
	return size <= 4 * PAGE_SIZE ? kzalloc(size) : vzalloc(size);
}

void kvfree(const void *p)
{
	if (p && vmalloc_owns(p))
		vfree(p);
	else
		kfree(p);
}

void kmalloc_init(void)
{
	unsigned class = 0;

	for (unsigned i = 0; i < CLASSES; i++)
		slab_cache_init(&kmalloc_cache[i], class_name[i], class_size[i],
				IS_POW2(class_size[i]) ? class_size[i] : 16);
	for (unsigned i = 0; i < ARRAY_SIZE(class_of); i++) {
		while (class_size[class] < i * 16)
			class ++;
		class_of[i] = class;
	}
}
