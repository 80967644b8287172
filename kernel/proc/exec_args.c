/*
 * exec_args.c - the strings of a new program.
 *
 * They are gathered in one kernel buffer, in the order in which they will lie
 * on the new stack, so that one copy puts them there.  The usual few hundred
 * bytes fit into the struct; more moves to kvmalloc.  execve(2), "Limits on
 * size of arguments and environment".
 *
 * Linux counts the pointers of argv and envp first, and then reads the strings from the
 * last one to the first, the environment's before argv's: exec_args_blame().
 */
#include "proc/exec_internal.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/user.h"
#include "sched/sched.h"

#define STRING_MAX (32 * PAGE_SIZE) /* MAX_ARG_STRLEN */
#define LIMIT_MIN  KIB(128)	    /* ARG_MAX */
#define LIMIT_MAX  MIB(6)
#define STACK_END  8 /* zero bytes above the strings: exec_stack.c */

void exec_args_init(struct exec_args *args, u64 stack_limit)
{
	args->strings = args->small_strings;
	args->size = sizeof(args->small_strings);
	args->offsets = args->small_offsets;
	args->capacity = ARRAY_SIZE(args->small_offsets);
	args->used = 0;
	args->count = args->argc = args->envc = args->npointers = 0;
	args->limit = max((u64)LIMIT_MIN, min(stack_limit / 4, (u64)LIMIT_MAX));
	args->room = max((u64)PAGE_SIZE, ALIGN_DOWN(stack_limit, PAGE_SIZE)) - STACK_END;
}

void exec_args_fini(struct exec_args *args)
{
	if (args->strings != args->small_strings)
		kvfree(args->strings);
	if (args->offsets != args->small_offsets)
		kvfree(args->offsets);
}

static int grow_strings(struct exec_args *args)
{
	size_t size = args->size * 4;
	char *bigger = kvmalloc(size);

	if (!bigger)
		return -ENOMEM;
	memcpy(bigger, args->strings, args->used);
	if (args->strings != args->small_strings)
		kvfree(args->strings);
	args->strings = bigger;
	args->size = size;
	return 0;
}

static int note_offset(struct exec_args *args)
{
	u32 *bigger;

	if (args->count == args->capacity) {
		bigger = kvmalloc(args->capacity * 4 * sizeof(u32));
		if (!bigger)
			return -ENOMEM;
		memcpy(bigger, args->offsets, args->count * sizeof(u32));
		if (args->offsets != args->small_offsets)
			kvfree(args->offsets);
		args->offsets = bigger;
		args->capacity *= 4;
	}
	args->offsets[args->count++] = (u32)args->used;
	return 0;
}

/* Pointers count where the caller passed them: not for the file's name and what #! adds. */
static bool is_too_big(const struct exec_args *args)
{
	return args->used + args->npointers * sizeof(u64) > args->limit || args->used > args->room;
}

int exec_args_add(struct exec_args *args, const char *string)
{
	size_t len = strlen(string) + 1;
	int err = note_offset(args);

	while (!err && args->size - args->used < len)
		err = grow_strings(args);
	if (err)
		return err;
	memcpy(args->strings + args->used, string, len);
	args->used += len;
	return is_too_big(args) ? -E2BIG : 0;
}

static int add_user(struct exec_args *args, const char __user *string)
{
	size_t room;
	long len;
	int err = note_offset(args);

	if (err)
		return err;
	for (;;) {
		room = min(args->size - args->used, (size_t)STRING_MAX);
		len = room ? arch_strncpy_from_user(args->strings + args->used, string, room) : 0;
		if (len < 0)
			return -EFAULT;
		if ((size_t)len < room)
			break;
		if (room == STRING_MAX || args->used > args->limit)
			return -E2BIG;
		err = grow_strings(args);
		if (err)
			return err;
	}
	args->used += len + 1;
	return is_too_big(args) ? -E2BIG : 0;
}

int exec_args_add_vector(struct exec_args *args, u64 vector, bool kernel, unsigned *n)
{
	u64 string;
	int err;

	*n = 0;
	for (u64 i = 0; vector; i++) {
		if (kernel)
			string = ((const u64 *)vector)[i];
		else if (get_user_u64(&string, (const u64 __user *)vector + i))
			return -EFAULT;
		if (!string)
			break;
		args->npointers++;
		sched_yield_point();
		err = kernel ? exec_args_add(args, (const char *)string) :
			       add_user(args, (const char __user *)string);
		if (err)
			return err;
		(*n)++;
	}
	return 0;
}

int exec_args_replace_first(struct exec_args *args, const char *const *strings, unsigned n)
{
	size_t old = args->offsets[1], rest = args->used - old, len = 0, at = 0;
	unsigned others = args->count - 1;
	int err = 0;

	for (unsigned i = 0; i < n; i++)
		len += strlen(strings[i]) + 1;
	while (!err && args->size < len + rest)
		err = grow_strings(args);
	for (unsigned i = 1; i < n && !err; i++)
		err = note_offset(args);
	if (err)
		return err;
	memmove(args->strings + len, args->strings + old, rest);
	memmove(args->offsets + n, args->offsets + 1, others * sizeof(u32));
	for (unsigned i = 0; i < others; i++)
		args->offsets[n + i] += (u32)(len - old);
	for (unsigned i = 0; i < n; i++) {
		args->offsets[i] = (u32)at;
		at += strlcpy(args->strings + at, strings[i], args->size - at) + 1;
	}
	args->used = len + rest;
	args->argc += n - 1;
	return is_too_big(args) ? -E2BIG : 0;
}

static int count_pointers(u64 vector, size_t *n)
{
	u64 string;

	for (*n = 0; vector; ++*n) {
		if (get_user_u64(&string, (const u64 __user *)vector + *n))
			return -EFAULT;
		if (!string)
			break;
		sched_yield_point();
		if (thread_sleep_interrupted(SLEEP_KILLABLE))
			return -EINTR;
	}
	return 0;
}

/* From the last to the first; what they say is of no use any more. */
static int measure_strings(struct exec_args *args, u64 vector, size_t n)
{
	u64 string;
	long len;

	while (n-- > 0) {
		sched_yield_point();
		if (get_user_u64(&string, (const u64 __user *)vector + n))
			return -EFAULT;
		len = arch_strncpy_from_user(args->strings, (const char __user *)string,
					     STRING_MAX);
		if (len < 0)
			return -EFAULT;
		args->used += len + 1;
		if (len == STRING_MAX || is_too_big(args))
			return -E2BIG;
	}
	return 0;
}

int exec_args_blame(struct exec_args *args, u64 argv, u64 envp, const char *name, int found)
{
	size_t argc, envc;
	int err = count_pointers(argv, &argc);

	if (!err)
		err = count_pointers(envp, &envc);
	if (err)
		return err;
	args->npointers = max(argc, (size_t)1) + envc;
	if (args->npointers >= args->limit / sizeof(u64))
		return -E2BIG;
	while (!err && args->size < STRING_MAX)
		err = grow_strings(args);
	args->used = strlen(name) + 1;
	if (!err)
		err = measure_strings(args, envp, envc);
	if (!err)
		err = measure_strings(args, argv, argc);
	return err ? err : found;
}
