#pragma once
/* Inline side of arch/api/user.h.  Each access is a call of a leaf routine in
 * user_copy.S with a register convention of its own, so that the exception table
 * stays a handful of entries and the STAC/CLAC pairs are patched in one file.
 * The range check is here, where the compiler can fold it.
 */
#include "lib/types.h"
#include "lib/annotate.h"
#include "lib/errno.h"

/* The last page below the canonical hole is nobody's: a SYSCALL at its end
 * would return to a non-canonical address, which SYSRET must never see.
 */
#define USER_VA_END USER_SPACE_END

static inline bool user_range_ok(const void __user *ptr, size_t len)
{
	u64 start = (u64)ptr;

	if (__builtin_constant_p(len) && len <= USER_VA_END)
		return start <= USER_VA_END - len;
	return len <= USER_VA_END && start <= USER_VA_END - len;
}

/* rdi, rsi, rdx as memcpy; bytes not copied in rax; changes rcx and r8. */
static inline size_t x86_user_copy(void *dst, const void *src, size_t len)
{
	size_t left;

	asm volatile("call x86_user_copy_asm"
		     : "=a"(left), "+D"(dst), "+S"(src), "+d"(len)
		     :
		     : "rcx", "r8", "memory", "cc");
	return left;
}

/* Loads: address in rdi; value in rdx, 0 or -EFAULT in eax. */
#define X86_USER_LOAD(bits)                                                                        \
	static inline                                                                              \
		__must_check int arch_user_load_u##bits(const void __user *ptr, u##bits *value)    \
	{                                                                                          \
		long err;                                                                          \
		u64 loaded;                                                                        \
                                                                                                   \
		if (unlikely(!user_range_ok(ptr, bits / 8)))                                       \
			return -EFAULT;                                                            \
		asm volatile("call x86_user_load_" #bits                                           \
			     : "=a"(err), "=d"(loaded)                                             \
			     : "D"(ptr)                                                            \
			     : "memory", "cc");                                                    \
		*value = (u##bits)loaded;                                                          \
		return (int)err;                                                                   \
	}
X86_USER_LOAD(8)
X86_USER_LOAD(16)
X86_USER_LOAD(32)
X86_USER_LOAD(64)
#undef X86_USER_LOAD

/* Stores: address in rdi, value in rdx; 0 or -EFAULT in eax. */
#define X86_USER_STORE(bits)                                                                       \
	static inline __must_check int arch_user_store_u##bits(void __user *ptr, u##bits value)    \
	{                                                                                          \
		long err;                                                                          \
                                                                                                   \
		if (unlikely(!user_range_ok(ptr, bits / 8)))                                       \
			return -EFAULT;                                                            \
		asm volatile("call x86_user_store_" #bits                                          \
			     : "=a"(err)                                                           \
			     : "D"(ptr), "d"((u64)value)                                           \
			     : "memory", "cc");                                                    \
		return (int)err;                                                                   \
	}
X86_USER_STORE(8)
X86_USER_STORE(16)
X86_USER_STORE(32)
X86_USER_STORE(64)
#undef X86_USER_STORE

static inline __must_check size_t arch_copy_from_user(void *dst, const void __user *src, size_t len)
{
	if (__builtin_constant_p(len)) {
		if (len == 4)
			return arch_user_load_u32(src, (u32 *)dst) ? 4 : 0;
		if (len == 8)
			return arch_user_load_u64(src, (u64 *)dst) ? 8 : 0;
	}
	if (unlikely(!user_range_ok(src, len)))
		return len;
	return x86_user_copy(dst, (const void *)src, len);
}

static inline __must_check size_t arch_copy_to_user(void __user *dst, const void *src, size_t len)
{
	if (__builtin_constant_p(len)) {
		if (len == 4)
			return arch_user_store_u32(dst, *(const u32 *)src) ? 4 : 0;
		if (len == 8)
			return arch_user_store_u64(dst, *(const u64 *)src) ? 8 : 0;
	}
	if (unlikely(!user_range_ok(dst, len)))
		return len;
	return x86_user_copy((void *)dst, src, len);
}

static inline __must_check size_t arch_clear_user(void __user *dst, size_t len)
{
	size_t left;

	if (unlikely(!user_range_ok(dst, len)))
		return len;
	asm volatile("call x86_user_clear_asm"
		     : "=a"(left), "+D"(dst), "+d"(len)
		     :
		     : "rcx", "memory", "cc");
	return left;
}

/* *old: expected on entry, found on return.  0 also when they differ. */
static inline __must_check int arch_user_cmpxchg_u32(u32 __user *ptr, u32 *old, u32 new)
{
	u64 found = *old;
	long err;

	if (unlikely(!user_range_ok(ptr, 4)))
		return -EFAULT;
	asm volatile("call x86_user_cmpxchg_32"
		     : "+a"(found), "=S"(err)
		     : "D"(ptr), "d"(new)
		     : "memory", "cc");
	*old = (u32)found;
	return (int)err;
}

static inline __must_check int arch_user_cmpxchg_u64(u64 __user *ptr, u64 *old, u64 new)
{
	u64 found = *old;
	long err;

	if (unlikely(!user_range_ok(ptr, 8)))
		return -EFAULT;
	asm volatile("call x86_user_cmpxchg_64"
		     : "+a"(found), "=S"(err)
		     : "D"(ptr), "d"(new)
		     : "memory", "cc");
	*old = found;
	return (int)err;
}

static inline __must_check int arch_user_xchg_u32(u32 __user *ptr, u32 new, u32 *old)
{
	u64 word = new;
	long err;

	if (unlikely(!user_range_ok(ptr, 4)))
		return -EFAULT;
	asm volatile("call x86_user_xchg_32" : "=a"(err), "+d"(word) : "D"(ptr) : "memory", "cc");
	*old = (u32)word;
	return (int)err;
}

static inline __must_check int arch_user_add_u32(u32 __user *ptr, u32 addend, u32 *old)
{
	u64 word = addend;
	long err;

	if (unlikely(!user_range_ok(ptr, 4)))
		return -EFAULT;
	asm volatile("call x86_user_add_32" : "=a"(err), "+d"(word) : "D"(ptr) : "memory", "cc");
	*old = (u32)word;
	return (int)err;
}
