/*
 * Without libFuzzer: damages the samples at random, the same way in every run.
 *
 *	fuzz_NAME [runs]		(an input that fails is left in fuzz_NAME.input)
 *	fuzz_NAME --samples DIR		writes the samples, for libFuzzer to begin with
 *	fuzz_NAME --input FILE		runs one input
 */
#include <signal.h>
#include "tests/fuzz/fuzz.h"

#define INPUT_MAX 4096
#define RUNS	  4000

static u64 seed = 88172645463325252;
static u8 input[INPUT_MAX];
static size_t input_len;
static char failed_name[256];

static u64 random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A few bytes changed, inserted, repeated or cut. */
static size_t damage(size_t len)
{
	for (unsigned n = random64() % 8; n > 0 && len > 0; n--) {
		size_t at = random64() % len, run = 1 + random64() % 16;

		switch (random64() % 6) {
		case 0:
			input[at] ^= 1u << random64() % 8;
			break;
		case 1:
			input[at] = random64() % 3 ? random64() : 0xff;
			break;
		case 2:
			len = at;
			break;
		case 3: /* the run once more, shifting the rest */
			run = min(run, min(len - at, INPUT_MAX - len));
			memmove(input + at + run, input + at, len - at);
			len += run;
			break;
		case 4:
			run = min(run, len - at);
			memmove(input + at, input + at + run, len - at - run);
			len -= run;
			break;
		default:
			run = min(run, len - at) / 2;
			memmove(input + at, input + random64() % (len - run), run);
		}
	}
	return len;
}

static void save(const char *name, size_t len)
{
	FILE *f = fopen(name, "w");

	if (f && fwrite(input, 1, len, f) == len)
		fclose(f);
}

static int write_samples(const char *dir)
{
	size_t len;

	for (unsigned n = 0; (len = fuzz_sample(n, input, INPUT_MAX)); n++) {
		char name[256];

		snprintf(name, sizeof(name), "%s/sample-%u", dir, n);
		save(name, len);
	}
	return 0;
}

static int run_file(const char *name)
{
	FILE *f = fopen(name, "r");

	if (!f)
		return 1;
	fuzz_one(input, fread(input, 1, INPUT_MAX, f));
	return 0;
}

/* The sanitizers and expect() end in abort(). */
static void keep_input(int sig)
{
	save(failed_name, input_len);
	fprintf(stderr, "the input is in %s\n", failed_name);
}

int main(int argc, char **argv)
{
	unsigned samples = 0;
	long runs = argc == 2 ? atol(argv[1]) : RUNS;

	if (argc == 3)
		return strcmp(argv[1], "--samples") ? run_file(argv[2]) : write_samples(argv[2]);
	snprintf(failed_name, sizeof(failed_name), "%s.input", argv[0]);
	signal(SIGABRT, keep_input);
	while (fuzz_sample(samples, input, INPUT_MAX))
		samples++;
	for (long run = 0; run < runs; run++) {
		u8 *exact;

		input_len = fuzz_sample(run % samples, input, INPUT_MAX);
		if (run >= samples)
			input_len = damage(input_len);
		exact = malloc(input_len ? input_len : 1); /* the sanitizer guards its end */
		memcpy(exact, input, input_len);
		fuzz_one(exact, input_len);
		free(exact);
	}
	return 0;
}
