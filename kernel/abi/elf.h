/* ELF and the auxiliary vector. */
#pragma once

#include <linux/auxvec.h>
#include <linux/elf.h>
#include "lib/types.h"

static_assert(sizeof(Elf64_Ehdr) == 64, "ELF");
static_assert(sizeof(Elf64_Phdr) == 56, "ELF");
