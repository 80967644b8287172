/* badelf.h - between badelf.c and the builder of its files, badelf_image.c. */
#pragma once
#include "abi_test.h"
#include <elf.h>

#define INTERP_AT 0x300	 /* in the file: the interpreter's name */
#define DATA_AT	  0x2100 /* in memory, from the base on */
#define FILE_SIZE 0x3000

struct elf_file {
	Elf64_Ehdr header;
	Elf64_Phdr ph[4];
	char rest[FILE_SIZE - sizeof(Elf64_Ehdr) - 4 * sizeof(Elf64_Phdr)];
};

extern struct elf_file image; /* the file in hand */
extern size_t image_len;
extern unsigned nwrong; /* rows that differ, since begin() */

void build_program(void);
void build_interpreter(void);
/* The program that the interpreter is for; @path with its NUL is @len bytes. */
void build_user_of(const char *path, size_t len);
void save(const char *name);
/* A test begins, of "program" or "interp": where try() saves the image. */
void begin(const char *name);
/* Saves the image, runs the program, notes what happened. */
void try(void);
/* What was noted is compared with the row of that name. */
void end_row(const char *what, const char *name);
