/*
 * queue.c - pending signals.
 *
 * A queue is a set and a list of records.  A set bit without a record is a
 * standard signal whose record could not be had: it is delivered with a bare
 * siginfo, as kill(2) in Linux does under RLIMIT_SIGPENDING.
 * All functions want the process.lock of the queue's owner.  signal(7).
 */
#include "proc/signal/signal_internal.h"
#include "core/cred.h"
#include "core/log.h"
#include "core/user.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "mem/slab.h"

static struct slab_cache record_cache;

void signal_records_init(void)
{
	slab_cache_init(&record_cache, "sigqueue", sizeof(struct sigpending_record), 0);
}

void signal_queue_init(struct signal_queue *queue)
{
	queue->set = 0;
	queue->count = 0;
	list_init(&queue->records);
}

void siginfo_init(siginfo_t *info, int sig, int code)
{
	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = code;
}

static struct sigpending_record *record_new(struct process *target, bool force)
	REQUIRES(&target->lock)
{
	struct sigpending_record *record;
	struct user *user = process_cred_locked(target)->user;

	if (atomic_inc_return(&user->nsignals) >
		    (s64)min(rlimit_cur(target->limits, RLIMIT_SIGPENDING), (u64)INT_MAX) &&
	    !force)
		goto out_uncharge;
	record = slab_alloc_flags(&record_cache, SLAB_ATOMIC);
	if (!record)
		goto out_uncharge;
	record->user = user_get(user);
	record->timer = NULL;
	return record;

out_uncharge:
	atomic_dec(&user->nsignals);
	return NULL;
}

static void record_free(struct sigpending_record *record)
{
	if (record->timer) {
		posix_timer_dropped_locked(record->timer);
		return;
	}
	atomic_dec(&record->user->nsignals);
	user_put(record->user);
	slab_free(&record_cache, record);
}

static void record_link(struct signal_queue *queue, struct sigpending_record *record)
{
	record->queue = queue;
	list_add_tail(&queue->records, &record->link);
	queue->count++;
}

static void record_unlink(struct signal_queue *queue, struct sigpending_record *record)
{
	list_del_init(&record->link);
	queue->count--;
}

/* -EAGAIN: a real-time signal with a value, and no record to be had. */
int signal_queue_add(struct signal_queue *queue, struct process *target, const siginfo_t *info)
{
	int sig = info->si_signo;
	struct sigpending_record *record;

	if (sig == SIGKILL)
		goto out_bit; /* nobody will look */
	record = record_new(target, sig < SIGRTMIN && info->si_code >= 0);
	if (record) {
		record->info = *info;
		record_link(queue, record);
	} else if (sig >= SIGRTMIN && info->si_code != SI_USER) {
		return -EAGAIN;
	}
out_bit:
	queue->set |= SIGNAL_MASK(sig);
	return 0;
}

void signal_queue_add_record(struct signal_queue *queue, struct sigpending_record *record)
{
	record_link(queue, record);
	queue->set |= SIGNAL_MASK(record->info.si_signo);
}

static bool has_record(struct signal_queue *queue, int sig)
{
	struct sigpending_record *record;

	list_for_each_entry(record, &queue->records, link)
		if (record->info.si_signo == sig)
			return true;
	return false;
}

static void remove_record(struct sigpending_record *record)
{
	struct signal_queue *queue = record->queue;
	int sig = record->info.si_signo;

	if (list_empty(&record->link))
		return;
	record_unlink(queue, record);
	if (!has_record(queue, sig))
		queue->set &= ~SIGNAL_MASK(sig);
}

int signal_queue_take(struct signal_queue *queue, u64 allowed, siginfo_t *info)
{
	u64 ready = queue->set & allowed;
	struct sigpending_record *record, *found = NULL;
	bool more = false;
	int sig;

	if (!ready)
		return 0;
	if (ready & SIGNALS_SYNCHRONOUS)
		ready &= SIGNALS_SYNCHRONOUS;
	sig = bit_ctz(ready) + 1;

	list_for_each_entry(record, &queue->records, link) {
		if (record->info.si_signo != sig)
			continue;
		if (found) { /* of a standard signal: a timer's too */
			more = true;
			break;
		}
		found = record;
	}
	if (!more)
		queue->set &= ~SIGNAL_MASK(sig);
	if (!found) {
		siginfo_init(info, sig, SI_USER);
		return sig;
	}
	record_unlink(queue, found);
	*info = found->info;
	if (found->timer)
		posix_timer_taken_locked(found->timer, info);
	else
		record_free(found);
	return sig;
}

void signal_queue_discard(struct signal_queue *queue, u64 set)
{
	struct sigpending_record *record, *next;

	if (!(queue->set & set))
		return;
	queue->set &= ~set;
	list_for_each_entry_safe(record, next, &queue->records, link) {
		if (!(SIGNAL_MASK(record->info.si_signo) & set))
			continue;
		record_unlink(queue, record);
		record_free(record);
	}
}

void signal_queue_discard_timers(struct signal_queue *queue)
{
	struct sigpending_record *record, *next;

	list_for_each_entry_safe(record, next, &queue->records, link) {
		if (!record->timer)
			continue;
		remove_record(record);
		record_free(record);
	}
}
