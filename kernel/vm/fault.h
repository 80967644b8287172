#pragma once
/* Faults of user mode and of kernel copies to user memory; vm/fault.c. */
#include "lib/annotate.h"
#include "lib/types.h"

struct vm_space;
struct page;

/* flags; the first four equal FAULT_* of arch/api/upcalls.h */
#define VM_FAULT_WRITE	 0x01u
#define VM_FAULT_EXEC	 0x02u
#define VM_FAULT_USER	 0x04u
#define VM_FAULT_PRESENT 0x08u
#define VM_FAULT_REMOTE	 0x10u /* ptrace, /proc/PID/mem: see FORCE */
#define VM_FAULT_FORCE	 0x20u /* ignore protection, honour MAY* */

/* results; 0 is success */
#define VM_FAULT_SIGSEGV_MAPERR 1
#define VM_FAULT_SIGSEGV_ACCERR 2
#define VM_FAULT_SIGBUS		3
#define VM_FAULT_OOM		4
#define VM_FAULT_RETRY		5 /* internal: lock dropped, try again */
#define VM_FAULT_KILLED		6 /* a fatal signal ended the wait */

/* Makes @addr accessible.  Context: may sleep, takes space->lock for reading. */
int vm_fault(struct vm_space *space, u64 addr, unsigned flags);

/*
 * The page under @addr, with a reference, faulted in as for an access with
 * @flags.  Return: 0, -EFAULT, -ENOMEM.  Not for device memory (-EFAULT).
 */
int vm_get_page(struct vm_space *space, u64 addr, unsigned flags, struct page **out) __must_check;
