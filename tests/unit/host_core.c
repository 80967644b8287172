/* core/panic for unit tests: a panic that is expected jumps back, any other aborts. */
#include <stdio.h>
#include <stdlib.h>
#include "arch/api/inline.h"
#include "arch/host/host.h"
#include "core/panic.h"

/* The linker collects section .data..percpu only in the kernel; here nothing copies it. */
char __percpu_start[1], __percpu_end[1];

int panic_timeout;
bool panic_on_unknown_nmi;
bool panic_in_progress;
jmp_buf *host_panic_jump;
char host_panic_message[256];

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(host_panic_message, sizeof(host_panic_message), fmt, ap);
	va_end(ap);
	host_irqs_on = true;
	if (host_panic_jump)
		longjmp(*host_panic_jump, 1);
	fprintf(stderr, "panic: %s\n", host_panic_message);
	abort();
}

void panic_assert(const char *expr, const char *file, int line)
{
	panic("assertion failed: %s (%s:%d)", expr, file, line);
}

void panic_print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
}
