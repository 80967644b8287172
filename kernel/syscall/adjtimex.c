/*
 * adjtimex.c - adjtimex(2), clock_adjtime(2).
 *
 * They read everything, and set what exists here: the offset (as adjtime(3) does), a step, the TAI
 * offset and the status words; not frequency or tick, which are refused.
 */
#include <linux/timex.h>
#include "abi/time.h"
#include "core/clock.h"
#include "core/cred.h"
#include "mem/user.h"
#include "proc/process.h"
#include "syscall/clock.h"
#include "syscall/syscalls.h"

#define NTP_LIMIT_US 16000000ll

/* What a time daemon wrote, and what says whether the clock is synchronised. */
static struct {
	struct spinlock lock;		/* rank LOCK_THREAD_LEAF */
	int status GUARDED_BY(&lock);	/* [lock] STA_* */
	s64 maxerror GUARDED_BY(&lock); /* [lock] us */
	s64 esterror GUARDED_BY(&lock); /* [lock] us */
	s64 constant GUARDED_BY(&lock); /* [lock] */
} ntp = { .lock = SPINLOCK_INIT_RANK(LOCK_THREAD_LEAF),
	  .status = STA_UNSYNC,
	  .maxerror = NTP_LIMIT_US,
	  .esterror = NTP_LIMIT_US,
	  .constant = 2 };

static int ntp_set(const struct __kernel_timex *tx)
{
	bool nano;

	if (tx->modes & ADJ_SETOFFSET) {
		s64 unit = tx->modes & ADJ_NANO ? 1 : NSEC_PER_USEC;

		if (tx->time.tv_usec < 0 || tx->time.tv_usec * unit >= NSEC_PER_SEC ||
		    tx->time.tv_sec > S64_MAX / NSEC_PER_SEC / 2 ||
		    tx->time.tv_sec < S64_MIN / NSEC_PER_SEC / 2)
			return -EINVAL;
		if (clock_realtime_set(clock_realtime_ns() + tx->time.tv_sec * NSEC_PER_SEC +
				       tx->time.tv_usec * unit))
			return -EINVAL;
	}
	if (tx->modes & ADJ_TAI)
		clock_set_tai_offset((s32)tx->constant);
	spin_lock(&ntp.lock);
	if (tx->modes & ADJ_STATUS)
		ntp.status = (ntp.status & STA_RONLY) | (tx->status & ~STA_RONLY);
	if (tx->modes & ADJ_MAXERROR)
		ntp.maxerror = tx->maxerror;
	if (tx->modes & ADJ_ESTERROR)
		ntp.esterror = tx->esterror;
	if (tx->modes & ADJ_TIMECONST)
		ntp.constant = tx->constant;
	if (tx->modes & ADJ_NANO)
		ntp.status |= STA_NANO;
	if (tx->modes & ADJ_MICRO)
		ntp.status &= ~STA_NANO;
	nano = ntp.status & STA_NANO;
	spin_unlock(&ntp.lock);
	if (tx->modes & ADJ_OFFSET)
		clock_slew(tx->offset * (nano ? 1 : NSEC_PER_USEC), NULL);
	return 0;
}

#define ADJ_SINGLESHOT 0x8000u /* adjtime(3) */
#define ADJ_READONLY   0x2000u

static long adjust(struct __kernel_timex *tx)
{
	bool single = tx->modes & ADJ_SINGLESHOT, nano;
	struct clock_params params;
	ktime_t now;
	s64 left_ns;
	int err;

	if (single && !(tx->modes & ADJ_OFFSET))
		return -EINVAL;
	if (tx->modes && !(single && tx->modes & ADJ_READONLY) &&
	    !cred_capable(current_cred(), CAP_SYS_TIME))
		return -EPERM;
	if (!single && tx->modes & (ADJ_FREQUENCY | ADJ_TICK)) {
		/* The clock runs at the rate it has. */
		if ((tx->modes & ADJ_FREQUENCY && tx->freq) ||
		    (tx->modes & ADJ_TICK && tx->tick != 10000))
			return -EINVAL;
	}
	clock_params_read(&params);
	left_ns = params.slew_left_ns;
	if (single) {
		if (!(tx->modes & ADJ_READONLY))
			clock_slew(tx->offset * NSEC_PER_USEC, &left_ns);
	} else if (tx->modes) {
		err = ntp_set(tx);
		if (err)
			return err;
		clock_params_read(&params);
		left_ns = params.slew_left_ns;
	}

	spin_lock(&ntp.lock);
	tx->status = ntp.status;
	tx->maxerror = ntp.maxerror;
	tx->esterror = ntp.esterror;
	tx->constant = ntp.constant;
	spin_unlock(&ntp.lock);
	nano = !single && tx->status & STA_NANO;
	tx->offset = left_ns / (nano ? 1 : NSEC_PER_USEC);
	tx->freq = 0;
	tx->precision = 1;
	tx->tolerance = 500 << 16;
	tx->tick = 10000;
	tx->tai = params.tai_offset_s;
	tx->ppsfreq = tx->jitter = tx->stabil = tx->jitcnt = 0;
	tx->calcnt = tx->errcnt = tx->stbcnt = 0;
	tx->shift = 0;
	now = clock_realtime_ns();
	tx->time.tv_sec = now / NSEC_PER_SEC;
	tx->time.tv_usec = now % NSEC_PER_SEC / (tx->status & STA_NANO ? 1 : NSEC_PER_USEC);
	return tx->status & (STA_UNSYNC | STA_CLOCKERR) ? TIME_ERROR : TIME_OK;
}

/* adjtimex(2).  EINVAL: frequency or tick would change.  EPERM: CAP_SYS_TIME.  EFAULT. */
long sys_adjtimex(void __user *utx)
{
	struct __kernel_timex tx;
	long ret;

	if (copy_from_user(&tx, utx, sizeof(tx)))
		return -EFAULT;
	ret = adjust(&tx);
	if (ret >= 0 && copy_to_user(utx, &tx, sizeof(tx)))
		return -EFAULT;
	return ret;
}

/* clock_adjtime(2): only CLOCK_REALTIME. */
long sys_clock_adjtime(int clock, void __user *utx)
{
	ktime_t now;

	if (clock != CLOCK_REALTIME)
		return clock_read(clock, &now) ? -EINVAL : -EOPNOTSUPP;
	return sys_adjtimex(utx);
}
