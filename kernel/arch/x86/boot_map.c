/* The memory map, as early as boot_early.c: what the loader says of the machine's memory,
 * cut up by mem= and memmap=, and by what already lies in it.  Runs at physical addresses.
 *
 * boot_info.map is sorted by address.  Usable memory goes in first; then everything else is
 * carved out of it.
 */
#include "arch/x86/x86.h"
#include "arch/x86/boot_loader.h"
#include "lib/parse.h"
#include "lib/string.h"

/* --- Words of the command line that matter before there is a parser ------------------ */

static bool word_ends(char c)
{
	return !c || char_is_space(c);
}

const char *boot_word(const char *line, const char *word)
{
	bool start = true;
	size_t i;

	for (; *line; line++) {
		if (start && line[0] == '-' && line[1] == '-' && word_ends(line[2]))
			break;
		if (start) {
			for (i = 0; word[i] && line[i] == word[i]; i++)
				;
			if (!word[i] && (word[i - 1] == '=' || word_ends(line[i])))
				return line + i;
		}
		start = char_is_space(*line) || (start && *line == '"');
	}
	return NULL;
}

/* The limit that mem= and a bare memmap=SIZE set. */
static u64 memory_limit(const char *cmdline)
{
	u64 limit = ~0ULL, size;
	const char *s;
	unsigned i;

	for (i = 0; i < 2; i++)
		for (s = cmdline; (s = boot_word(s, i ? "memmap=" : "mem="));) {
			size = parse_size(s, &s);
			if (size && (word_ends(*s) || *s == '"'))
				limit = min(limit, size);
		}
	return limit;
}

/* --- The memory map ------------------------------------------------------------ */

static void map_insert_at(unsigned at, paddr_t base, u64 len, u32 type)
{
	struct boot_info *bi = &boot_info;
	unsigned i;

	if (bi->nmap == BOOT_MAP_MAX)
		return;
	for (i = bi->nmap++; i > at; i--)
		bi->map[i] = bi->map[i - 1];
	bi->map[at] = (struct mem_range){ base, len, type };
}

static void map_insert(paddr_t base, u64 len, u32 type)
{
	unsigned at = boot_info.nmap;

	while (at > 0 && boot_info.map[at - 1].base > base)
		at--;
	map_insert_at(at, base, len, type);
}

void boot_map_carve(paddr_t base, paddr_t end, u32 type)
{
	struct boot_info *bi = &boot_info;
	unsigned i, j;

	base = ALIGN_DOWN(base, PAGE_SIZE);
	end = ALIGN_UP(end, PAGE_SIZE);
	if (base >= end)
		return;
	for (i = 0; i < bi->nmap; i++) {
		struct mem_range *r = &bi->map[i];
		paddr_t rend = r->base + r->len;

		if (r->type != MEM_USABLE || r->base >= end || rend <= base)
			continue;
		if (r->base < base) {
			r->len = base - r->base;
			if (rend > end)
				map_insert_at(++i, end, rend - end, MEM_USABLE);
		} else if (rend > end) {
			r->base = end;
			r->len = rend - end;
		} else {
			for (j = i--; j + 1 < bi->nmap; j++)
				bi->map[j] = bi->map[j + 1];
			bi->nmap--;
		}
	}
	map_insert(base, end - base, type);
}

static void map_add_usable(paddr_t base, paddr_t end, paddr_t limit)
{
	base = ALIGN_UP(base, PAGE_SIZE);
	end = ALIGN_DOWN(min(end, limit), PAGE_SIZE);
	if (base < end)
		map_insert(base, end - base, MEM_USABLE);
}

/* memmap=SIZE$START, also # and !: this memory is not ours.  Several by commas. */
static void exclude_memory(const char *cmdline)
{
	const char *s = cmdline;
	u64 start, size;

	while ((s = boot_word(s, "memmap=")))
		do {
			size = parse_size(s, &s);
			if (*s != '$' && *s != '#' && *s != '!')
				break;
			start = parse_size(s + 1, &s);
			if (start + size >= start)
				boot_map_carve(start, start + size, MEM_RESERVED);
		} while (*s++ == ',');
}

bool boot_map_is_ram(u32 type)
{
	return type != MEM_RESERVED && type != MEM_BAD;
}

void boot_map_build(const struct loader_info *li, const char *cmdline)
{
	struct boot_info *bi = &boot_info;
	paddr_t limit = memory_limit(cmdline);
	unsigned i;

	for (i = 0; i < li->nmap; i++) {
		struct mem_range r;

		loader_map_entry(li, i, &r);
		if (r.len && r.type == MEM_USABLE)
			map_add_usable(r.base, r.base + r.len, limit);
	}
	for (i = 0; i < li->nmap; i++) {
		struct mem_range r;

		loader_map_entry(li, i, &r);
		if (r.len && r.type != MEM_USABLE)
			boot_map_carve(r.base, r.base + r.len,
				       r.type > MEM_BAD ? MEM_RESERVED : r.type);
	}
	exclude_memory(cmdline);
	boot_map_carve(0, PAGE_SIZE, MEM_RESERVED); /* BIOS data area */
	boot_map_carve(image_phys, (u64)image_end, MEM_IMAGE);
	if (li->initrd_len)
		boot_map_carve(li->initrd, li->initrd + li->initrd_len, MEM_INITRD);

	/* Where other CPUs start: the last usable page below 640 KiB. */
	for (i = bi->nmap; i-- > 0;) {
		const struct mem_range *r = &bi->map[i];
		paddr_t end = min(r->base + r->len, (paddr_t)0xa0000);

		if (r->type == MEM_USABLE && end > r->base) {
			x86_trampoline_page = end - PAGE_SIZE;
			boot_map_carve(end - PAGE_SIZE, end, MEM_TRAMPOLINE);
			break;
		}
	}
	for (i = 0; i < bi->nmap; i++)
		if (boot_map_is_ram(bi->map[i].type) &&
		    bi->map[i].base + bi->map[i].len > bi->ram_end)
			bi->ram_end = bi->map[i].base + bi->map[i].len;
}
