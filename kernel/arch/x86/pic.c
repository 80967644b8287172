/* The two 8259s: moved to vectors 32..47 and masked where an I/O APIC does their
 * work, else the interrupt controller.
 */
#include "arch/x86/x86.h"
#include "arch/api/io.h"
#include "core/spinlock.h"

#define PIC1	      0x20
#define PIC2	      0xa0
#define OCW2_EOI      0x20
#define OCW3_READ_ISR 0x0b

static struct {
	struct spinlock lock;
	u16 mask GUARDED_BY(&lock);
} pic = { SPINLOCK_INIT_RANK(LOCK_LEAF), 0xffff };

void pic_init(void)
{
	port_out8(PIC1, 0x11);
	port_out8(PIC2, 0x11);
	port_out8(PIC1 + 1, VECTOR_PIC);
	port_out8(PIC2 + 1, VECTOR_PIC + 8);
	port_out8(PIC1 + 1, 4);
	port_out8(PIC2 + 1, 2);
	port_out8(PIC1 + 1, 1);
	port_out8(PIC2 + 1, 1);
	port_out8(PIC1 + 1, 0xff);
	port_out8(PIC2 + 1, 0xff);
}

void pic_mask(unsigned irq, bool masked)
{
	unsigned long flags = spin_lock_irqsave(&pic.lock);

	pic.mask &= ~(u16)(1 << irq);
	if (masked)
		pic.mask |= (u16)(1 << irq);
	if ((pic.mask >> 8) != 0xff)
		pic.mask &= ~(u16)4; /* the cascade */
	else
		pic.mask |= 4;
	port_out8(PIC1 + 1, (u8)pic.mask);
	port_out8(PIC2 + 1, (u8)(pic.mask >> 8));
	spin_unlock_irqrestore(&pic.lock, flags);
}

void pic_eoi(unsigned irq)
{
	if (irq >= 8)
		port_out8(PIC2, OCW2_EOI);
	port_out8(PIC1, OCW2_EOI);
}

/* IRQ 7 or 15 that is not in service was a line that dropped too early. */
bool pic_is_spurious(unsigned irq)
{
	u16 port = irq >= 8 ? PIC2 : PIC1;

	if ((irq & 7) != 7)
		return false;
	port_out8(port, OCW3_READ_ISR);
	if (port_in8(port) & 0x80)
		return false;
	if (irq >= 8)
		port_out8(PIC1, OCW2_EOI); /* the cascade was real */
	return true;
}
