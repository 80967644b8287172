#pragma once
/* The page that the kernel writes and the vDSO reads: page-aligned, mapped
 * read-only right below the vDSO.  A reader takes an even @seq, reads, and
 * starts again when @seq moved; writers are serialised by the kernel.
 *
 * Plain C types: user-mode code includes this.
 */
struct vdso_data {
	unsigned seq;		  /* odd while a writer works */
	unsigned tsc_usable;	  /* 0: make the system call */
	unsigned realtime_usable; /* 0: the clock is being slewed */
	unsigned shift;
	unsigned long mult; /* ns = base_ns + (cycles * mult >> shift) */
	unsigned long base_tsc;
	unsigned long base_ns;	 /* CLOCK_MONOTONIC at base_tsc */
	long realtime_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	long boottime_offset_ns;
};
