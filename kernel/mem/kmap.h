/* mem/kmap.h - kernel memory of scattered pages, and kernel stacks. */
#pragma once
#include "lib/types.h"
#include "lib/annotate.h"

struct page;

#define KSTACK_SIZE (4 * PAGE_SIZE)

/* Read-write, no execute. */
void *vmalloc(size_t size) __must_check;
void *vzalloc(size_t size) __must_check;
/* Memory that grows in place: addresses for @max bytes and no memory yet; then memory for the
 * first @len, by one thread at a time.  vfree() takes it back.  NULL, false: there is none.
 */
void *vmalloc_reserve(size_t max) __must_check;
bool vmalloc_fill(void *va, size_t len) __must_check;
void vfree(const void *va); /* sleeps not, but sends IPIs: interrupts on */
bool vmalloc_owns(const void *va);
/* Pages of an area that go before the area, one by one: each counts who needs a byte of it.
 * vmalloc_share() counts its caller for every page of the area at @va; hold and drop are for
 * the pages that [va, va + len) touches.  A page that nobody needs any more is unmapped and
 * freed.  Such an area is never given to vfree() once a page may be gone. */
void vmalloc_share(void *va);
void vmalloc_hold(const void *va, size_t len);
void vmalloc_drop(const void *va, size_t len);
struct page *vmalloc_to_page(const void *va);

/* 16 KiB, lowest address; a guard page lies below.  Contents are whatever was there. */
void *kstack_alloc(void) __must_check;
void kstack_free(void *stack);	   /* any thread context, interrupts on or off */
bool kstack_guard_hit(vaddr_t va); /* for the page fault's panic message */
size_t kstack_shrink(void);	   /* give cached stacks back; pages freed */
