/* micro.h - what the families of cases share; main.c has the essay */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bench {
	const char *name;
	unsigned count; /* operations between the two readings */
	void (*setup)(void);
	void (*run)(unsigned count);
	unsigned param; /* grow: how many there are; par: what to do */
	bool rounds;	/* run() marks and reports its rounds itself */
};

/* A family a file, each a list that ends with a case without a name. */
extern const struct bench calls_benches[], files_benches[], ipc_benches[], process_benches[],
	memory_benches[], events_benches[], grow_benches[], par_benches[];

extern const struct bench *current;
extern char buf[65536];
extern int fd_a, fds[2];
extern pid_t child;	 /* killed after the case */
extern const char *self; /* the path of this program */
/* A case that times a part of itself leaves ticks and operations here. */
extern uint64_t timed_ticks, timed_count;

void report(const char *name, uint64_t ticks, uint64_t operations);
void must(bool ok, const char *what);

/* Cases that more than one family has. */
void getpid_run(unsigned n);
void file_setup(void);
void open_run(unsigned n);
void mmap_run(unsigned n);
void mmap_touch_run(unsigned n);
void fork_run(unsigned n);
