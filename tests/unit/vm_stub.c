/* Stand-ins for what vm/'s data structures call: page tables, files. */
#include "core/log.h"
#include "tests/unit/vm_stub.h"
#include "vm/mmap.h"
#include "vm/oom.h"
#include "vm/region.h"
#include "vm/vm_internal.h"

struct vm_stub vm_stub;

void pte_zap(struct region *region, u64 start, u64 end, struct tlb_batch *batch)
{
	vm_stub.zap_start = start;
	vm_stub.zap_end = end;
	vm_stub.zaps++;
	vm_stub.zapped_pages += (end - start) >> PAGE_SHIFT;
}

void pte_zap_cached(struct region *region, u64 start, u64 end, struct tlb_batch *batch)
{
	vm_stub.zaps_cached++;
	if (vm_stub.mapped)
		page_put(vm_stub.mapped);
	vm_stub.mapped = NULL;
}
void pte_write_protect(struct region *region, u64 start, u64 end)
{
}
void tlb_batch_flush(struct tlb_batch *batch)
{
}
struct vm_overcommit vm_overcommit; /* nothing is strict */
int vm_commit(u64 npages)
{
	vm_stub.committed += npages;
	return 0;
}
bool vm_commit_fits(u64 npages)
{
	return true;
}
void vm_uncommit(u64 npages)
{
	vm_stub.committed -= npages;
}
size_t vm_reclaim(size_t npages)
{
	return 0;
}

static void file_count_get(struct file *file)
{
	vm_stub.file_refs++;
}
static void file_count_put(struct file *file)
{
	vm_stub.file_refs--;
}
const struct vm_file_ops vm_file_ops = { .get = file_count_get, .put = file_count_put };

u8 log_subsys_level[LOG_SUBSYS_COUNT];
void log_emit(enum log_subsys s, enum log_level level, const char *fmt, ...)
{
}
