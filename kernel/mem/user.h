#pragma once
/* User memory for system calls and drivers: small objects, strings.  Bulk data
 * goes through struct uio.  All may fault, hence sleep; all return 0 or -EFAULT
 * unless said otherwise.
 */
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/errno.h"
#include "lib/kasan.h"
#include "arch/api/user.h"
#include "core/lockrank.h"
#include "mem/uio.h" /* struct thread_head */

/* Whoever sets nofault_depth knows what he does; everybody else may sleep here. */
static inline void user_may_fault(void)
{
	if (CONFIG_DEBUG && !((struct thread_head *)this_cpu(current_thread))->nofault_depth)
		lockrank_may_sleep();
}

static inline __must_check int copy_from_user(void *dst, const void __user *src, size_t len)
{
	user_may_fault();
	kasan_check(dst, len, true);
	return arch_copy_from_user(dst, src, len) ? -EFAULT : 0;
}

static inline __must_check int copy_to_user(void __user *dst, const void *src, size_t len)
{
	user_may_fault();
	kasan_check(src, len, false);
	return arch_copy_to_user(dst, src, len) ? -EFAULT : 0;
}

static inline __must_check int clear_user(void __user *dst, size_t len)
{
	user_may_fault();
	return arch_clear_user(dst, len) ? -EFAULT : 0;
}

#define USER_ACCESSORS(type, suffix)                                                               \
	static inline __must_check int get_user_##suffix(type *value, const void __user *src)      \
	{                                                                                          \
		user_may_fault();                                                                  \
		return arch_user_load_##suffix(src, value);                                        \
	}                                                                                          \
	static inline __must_check int put_user_##suffix(type value, void __user *dst)             \
	{                                                                                          \
		user_may_fault();                                                                  \
		return arch_user_store_##suffix(dst, value);                                       \
	}
USER_ACCESSORS(u8, u8)
USER_ACCESSORS(u16, u16)
USER_ACCESSORS(u32, u32)
USER_ACCESSORS(u64, u64)
#undef USER_ACCESSORS

static inline __must_check int put_user_s32(s32 value, void __user *dst)
{
	return arch_user_store_u32(dst, (u32)value);
}

static inline __must_check int put_user_s64(s64 value, void __user *dst)
{
	return arch_user_store_u64(dst, (u64)value);
}

/* A string with its NUL into @dst: its length, -ENAMETOOLONG when @size bytes
 * hold no NUL, -EFAULT.
 */
long strncpy_from_user(char *dst, const char __user *src, size_t size) __must_check;

/* A kmalloc'ed copy of a string of less than @max bytes (kfree it).
 * -EFAULT, -ENOMEM, -ENAMETOOLONG.
 */
int strndup_user(const char __user *src, size_t max, char **out) __must_check;

/* A kmalloc'ed copy of @len bytes.  -EFAULT, -ENOMEM. */
int memdup_user(const void __user *src, size_t len, void **out) __must_check;

/* Structures that grow (openat2, clone3...): copies min(usize, ksize), zeroes
 * the rest of @dst.  -E2BIG: bytes past ksize are not all zero.  -EFAULT.
 */
int copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize)
	__must_check;
