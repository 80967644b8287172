/* stat(2), statx(2), statfs(2). */
#pragma once

#include <linux/types.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/stat.h>
#include "lib/types.h"

static_assert(sizeof(struct stat) == 144, "stat ABI");
static_assert(offsetof(struct stat, st_mode) == 24, "stat ABI");
static_assert(offsetof(struct stat, st_size) == 48, "stat ABI");
static_assert(offsetof(struct stat, st_atime) == 72, "stat ABI");
static_assert(sizeof(struct statx) == 256, "statx ABI");
static_assert(sizeof(struct statfs) == 120, "statfs ABI");

#define S_IRWXUGO	(S_IRWXU | S_IRWXG | S_IRWXO)
#define S_IALLUGO	(S_ISUID | S_ISGID | S_ISVTX | S_IRWXUGO)

/* The device numbers that programs see (new_encode_dev, huge in 64 bits). */
static inline u32 dev_major(u64 dev) { return ((dev >> 8) & 0xfff) | ((dev >> 32) & ~0xfffULL); }
static inline u32 dev_minor(u64 dev) { return (dev & 0xff) | ((dev >> 12) & ~0xffULL); }
static inline u64 dev_make(u32 maj, u32 min)
{
	return (min & 0xff) | (u64)(maj & 0xfff) << 8 | (u64)(min & ~0xffU) << 12 |
	       (u64)(maj & ~0xfffU) << 32;
}
