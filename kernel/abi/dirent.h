/* What getdents(2) and getdents64(2) write. */
#pragma once

#include "lib/types.h"

struct linux_dirent64 {
	u64 d_ino;
	s64 d_off;
	u16 d_reclen;
	u8 d_type;
	char d_name[];
};
static_assert(offsetof(struct linux_dirent64, d_name) == 19, "getdents64 ABI");

/* The old one: d_type sits in the last byte of the record. */
struct linux_dirent {
	unsigned long d_ino;
	unsigned long d_off;
	u16 d_reclen;
	char d_name[];
};
static_assert(offsetof(struct linux_dirent, d_name) == 18, "getdents ABI");

#define DT_UNKNOWN 0
#define DT_FIFO	   1
#define DT_CHR	   2
#define DT_DIR	   4
#define DT_BLK	   6
#define DT_REG	   8
#define DT_LNK	   10
#define DT_SOCK	   12
