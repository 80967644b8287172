#pragma once
/* User memory, raw.  Only mem/user.c, uio and the futex code call this; the
 * rest of the kernel has mem/user.h.  May fault and sleep, unless the thread's
 * nofault_depth is raised: then a page that is not there is an error at once.
 */
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/errno.h"
#include ARCH_INLINE

#ifndef ARCH_INLINE_USER
#define ARCH_INLINE_USER "arch/x86/inline_user.h"
#endif
#include ARCH_INLINE_USER

/* Inline, from ARCH_INLINE_USER:
 *
 * USER_VA_END				first address that is never a user's
 * bool user_range_ok(ptr, len)
 * size_t arch_copy_from_user(dst, src, len)	bytes NOT copied; checks the range
 * size_t arch_copy_to_user(dst, src, len)
 * size_t arch_clear_user(dst, len)
 * int arch_user_load_u8/u16/u32/u64(ptr, &value)	0 or -EFAULT
 * int arch_user_store_u8/u16/u32/u64(ptr, value)
 * int arch_user_cmpxchg_u32(ptr, &old, new)	0 (old = what was there) or -EFAULT
 * int arch_user_xchg_u32(ptr, new, &old), arch_user_add_u32(ptr, addend, &old)
 * int arch_user_cmpxchg_u64(ptr, &old, new)
 */

/* Copies a string with its NUL: its length without the NUL, @size when no NUL
 * lies in the first @size bytes, or -EFAULT.
 */
long arch_strncpy_from_user(char *dst, const char __user *src, size_t size) __must_check;

/* Length without the NUL of a user string; @max when it is longer; -EFAULT. */
long arch_strnlen_user(const char __user *src, size_t max) __must_check;
