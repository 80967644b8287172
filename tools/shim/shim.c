/* shim - a boot loader that leaves the machine as Firecracker does
 *
 * Firecracker without the PVH note enters a kernel by Linux's 64-bit protocol,
 * in a state no other loader produces.  QEMU loads this shim by PVH; its one
 * module is a container (tests/harness/shim.py writes it):
 *
 *	offset 0	"LINNETSHIM\0\0\0\0\0\0"
 *	16		u32 offset, u32 length of the kernel, an ELF64 executable
 *	24		u32 offset, u32 length of the initrd (0: none)
 *
 * The shim copies the kernel's PT_LOADs (no bss: RAM is zero), moves the initrd
 * to the end of the first RAM region, writes what Firecracker writes, where it
 * writes it, and jumps to e_entry:
 *
 *	0x00500	GDT: null, code 8, data 0x10, busy TSS 0x18; IDT of one empty gate at 0x520
 *	0x07000	boot_params
 *	0x09000	PML4, PDPT, PD: 0-1 GiB in 2 MiB pages, nothing else
 *	0x20000	command line, 2047 characters at most
 *	0x9fc00	MP table, entry count 0
 *
 * CR0 keeps CD and NW, OSFXSR is off, the 8259 is unmasked with base 0, and the
 * stack ends at 0x8ff0 (entry.S).  The shim itself lies at 1 MiB, under the
 * kernel, and runs in 32-bit mode with paging off, so that 12 MiB are enough.
 *
 * Errors are told on COM1 and through isa-debug-exit, code 0x0e.
 *
 * Source: Firecracker, src/vmm/src/arch/x86_64/{mod,regs,gdt,mptable}.rs
 */
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

enum {
	GDT = 0x500,
	IDT = 0x520,
	BOOT_PARAMS = 0x7000,
	PML4 = 0x9000,
	PDPT = 0xa000,
	PD = 0xb000,
	CMDLINE = 0x20000,
	CMDLINE_MAX = 2048,
	MP_TABLE = 0x9fc00,
	LOW_END = 0x9fc00,
	HIGH_START = 0x100000,
	SHIM_END = 0x200000,
	PAGE = 4096,
};

struct start_info {
	u32 magic, version, flags, nmodules;
	u64 modules, cmdline, rsdp, memmap;
	u32 nmemmap, reserved;
};

struct module {
	u64 paddr, size, cmdline, reserved;
};

struct mem_entry {
	u64 addr, size;
	u32 type, reserved;
};

struct container {
	char magic[16];
	u32 kernel, kernel_len, initrd, initrd_len;
};

struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum;
};

struct elf_segment {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

struct e820_entry {
	u64 addr, size;
	u32 type;
} __attribute__((packed));

void shim_main(const struct start_info *si);
void shim_leave(u32 entry) __attribute__((noreturn));
void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);

static char cmdline[CMDLINE_MAX];
static struct mem_entry memmap[64];
static unsigned nmemmap;

static void outb(u16 port, u8 value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void outw(u16 port, u16 value)
{
	asm volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static u8 inb(u16 port)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void __attribute__((noreturn)) fail(const char *why)
{
	static const char name[] = "shim: ";
	const char *s;

	for (s = name; *s; s++)
		outb(0x3f8, (u8)*s);
	for (s = why; *s; s++)
		outb(0x3f8, (u8)*s);
	outb(0x3f8, '\n');
	outb(0xf4, 0x0e);
	for (;;)
		asm volatile("cli; hlt");
}

void *memcpy(void *dst, const void *src, size_t n)
{
	void *d = dst;

	asm volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(n) : : "memory");
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	void *d = dst;

	asm volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
	return dst;
}

/* The ranges may overlap; @dst is never below @src. */
static void move_up(u32 dst, u32 src, u32 len)
{
	u32 d = dst + len - 1, s = src + len - 1;

	asm volatile("std; rep movsb; cld" : "+D"(d), "+S"(s), "+c"(len) : : "memory");
}

static void put32(u32 addr, u32 value)
{
	*(volatile u32 *)addr = value;
}

static void put64(u32 addr, u64 value)
{
	*(volatile u64 *)addr = value;
}

/* fw_cfg item 5: the number of processors. */
static unsigned count_cpus(void)
{
	unsigned n;

	outw(0x510, 5);
	n = inb(0x511);
	n |= (unsigned)inb(0x511) << 8;
	return n == 0 || n > 32 ? 1 : n;
}

/* What the loader said lies in memory that we are about to write: keep it. */
static void save_start_info(const struct start_info *si)
{
	const char *line = (const char *)(u32)si->cmdline;
	const struct mem_entry *map = (const void *)(u32)si->memmap;
	unsigned i;

	for (i = 0; line && line[i]; i++) {
		if (i == CMDLINE_MAX - 1)
			fail("the command line is longer than Firecracker takes");
		cmdline[i] = line[i];
	}
	for (i = 0; i < si->nmemmap && nmemmap < 64; i++)
		if (map[i].size)
			memmap[nmemmap++] = map[i];
}

/* The end of the RAM that begins at or under 1 MiB. */
static u32 first_region_end(void)
{
	unsigned i;

	for (i = 0; i < nmemmap; i++) {
		const struct mem_entry *e = &memmap[i];

		if (e->type == 1 && e->addr <= HIGH_START && e->addr + e->size > HIGH_START)
			return (u32)(e->addr + e->size);
	}
	fail("no RAM at 1 MiB");
}

static u32 load_kernel(u32 elf, u32 len, u32 limit)
{
	const struct elf_header *h = (const void *)elf;
	unsigned i;

	if (len < sizeof(*h) || *(const u32 *)h->ident != 0x464c457f || h->ident[4] != 2)
		fail("the kernel is no ELF64");
	if (h->phoff + h->phnum * sizeof(struct elf_segment) > len)
		fail("the kernel is truncated");
	for (i = 0; i < h->phnum; i++) {
		const struct elf_segment *s = (const void *)(elf + (u32)h->phoff +
							     i * h->phentsize);

		if (s->type != 1)
			continue;
		if (s->paddr < SHIM_END || s->paddr + s->memsz > limit)
			fail("the kernel does not fit");
		if (s->offset + s->filesz > len)
			fail("the kernel is truncated");
		memcpy((void *)(u32)s->paddr, (const void *)(elf + (u32)s->offset), (u32)s->filesz);
	}
	if (h->entry < HIGH_START || h->entry >= limit)
		fail("e_entry is no physical address");
	return (u32)h->entry;
}

static void write_page_tables(void)
{
	unsigned i;

	memset((void *)PML4, 0, 3 * PAGE);
	put64(PML4, PDPT | 3);
	put64(PDPT, PD | 3);
	for (i = 0; i < 512; i++)
		put64(PD + 8 * i, (u64)i << 21 | 0x83);
}

static void write_gdt(void)
{
	put64(GDT, 0);
	put64(GDT + 8, 0x00af9b000000ffff);
	put64(GDT + 16, 0x00cf93000000ffff);
	put64(GDT + 24, 0x008f89000000ffff); /* ltr makes it busy: 0x8b */
	put64(IDT, 0);
}

static void add_e820(u64 addr, u64 size, u32 type)
{
	u8 *count = (u8 *)BOOT_PARAMS + 0x1e8;
	struct e820_entry *e = (struct e820_entry *)(BOOT_PARAMS + 0x2d0) + *count;

	e->addr = addr;
	e->size = size;
	e->type = type;
	(*count)++;
}

static void write_boot_params(u64 rsdp, u32 initrd, u32 initrd_len)
{
	unsigned i;

	memset((void *)BOOT_PARAMS, 0, PAGE);
	put64(BOOT_PARAMS + 0x70, rsdp);
	*(u16 *)(BOOT_PARAMS + 0x1fe) = 0xaa55;
	put32(BOOT_PARAMS + 0x202, 0x53726448);
	*(u8 *)(BOOT_PARAMS + 0x210) = 0xff; /* type_of_loader */
	put32(BOOT_PARAMS + 0x218, initrd);
	put32(BOOT_PARAMS + 0x21c, initrd_len);
	put32(BOOT_PARAMS + 0x228, CMDLINE);
	put32(BOOT_PARAMS + 0x230, 0x01000000); /* kernel_alignment */
	put32(BOOT_PARAMS + 0x238, CMDLINE_MAX);
	add_e820(0, LOW_END, 1);
	for (i = 0; i < nmemmap; i++) {
		u64 start = memmap[i].addr, end = start + memmap[i].size;

		if (start < HIGH_START)
			start = HIGH_START;
		if (start < end)
			add_e820(start, end - start, memmap[i].type);
	}
}

/* --- MP table -------------------------------------------------------------------- */

static u8 *mp_next;

static void mp8(unsigned v)
{
	*mp_next++ = (u8)v;
}

static void mp16(unsigned v)
{
	mp8(v);
	mp8(v >> 8);
}

static void mp32(u32 v)
{
	mp16(v);
	mp16(v >> 16);
}

static void mp_text(const char *s)
{
	while (*s)
		mp8((u8)*s++);
}

static u8 checksum(const u8 *p, unsigned len)
{
	u8 sum = 0;

	while (len--)
		sum += *p++;
	return (u8)-sum;
}

static void write_mp_table(unsigned ncpus)
{
	u8 *table, ioapic = (u8)(ncpus + 1);
	unsigned i, len;

	memset((void *)MP_TABLE, 0, 1024);
	mp_next = (u8 *)MP_TABLE;
	mp_text("_MP_");
	mp32(MP_TABLE + 16);
	mp8(1);
	mp8(4);
	((u8 *)MP_TABLE)[10] = checksum((u8 *)MP_TABLE, 16);

	table = mp_next = (u8 *)MP_TABLE + 16;
	mp_text("PCMP");
	mp16(0); /* length, below */
	mp8(4);
	mp8(0); /* checksum, below */
	mp_text("FC      000000000000");
	mp32(0);
	mp16(0);
	mp16(0); /* Firecracker leaves the number of entries 0 */
	mp32(0xfee00000);
	mp32(0);
	for (i = 0; i < ncpus; i++) {
		mp8(0);
		mp8(i);
		mp8(0x14);
		mp8(i == 0 ? 3 : 1);
		mp32(0x600);
		mp32(0x201);
		mp32(0);
		mp32(0);
	}
	mp8(1);
	mp8(0);
	mp_text("ISA   ");
	mp8(2);
	mp8(ioapic);
	mp8(0x14);
	mp8(1);
	mp32(0xfec00000);
	for (i = 0; i < 24; i++) {
		mp8(3);
		mp8(0);
		mp16(0);
		mp8(0);
		mp8(i);
		mp8(ioapic);
		mp8(i);
	}
	for (i = 0; i < 2; i++) { /* LINT0 = ExtINT, LINT1 = NMI */
		mp8(4);
		mp8(i == 0 ? 3 : 1);
		mp16(0);
		mp8(0);
		mp8(0);
		mp8(i == 0 ? 0 : 0xff);
		mp8(i);
	}
	len = (unsigned)(mp_next - table);
	table[4] = (u8)len;
	table[5] = (u8)(len >> 8);
	table[7] = checksum(table, len);
	if (MP_TABLE + 16 + len > 0xa0000)
		fail("the MP table does not fit");
}

/* As KVM resets it: base 0, nothing masked.  LINT0 = ExtINT, LINT1 = NMI. */
static void reset_interrupts(void)
{
	static const u16 ports[] = { 0x20, 0xa0 };
	unsigned i;

	for (i = 0; i < 2; i++) {
		outb(ports[i], 0x11);
		outb(ports[i] + 1, 0);
		outb(ports[i] + 1, i == 0 ? 4 : 2);
		outb(ports[i] + 1, 1);
		outb(ports[i] + 1, 0);
	}
	put32(0xfee00350, 0x700);
	put32(0xfee00360, 0x400);
}

void shim_main(const struct start_info *si)
{
	const struct module *m = (const void *)(u32)si->modules;
	const struct container *c;
	u64 rsdp = si->rsdp;
	u32 end, entry, src, initrd = 0, i;

	if (si->magic != 0x336ec578 || si->version < 1)
		fail("not entered by PVH");
	if (!si->nmodules)
		fail("no module");
	c = (const void *)(u32)m->paddr;
	for (i = 0; i < 16; i++)
		if (c->magic[i] != "LINNETSHIM\0\0\0\0\0"[i])
			fail("the module is no container");
	if (m->paddr < SHIM_END)
		fail("the module lies under 2 MiB");
	save_start_info(si);
	end = first_region_end();
	entry = load_kernel((u32)c + c->kernel, c->kernel_len, (u32)c);
	src = (u32)c + c->initrd;
	i = c->initrd_len;
	if (i) {
		initrd = (end - i) & -PAGE;
		if (initrd < src)
			fail("the module lies too high");
		move_up(initrd, src, i); /* the container is gone now */
	}
	memcpy((void *)CMDLINE, cmdline, sizeof(cmdline));
	write_boot_params(rsdp, initrd, i);
	write_mp_table(count_cpus());
	reset_interrupts();
	write_page_tables();
	write_gdt();
	shim_leave(entry);
}
