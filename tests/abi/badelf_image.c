/* badelf_image.c - builds small ELF files, runs them, compares what happened: see badelf.c. */
#include "badelf.h"
#include <elf.h>
#include <sys/personality.h>
#include "badelf_rows.h"

#define CODE_AT 0x200
#define TAIL_AT 0x2200
#define BSS_AT	0x3000

struct elf_file image;
size_t image_len;
unsigned nwrong;

/* --- building --------------------------------------------------------------------------------- */

static unsigned char *emit(unsigned char *p, const char *opcode, size_t len, int target)
{
	int next;

	memcpy(p, opcode, len);
	p += len;
	if (target) { /* relative to the next instruction */
		next = p + 4 - (unsigned char *)&image;
		target -= next;
		memcpy(p, &target, 4);
		p += 4;
	}
	return p;
}

/* exit(data + tail + bss), having written to data and bss */
static void build(int type, uint64_t base)
{
	unsigned char *bytes = (unsigned char *)&image, *p = bytes + CODE_AT;
	Elf64_Ehdr header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
			      .e_type = type,
			      .e_machine = EM_X86_64,
			      .e_version = 1,
			      .e_entry = base + CODE_AT,
			      .e_phoff = sizeof(Elf64_Ehdr),
			      .e_ehsize = sizeof(Elf64_Ehdr),
			      .e_phentsize = sizeof(Elf64_Phdr),
			      .e_phnum = 3 };

	memset(&image, 0, 0x1000);
	memset(bytes + 0x1000, 1, FILE_SIZE - 0x1000);
	image.header = header;
	image.ph[0] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_X, 0, base, base, 0x400, 0x400, 0x1000 };
	image.ph[1] = (Elf64_Phdr){ PT_LOAD,	    PF_R | PF_W, 0x1100, base + DATA_AT,
				    base + DATA_AT, 0x100,	 0x1200, 0x1000 };
	image.ph[2] = (Elf64_Phdr){ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W };
	memcpy(bytes + 0x1100, "\x2a\0\0\0", 4);
	memcpy(bytes + 0x2100, "\x54\0\0\0", 4);
	p = emit(p, "\x8b\x3d", 2, DATA_AT); /* mov edi, [data] */
	p = emit(p, "\x03\x3d", 2, TAIL_AT); /* add edi, [tail] */
	p = emit(p, "\x03\x3d", 2, BSS_AT);
	p = emit(p, "\x89\x3d", 2, DATA_AT); /* mov [data], edi */
	p = emit(p, "\x89\x3d", 2, BSS_AT);
	p = emit(p, "\xb8\x3c\0\0\0\x0f\x05", 7, 0);
	image_len = FILE_SIZE;
}

void build_program(void)
{
	build(ET_EXEC, 0x400000);
}

void build_interpreter(void)
{
	build(ET_DYN, 0);
}

/* The program that the interpreter is for; @path with its NUL is @len bytes. */
void build_user_of(const char *path, size_t len)
{
	build_program();
	image.ph[3] = (Elf64_Phdr){
		.p_type = PT_INTERP, .p_flags = PF_R, .p_offset = INTERP_AT, .p_filesz = len
	};
	image.header.e_phnum = 4;
	memcpy((char *)&image + INTERP_AT, path, len < 0x100 ? len : 0x100);
}

/* --- running ---------------------------------------------------------------------------------- */

static const char *file_name; /* where the image goes */

void save(const char *name)
{
	int fd = CHECK_OK(open(name, O_CREAT | O_WRONLY | O_TRUNC, 0755));

	CHECK_EQ(write(fd, &image, image_len), image_len);
	CHECK_OK(close(fd));
}

/* What became of "./program". */
static void run_program(char *outcome, size_t size)
{
	static char *argv[] = { "program", NULL };
	static volatile int error;
	int status;
	pid_t pid;

	error = 0;
	pid = vfork();
	if (pid == 0) {
		alarm(5);
		execve("./program", argv, argv + 1);
		error = errno;
		_exit(0);
	}
	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (error)
		snprintf(outcome, size, "E%d", error);
	else if (WIFSIGNALED(status))
		snprintf(outcome, size, "S%d", WTERMSIG(status));
	else
		snprintf(outcome, size, "X%d", WEXITSTATUS(status));
}

static struct {
	char text[1024];
	char last[16];
	unsigned times;
} notes;

static void flush_note(void)
{
	size_t len = strlen(notes.text);
	char *end = notes.text + len;

	if (!notes.times)
		return;
	if (notes.times == 1)
		snprintf(end, sizeof(notes.text) - len, "%s%s", len ? " " : "", notes.last);
	else
		snprintf(end, sizeof(notes.text) - len, "%s%s*%u", len ? " " : "", notes.last,
			 notes.times);
	notes.times = 0;
}

/* Saves the image, runs the program, notes what happened. */
void try(void)
{
	char outcome[16];

	save(file_name);
	run_program(outcome, sizeof(outcome));
	if (strcmp(outcome, notes.last) != 0)
		flush_note();
	strcpy(notes.last, outcome);
	notes.times++;
}

void end_row(const char *what, const char *name)
{
	const char *want = "";
	char full[64];

	flush_note();
	snprintf(full, sizeof(full), "%s %s", what, name);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, full) == 0)
			want = rows[i].want;
	if (strcmp(want, notes.text) != 0) {
		printf("\t{ \"%s\", \"%s\" },\n", full, notes.text);
		if (*want)
			printf("\t   not \"%s\"\n", want);
		fflush(stdout);
		nwrong++;
	}
	notes.text[0] = notes.last[0] = 0;
}

void begin(const char *name)
{
	nwrong = 0;
	file_name = name;
	CHECK_OK(personality(ADDR_NO_RANDOMIZE));
	if (strcmp(name, "program") != 0) {
		build_user_of("./interp", 9);
		save("program");
	}
}
