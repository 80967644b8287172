/* host_tsc - the host's time stamp counter, which TCG shows the guest, in kHz. */
#include <stdio.h>
#include <time.h>

static unsigned long long tsc_at(struct timespec *ts)
{
	unsigned long long best = -1ULL, tsc = 0;

	/* The reading that took the shortest. */
	for (int i = 0; i < 200; i++) {
		unsigned long long t0 = __builtin_ia32_rdtsc(), t1;
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC_RAW, &now);
		t1 = __builtin_ia32_rdtsc();
		if (t1 - t0 < best) {
			best = t1 - t0;
			tsc = t0 + best / 2;
			*ts = now;
		}
	}
	return tsc;
}

int main(void)
{
	struct timespec a, b, wait = { 0, 300000000 };
	unsigned long long start = tsc_at(&a);

	nanosleep(&wait, NULL);
	start = tsc_at(&b) - start;
	printf("%.0f\n", start * 1e6 / ((b.tv_sec - a.tv_sec) * 1e9 + b.tv_nsec - a.tv_nsec));
	return 0;
}
