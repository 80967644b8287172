/* mem/kmap: areas and kernel stacks, over page tables that are host mappings. */
#include "tests/unit/unit.h"
#include <sys/mman.h>
#include "tests/unit/fail_alloc.h"
#include "arch/host/host.h"
#include "mem/kmap.c"
#include "mem/kstack.c"

#define MAPPED_MAX 8192

static struct {
	vaddr_t va;
	paddr_t pa;
} mapped[MAPPED_MAX];
static unsigned nmapped;

int arch_kmap_page(vaddr_t va, paddr_t pa, unsigned prot)
{
	assert_int_equal(prot, KMAP_READ | KMAP_WRITE);
	assert_int_equal(va % PAGE_SIZE, 0);
	if (host_alloc_refuse())
		return -ENOMEM;
	for (unsigned i = 0; i < nmapped; i++)
		assert_true(mapped[i].va != va);
	assert_true(nmapped < MAPPED_MAX);
	assert_ptr_equal(mmap((void *)va, PAGE_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
			 (void *)va);
	mapped[nmapped].va = va;
	mapped[nmapped++].pa = pa;
	return 0;
}

bool arch_kernel_lookup(vaddr_t va, paddr_t *pa)
{
	for (unsigned i = 0; i < nmapped; i++) {
		if (mapped[i].va == va) {
			*pa = mapped[i].pa;
			return true;
		}
	}
	return false;
}

void arch_kunmap_range(vaddr_t start, u64 len)
{
	for (unsigned i = 0; i < nmapped;) {
		if (mapped[i].va >= start && mapped[i].va < start + len) {
			munmap((void *)mapped[i].va, PAGE_SIZE);
			mapped[i] = mapped[--nmapped];
		} else {
			i++;
		}
	}
}

TEST(areas_do_not_touch_and_are_reused)
{
	enum { N = 60 };
	struct {
		char *va;
		size_t size;
	} a[N] = { { NULL } };
	u64 seed = 3;

	for (int step = 0; step < 3000; step++) {
		int i = test_random(&seed) % N;

		if (a[i].va) {
			vfree(a[i].va);
			a[i].va = NULL;
			continue;
		}
		a[i].size = 1 + test_random(&seed) % 50000;
		a[i].va = vmalloc_reserve(a[i].size);
		assert_non_null(a[i].va);
		assert_int_equal((vaddr_t)a[i].va % PAGE_SIZE, 0);
		assert_true(vmalloc_owns(a[i].va));
		for (int j = 0; j < N; j++) { /* a guard page between any two */
			if (j == i || !a[j].va)
				continue;
			assert_true(a[i].va + a[i].size + PAGE_SIZE <= a[j].va ||
				    a[j].va + a[j].size + PAGE_SIZE <= a[i].va);
		}
		/* First fit: sixty areas never need more room than that. */
		assert_true((vaddr_t)a[i].va < KERNEL_VMAP_BASE + N * 2 * 60000);
	}
	for (int i = 0; i < N; i++)
		if (a[i].va)
			vfree(a[i].va);
	assert_null(vmalloc_reserve(0));
	assert_null(vmalloc_reserve(KSTACKS_BASE - KERNEL_VMAP_BASE + 1));
	assert_int_equal(kmap.hint, KERNEL_VMAP_BASE);
}

TEST(vmalloc_and_its_guard)
{
	long vmalloced = page_stat_read(PAGE_STAT_VMALLOC);
	char *p = vmalloc(3 * PAGE_SIZE + 1), *q = vzalloc(10);

	assert_non_null(p);
	memset(p, 1, 4 * PAGE_SIZE);
	assert_int_equal(page_stat_read(PAGE_STAT_VMALLOC), vmalloced + 5);
	assert_non_null(vmalloc_to_page(p + 5000));
	assert_ptr_equal(vmalloc_to_page(p + 5000), vmalloc_to_page(p + 4096));
	assert_null(vmalloc_to_page(p + 4 * PAGE_SIZE)); /* the guard */
	vfree(p);
	vfree(q);
	vfree(NULL);
	assert_int_equal(page_stat_read(PAGE_STAT_VMALLOC), vmalloced);
	assert_int_equal(nmapped, 0);
}

TEST(stacks_are_kept_and_given_back)
{
	enum { N = 100 };
	static void *stack[N];
	unsigned kept;

	for (int i = 0; i < N; i++) {
		stack[i] = kstack_alloc();
		assert_non_null(stack[i]);
		memset(stack[i], i, KSTACK_SIZE);
		assert_false(kstack_guard_hit((vaddr_t)stack[i]));
		assert_true(kstack_guard_hit((vaddr_t)stack[i] - 1));
	}
	assert_int_equal(nmapped, N * STACK_PAGES);
	for (int i = 0; i < N; i++)
		kstack_free(stack[i]);
	kept = nmapped / STACK_PAGES;
	assert_int_equal(kept, CPU_STACKS + STACKS_KEPT);
	for (int i = 0; i < N; i++)
		assert_non_null(stack[i] = kstack_alloc());
	assert_int_equal(nmapped, N * STACK_PAGES);
	assert_int_equal(stacks.used, N); /* slots came back, too */
	for (int i = 0; i < N; i++)
		kstack_free(stack[i]);
	assert_int_equal(kstack_shrink(), STACKS_KEPT * STACK_PAGES);
	assert_int_equal(nmapped, CPU_STACKS * STACK_PAGES);
}

static void map_life(void *arg)
{
	void *p = vmalloc(5 * PAGE_SIZE);
	void *r = vmalloc_reserve(PAGE_SIZE);

	vfree(p);
	if (r)
		vfree(r);
	assert_int_equal(kmap.hint, KERNEL_VMAP_BASE);
}

static u64 slots_noted(void)
{
	u64 n = 0;

	for (struct free_slot *slot = stacks.slots; slot; slot = slot->next)
		n++;
	return n;
}

static void forget_slots(void)
{
	while (stacks.slots)
		kfree(slot_take());
}

/* What becomes of a new stack whose pages cannot all be had: no slot is ever lost. */
static void stack_life(void *arg)
{
	unsigned before = nmapped;
	u64 used = stacks.used, noted;
	void *stack = stack_new();

	noted = slots_noted();
	assert_int_equal(stacks.used - used, noted + (stack ? 1 : 0));
	if (!stack)
		assert_int_equal(nmapped, before);
	else if (stack_destroy(stack))
		assert_int_equal(slots_noted(), noted + 1);
	else
		kmap_unmap_and_free((vaddr_t)stack, KSTACK_SIZE);
	assert_int_equal(nmapped, before);
	forget_slots();
}

TEST(without_memory)
{
	assert_true(fail_alloc_each(map_life, NULL) >= 12);
	forget_slots();
	/* The note, page and mapping of each page, the note of the end. */
	assert_int_equal(fail_alloc_each(stack_life, NULL), 2 * STACK_PAGES + 2);
}

/* Three pages of an area of eight are needed after their first owner lets go of all. */
TEST(pages_go_one_by_one)
{
	enum { N = 8 };
	unsigned before = nmapped;
	char *va = vmalloc(N * PAGE_SIZE);

	assert_non_null(va);
	vmalloc_share(va);
	vmalloc_hold(va + 100, 5000);		 /* pages 0 and 1 */
	vmalloc_hold(va + 5200, 100);		 /* page 1 */
	vmalloc_hold(va + 6 * PAGE_SIZE - 1, 1); /* page 5 */
	vmalloc_drop(va, N * PAGE_SIZE);
	assert_int_equal(nmapped, before + 3);
	assert_non_null(vmalloc_to_page(va + PAGE_SIZE));
	assert_null(vmalloc_to_page(va + 2 * PAGE_SIZE));
	vmalloc_drop(va + 100, 5000);
	assert_null(vmalloc_to_page(va));
	assert_int_equal(nmapped, before + 2);
	vmalloc_drop(va + 5200, 100);
	vmalloc_drop(va + 6 * PAGE_SIZE - 1, 1);
	assert_int_equal(nmapped, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(areas_do_not_touch_and_are_reused),
		cmocka_unit_test(vmalloc_and_its_guard),
		cmocka_unit_test(stacks_are_kept_and_given_back),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(pages_go_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
