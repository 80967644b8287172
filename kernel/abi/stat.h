/* stat(2), statx(2), statfs(2). */
#pragma once

#include <linux/types.h>
#pragma push_macro("__unused") /* asm/stat.h has a member of that name */
#undef __unused
#include <asm/stat.h>
#pragma pop_macro("__unused")
#include <asm/statfs.h>
#include <linux/stat.h>
#include "abi/dev.h"
#include "lib/types.h"

static_assert(sizeof(struct stat) == 144, "stat ABI");
static_assert(offsetof(struct stat, st_mode) == 24, "stat ABI");
static_assert(offsetof(struct stat, st_size) == 48, "stat ABI");
static_assert(offsetof(struct stat, st_atime) == 72, "stat ABI");
static_assert(sizeof(struct statx) == 256, "statx ABI");
static_assert(sizeof(struct statfs) == 120, "statfs ABI");

#define S_IRWXUGO (S_IRWXU | S_IRWXG | S_IRWXO)
#define S_IALLUGO (S_ISUID | S_ISGID | S_ISVTX | S_IRWXUGO)
