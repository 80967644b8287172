#pragma once
/* Ports and memory-mapped registers: arch/api/io.h. */
#include "lib/types.h"
#include "lib/annotate.h"

static __always_inline u8 port_in8(u16 port)
{
	u8 v;

	asm volatile("inb %w1, %b0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static __always_inline u16 port_in16(u16 port)
{
	u16 v;

	asm volatile("inw %w1, %w0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static __always_inline u32 port_in32(u16 port)
{
	u32 v;

	asm volatile("inl %w1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static __always_inline void port_out8(u16 port, u8 v)
{
	asm volatile("outb %b0, %w1" : : "a"(v), "Nd"(port) : "memory");
}

static __always_inline void port_out16(u16 port, u16 v)
{
	asm volatile("outw %w0, %w1" : : "a"(v), "Nd"(port) : "memory");
}

static __always_inline void port_out32(u16 port, u32 v)
{
	asm volatile("outl %0, %w1" : : "a"(v), "Nd"(port) : "memory");
}

/* mov only: hypervisors decode the instruction. */
static __always_inline u8 mmio_read8(const volatile void *p)
{
	u8 v;

	asm volatile("movb %1, %0" : "=q"(v) : "m"(*(const volatile u8 *)p) : "memory");
	return v;
}

static __always_inline u16 mmio_read16(const volatile void *p)
{
	u16 v;

	asm volatile("movw %1, %0" : "=r"(v) : "m"(*(const volatile u16 *)p) : "memory");
	return v;
}

static __always_inline u32 mmio_read32(const volatile void *p)
{
	u32 v;

	asm volatile("movl %1, %0" : "=r"(v) : "m"(*(const volatile u32 *)p) : "memory");
	return v;
}

static __always_inline u64 mmio_read64(const volatile void *p)
{
	u64 v;

	asm volatile("movq %1, %0" : "=r"(v) : "m"(*(const volatile u64 *)p) : "memory");
	return v;
}

static __always_inline void mmio_write8(volatile void *p, u8 v)
{
	asm volatile("movb %1, %0" : "=m"(*(volatile u8 *)p) : "q"(v) : "memory");
}

static __always_inline void mmio_write16(volatile void *p, u16 v)
{
	asm volatile("movw %1, %0" : "=m"(*(volatile u16 *)p) : "r"(v) : "memory");
}

static __always_inline void mmio_write32(volatile void *p, u32 v)
{
	asm volatile("movl %1, %0" : "=m"(*(volatile u32 *)p) : "r"(v) : "memory");
}

static __always_inline void mmio_write64(volatile void *p, u64 v)
{
	asm volatile("movq %1, %0" : "=m"(*(volatile u64 *)p) : "r"(v) : "memory");
}
