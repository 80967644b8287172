#pragma once
/*
 * Makes each allocation of a piece of code fail in turn.
 *
 * fail_alloc_each(body, arg) runs body(arg) with the first allocation failing, then the
 * second, ... until it runs through without a failure.  The body undoes what it did
 * (also on success); nothing may be left allocated after a run.
 * Return: how many allocations the body makes, which a test may check to be > 0.
 */
/* What runs before objects are counted, if not NULL: waits for those whose freeing is deferred. */
extern void (*fail_alloc_settle)(void);

typedef void fail_alloc_body(void *arg);

unsigned fail_alloc_each(fail_alloc_body *body, void *arg);
