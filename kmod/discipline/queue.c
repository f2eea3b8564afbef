// SPDX-License-Identifier: GPL-2.0-only
/* The queue of an IOMMU that flushes devices' TLBs, see queue.h. */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/random.h>
#include <linux/sched.h>

#include "defect.h"
#include "discipline/queue.h"
#include "engine.h"
#include "mirror.h"

/* How long the device takes for a command, in which somebody spins. */
static u64 sm_queue_time(struct sm_mirror *m)
{
	u64 ns;

	if (!m->amplify_ns || get_random_u32() % SM_QUEUE_SLOW_EVERY)
		return 0;
	atomic64_inc(&m->amplified);
	ns = (u64)m->amplify_ns << get_random_u32() % SM_QUEUE_SLOW_SHIFTS;

	return min_t(u64, ns, SM_QUEUE_SLOW_MAX_NS);
}

static void sm_queue_one(struct sm_mirror *m, struct sm_queue *q)
{
	const struct sm_command *c = &q->command[q->done++ % SM_QUEUE_SLOTS];

	sm_engine_flush_device(&m->engines, c->device, c->span);
}

/* Carry out what is due. */
static void sm_queue_retire(struct sm_mirror *m, struct sm_queue *q, u64 now)
{
	while (q->done < q->submitted &&
	       q->command[q->done % SM_QUEUE_SLOTS].due <= now)
		sm_queue_one(m, q);
}

/* When all that is queued so far will be done. */
static u64 sm_queue_due(const struct sm_queue *q)
{
	if (q->done == q->submitted)
		return 0;

	return q->command[(q->submitted - 1) % SM_QUEUE_SLOTS].due;
}

static void sm_queue_put(struct sm_mirror *m, struct sm_queue *q,
			 struct sm_command c)
{
	/* A device that is early is no bug. */
	if (q->submitted - q->done == SM_QUEUE_SLOTS)
		sm_queue_one(m, q);
	if (q->done < q->submitted)
		c.due = max(c.due, sm_queue_due(q));
	q->command[q->submitted++ % SM_QUEUE_SLOTS] = c;
	q->need_sync = get_random_u32() % SM_QUEUE_OTHER_EVERY;
}

/* The number that the next completion has, or is to have. */
u64 sm_queue_number(struct sm_queue *q)
{
	return atomic64_inc_return(&q->numbers);
}

/*
 * A flush begins to submit. It holds the lock until it has its completion. @early: the
 * number that it has taken without the lock, as before CVE-2026-43220; or 0.
 */
void sm_queue_begin(struct sm_queue *q, u64 early)
{
	q->ask = 0;
	q->early = early;
	q->before = sm_queue_due(q);
	/* Of another process. */
	if (early && !(get_random_u32() % SM_QUEUE_OTHER_EVERY))
		q->newest = sm_queue_number(q);
}

struct sm_completion sm_queue_completion(struct sm_queue *q)
{
	u64 number = q->early ? q->early : sm_queue_number(q);
	u64 due = sm_queue_due(q);
	struct sm_completion c = { .ask = q->ask, .due = due, .end = due };

	/* Which is queued, and higher, is written before it. */
	if (number < q->newest)
		c.end = q->before;
	q->newest = max(q->newest, number);

	return c;
}

/* Have @span flushed from a device's TLBs. The mirror's lock is held for writing. */
void sm_queue_submit(struct sm_mirror *m, struct sm_queue *q,
		     unsigned int device, struct sm_span span)
{
	u64 now, ns = sm_queue_time(m);

	lockdep_assert_held_write(&m->lock);

	if (!ns && q->done == q->submitted) {
		sm_engine_flush_device(&m->engines, device, span);
		return;
	}
	now = ktime_get_ns();
	if (ns)
		q->ask = max(q->ask, now + ns / 2);
	sm_queue_retire(m, q, now);
	sm_queue_put(m, q, (struct sm_command){
		.device = device,
		.span = span,
		.due = now + ns,
	});
}

static void sm_queue_spin(u64 until)
{
	while (ktime_get_ns() < until)
		cpu_relax();
}

/*
 * Ask for a completion, unless another has. False: then there is nothing to wait for,
 * as drivers thought before CVE-2026-68329.
 */
static bool sm_queue_ask(struct sm_mirror *m, struct sm_queue *q)
{
	bool asks;

	write_lock(&m->lock);
	asks = q->need_sync;
	q->need_sync = false;
	write_unlock(&m->lock);

	return asks || !sm_defect(m, FLUSH_BY_ANOTHER);
}

/* Wait until what was queued when @c was taken has been done. */
void sm_queue_wait(struct sm_mirror *m, struct sm_queue *q,
		   struct sm_completion c)
{
	if (!c.due)
		return;
	sm_queue_spin(c.ask);
	if (!sm_queue_ask(m, q))
		return;
	sm_queue_spin(c.end);
	write_lock(&m->lock);
	sm_queue_retire(m, q, c.end);
	write_unlock(&m->lock);
}
