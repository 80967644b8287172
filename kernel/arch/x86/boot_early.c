/* The first C code.  It runs where the loader put the image, at physical
 * addresses, on an identity map: it may touch the image and the loader's
 * structures, but follow no pointer that the image holds before relocation.
 *
 * It copies what the loader said into boot_info (boot_loader.c knows the formats,
 * boot_map.c makes the memory map),
 * chooses the slide (KASLR), applies the relative relocations and builds the
 * kernel's tables:
 *
 *	direct map	all RAM, in 1 GiB and 2 MiB pages; 4 KiB pages where the image
 *			lies, so that its text and rodata are read-only here too
 *	image		4 KiB pages, W^X
 *	vmap, vmemmap	one empty second-level table each
 *	I/O		third-level table, in the image's second-level table
 *
 * Tables come from a pool in bss, then from memory behind the image.
 */
#include "arch/x86/x86.h"
#include "arch/x86/boot_loader.h"
#include "lib/string.h"

#define LINK_OFFSET	 0xffffffff80000000ULL /* link address - physical address */
#define TABLE		 (X86_PTE_P | X86_PTE_RW | X86_PTE_A)
#define LEAF_RW		 (X86_PTE_P | X86_PTE_RW | X86_PTE_A | X86_PTE_D | X86_PTE_G | X86_PTE_NX)
#define LEAF_RO		 (X86_PTE_P | X86_PTE_A | X86_PTE_D | X86_PTE_G | X86_PTE_NX)
#define LEAF_RX		 (X86_PTE_P | X86_PTE_A | X86_PTE_D | X86_PTE_G)
#define SIZE_2M		 0x200000ULL
#define SIZE_1G		 0x40000000ULL
#define EARLY_POOL_PAGES 12 /* what a machine of up to 3 GiB takes */

/* KASLR: a multiple of 64 KiB, which keeps every alignment the image asks for;
 * 1 GiB of addresses less 64 MiB for the image itself.
 */
#define SLIDE_UNIT  0x10000ULL
#define SLIDE_SLOTS ((0x40000000ULL - 0x4000000) / SLIDE_UNIT)

u64 kernel_pml4[512] __aligned(4096);
struct boot_info boot_info;
static char boot_cmdline[BOOT_CMDLINE_MAX];
static u64 early_pool[EARLY_POOL_PAGES][512] __aligned(4096);
static unsigned early_pool_used;
static paddr_t extra_start, extra_next, extra_end; /* tables behind the image */
u64 image_phys, image_slide;
paddr_t x86_kernel_root, x86_trampoline_page;

struct rela {
	u64 offset, info;
	s64 addend;
};
#define RELA_RELATIVE 8
extern const u64 relr_start[], relr_end[];
extern const struct rela rela_start[], rela_end[];

static void __noreturn early_stop(void)
{
	for (;;)
		asm volatile("cli; hlt");
}

/* --- Tables -------------------------------------------------------------------- */

paddr_t x86_early_table(void)
{
	if (early_pool_used < EARLY_POOL_PAGES)
		return image_to_phys(early_pool[early_pool_used++]);
	return 0;
}

/* While at physical addresses: an address is its own pointer. */
static u64 *early_table(void)
{
	u64 *table;

	if (early_pool_used < EARLY_POOL_PAGES)
		return early_pool[early_pool_used++];
	if (extra_next >= extra_end)
		early_stop();
	table = (u64 *)extra_next;
	extra_next += PAGE_SIZE;
	memset(table, 0, PAGE_SIZE);
	return table;
}

static u64 *early_next(u64 *entry)
{
	if (!(*entry & X86_PTE_P))
		*entry = (u64)early_table() | TABLE;
	return (u64 *)(*entry & X86_PTE_ADDR);
}

/* Room for the direct map of a machine without 1 GiB pages, below 1 GiB. */
static void find_extra(void)
{
	u64 want = ((boot_info.ram_end >> 30) + (boot_info.ram_end >> 39) + 8) * PAGE_SIZE;
	unsigned i;

	for (i = 0; i < boot_info.nmap; i++) {
		const struct mem_range *r = &boot_info.map[i];

		if (r->type == MEM_USABLE && r->base >= (u64)image_end &&
		    r->base + want <= SIZE_1G && r->len >= want) {
			extra_start = extra_next = r->base;
			extra_end = r->base + want;
			return;
		}
	}
}

static void map_direct(paddr_t start, paddr_t end, bool have_1g)
{
	paddr_t ro_start = ALIGN_DOWN(image_phys, SIZE_2M);
	paddr_t ro_end = ALIGN_UP((u64)ro_after_init_end, SIZE_2M);
	paddr_t pa;

	for (pa = start; pa < end;) {
		vaddr_t va = pa + DIRECT_MAP_BASE;
		u64 *pdpte = early_next(&kernel_pml4[va >> 39 & 511]) + (va >> 30 & 511);
		u64 *pd, chunk_end;
		unsigned i;

		if (have_1g && !(pa & (SIZE_1G - 1)) && end - pa >= SIZE_1G &&
		    (pa >= ro_end || pa + SIZE_1G <= ro_start)) {
			*pdpte = pa | LEAF_RW | X86_PTE_PS;
			pa += SIZE_1G;
			continue;
		}
		pd = early_next(pdpte);
		chunk_end = min(end, ALIGN_DOWN(pa, SIZE_1G) + SIZE_1G);
		for (; pa < chunk_end; pa += SIZE_2M) {
			u64 *pde = &pd[pa >> 21 & 511];
			u64 *pt;

			if (pa < ro_start || pa >= ro_end) {
				*pde = pa | LEAF_RW | X86_PTE_PS;
				continue;
			}
			pt = early_next(pde);
			for (i = 0; i < 512; i++)
				pt[i] = (pa + i * PAGE_SIZE) | LEAF_RW;
		}
	}
}

/* The direct map's entries of [start, end), whole pages of the image, read-only. */
static void direct_readonly(paddr_t start, paddr_t end)
{
	while (start < end) {
		vaddr_t va = start + DIRECT_MAP_BASE;
		u64 *pt;

		pt = early_next(&kernel_pml4[va >> 39 & 511]);
		pt = early_next(&pt[va >> 30 & 511]);
		pt = early_next(&pt[va >> 21 & 511]);
		do {
			pt[start >> 12 & 511] = start | LEAF_RO;
			start += PAGE_SIZE;
		} while (start < end && start & (SIZE_2M - 1));
	}
}

static void map_image(u64 *pd_image, paddr_t start, paddr_t end, u64 bits)
{
	vaddr_t va = start + LINK_OFFSET + image_slide;

	while (start < end) {
		u64 *pt = early_next(&pd_image[va >> 21 & 511]);

		do {
			pt[va >> 12 & 511] = start | bits;
			va += PAGE_SIZE;
			start += PAGE_SIZE;
		} while (start < end && va & (SIZE_2M - 1));
	}
}

static void build_tables(void)
{
	bool have_1g = false;
	paddr_t start = 0, end = SIZE_2M;
	u64 *pdpt, *pd;
	unsigned i;

	if (x86_cpuid(0x80000000, 0).a >= 0x80000001)
		have_1g = x86_cpuid(0x80000001, 0).d & BIT(26);
	find_extra();
	for (i = 0; i < boot_info.nmap; i++) {
		const struct mem_range *r = &boot_info.map[i];
		paddr_t base = ALIGN_DOWN(r->base, SIZE_2M);

		if (!boot_map_is_ram(r->type))
			continue;
		if (base > end) {
			map_direct(start, end, have_1g);
			start = base;
		}
		end = max(end, ALIGN_UP(r->base + r->len, SIZE_2M));
	}
	map_direct(start, end, have_1g);
	direct_readonly((u64)text_start, (u64)rodata_end);

	pdpt = early_next(&kernel_pml4[511]);
	pd = early_next(&pdpt[510]);
	map_image(pd, (u64)text_start, (u64)text_end, LEAF_RX);
	map_image(pd, (u64)rodata_start, (u64)rodata_end, LEAF_RO);
	map_image(pd, (u64)rodata_end, (u64)image_end, LEAF_RW);
	early_next(early_next(&pdpt[511])); /* the first 2 MiB of the I/O area */
	early_next(&kernel_pml4[KERNEL_VMAP_BASE >> 39 & 511]);
	early_next(&kernel_pml4[KERNEL_VMEMMAP_BASE >> 39 & 511]);
	if (extra_next > extra_start)
		boot_map_carve(extra_start, extra_next, MEM_IMAGE);

	/* The way over: the kernel's half beside an identity map.  The Linux entry
	 * came on the loader's tables and has none yet.
	 */
	if (!early_pml4[0]) {
		early_pml4[0] = (u64)early_pdpt | TABLE;
		early_pdpt[0] = (u64)early_pd | TABLE;
		for (i = 0; i < DIV_ROUND_UP((u64)image_end, SIZE_2M); i++)
			early_pd[i] = i * SIZE_2M | X86_PTE_P | X86_PTE_RW | X86_PTE_PS;
	}
	for (i = 256; i < 512; i++)
		early_pml4[i] = kernel_pml4[i];
}

/* --- The way there ----------------------------------------------------------- */

static u64 choose_slide(void)
{
	u64 random = boot_entry_tsc ^ arch_cycles() * 0x9e3779b97f4a7c15ULL;
	u64 hw;
	bool ok;

	if (boot_word(boot_cmdline, "nokaslr"))
		return 0;
	if (x86_cpuid(1, 0).c & BIT(30)) {
		asm volatile("rdrand %0" : "=r"(hw), "=@ccc"(ok));
		if (ok)
			random ^= hw;
	}
	random *= 0xd6e8feb86659fd93ULL;
	return (random >> 32) % SLIDE_SLOTS * SLIDE_UNIT;
}

/* The packed form of relative relocations (SHT_RELR of the generic ELF ABI): an even word
 * is the address of a word to move, an odd one says by its bits 1 to 63 which of the 63
 * words that follow are to be moved too.  Pointers at odd addresses, which clang lays out,
 * come in the long form.
 */
static void apply_relocations(void)
{
	u64 *next = NULL, *at, bits;
	const struct rela *odd;
	const u64 *r;

	for (odd = rela_start; odd < rela_end; odd++)
		if (odd->info == RELA_RELATIVE)
			*(u64 *)(odd->offset - LINK_OFFSET) = (u64)odd->addend + image_slide;
	for (r = relr_start; r < relr_end && image_slide; r++) {
		if (!(*r & 1)) {
			next = (u64 *)(*r - LINK_OFFSET);
			*next++ += image_slide;
			continue;
		}
		for (at = next, bits = *r >> 1; bits; at++, bits >>= 1)
			if (bits & 1)
				*at += image_slide;
		next += 63;
	}
}

struct early_result {
	u64 root, delta;
};
struct early_result boot_early(u64 info, u32 kind);

struct early_result boot_early(u64 info, u32 kind)
{
	struct loader_info li = { 0 };
	u64 delta, n;
	const char *cmdline;

	image_phys = (u64)image_start;
	switch (kind) {
	case 0:
		loader_read_pvh(info, &li);
		break;
	case 1:
		loader_read_linux64(info, &li);
		break;
	default:
		loader_read_multiboot2(info, &li);
		break;
	}
	cmdline = (const char *)li.cmdline;
	for (n = 0; cmdline && cmdline[n] && n < BOOT_CMDLINE_MAX - 1; n++)
		boot_cmdline[n] = cmdline[n];

	boot_map_build(&li, boot_cmdline);
	image_slide = choose_slide();
	apply_relocations();
	build_tables();

	delta = LINK_OFFSET + image_slide;
	x86_kernel_root = (u64)kernel_pml4;
	boot_info.cmdline = (char *)((u64)boot_cmdline + delta);
	boot_info.loader = (char *)((u64)li.name + delta);
	boot_info.initrd = li.initrd_len ? li.initrd : 0;
	boot_info.initrd_len = li.initrd_len;
	boot_info.rsdp = li.rsdp;
	boot_info.entry_tsc = boot_entry_tsc;
	return (struct early_result){ (u64)early_pml4, delta };
}
