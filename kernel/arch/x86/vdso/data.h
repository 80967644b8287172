#pragma once
/* The page that the kernel writes and the vDSO reads: page-aligned, mapped
 * read-only right below the vDSO.  A reader starts again when @seq has moved
 * meanwhile; writers are serialised by the kernel.  A writer takes @clocks away, moves @seq,
 * writes, gives @clocks back and moves @seq again: who finds a clock has all of its data as
 * it was before or as it is afterwards, or sees @seq move.
 *
 * Plain C types: user-mode code includes this.
 */
#define VDSO_CLOCKS 8 /* numbers of clocks that can be read without a call: below this */

struct vdso_data {
	unsigned seq;
	unsigned clocks; /* bit N: clock N is here; else make the system call */
	unsigned shift;	 /* below 64 */
	unsigned long mult;
	unsigned long base_tsc;
	/* Of each clock at base_tsc: ns = base_ns + ((tsc - base_tsc) * mult >> shift). */
	unsigned long base_ns[VDSO_CLOCKS];
};
