#pragma once
/* The TSC's frequency (tsc_rate.c), for time.c.  CPU 0, interrupts off. */
#include "lib/types.h"

u64 tsc_rate_stated(void);	    /* kHz that somebody states; 0: nobody */
void tsc_rate_start(void);	    /* the first sample of the PIT */
u64 tsc_rate_measure(bool by_hpet); /* kHz; 0: there is nothing to measure with */
bool tsc_rate_is_rough(void);	    /* measured by the PIT, and worth refining */
u64 tsc_rate_refined(u64 khz_now);  /* a better one; 0: measuring starts afresh */
void tsc_rate_settle(void);	    /* good enough */
