/*
 * exec_args.c - the strings of a new program.
 *
 * They are gathered in one kernel buffer, in the order in which they will lie
 * on the new stack, so that one copy puts them there.  The usual few hundred
 * bytes fit into the struct; more moves to kvmalloc.  execve(2), "Limits on
 * size of arguments and environment".
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

int exec_args_add_vector(struct exec_args *args, u64 vector, bool kernel, unsigned skip,
			 unsigned *n)
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
		if (i < skip)
			continue;
		sched_yield_point();
		err = kernel ? exec_args_add(args, (const char *)string) :
			       add_user(args, (const char __user *)string);
		if (err)
			return err;
		(*n)++;
	}
	return 0;
}
