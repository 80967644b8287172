/*
 * symbols - the kernel's symbol table as assembly, for the second link
 *
 *	symbols linnet.pass1 > symbols.S
 *
 * Takes the functions of an ELF64 file's .symtab and writes what core/symbols.h
 * describes: addresses relative to __kernel_start, ascending, and their names.
 * The table lies in .rodata behind everything else, so that the addresses of the
 * first link still hold in the second.
 *
 * A host program without dependencies.  Exit status 1 and a message on stderr
 * when the file is not what it expects.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRIDE = 16 }; /* SYMBOL_STRIDE of core/symbols.h */

struct symbol {
	unsigned long address;
	const char *name;
};

static void fail(const char *what)
{
	fprintf(stderr, "symbols: %s\n", what);
	exit(1);
}

static char *file_read(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data;
	long end;

	if (!f || fseek(f, 0, SEEK_END) || (end = ftell(f)) < 0)
		fail("cannot read the file");
	rewind(f);
	data = malloc((size_t)end + 1);
	if (!data || fread(data, 1, (size_t)end, f) != (size_t)end)
		fail("cannot read the file");
	fclose(f);
	*size = (size_t)end;
	return data;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return strcmp(x->name, y->name);
}

static const Elf64_Shdr *section_find(const char *data, size_t size, unsigned type)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)data;
	const Elf64_Shdr *section;

	if (size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) ||
	    header->e_ident[EI_CLASS] != ELFCLASS64)
		fail("not an ELF64 file");
	if (header->e_shoff + (size_t)header->e_shnum * sizeof(*section) > size)
		fail("truncated");
	section = (const Elf64_Shdr *)(data + header->e_shoff);
	for (unsigned i = 0; i < header->e_shnum; i++)
		if (section[i].sh_type == type)
			return &section[i];
	fail("no symbol table");
	return NULL;
}

int main(int argc, char **argv)
{
	const Elf64_Shdr *symtab, *strtab;
	const Elf64_Sym *sym;
	struct symbol *symbols;
	unsigned long start = 0;
	size_t size, count, n = 0, offset = 0;
	char *data;

	if (argc != 2)
		fail("usage: symbols FILE");
	data = file_read(argv[1], &size);
	symtab = section_find(data, size, SHT_SYMTAB);
	strtab = (const Elf64_Shdr *)(data + ((Elf64_Ehdr *)data)->e_shoff) + symtab->sh_link;
	if (symtab->sh_offset + symtab->sh_size > size ||
	    strtab->sh_offset + strtab->sh_size > size)
		fail("truncated");
	sym = (const Elf64_Sym *)(data + symtab->sh_offset);
	count = symtab->sh_size / sizeof(*sym);
	symbols = calloc(count + 1, sizeof(*symbols));
	if (!symbols)
		fail("out of memory");

	for (size_t i = 0; i < count; i++) {
		const char *name = data + strtab->sh_offset + sym[i].st_name;

		if (!strcmp(name, "__kernel_start"))
			start = sym[i].st_value;
		if (ELF64_ST_TYPE(sym[i].st_info) != STT_FUNC || !sym[i].st_value)
			continue;
		symbols[n++] = (struct symbol){ sym[i].st_value, name };
	}
	if (!start)
		fail("no __kernel_start");
	qsort(symbols, n, sizeof(*symbols), by_address);
	/* Aliases: one name per address is enough. */
	count = 0;
	for (size_t i = 0; i < n; i++)
		if (count == 0 || symbols[i].address != symbols[count - 1].address)
			symbols[count++] = symbols[i];

	printf("\t.section .rodata..symbols, \"a\"\n\t.balign 4\n");
	printf("\t.globl symbol_count, symbol_offset, symbol_name, symbol_strings\n");
	printf("\t.hidden symbol_count, symbol_offset, symbol_name, symbol_strings\n");
	printf("symbol_count:\n\t.long %zu\nsymbol_offset:\n", count);
	for (size_t i = 0; i < count; i++)
		printf("\t.long %lu\n", symbols[i].address - start);
	printf("symbol_name:\n");
	for (size_t i = 0; i < count; i++) {
		if (i % STRIDE == 0)
			printf("\t.long %zu\n", offset);
		offset += strlen(symbols[i].name) + 1;
	}
	printf("symbol_strings:\n");
	for (size_t i = 0; i < count; i++)
		printf("\t.asciz \"%s\"\n", symbols[i].name);
	printf("\t.section .note.GNU-stack, \"\", @progbits\n");
	return 0;
}
