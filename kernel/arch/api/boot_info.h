#pragma once
/* What every boot entry leaves for kmain(): the machine as the loader described
 * it.  In the image's own memory; cmdline and map are copies.
 */
#include "lib/types.h"

#define BOOT_MAP_MAX	 128
#define BOOT_CMDLINE_MAX 4096

enum mem_type {
	MEM_USABLE = 1,	  /* free for the page allocator */
	MEM_RESERVED = 2, /* firmware's, or holes */
	MEM_ACPI = 3,
	MEM_NVS = 4,
	MEM_BAD = 5,
	MEM_IMAGE = 0x10,      /* the kernel, and the tables it built while booting */
	MEM_INITRD = 0x11,     /* RAM; free once the initrd is done with */
	MEM_TRAMPOLINE = 0x12, /* below 1 MiB: where other CPUs start */
};

struct mem_range {
	paddr_t base;
	u64 len;
	u32 type; /* enum mem_type */
};

/* The map is sorted, without overlap; usable ranges are page-aligned.  All RAM
 * (usable, image, initrd, ACPI) is in the direct map.
 */
struct boot_info {
	struct mem_range map[BOOT_MAP_MAX];
	unsigned nmap;
	const char *cmdline;
	paddr_t initrd; /* 0: none */
	u64 initrd_len;
	paddr_t rsdp;	    /* 0: not given */
	u64 entry_tsc;	    /* arch_cycles() at the first instruction */
	const char *loader; /* "pvh", "linux64", "multiboot2" */
	u64 ram_end;	    /* end of the highest RAM */
};

/* On CPU 0's boot stack, interrupts off.  kmain_console() comes first, as soon as there is a
 * command line: whatever goes wrong from then on can be said.
 */
void kmain_console(void);
void kmain(struct boot_info *info);

/* The image, as linked and as loaded. */
extern char image_start[], image_end[], text_start[], text_end[], rodata_start[], rodata_end[];
extern u64 image_phys;			       /* physical address of image_start */
extern u64 image_slide;			       /* KASLR: run address - link address */
paddr_t image_to_phys(const volatile void *p); /* of an object in the image */
void arch_protect_image(void); /* before init: __ro_after_init data becomes read-only */
/* Called by kmain() when memory, the command line and the log work: firmware tables,
 * interrupt controllers, clock, timer.  Interrupts stay off.
 */
void arch_init(const struct boot_info *info);
