/*
 * Damaged ELF files: elf(5), execve(2).
 *
 * A small program and a small interpreter are built field by field.  Each
 * field in turn gets values from the edges of its range; the file is run, and
 * what became of it is noted: E8 = execve failed with errno 8, S11 = ended by
 * signal 11, X42 = exited with 42, which is what the sound file does.  "S11*3"
 * is three times the same.  badelf_rows.h has what Linux makes of them; a row
 * that differs is printed as it would stand there.
 *
 *	file page 0	headers, code		base + 0
 *	     page 1	data, 42		base + 0x2100, bss until base + 0x3300
 *	     page 2	other data, 84		what overlaps maps
 */
#include "badelf.h"
#include <stddef.h>

struct field {
	const char *name;
	size_t offset, size;
};

#define HEADER_FIELD(name) { #name, offsetof(Elf64_Ehdr, name), sizeof(((Elf64_Ehdr *)0)->name) }
#define PH_FIELD(name)	   { #name, offsetof(Elf64_Phdr, name), sizeof(((Elf64_Phdr *)0)->name) }

static const struct field header_fields[] = {
	{ "e_ident[0]", 0, 1 },	   { "e_ident[1]", 1, 1 },    { "e_ident[3]", 3, 1 },
	{ "e_ident[4]", 4, 1 },	   { "e_ident[5]", 5, 1 },    { "e_ident[6]", 6, 1 },
	{ "e_ident[7]", 7, 1 },	   { "e_ident[15]", 15, 1 },  HEADER_FIELD(e_type),
	HEADER_FIELD(e_machine),   HEADER_FIELD(e_version),   HEADER_FIELD(e_entry),
	HEADER_FIELD(e_phoff),	   HEADER_FIELD(e_shoff),     HEADER_FIELD(e_flags),
	HEADER_FIELD(e_ehsize),	   HEADER_FIELD(e_phentsize), HEADER_FIELD(e_phnum),
	HEADER_FIELD(e_shentsize), HEADER_FIELD(e_shnum),     HEADER_FIELD(e_shstrndx),
};

static const struct field ph_fields[] = {
	PH_FIELD(p_type),  PH_FIELD(p_flags),  PH_FIELD(p_offset), PH_FIELD(p_vaddr),
	PH_FIELD(p_paddr), PH_FIELD(p_filesz), PH_FIELD(p_memsz),  PH_FIELD(p_align),
};

static size_t edges(size_t size, uint64_t was, uint64_t *out)
{
	const uint64_t small[] = { 0, 1, 2, 3, 4, 5, 7, was + 1, was - 1, was ^ 0x80, 0x7f, 0xff };
	const uint64_t middle[] = { 0x38, 0x40, 73, 74, was + 8, 0x100, 0x7fff, 0x8000, 0xffff };
	const uint64_t big[] = { was + 0x1000,	was - 0x1000, was + 0x100, was - 0x100,
				 was + 0x10000, 0xfff,	      0x1000,	   0x2fff,
				 0x3000,	0x400000 };
	const uint64_t large[] = { 1ull << 31,	      was + (1ull << 32),
				   1ull << 40,	      0x7fffffffdfffull,
				   0x7fffffffe000ull, 0x7ffffffff000ull,
				   1ull << 47,	      0xffff800000000000ull,
				   1ull << 63,	      (1ull << 63) + was,
				   -0x1000ull,	      -0xfffull - was,
				   -1ull - was,	      -1ull };
	size_t n = 0;

#define ADD(list) (memcpy(out + n, list, sizeof(list)), n += sizeof(list) / sizeof(list[0]))
	ADD(small);
	if (size >= 2)
		ADD(middle);
	if (size >= 4)
		ADD(big);
	if (size >= 8)
		ADD(large);
#undef ADD
	return n;
}

static void damage(void *at, const struct field *fields, size_t nfields, const char *what)
{
	uint64_t values[64], was;

	for (const struct field *f = fields; f < fields + nfields; f++) {
		char *field = (char *)at + f->offset;
		size_t n;

		was = 0;
		memcpy(&was, field, f->size);
		n = edges(f->size, was, values);
		for (size_t i = 0; i < n; i++) {
			/* What lies below an interpreter is another kernel's affair. */
			if (f->offset == offsetof(Elf64_Ehdr, e_entry) && nfields > 10 &&
			    values[i] > -0x10000ull)
				continue;
			memcpy(field, &values[i], f->size);
			try();
		}
		memcpy(field, &was, f->size);
		end_row(what, f->name);
	}
}

#define DAMAGE(at, fields, what) damage(at, fields, sizeof(fields) / sizeof(fields[0]), what)

static void cut(const char *what)
{
	static const size_t lengths[] = { 0,	  1,	  3,	  4,	 16,	 63,
					  64,	  65,	  120,	  176,	 231,	 232,
					  0x200,  0x23f,  0x400,  0xfff, 0x1000, 0x1001,
					  0x1100, 0x1104, 0x1200, 0x2000 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		image_len = lengths[i];
		try();
	}
	image_len = FILE_SIZE;
	end_row(what, "cut short");
}

TEST_TIMEOUT(headers_of_programs, 60, SYS_execve)
{
	begin("program");
	build_program();
	try();
	end_row("program", "sound");
	DAMAGE(&image.header, header_fields, "program");
	cut("program");
	CHECK_EQ(nwrong, 0);
}

TEST_TIMEOUT(segments_of_programs, 60, SYS_execve)
{
	begin("program");
	build_program();
	DAMAGE(&image.ph[0], ph_fields, "program code");
	DAMAGE(&image.ph[1], ph_fields, "program data");
	DAMAGE(&image.ph[2], ph_fields, "program stack");
	CHECK_EQ(nwrong, 0);
}

TEST_TIMEOUT(headers_of_interpreters, 60, SYS_execve)
{
	begin("interp");
	build_interpreter();
	try();
	end_row("interp", "sound");
	DAMAGE(&image.header, header_fields, "interp");
	cut("interp");
	CHECK_EQ(nwrong, 0);
}

TEST_TIMEOUT(segments_of_interpreters, 60, SYS_execve)
{
	begin("interp");
	build_interpreter();
	DAMAGE(&image.ph[0], ph_fields, "interp code");
	DAMAGE(&image.ph[1], ph_fields, "interp data");
	DAMAGE(&image.ph[2], ph_fields, "interp stack");
	CHECK_EQ(nwrong, 0);
}

/* A third segment lies over the data, before or after it in the table. */
static void overlaps(const char *what)
{
	static const unsigned flags[] = { PF_R, PF_R | PF_W, 0 };
	static const size_t sizes[][2] = { { 0, 0x100 },      { 0x200, 0x200 },	 { 0x1000, 0x1000 },
					   { 0x200, 0x1000 }, { 0x200, 0x2000 }, { 0, 0x2000 } };
	const Elf64_Phdr data = image.ph[1];

	image.header.e_phnum = 3;
	for (int last = 0; last < 2; last++)
		for (int page = 1; page <= 3; page++) {
			char name[32];

			for (int i = 0; i < 18; i++) {
				Elf64_Phdr *over = &image.ph[last ? 2 : 1];

				image.ph[last ? 1 : 2] = data;
				*over = data;
				over->p_flags = flags[i % 3];
				over->p_offset = 0x2000;
				over->p_vaddr = data.p_vaddr - DATA_AT + page * 0x1000;
				over->p_filesz = sizes[i / 3][0];
				over->p_memsz = sizes[i / 3][1];
				try();
			}
			snprintf(name, sizeof(name), "%s, page %d", last ? "overlaid" : "underlaid",
				 page);
			end_row(what, name);
		}
}

/* All rights of both segments, with and without memory that the file does not fill. */
static void rights(const char *what)
{
	static const char *const names[2] = { "rights of code", "rights of data" };

	for (int i = 0; i < 2; i++) {
		const Elf64_Phdr was = image.ph[i];

		for (unsigned extra = 0; extra < 0x2400; extra += 0x1200)
			for (unsigned flags = 0; flags < 8; flags++) {
				image.ph[i].p_flags = flags;
				image.ph[i].p_memsz = was.p_filesz + extra;
				try();
			}
		image.ph[i] = was;
		end_row(what, names[i]);
	}
}

static void descending(const char *what)
{
	const Elf64_Phdr code = image.ph[0];

	image.ph[0] = image.ph[1];
	image.ph[1] = code;
	try();
	image.ph[1].p_filesz = image.ph[1].p_memsz =
		0x3400; /* the code's file pages over the data */
	try();
	image.header.e_type = image.header.e_type == ET_DYN ? ET_EXEC : ET_DYN;
	try();
	end_row(what, "descending");
}

/* One segment, whose code touches nothing. */
static void alone(const char *what)
{
	static const size_t sizes[][2] = { { 0x400, 0x400 },   { 0x400, 0x401 },
					   { 0x400, 0x1000 },  { 0x400, 0x1400 },
					   { 0x1000, 0x1000 }, { 0x1000, 0x1001 },
					   { 0, 0x1000 },      { 1, 0x400 } };
	const Elf64_Addr entry = image.header.e_entry;

	memcpy((char *)&image + 0x280, "\xbf\x2a\0\0\0\xb8\x3c\0\0\0\x0f\x05", 12);
	image.header.e_entry += 0x80;
	image.header.e_phnum = 1;
	for (unsigned flags = PF_X; flags < 8; flags += PF_W) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			image.ph[0].p_flags = flags;
			image.ph[0].p_filesz = sizes[i][0];
			image.ph[0].p_memsz = sizes[i][1];
			try();
		}
	}
	image.header.e_entry = entry;
	end_row(what, "code alone");
}

TEST_TIMEOUT(segments_that_overlap, 60, SYS_execve)
{
	begin("program");
	build_program();
	rights("program");
	overlaps("program");
	build_program();
	descending("program");
	build_program();
	alone("program");
	begin("interp");
	build_interpreter();
	rights("interp");
	overlaps("interp");
	build_interpreter();
	descending("interp");
	build_interpreter();
	alone("interp");
	CHECK_EQ(nwrong, 0);
}

/* What PT_INTERP names, and how. */
TEST_TIMEOUT(names_of_interpreters, 60, SYS_execve)
{
	static char slashes[0x2000];
	static const struct {
		const char *path;
		size_t len;
	} names[] = {
		{ "./interp", 9 },
		{ "./interp", 8 },
		{ "./interp\0x", 11 },
		{ "./interp\0x", 10 },
		{ "", 0 },
		{ "", 1 },
		{ "\0", 2 },
		{ "a", 1 },
		{ "a", 2 },
		{ ".", 2 },
		{ "/", 2 },
		{ "./interp/", 10 },
		{ "./none", 7 },
		{ "./interp/x", 11 },
		{ "/dev/null", 10 },
		{ "./program", 10 },
		{ "interp", 7 },
		{ "./short", 8 },
		{ "./plain", 8 },
		{ "./script", 9 },
		{ "./empty", 8 },
	};
	static const size_t lens[] = { 255, 4095, 4096, 4097, 0x10000 };
	static const uint64_t offsets[] = { 0,		FILE_SIZE - 9, FILE_SIZE - 8, FILE_SIZE,
					    1ull << 40, 1ull << 63,    -1ull,	      -9ull };

	begin("program");
	build_interpreter();
	save("interp");
	image_len = 63;
	save("short");
	image_len = 0;
	save("empty");
	memcpy(&image, "#!./interp\n", 11);
	image_len = 100;
	save("script");
	CHECK_OK(close(CHECK_OK(open("plain", O_CREAT | O_WRONLY, 0644))));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		build_user_of(names[i].path, names[i].len);
		try();
	}
	end_row("interp", "names");
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		build_user_of("./interp", 9);
		memset(slashes, '/', sizeof(slashes));
		memcpy((char *)&image + 0x1000, slashes, sizeof(slashes));
		image.ph[3].p_offset = 0x1000;
		image.ph[3].p_filesz = lens[i];
		memcpy((char *)&image + 0x1000, "./", 2);
		if (lens[i] < sizeof(slashes))
			memcpy((char *)&image + 0x1000 + lens[i] - 7, "interp", 7);
		try();
	}
	end_row("interp", "long names");
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		build_user_of("./interp", 9);
		image.ph[3].p_offset = offsets[i];
		try();
	}
	end_row("interp", "names elsewhere");
	build_user_of("./interp", 9); /* the first of two counts */
	image.ph[2] = image.ph[3];
	image.ph[2].p_offset = INTERP_AT + 0x10;
	strcpy((char *)&image + INTERP_AT + 0x10, "./none..");
	try();
	image.ph[2].p_offset = INTERP_AT;
	image.ph[3].p_offset = INTERP_AT + 0x10;
	try();
	end_row("interp", "two names");
	CHECK_EQ(nwrong, 0);
}

/* The old program is gone when its file turns out bad: neither block nor handler helps. */
TEST(no_way_back_from_a_bad_segment, SYS_execve)
{
	static char *argv[] = { "program", NULL };
	int fd[2];

	begin("program");
	build_program();
	image.ph[1].p_filesz = image.ph[1].p_memsz + 1;
	save("program");
	for (int i = 0; i < 3; i++)
		CHECK_KILLED(SIGSEGV, {
			sigset_t set;

			sigemptyset(&set);
			sigaddset(&set, SIGSEGV);
			if (i == 0)
				sigprocmask(SIG_BLOCK, &set, NULL);
			if (i == 1)
				signal(SIGSEGV, SIG_IGN);
			if (i == 2)
				signal(SIGSEGV, exit);
			execv("./program", argv);
		});
	/* It is the new program that dies: descriptors were closed. */
	CHECK_OK(pipe2(fd, O_CLOEXEC));
	if (CHECK_OK(fork()) == 0) {
		execv("./program", argv);
		_exit(1);
	}
	CHECK_OK(close(fd[1]));
	CHECK_EQ(read(fd[0], &fd[1], 1), 0);
}
