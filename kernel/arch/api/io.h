#pragma once
/* Device registers: ports and memory-mapped.  Each access is one instruction, in
 * program order, neither repeated nor merged.
 *
 * Inline, from ARCH_INLINE_IO:
 *
 * u8 port_in8(port)  port_in16  port_in32	void port_out8(port, value) ...
 * u8 mmio_read8(p)  mmio_read16  32  64	void mmio_write8(p, value) ...
 */
#ifndef ARCH_INLINE_IO
#define ARCH_INLINE_IO "arch/x86/inline_io.h"
#endif
#include ARCH_INLINE_IO
