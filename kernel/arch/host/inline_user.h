#pragma once
/* User memory of the host build: the test's own memory.  A test makes a range fault with
 * host_user_fault_range(), to see what is done about -EFAULT in the middle.
 */
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/errno.h"

#define USER_VA_END USER_SPACE_END

static inline bool user_range_ok(const void __user *ptr, size_t len)
{
	return len <= USER_VA_END && (u64)(uintptr_t)ptr <= USER_VA_END - len;
}

size_t arch_copy_from_user(void *dst, const void __user *src, size_t len);
size_t arch_copy_to_user(void __user *dst, const void *src, size_t len);
size_t arch_clear_user(void __user *dst, size_t len);

#define HOST_USER_ACCESS(bits)                                                                     \
	static inline                                                                              \
		__must_check int arch_user_load_u##bits(const void __user *ptr, u##bits *value)    \
	{                                                                                          \
		return arch_copy_from_user(value, ptr, bits / 8) ? -EFAULT : 0;                    \
	}                                                                                          \
	static inline __must_check int arch_user_store_u##bits(void __user *ptr, u##bits value)    \
	{                                                                                          \
		return arch_copy_to_user(ptr, &value, bits / 8) ? -EFAULT : 0;                     \
	}
HOST_USER_ACCESS(8)
HOST_USER_ACCESS(16)
HOST_USER_ACCESS(32)
HOST_USER_ACCESS(64)
#undef HOST_USER_ACCESS

static inline __must_check int arch_user_add_u32(u32 __user *ptr, u32 addend, u32 *old)
{
	if (arch_copy_from_user(old, ptr, 4))
		return -EFAULT;
	return arch_user_store_u32(ptr, *old + addend);
}
static inline __must_check int arch_user_xchg_u32(u32 __user *ptr, u32 new, u32 *old)
{
	if (arch_copy_from_user(old, ptr, 4))
		return -EFAULT;
	return arch_user_store_u32(ptr, new);
}
static inline __must_check int arch_user_cmpxchg_u32(u32 __user *ptr, u32 *old, u32 new)
{
	u32 seen;

	if (arch_copy_from_user(&seen, ptr, 4))
		return -EFAULT;
	if (seen == *old)
		return arch_user_store_u32(ptr, new);
	*old = seen;
	return 0;
}
