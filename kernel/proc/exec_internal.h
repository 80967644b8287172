/* exec_internal.h - between the files of execve(2). */
#pragma once

#include "abi/elf.h"
#include "fs/path.h"
#include "lib/annotate.h"
#include "lib/types.h"

struct cred;
struct file;
struct vm_space;

#define EXEC_HEAD_SIZE	1024 /* bytes of a file that its format is told from */
#define EXEC_SCRIPT_MAX 5    /* nested #! */

/* --- exec_args.c: argv and envp on their way from the old space to the new --- */

struct exec_args {
	char *strings; /* argv, then envp, then the file name */
	size_t used, size;
	u32 *offsets; /* of each, into strings */
	unsigned count, capacity;
	unsigned argc, envc;
	size_t npointers; /* in the caller's argv and envp */
	size_t limit;	  /* for strings and pointers: E2BIG above */
	size_t room;	  /* for strings, by the stack's limit: the same */
	u32 small_offsets[192];
	char small_strings[3072];
};

void exec_args_init(struct exec_args *args, u64 stack_limit);
void exec_args_fini(struct exec_args *args);
int exec_args_add(struct exec_args *args, const char *string) __must_check;
/* A NULL-terminated vector; *n: how many were added. */
int exec_args_add_vector(struct exec_args *args, u64 vector, bool kernel, unsigned *n) __must_check;
/* argv[0] gives way to @n others: what a script is run by. */
int exec_args_replace_first(struct exec_args *args, const char *const *strings, unsigned n)
	__must_check;
/*
 * The errno that Linux has for the user's vectors, of which reading found that they cannot be
 * had: the first of several in the order in which it looks.  Spoils @args.
 */
int exec_args_blame(struct exec_args *args, u64 argv, u64 envp, const char *name, int found)
	__must_check;

/* --- elf.c ------------------------------------------------------------------ */

struct elf_image {
	struct file *file; /* borrowed */
	Elf64_Ehdr header;
	Elf64_Phdr *phdrs; /* kmalloc'ed */
	u64 low, high;	   /* extent of its PT_LOADs, page aligned */
	u64 align;	   /* of the strictest */
	u64 bias;	   /* out of elf_map(): address - p_vaddr */
	u64 end_of_bss, code_start, code_end, data_start, data_end;
	bool exec_stack;
	bool mappable; /* a type that can run, segments that can exist */
};

/* ENOEXEC: not an ELF file for this machine, or without its program headers.  ENOMEM. */
int elf_read(struct file *file, const char *head, size_t len, struct elf_image *image) __must_check;
void elf_free(struct elf_image *image);
/* The PT_INTERP string, kmalloc'ed; NULL: none.  ENOEXEC, EINVAL, EIO, ENOMEM. */
int elf_interpreter(struct elf_image *image, char **out) __must_check;
/* For mappable images.  On failure what was mapped stays, as the space goes. */
int elf_map(struct elf_image *image, struct vm_space *space, u64 bias) __must_check;
int elf_map_interpreter(struct elf_image *image, struct vm_space *space, u64 bias) __must_check;
u64 elf_phdr_address(const struct elf_image *image);

/* --- one execve ---------------------------------------------------------------- */

struct exec_request;

/* All that one execve needs until its commit point; too big for the stack. */
struct exec {
	const struct exec_request *req;
	struct file *file; /* the ELF file, in the end */
	char *interp_path; /* PT_INTERP */
	struct file *interp_file;
	const char *name; /* of the file now in hand; a script's: its interpreter */
	char *script_names[EXEC_SCRIPT_MAX];	     /* kmalloc'ed: lines of #! */
	const char *prefix[2 * EXEC_SCRIPT_MAX + 2]; /* replaces argv[0] */
	unsigned nprefix;
	struct elf_image image, interp;
	struct vm_space *space;
	const struct cred *cred;
	bool secure;
	bool doomed; /* segments that cannot be mapped, a stack too small: SIGSEGV */
	u64 entry, sp, base;
	size_t head_len;
	char head[EXEC_HEAD_SIZE];
	struct exec_args args;
};

/* exec_image.c: opens the file and reads its head; then the interpreter that it names. */
int exec_find_image(struct exec *exec) __must_check;
int exec_read_interpreter(struct exec *exec) __must_check;
void exec_close_image(struct file *file); /* NULL: nothing */
/* exec_space.c */
int exec_build_space(struct exec *exec) __must_check;
/* exec_stack.c: argv, envp and name into exec->args; all of it onto the new stack. */
int exec_gather_strings(struct exec *exec) __must_check;
int exec_build_stack(struct exec *exec) __must_check;

/* --- exec_cred.c -------------------------------------------------------------- */

/* What the program will run as; *secure: AT_SECURE.  A reference. */
int exec_cred(struct file *file, const struct cred *old, const struct cred **out, bool *secure)
	__must_check;
