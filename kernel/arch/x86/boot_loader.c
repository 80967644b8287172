/* The three formats in which loaders describe the machine.  Runs at physical
 * addresses (boot_early.c).  The loaders' memory types are those of enum mem_type.
 *
 * Sources: xen/include/public/arch-x86/hvm/start_info.h; Linux
 * Documentation/arch/x86/{boot,zero-page}.rst; Multiboot2 specification 2.0, 3.6.
 */
#include "arch/x86/boot_loader.h"

#define PVH_MAGIC 0x336ec578

struct pvh_start_info {
	u32 magic, version, flags, nmodules;
	u64 modules, cmdline, rsdp;
	u64 memmap; /* from version 1 on */
	u32 nmemmap, reserved;
};

struct pvh_module {
	u64 paddr, size, cmdline, reserved;
};

void loader_read_pvh(paddr_t info, struct loader_info *out)
{
	const struct pvh_start_info *si = (const void *)info;

	out->name = "pvh";
	if (si->magic != PVH_MAGIC)
		return;
	out->cmdline = si->cmdline;
	out->rsdp = si->rsdp;
	if (si->nmodules) {
		const struct pvh_module *m = (const void *)si->modules;

		out->initrd = m->paddr;
		out->initrd_len = m->size;
	}
	if (si->version >= 1) {
		out->map = si->memmap;
		out->map_stride = 24;
		out->nmap = si->nmemmap;
	}
}

/* Offsets in struct boot_params. */
#define BP_RSDP		     0x070
#define BP_EXT_RAMDISK_IMAGE 0x0c0
#define BP_EXT_RAMDISK_SIZE  0x0c4
#define BP_EXT_CMDLINE	     0x0c8
#define BP_E820_ENTRIES	     0x1e8
#define BP_RAMDISK_IMAGE     0x218
#define BP_RAMDISK_SIZE	     0x21c
#define BP_CMDLINE	     0x228
#define BP_E820_TABLE	     0x2d0

static u32 bp32(paddr_t bp, unsigned offset)
{
	return *(const u32 *)(bp + offset);
}

void loader_read_linux64(paddr_t info, struct loader_info *out)
{
	out->name = "linux64";
	out->cmdline = bp32(info, BP_CMDLINE) | (u64)bp32(info, BP_EXT_CMDLINE) << 32;
	out->initrd = bp32(info, BP_RAMDISK_IMAGE) | (u64)bp32(info, BP_EXT_RAMDISK_IMAGE) << 32;
	out->initrd_len = bp32(info, BP_RAMDISK_SIZE) | (u64)bp32(info, BP_EXT_RAMDISK_SIZE) << 32;
	out->rsdp = *(const u64 *)(info + BP_RSDP);
	out->map = info + BP_E820_TABLE;
	out->map_stride = 20;
	out->nmap = *(const u8 *)(info + BP_E820_ENTRIES);
}

struct mb2_tag {
	u32 type, size;
};

#define MB2_END	     0
#define MB2_CMDLINE  1
#define MB2_MODULE   3
#define MB2_MMAP     6
#define MB2_ACPI_OLD 14
#define MB2_ACPI_NEW 15

/* GRUB gives a copy of the RSDP; its memory may be given out, so keep one. */
static u8 rsdp_copy[36] __aligned(16);

void loader_read_multiboot2(paddr_t info, struct loader_info *out)
{
	paddr_t p = info + 8, end = info + *(const u32 *)info;

	out->name = "multiboot2";
	while (p + sizeof(struct mb2_tag) <= end) {
		const struct mb2_tag *tag = (const void *)p;
		const u32 *words = (const void *)(p + 8);
		unsigned i;

		if (tag->type == MB2_END || tag->size < sizeof(*tag))
			break;
		switch (tag->type) {
		case MB2_CMDLINE:
			out->cmdline = p + 8;
			break;
		case MB2_MODULE:
			if (!out->initrd_len) {
				out->initrd = words[0];
				out->initrd_len = words[1] - words[0];
			}
			break;
		case MB2_MMAP:
			out->map = p + 16;
			out->map_stride = words[0];
			out->nmap = words[0] ? (tag->size - 16) / words[0] : 0;
			break;
		case MB2_ACPI_OLD:
			if (out->rsdp)
				break;
			__fallthrough;
		case MB2_ACPI_NEW:
			for (i = 0; i < tag->size - 8 && i < sizeof(rsdp_copy); i++)
				rsdp_copy[i] = ((const u8 *)words)[i];
			out->rsdp = (u64)rsdp_copy;
			break;
		}
		p = ALIGN_UP(p + tag->size, 8);
	}
}

void loader_map_entry(const struct loader_info *li, unsigned i, struct mem_range *out)
{
	paddr_t p = li->map + (u64)i * li->map_stride;

	out->base = *(const u64 *)p;
	out->len = *(const u64 *)(p + 8);
	out->type = *(const u32 *)(p + 16);
	if (out->base + out->len < out->base)
		out->len = 0;
}
