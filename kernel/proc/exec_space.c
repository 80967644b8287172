/*
 * exec_space.c - the address space of a new program: program, interpreter, vDSO, heap.
 */
#include "abi/personality.h"
#include "arch/api/space.h"
#include "core/rlimit.h"
#include "lib/errno.h"
#include "proc/exec_internal.h"
#include "proc/process.h"
#include "vm/mmap.h"
#include "vm/space.h"

/* Where an ET_DYN file goes: below everything for a PIE, among the mappings else. */
int exec_randomize = 2;

static int place(struct exec *exec, struct elf_image *image, bool pie, bool randomize, u64 *bias)
{
	u64 size = image->high - image->low, at;
	int err;

	if (image->header.e_type == ET_EXEC) {
		*bias = 0;
		return 0;
	}
	if (pie) {
		at = vm_pie_base(exec->space, randomize);
	} else {
		err = vm_find_free(exec->space, size + image->align - PAGE_SIZE, &at);
		if (err)
			return err;
		at = ALIGN_UP(at, image->align);
	}
	*bias = ALIGN_DOWN(at, image->align) - image->low;
	return 0;
}

/* Program and interpreter: both are mapped, or this exec is doomed. */
static int map_images(struct exec *exec, bool randomize)
{
	struct elf_image *image = &exec->image;
	u64 bias;
	int err = -EINVAL;

	if (image->mappable && (!exec->interp_file || exec->interp.mappable))
		err = place(exec, image, exec->interp_file != NULL, randomize, &bias);
	if (!err)
		err = elf_map(image, exec->space, bias);
	if (err)
		return err;
	exec->entry = image->header.e_entry + bias;
	exec->base = 0;
	if (exec->interp_file) {
		err = place(exec, &exec->interp, false, randomize, &bias);
		if (!err)
			err = elf_map_interpreter(&exec->interp, exec->space, bias);
		if (err)
			return err;
		exec->base = bias + exec->interp.low;
		exec->entry = exec->interp.header.e_entry + bias;
	}
	return exec->entry < USER_ADDR_MAX ? 0 : -EFAULT;
}

int exec_build_space(struct exec *exec)
{
	struct process *process = current_process();
	int random = READ_ONCE(exec_randomize);
	bool randomize = random && !(process->personality & ADDR_NO_RANDOMIZE);
	struct elf_image *image = &exec->image;
	struct vm_space *space;
	u64 vdso;
	int err;

	err = vm_space_new(&exec->space);
	if (err)
		return err;
	space = exec->space;
	vm_space_set_limits(space, process->limits);
	vm_layout(space, rlimit_cur(process->limits, RLIMIT_STACK), randomize);
	err = vm_map_stack(space, image->exec_stack);
	if (err)
		return err;
	vm_space_set_exe(space, exec->file);
	exec->doomed = map_images(exec, randomize) != 0;
	if (exec->doomed)
		return 0;
	err = vm_map_vdso(space, &vdso);
	if (err)
		return err;

	space->code_start = image->code_start == U64_MAX ? 0 : image->code_start;
	space->code_end = image->code_end;
	space->data_start = image->data_start;
	space->data_end = image->data_end;
	/* A static PIE lies among the mappings: its heap gets room elsewhere. */
	vm_set_brk(space,
		   image->header.e_type == ET_DYN && !exec->interp_file && randomize ?
			   vm_pie_base(space, false) :
			   image->end_of_bss,
		   randomize && random > 1);
	return 0;
}
