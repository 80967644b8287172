/* mem/kmap_internal.h - how mem/kmap.c and mem/kstack.c share the kernel's mappings. */
#pragma once
#include "arch/api/space.h"
#include "lib/annotate.h"
#include "lib/types.h"

/* The end is the stacks'. */
#define KSTACKS_SIZE (16ull << 30) /* 512 Ki threads */
#define KSTACKS_END  (KERNEL_VMAP_END - PAGE_SIZE)
#define KSTACKS_BASE (KSTACKS_END - KSTACKS_SIZE)

/* Map fresh pages at [start + done, start + len).  Return how many bytes from @start on have
 * one now: less than @len when there is no memory. */
size_t kmap_fill(vaddr_t start, size_t done, size_t len, unsigned page_flags) __must_check;
/* Unmap @len bytes, then let go of the pages: no CPU may see them through its TLB any more. */
void kmap_unmap_and_free(vaddr_t start, size_t len);
