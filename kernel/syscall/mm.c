/*
 * mm.c - the system calls about memory: mmap, munmap, mprotect, mremap,
 * madvise, msync, mincore, mlock and kin, brk, membarrier, process_vm_readv.
 * They check what depends on descriptors and credentials; vm/ does the rest.
 *
 * It also tells vm/ how to reach files (vm_file_ops), which live above it.
 */
#include <linux/stat.h>
#include <linux/capability.h>
#include <linux/membarrier.h>
#include "abi/mman.h"
#include "arch/api/smp.h"
#include "core/cred.h"
#include "core/percpu.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/uio.h"
#include "mem/user.h"
#include "proc/process.h"
#include "syscall/syscalls.h"
#include "vm/mmap.h"
#include "vm/space.h"

/* --- vm_file_ops ---------------------------------------------------------------- */

static void mm_file_get(struct file *file)
{
	file_get(file);
}

static void mm_file_put(struct file *file)
{
	file_put(file);
}

static bool mount_noexec(const struct file *file)
{
	return file->path.mount && (file->path.mount->flags & MNT_NOEXEC);
}

static int mm_file_mmap_size_check(struct file *file, u64 offset, u64 len)
{
	u64 limit = file->inode && S_ISREG(file->inode->mode) ? S64_MAX : U64_MAX & PAGE_MASK;

	return len > limit || offset > limit - len ? -EOVERFLOW : 0;
}

static int mm_file_mmap_check(struct file *file, unsigned prot, unsigned flags)
{
	bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;

	if (!(file->mode & (FMODE_READ | FMODE_EXEC))) /* a program need not be readable */
		return -EACCES;
	if (shared && (prot & PROT_WRITE) && !(file->mode & FMODE_WRITE))
		return -EACCES;
	if ((prot & PROT_EXEC) && mount_noexec(file))
		return -EPERM;
	return file->ops->mmap ? 0 : -ENODEV;
}

/* For exec, too, which needs no right to read. */
static int mm_file_mmap(struct file *file, struct region *region)
{
	if ((region->flags & REGION_SHARED) && !(file->mode & FMODE_WRITE))
		region->flags &= ~REGION_MAYWRITE;
	if (mount_noexec(file))
		region->flags &= ~REGION_MAYEXEC;
	return file->ops->mmap ? file->ops->mmap(file, region) : -ENODEV;
}

static bool mm_capable(int cap)
{
	return current->owner && cred_capable(current_cred(), cap);
}

const struct vm_file_ops vm_file_ops = {
	.get = mm_file_get,
	.put = mm_file_put,
	.mmap_size_check = mm_file_mmap_size_check,
	.mmap_check = mm_file_mmap_check,
	.mmap = mm_file_mmap,
	.shared_ino = tmpfs_nameless_ino,
	.capable = mm_capable,
};

/* --- Mapping ---------------------------------------------------------------------- */

long sys_mmap(u64 addr, size_t len, int prot, int flags, int fd, u64 offset)
{
	struct vm_space *space = vm_space_current();
	struct fd_ref ref = { 0 };
	u64 out;
	int err;

	if (offset & ~PAGE_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		ref = fd_get(current_fds(), fd);
		if (!ref.file)
			return -EBADF;
		/* No file here is one of hugetlbfs. */
		err = -EINVAL;
		if (flags & MAP_HUGETLB)
			goto out_put_file;
	} else {
		offset = 0;
	}
	err = vm_mmap(space, addr, len, (unsigned)prot & (PROT_READ | PROT_WRITE | PROT_EXEC),
		      (unsigned)flags, ref.file, offset, &out);
out_put_file:
	if (ref.file)
		fd_put(ref);
	return err ? err : (long)out;
}

long sys_munmap(u64 addr, size_t len)
{
	return vm_munmap(vm_space_current(), addr, len);
}

long sys_mprotect(u64 addr, size_t len, int prot)
{
	return vm_mprotect(vm_space_current(), addr, len, (unsigned)prot);
}

long sys_mremap(u64 addr, size_t old_len, size_t new_len, int flags, u64 new_addr)
{
	u64 out;
	int err = vm_mremap(vm_space_current(), addr, old_len, new_len, (unsigned)flags, new_addr,
			    &out);

	return err ? err : (long)out;
}

/* remap_file_pages(2).  Of @flags only MAP_NONBLOCK ever meant something: not to read ahead. */
long sys_remap_file_pages(u64 start, size_t size, int prot, size_t pgoff, int flags)
{
	start &= PAGE_MASK;
	size &= PAGE_MASK;
	if (prot || !size || start > USER_ADDR_MAX || size > USER_ADDR_MAX - start)
		return -EINVAL;
	if (pgoff + (size >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	return vm_remap_file_pages(vm_space_current(), start, size, pgoff);
}

long sys_brk(u64 brk)
{
	return (long)vm_brk(vm_space_current(), brk);
}

/* --- Advice ------------------------------------------------------------------------- */

long sys_madvise(u64 addr, size_t len, int advice)
{
	return vm_madvise(vm_space_current(), addr, len, advice);
}

/* msync(2): EINVAL, ENOMEM, EBUSY, EIO. */
long sys_msync(u64 addr, size_t len, int flags)
{
	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC))
		return -EINVAL;
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if ((flags & MS_ASYNC) && (flags & MS_SYNC))
		return -EINVAL;
	return vm_msync(vm_space_current(), addr, len, (unsigned)flags);
}

/* mincore(2): EINVAL, ENOMEM, EFAULT. */
long sys_mincore(u64 addr, size_t len, u8 __user *vec)
{
	struct vm_space *space = vm_space_current();
	u64 npages = (len >> PAGE_SHIFT) + !!(len & ~PAGE_MASK);
	u8 buf[256];

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (!user_range_ok((void __user *)addr, len))
		return -ENOMEM;
	if (!user_range_ok(vec, npages))
		return -EFAULT;
	while (npages) {
		u64 n = min_t(u64, npages, sizeof(buf)), told;

		told = vm_mincore(space, addr, n, buf);
		if (copy_to_user(vec, buf, told))
			return -EFAULT;
		if (told < n)
			return -ENOMEM;
		vec += n;
		addr += n << PAGE_SHIFT;
		npages -= n;
	}
	return 0;
}

/* --- Locking --------------------------------------------------------------------------- */

long sys_mlock(u64 addr, size_t len)
{
	return vm_mlock(vm_space_current(), addr, len, false, mm_capable(CAP_IPC_LOCK));
}

long sys_mlock2(u64 addr, size_t len, int flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return vm_mlock(vm_space_current(), addr, len, flags & MLOCK_ONFAULT,
			mm_capable(CAP_IPC_LOCK));
}

long sys_munlock(u64 addr, size_t len)
{
	return vm_munlock(vm_space_current(), addr, len);
}

long sys_mlockall(int flags)
{
	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	return vm_mlockall(vm_space_current(), (unsigned)flags, mm_capable(CAP_IPC_LOCK));
}

long sys_munlockall(void)
{
	return vm_munlockall(vm_space_current());
}

/* --- membarrier --------------------------------------------------------------------------- */

#define MEMBARRIER_KNOWN                                                                           \
	(MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |                                 \
	 MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |             \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |  \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)

/* The interrupt is the barrier, and its return synchronises the core. */
static void membarrier_ipi(void *arg)
{
	smp_mb();
}

static void membarrier_cpus(u64 mask)
{
	smp_mb();
	if (cpu_online_many())
		smp_call_function_mask(mask, membarrier_ipi, NULL, true);
	smp_mb();
}

/*
 * membarrier(2): EINVAL, EPERM (not registered).  A CPU that is just switching
 * to the space passes a full barrier in the switch, so `active` is enough.
 */
long sys_membarrier(int cmd, unsigned flags)
{
	struct vm_space *space = vm_space_current();

	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return MEMBARRIER_KNOWN;
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		membarrier_cpus(cpumask_bits(&cpu_online_mask));
		return 0;
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		atomic_or(&space->membarrier, cmd);
		return 0;
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		/* A command's registration is the bit above it. */
		if (!(atomic_read(&space->membarrier) & (cmd << 1)))
			return -EPERM;
		membarrier_cpus(READ_ONCE(space->arch.active));
		return 0;
	}
	return -EINVAL;
}

/* --- process_vm_readv, process_vm_writev ------------------------------------------------------ */

/* ESRCH comes first: a zombie has no memory, whoever asks. */
static int remote_space(int pid, struct vm_space **out)
{
	struct task *task = task_lookup(pid);
	struct vm_space *space;
	int err = -ESRCH;

	if (!task)
		return -ESRCH;
	space = process_space_get(task->process);
	if (space) {
		err = process_access_check(task->process, true);
		if (err)
			vm_space_put(space);
		else
			*out = space;
	}
	task_put(task);
	return err;
}

/* The remote vector: addresses that are not ours, so only lengths are checked. */
static int remote_vector(const struct iovec __user *uvec, u64 n, struct iovec **out)
{
	u64 total = 0;
	void *copy;
	int err;

	if (n > UIO_MAX_SEGS)
		return -EINVAL;
	err = memdup_user(uvec, n * sizeof(struct iovec), &copy);
	if (err)
		return err;
	*out = copy;
	for (u64 i = 0; i < n; i++) {
		if ((s64)(*out)[i].iov_len < 0 ||
		    __builtin_add_overflow(total, (*out)[i].iov_len, &total) || (s64)total < 0) {
			kfree(copy);
			return -EINVAL;
		}
	}
	return 0;
}

static long remote_transfer(struct vm_space *space, struct uio *local, const struct iovec *remote,
			    u64 n, bool write)
{
	long done = 0;

	for (u64 i = 0; i < n && local->len; i++) {
		u64 addr = (u64)remote[i].iov_base;
		size_t len = min(remote[i].iov_len, local->len);
		ssize_t moved;

		if (!len)
			continue;
		moved = write ? vm_copy_remote_from_uio(space, addr, local, len, false) :
				vm_copy_remote_to_uio(space, addr, local, len, false);
		if (moved < 0)
			return done ? done : moved;
		done += moved;
		if ((size_t)moved < len)
			break;
	}
	return done;
}

/* EINVAL, EFAULT, ENOMEM, EPERM, ESRCH; short when a page is missing. */
static long process_vm_rw(int pid, const struct iovec __user *lvec, u64 nlocal,
			  const struct iovec __user *rvec, u64 nremote, u64 flags, bool write)
{
	struct iovec fast[UIO_FAST_SEGS], *heap = NULL, *remote = NULL;
	struct vm_space *space;
	struct uio local;
	long ret;

	if (flags)
		return -EINVAL;
	ret = uio_init_iovec(&local, lvec, nlocal, fast, &heap);
	if (ret)
		return ret;
	if (!local.len)
		goto out_free_local;
	ret = nremote ? remote_vector(rvec, nremote, &remote) : 0;
	if (ret || !nremote)
		goto out_free_local;
	ret = remote_space(pid, &space);
	if (ret)
		goto out_free_remote;
	ret = remote_transfer(space, &local, remote, nremote, write);
	vm_space_put(space);
out_free_remote:
	kfree(remote);
out_free_local:
	kfree(heap);
	return ret;
}

long sys_process_vm_readv(int pid, const struct iovec __user *lvec, u64 nlocal,
			  const struct iovec __user *rvec, u64 nremote, u64 flags)
{
	return process_vm_rw(pid, lvec, nlocal, rvec, nremote, flags, false);
}

long sys_process_vm_writev(int pid, const struct iovec __user *lvec, u64 nlocal,
			   const struct iovec __user *rvec, u64 nremote, u64 flags)
{
	return process_vm_rw(pid, lvec, nlocal, rvec, nremote, flags, true);
}
