/* Attributes, and the clang thread-safety annotations (empty elsewhere). */
#pragma once

/* Points into a process: reach it through mem/user.h only.  `make check` compiles with
 * CHECK_USER, where clang says so.
 */
#ifdef CHECK_USER
#define __user __attribute__((noderef, address_space(1)))
#else
#define __user
#endif
#undef __must_check
#define __must_check __attribute__((warn_unused_result))
#undef __cold
#define __cold __attribute__((cold, noinline))
#undef __noreturn
#define __noreturn     __attribute__((noreturn))
#define __printf(a, b) __attribute__((format(printf, a, b)))
#undef __packed
#define __packed __attribute__((packed))
#undef __aligned
#define __aligned(n) __attribute__((aligned(n)))
#undef __used
#define __used __attribute__((used))
#undef __weak
#define __weak __attribute__((weak))
#undef __unused
#define __unused __attribute__((unused))
#undef __noinline
#define __noinline __attribute__((noinline))
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define __section(s)	__attribute__((section(s)))
/* Written only while booting; made read-only before init runs. */
#define __ro_after_init __attribute__((section(".data..ro_after_init")))
#define __percpu_data	__attribute__((section(".data..percpu")))
#define __fallthrough	__attribute__((fallthrough))

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define barrier()	__atomic_signal_fence(__ATOMIC_SEQ_CST)
#define unreachable()	__builtin_unreachable()

#if defined(__clang__)
#define THREAD_ANNOTATION(x) __attribute__((x))
#else
#define THREAD_ANNOTATION(x)
#endif
#define CAPABILITY(name)	THREAD_ANNOTATION(capability(name))
#define GUARDED_BY(l)		THREAD_ANNOTATION(guarded_by(l))
#define PT_GUARDED_BY(l)	THREAD_ANNOTATION(pt_guarded_by(l))
#define REQUIRES(...)		THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...)	THREAD_ANNOTATION(requires_shared_capability(__VA_ARGS__))
#define EXCLUDES(...)		THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...)		THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define ACQUIRE_SHARED(...)	THREAD_ANNOTATION(acquire_shared_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...)	THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define TRY_ACQUIRE_SHARED(...) THREAD_ANNOTATION(try_acquire_shared_capability(__VA_ARGS__))
#define RELEASE(...)		THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define RELEASE_SHARED(...)	THREAD_ANNOTATION(release_shared_capability(__VA_ARGS__))
#define ASSERT_HELD(...)	THREAD_ANNOTATION(assert_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY	THREAD_ANNOTATION(no_thread_safety_analysis)
