/* The page allocator and the slabs for real, over 32 MiB or more of host memory at a low
 * address (host "physical" addresses are addresses, and the memmap begins at frame 0). */
#pragma once

#include <sys/mman.h>
#include "arch/host/host.h"

/* arch/host has versions over malloc; here are the kernel's own, under other names. */
#define page_memmap	    real_page_memmap
#define page_max_pfn	    real_page_max_pfn
#define page_alloc	    real_page_alloc
#define page_alloc_order    real_page_alloc_order
#define page_free	    real_page_free
#define page_free_order	    real_page_free_order
#define page_clear	    real_page_clear
#define page_copy	    real_page_copy
#define page_stat_add	    real_page_stat_add
#define page_stat_read	    real_page_stat_read
#define kmalloc		    real_kmalloc
#define kzalloc		    real_kzalloc
#define kmalloc_atomic	    real_kmalloc_atomic
#define kcalloc		    real_kcalloc
#define krealloc	    real_krealloc
#define kfree		    real_kfree
#define kmemdup		    real_kmemdup
#define kstrdup		    real_kstrdup
#define kvmalloc	    real_kvmalloc
#define kvzalloc	    real_kvzalloc
#define kvfree		    real_kvfree
#define slab_cache_init	    real_slab_cache_init
#define slab_cache_typesafe real_slab_cache_typesafe
#define slab_alloc	    real_slab_alloc
#define slab_zalloc	    real_slab_zalloc
#define slab_free	    real_slab_free
#define slab_alloc_flags    real_slab_alloc_flags
#include "mem/buddy.c"
#include "mem/page.c"
#include "mem/page_stat.c"
#include "mem/slab.c"
#include "mem/slab_debug.c"
#include "mem/kmalloc.c"

/* mem/fail.c: here fail_alloc.c makes allocations fail. */
bool fail_armed;

bool fail_now(enum fail_kind kind)
{
	return false;
}

#define RAM_BASE    0x10000000ul
#define RAM_SIZE    ((CONFIG_KASAN ? 128ul : 32ul) << 20) /* the shadow counts from address 0 */
#define INITRD_BASE (RAM_BASE + (20ul << 20))
#define INITRD_SIZE (1ul << 20)
#define LOW_BASE    0x20000ul /* what a PC has below 640 KiB */
#define LOW_SIZE    0x70000ul

size_t kstack_shrink(void)
{
	return 0;
}
void *vmalloc(size_t size)
{
	return NULL;
}
void *vzalloc(size_t size)
{
	return NULL;
}
void vfree(const void *va)
{
}
bool vmalloc_owns(const void *va)
{
	return false;
}

static bool real_mem_map(u64 base, u64 size)
{
	void *ram = mmap((void *)base, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (ram != (void *)base)
		return false;
	memset(ram, 0x5a, size); /* boot memory is not zero */
	return true;
}

static int real_mem_boot(void **state)
{
	static struct boot_info info = {
		.nmap = 4,
		.map = {
			{ LOW_BASE, LOW_SIZE, MEM_USABLE },
			{ RAM_BASE, INITRD_BASE - RAM_BASE, MEM_USABLE },
			{ INITRD_BASE, INITRD_SIZE, MEM_INITRD },
			{ INITRD_BASE + INITRD_SIZE, RAM_BASE + RAM_SIZE - INITRD_BASE - INITRD_SIZE,
			  MEM_USABLE },
		},
	};

	if (!real_mem_map(LOW_BASE, LOW_SIZE) || !real_mem_map(RAM_BASE, RAM_SIZE))
		return -1;
	cpu_set_online(0);
	page_init(&info);
	slab_init();
	return 0;
}
