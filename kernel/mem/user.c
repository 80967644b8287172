/*
 * User memory in kernel terms: errno instead of bytes left, strings and
 * structures in memory of the kernel.
 *
 * Everything here may fault and sleep.  No locks.
 */
#include "mem/user.h"
#include "mem/slab.h"
#include "lib/string.h"

long strncpy_from_user(char *dst, const char __user *src, size_t size)
{
	long len;

	if (size == 0)
		return -ENAMETOOLONG;
	len = arch_strncpy_from_user(dst, src, size);
	return len == (long)size ? -ENAMETOOLONG : len;
}

/* The string may change between the two looks: the copy is bounded by the first. */
int strndup_user(const char __user *src, size_t max, char **out)
{
	long len = arch_strnlen_user(src, max);
	char *copy;

	if (len < 0)
		return (int)len;
	if ((size_t)len >= max)
		return -ENAMETOOLONG;
	copy = kmalloc((size_t)len + 1);
	if (!copy)
		return -ENOMEM;
	if (copy_from_user(copy, src, (size_t)len + 1)) {
		kfree(copy);
		return -EFAULT;
	}
	copy[len] = '\0';
	*out = copy;
	return 0;
}

int memdup_user(const void __user *src, size_t len, void **out)
{
	void *copy = kmalloc(len);

	if (!copy)
		return -ENOMEM;
	if (copy_from_user(copy, src, len)) {
		kfree(copy);
		return -EFAULT;
	}
	*out = copy;
	return 0;
}

int copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	u8 byte;

	/* As numbers: the sum may wrap, and is then no address of the user's. */
	for (size_t at = ksize; at < usize; at++) {
		if (get_user_u8(&byte, (const u8 __user *)((uintptr_t)src + at)))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	memset(dst, 0, ksize);
	return copy_from_user(dst, src, min(usize, ksize));
}
