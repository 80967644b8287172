#pragma once
/* What irq.c, irq_affinity.c and irq_dispatch.c share. */
#include "core/percpu.h"
#include "core/spinlock.h"
#include "lib/types.h"
#include "platform/platform.h"

#define NVECTORS 256
#define NACTIONS 192
#define NO_GSI	 (~0U)

/* Fields: [I] after publishing, next with irq.lock. */
struct irq_action {
	void (*handler)(void *arg);
	void *arg;
	struct irq_action *next;
};

struct irq_vector {
	struct irq_action *actions; /* [irq.lock] to write; read by dispatch */
	u32 gsi;		    /* NO_GSI: a message or free */
	bool used;
	u8 cpu;	      /* [irq.lock] that it interrupts */
	u64 affinity; /* [irq.lock] CPUs that it may */
};

struct ioapic {
	u8 *regs;
	u32 gsi_base, npins;
};

struct irq_state {
	struct spinlock lock;
	struct irq_vector vectors[NVECTORS];
	struct irq_action actions[NACTIONS];
	unsigned nactions;
	unsigned next_vector;
	struct ioapic ioapics[PLATFORM_MAX_IOAPICS];
	unsigned nioapics;
	u64 default_affinity GUARDED_BY(&lock); /* [lock] of lines to come */
};
extern struct irq_state irq;

/* What /proc calls it: a line by its GSI, a message by its vector. */
static inline unsigned irq_number(unsigned vector)
{
	return irq.vectors[vector].gsi == NO_GSI ? vector : irq.vectors[vector].gsi;
}

/* irq.c */
void irq_line_route_locked(unsigned gsi, unsigned cpu) REQUIRES(&irq.lock);

/* irq_affinity.c */
void irq_affinity_init(void);
u8 irq_choose_cpu_locked(u64 wanted) REQUIRES(&irq.lock);
