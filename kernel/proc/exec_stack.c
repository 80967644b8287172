/*
 * exec_stack.c - the stack of a new program.
 *
 * The stack as the program finds it (System V ABI, figure 3.9):
 *
 *	sp -> argc | argv... NULL | envp... NULL | auxv... AT_NULL | pad |
 *	      16 random bytes | platform | argv strings | envp strings |
 *	      file name | 8 zero bytes <- stack_top
 */
#include "arch/api/thread.h"
#include "core/cred.h"
#include "core/random.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/exec.h"
#include "proc/exec_internal.h"
#include "sched/sched.h"
#include "vm/mmap.h"
#include "vm/space.h"

#define AUXV_WORDS (2 * 22)
#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

static int gather_strings(struct exec *exec)
{
	const struct exec_request *req = exec->req;
	struct exec_args *args = &exec->args;
	int err = exec_args_add_vector(args, req->argv, req->kernel_strings, &args->argc);

	if (!err && !args->argc) { /* programs rely on argv[0] */
		args->npointers++;
		args->argc = 1;
		err = exec_args_add(args, "");
	}
	if (!err)
		err = exec_args_add_vector(args, req->envp, req->kernel_strings, &args->envc);
	if (!err)
		err = exec_args_add(args, req->display_name);
	return err;
}

int exec_gather_strings(struct exec *exec)
{
	const struct exec_request *req = exec->req;
	int err = gather_strings(exec);

	if (unlikely(err == -EFAULT || err == -E2BIG) && !req->kernel_strings)
		err = exec_args_blame(&exec->args, req->argv, req->envp, req->display_name, err);
	return err;
}

static unsigned fill_auxv(struct exec *exec, u64 *auxv, u64 random, u64 platform, u64 execfn)
{
	const struct cred *cred = exec->cred;
	unsigned n = 0;

#define AUX(type, value) (auxv[n++] = (type), auxv[n++] = (value))
	if (exec->space->vdso)
		AUX(AT_SYSINFO_EHDR, exec->space->vdso);
	AUX(AT_HWCAP, arch_hwcap());
	AUX(AT_PAGESZ, PAGE_SIZE);
	AUX(AT_CLKTCK, 100);
	AUX(AT_PHDR, elf_phdr_address(&exec->image));
	AUX(AT_PHENT, sizeof(Elf64_Phdr));
	AUX(AT_PHNUM, exec->image.header.e_phnum);
	AUX(AT_BASE, exec->base);
	AUX(AT_FLAGS, 0);
	AUX(AT_ENTRY, exec->image.header.e_entry + exec->image.bias);
	AUX(AT_UID, cred->uid);
	AUX(AT_EUID, cred->euid);
	AUX(AT_GID, cred->gid);
	AUX(AT_EGID, cred->egid);
	AUX(AT_SECURE, exec->secure);
	AUX(AT_RANDOM, random);
	AUX(AT_HWCAP2, arch_hwcap2());
	AUX(AT_EXECFN, execfn);
	AUX(AT_PLATFORM, platform);
	AUX(AT_MINSIGSTKSZ, arch_minsigstksz());
	AUX(AT_NULL, 0);
#undef AUX
	return n;
}

/* Arguments can be megabytes: others get their turn in between. */
static int put(struct vm_space *space, u64 addr, const void *src, size_t len)
{
	size_t done, chunk;

	for (done = 0; done < len; done += chunk) {
		chunk = min(len - done, (size_t)KIB(64));
		if (vm_write_remote(space, addr + done, src + done, chunk, false) != (ssize_t)chunk)
			return -ENOMEM;
		sched_yield_point();
	}
	return 0;
}

int exec_build_stack(struct exec *exec)
{
	struct exec_args *args = &exec->args;
	struct vm_space *space = exec->space;
	size_t platform_len = strlen(arch_platform) + 1;
	u64 strings = space->stack_top - 8 - args->used;
	u64 platform = strings - platform_len;
	u64 random = ALIGN_DOWN(platform - 16, 16);
	unsigned npointers = args->argc + args->envc + 3, nauxv, n = 0, i;
	u64 words = npointers + AUXV_WORDS, *image, at;
	u64 seed[2] = { random_u64(), random_u64() };
	int err;

	image = kvmalloc(words * sizeof(u64));
	if (!image)
		return -ENOMEM;
	nauxv = fill_auxv(exec, space->auxv, random, platform,
			  strings + args->offsets[args->count - 1]);
	space->auxv_words = nauxv;

	image[n++] = args->argc;
	for (i = 0; i < args->argc; i++)
		image[n++] = strings + args->offsets[i];
	image[n++] = 0;
	for (; i < args->argc + args->envc; i++)
		image[n++] = strings + args->offsets[i];
	image[n++] = 0;
	memcpy(image + n, space->auxv, nauxv * sizeof(u64));
	n += nauxv;

	at = ALIGN_DOWN(random - n * sizeof(u64), 16);
	if (space->stack_top - at > max(space->limit_stack, (u64)PAGE_SIZE)) {
		/* The strings fit, the pointers do not: Linux finds out too late to go back. */
		exec->doomed = true;
		kvfree(image);
		return 0;
	}
	err = put(space, strings, args->strings, args->used);
	if (!err)
		err = put(space, platform, arch_platform, platform_len);
	if (!err)
		err = put(space, random, seed, sizeof(seed));
	if (!err)
		err = put(space, at, image, n * sizeof(u64));
	kvfree(image);
	if (err)
		return err;

	exec->sp = at;
	space->stack_start = at;
	space->arg_start = strings;
	space->arg_end = strings + args->offsets[args->argc];
	space->env_start = space->arg_end;
	space->env_end = strings + args->offsets[args->argc + args->envc];
	return 0;
}
