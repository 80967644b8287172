/* Enters the kernel as Firecracker without PVH does, on QEMU.
 *
 * QEMU can start a kernel through PVH only.  This is a PVH kernel that holds the
 * real one: it copies the PT_LOADs, builds boot_params, page tables, GDT and MP
 * table where Firecracker puts them, and jumps to e_entry in its register state.
 *
 *	0x500 GDT   0x520 IDT   0x7000 boot_params   0x8ff0 stack   0x9000 tables
 *	0x20000 command line    0x9fc00 MP table     linked at 64 MiB, out of the way
 *
 * 32-bit code, no library.  Give the machine 128 MiB or more.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

struct start_info {
	u32 magic, version, flags, nmodules;
	u64 modules, cmdline, rsdp, memmap;
	u32 nmemmap, reserved;
};

struct module {
	u64 paddr, size, cmdline, reserved;
};

struct range {
	u64 base, len;
	u32 type, reserved;
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

extern const u8 kernel_elf[];
u32 shim_main(const struct start_info *si);
void *memcpy(void *dst, const void *src, unsigned long n);
void *memset(void *dst, int c, unsigned long n);

#define BOOT_PARAMS	0x7000
#define PML4		0x9000
#define PDPT		0xa000
#define PD		0xb000
#define CMDLINE		0x20000
#define CMDLINE_MAX	2048
#define MP_TABLE	0x9fc00
#define LAPIC		0xfee00000
#define IOAPIC		0xfec00000
#define E820_TABLE	0x2d0

void *memcpy(void *dst, const void *src, unsigned long n)
{
	void *d = dst;

	__asm__ volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(n) : : "memory");
	return dst;
}

void *memset(void *dst, int c, unsigned long n)
{
	void *d = dst;

	__asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
	return dst;
}

static void out8(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static u8 in8(u16 port)
{
	u8 v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

/* QEMU's configuration device knows the number of processors. */
static unsigned cpu_count(void)
{
	u16 selector = 5;
	unsigned n;

	__asm__ volatile("outw %0, %1" : : "a"(selector), "Nd"((u16)0x510));
	n = in8(0x511);
	n |= (unsigned)in8(0x511) << 8;
	return n >= 1 && n <= 32 ? n : 1;
}

static void put32(u32 address, u32 v)
{
	*(volatile u32 *)address = v;
}

static void put64(u32 address, u64 v)
{
	put32(address, (u32)v);
	put32(address + 4, (u32)(v >> 32));
}

static u8 checksum(const u8 *p, unsigned n)
{
	u8 sum = 0;

	while (n--)
		sum += *p++;
	return (u8)-sum;
}

/* As Firecracker writes it: entry count 0, an ISA bus, one I/O APIC, 24 lines. */
static void build_mp_table(unsigned ncpus)
{
	u8 *f = (u8 *)MP_TABLE, *t = f + 16, *e = t + 44;
	unsigned i;

	memset(f, 0, 1024);
	memcpy(f, "_MP_", 4);
	put32((u32)f + 4, (u32)t);
	f[8] = 1;
	f[9] = 4;
	f[10] = checksum(f, 16);
	for (i = 0; i < ncpus; i++, e += 20) {
		e[1] = (u8)i;
		e[2] = 0x14;
		e[3] = (u8)(1 | (i == 0 ? 2 : 0));
		put32((u32)e + 4, 0x600);
		put32((u32)e + 8, 0x201);
	}
	e[0] = 1;
	memcpy(e + 2, "ISA   ", 6);
	e += 8;
	e[0] = 2;
	e[1] = (u8)(ncpus + 1);
	e[2] = 0x14;
	e[3] = 1;
	put32((u32)e + 4, IOAPIC);
	e += 8;
	for (i = 0; i < 24; i++, e += 8) {
		e[0] = 3;
		e[5] = (u8)i;
		e[6] = (u8)(ncpus + 1);
		e[7] = (u8)i;
	}
	e[0] = 4;
	e[1] = 3;
	e += 8;
	e[0] = 4;
	e[1] = 1;
	e[6] = 0xff;
	e[7] = 1;
	e += 8;
	memcpy(t, "PCMP", 4);
	t[4] = (u8)(e - t);
	t[5] = (u8)((e - t) >> 8);
	t[6] = 4;
	memcpy(t + 8, "FC      000000000000", 20);
	put32((u32)t + 36, LAPIC);
	t[7] = checksum(t, (unsigned)(e - t));
}

static void build_tables(void)
{
	unsigned i;

	memset((void *)PML4, 0, 0x3000);
	put64(PML4, PDPT | 3);
	put64(PDPT, PD | 3);
	for (i = 0; i < 512; i++)
		put64(PD + 8 * i, (u64)i << 21 | 0x83);
	memset((void *)0x500, 0, 0x30);
	put64(0x508, 0x00af9b000000ffffULL);
	put64(0x510, 0x00cf93000000ffffULL);
	put64(0x518, 0x008f89000000ffffULL);	/* LTR makes it busy: 8b */
}

static void build_boot_params(u64 ram_end, u64 initrd, u64 initrd_len, unsigned cmdline_len)
{
	const u64 low_end = ram_end < 0xc0000000ULL ? ram_end : 0xc0000000ULL;
	u32 e = BOOT_PARAMS + E820_TABLE;
	unsigned n = 2;

	memset((void *)BOOT_PARAMS, 0, 4096);
	*(volatile u16 *)(BOOT_PARAMS + 0x1fe) = 0xaa55;
	put32(BOOT_PARAMS + 0x202, 0x53726448);
	*(volatile u8 *)(BOOT_PARAMS + 0x210) = 0xff;
	put32(BOOT_PARAMS + 0x218, (u32)initrd);
	put32(BOOT_PARAMS + 0x21c, (u32)initrd_len);
	put32(BOOT_PARAMS + 0x228, CMDLINE);
	put32(BOOT_PARAMS + 0x230, 0x01000000);
	put32(BOOT_PARAMS + 0x238, cmdline_len);
	put64(e, 0);
	put64(e + 8, MP_TABLE);
	put32(e + 16, 1);
	put64(e + 20, 0x100000);
	put64(e + 28, low_end - 0x100000);
	put32(e + 36, 1);
	if (ram_end > 0x100000000ULL) {
		put64(e + 40, 0x100000000ULL);
		put64(e + 48, ram_end - 0x100000000ULL);
		put32(e + 56, 1);
		n = 3;
	}
	*(volatile u8 *)(BOOT_PARAMS + 0x1e8) = (u8)n;
}

u32 shim_main(const struct start_info *si)
{
	const struct elf_header *elf = (const void *)kernel_elf;
	const struct range *map = (const void *)(u32)si->memmap;
	const struct module *mod = (const void *)(u32)si->modules;
	const char *cmdline = (const void *)(u32)si->cmdline;
	static char line[CMDLINE_MAX];
	u64 ram_end = 0, initrd = 0, initrd_len = 0;
	unsigned i, len = 0;

	/* Everything out of low memory first: it is built anew. */
	while (cmdline && len < CMDLINE_MAX - 1 && cmdline[len]) {
		line[len] = cmdline[len];
		len++;
	}
	for (i = 0; i < si->nmemmap; i++)
		if (map[i].type == 1 && map[i].base + map[i].len > ram_end)
			ram_end = map[i].base + map[i].len;
	if (si->nmodules) {
		initrd = mod->paddr;
		initrd_len = mod->size;
	}
	if (elf->ident[4] != 2 || elf->entry < 0x100000)
		goto bad;
	memcpy((void *)CMDLINE, line, len + 1);
	build_tables();
	build_mp_table(cpu_count());
	build_boot_params(ram_end, initrd, initrd_len, len + 1);
	for (i = 0; i < elf->phnum; i++) {
		const struct elf_segment *s = (const void *)(kernel_elf + elf->phoff +
							     i * elf->phentsize);

		if (s->type == 1)
			memcpy((void *)(u32)s->paddr, kernel_elf + s->offset, (u32)s->filesz);
	}
	/* The 8259s as a BIOS-less machine leaves them: base 0, nothing masked. */
	out8(0x20, 0x11);
	out8(0x21, 0x00);
	out8(0x21, 0x04);
	out8(0x21, 0x01);
	out8(0x21, 0x00);
	return (u32)elf->entry;
bad:
	out8(0xf4, 0x0e);
	for (;;)
		__asm__ volatile("cli; hlt");
}
