#pragma once
/* What the loaders' structures say, before it is copied (boot_loader.c). */
#include "lib/types.h"
#include "lib/annotate.h"
#include "arch/api/boot_info.h"

struct loader_info {
	const char *name;
	paddr_t cmdline;
	paddr_t initrd;
	u64 initrd_len;
	paddr_t rsdp;
	paddr_t map; /* entries: base u64, len u64, type u32 */
	u32 map_stride;
	u32 nmap;
};

void loader_read_pvh(paddr_t info, struct loader_info *out);
void loader_read_linux64(paddr_t info, struct loader_info *out);
void loader_read_multiboot2(paddr_t info, struct loader_info *out);
void loader_map_entry(const struct loader_info *li, unsigned i, struct mem_range *out);

/* The memory map (boot_map.c); all of it runs at physical addresses. */
void boot_map_build(const struct loader_info *li, const char *cmdline);
/* Takes [base, end) out of usable memory and records it as @type. */
void boot_map_carve(paddr_t base, paddr_t end, u32 type);
bool boot_map_is_ram(u32 type);
/* What follows @word, which is "name=" or "name", where a word of @line begins with it. */
const char *boot_word(const char *line, const char *word);
