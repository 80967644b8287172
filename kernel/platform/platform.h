#pragma once
/* What firmware tables say about the machine, as data.  Filled once at boot by
 * platform_init(), constant afterwards.
 */
#include "lib/types.h"
#include "lib/annotate.h"

#define PLATFORM_MAX_CPUS    64
#define PLATFORM_MAX_IOAPICS 8
#define PLATFORM_ISA_IRQS    16

/* ACPI generic address. */
struct platform_register {
	u8 space; /* 0 memory, 1 port, 2 PCI configuration */
	u8 width; /* bits; 0: not there */
	u64 address;
};

struct platform_ioapic {
	paddr_t address;
	u32 gsi_base;
	u8 id;
};

/* Bits of platform_isa.flags, as in the MADT and the MP table. */
#define PLATFORM_IRQ_POLARITY(flags) ((flags) & 3)	/* 1 high, 3 low */
#define PLATFORM_IRQ_TRIGGER(flags)  ((flags) >> 2 & 3) /* 1 edge, 3 level */

struct platform_isa {
	u32 gsi;
	u16 flags;
	bool overridden;
};

struct platform {
	const char *source;		    /* "acpi", "mptable", "none" */
	u32 ncpus;			    /* at least 1 */
	u32 cpu_apic_id[PLATFORM_MAX_CPUS]; /* boot CPU's place: as listed */
	u32 ncpus_ignored;		    /* beyond PLATFORM_MAX_CPUS */
	paddr_t lapic;			    /* 0: default */
	u32 nioapics;
	struct platform_ioapic ioapics[PLATFORM_MAX_IOAPICS];
	struct platform_isa isa[PLATFORM_ISA_IRQS];
	bool have_pic;

	/* FADT; 0 where there is none. */
	bool have_acpi;
	bool hw_reduced;
	u16 sci_irq;
	u32 smi_port;
	u8 acpi_enable, acpi_disable;
	u16 pm1a_control, pm1b_control, pm1a_event;
	u16 pm_timer;	      /* port; counts at 3,579,545 Hz, 24 bits */
	u32 century_register; /* of the RTC, or 0 */
	bool no_rtc;
	struct platform_register reset;
	u8 reset_value;
	struct platform_register sleep_control;
	paddr_t dsdt;
	u32 dsdt_len;

	paddr_t hpet; /* 0: none */
	paddr_t mcfg; /* ECAM of segment 0, or 0 */
	u8 mcfg_first_bus, mcfg_last_bus;
};
extern struct platform platform;

/* @rsdp: what the loader gave, or 0.  Needs mappings (arch_map_firmware). */
void platform_init(paddr_t rsdp);

/* A mapped ACPI table with its length in bytes 4..7; NULL.  @nth from 0. */
const void *acpi_table(const char *signature, unsigned nth);

/* SLP_TYP of \_S5 for PM1a and PM1b from the DSDT.  False: not found. */
bool acpi_find_s5(u8 *type_a, u8 *type_b);

/* One more processor; one that a table lists twice is one. */
void platform_add_cpu(u32 apic_id);

/* Fills the platform from one of the two; false: there is none. */
bool acpi_init(paddr_t rsdp);
bool mptable_init(void);
