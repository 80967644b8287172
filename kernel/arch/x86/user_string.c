/* Strings in user memory: the range check before the routines of user_copy.S. */
#include "arch/api/user.h"

long arch_strncpy_from_user(char *dst, const char __user *src, size_t size)
{
	u64 room = USER_VA_END - (u64)src;
	long ret;

	if ((u64)src >= USER_VA_END)
		return -EFAULT;
	asm volatile("call x86_user_strncpy"
		     : "=a"(ret), "+D"(dst), "+S"(src), "+d"(size), "+c"(room)
		     :
		     : "r8", "r9", "r10", "r11", "memory", "cc");
	return ret;
}

long arch_strnlen_user(const char __user *src, size_t max)
{
	u64 room = USER_VA_END - (u64)src;
	long ret;

	if ((u64)src >= USER_VA_END)
		return -EFAULT;
	asm volatile("call x86_user_strnlen"
		     : "=a"(ret), "+D"(src), "+S"(max), "+d"(room)
		     :
		     : "r8", "r9", "r10", "r11", "memory", "cc");
	return ret;
}
