// SPDX-License-Identifier: GPL-2.0-only
/* What all threads of rings heed: see hw.h. */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>

#include "hw.h"

#define SM_HW_SLEEP_US	200	/* at once */
#define SM_HW_RUN_US	10000	/* at most, without a sleep */

static unsigned int job_timeout_ms = 10000;
module_param(job_timeout_ms, uint, 0444);
MODULE_PARM_DESC(job_timeout_ms, "A job that takes longer is killed");

static unsigned int step_us = 50;
module_param(step_us, uint, 0644);
MODULE_PARM_DESC(step_us, "A step of a job, within one page, takes as long on average at least; 0: no time");

u32 sm_hw_timeout_ms(void)
{
	return clamp(job_timeout_ms, 10U, 600000U);
}

void sm_hw_kick(struct sm_ring *ring)
{
	wake_up_all(&ring->wq);
}

void sm_hw_kick_all(struct sm_gpu *gpu)
{
	u32 i;

	for (i = 0; i < DRM_STALEMATE_MAX_RINGS; i++)
		sm_hw_kick(&gpu->rings[i]);
}

/* Why a job has to end now, or 0. */
int sm_hw_why_stop(const struct sm_job *job)
{
	int abort = READ_ONCE(job->abort);

	if (abort)
		return abort;
	if (READ_ONCE(job->ring->gpu->gone))
		return -ENODEV;
	if (READ_ONCE(job->vm->closing))
		return -ECANCELED;
	if (job->result.seqno <=
	    READ_ONCE(job->vm->queues[job->ring->index].given_up))
		return -ETIME;

	return 0;
}

/*
 * A GPU takes its time, and jobs that are over at once are never met by an event. It
 * cannot be userspace that has them last: what it does to that end may need memory,
 * and a lock that an invalidation holds while it waits for the job. Sleeps take longer
 * than they are asked to: there is one for several steps.
 *
 * Threads of rings come before all others, and anybody may give them jobs: if steps
 * take no time, or who looks for jobs finds many, all rings together still take no
 * more than one processor.
 */
void sm_hw_take_time(struct sm_ring *ring)
{
	u64 ran_us = div_u64(ktime_get_ns() - ring->since_ns, NSEC_PER_USEC);

	ring->owed_us += min(READ_ONCE(step_us), 100000U);
	if (ran_us >= SM_HW_RUN_US)
		ring->owed_us += SM_HW_RUN_US * DRM_STALEMATE_MAX_RINGS;
	if (ring->owed_us < SM_HW_SLEEP_US)
		return;
	usleep_range(ring->owed_us, ring->owed_us + ring->owed_us / 4);
	ring->owed_us = 0;
	sm_hw_rested(ring);
}

/* The thread slept. */
void sm_hw_rested(struct sm_ring *ring)
{
	ring->since_ns = ktime_get_ns();
}

/* All long-running jobs of it end with an error, and none that is submitted later. */
void sm_hw_kill(struct sm_vm *vm, int why)
{
	struct sm_job *job;
	u32 i;

	for (i = 0; i < DRM_STALEMATE_MAX_RINGS; i++) {
		struct sm_ring *ring = &vm->gpu->rings[i];

		spin_lock(&ring->lock);
		list_for_each_entry(job, &vm->queues[i].lr_jobs, link)
			WRITE_ONCE(job->abort, why);
		if (ring->lr_now && ring->lr_now->vm == vm)
			WRITE_ONCE(ring->lr_now->abort, why);
		spin_unlock(&ring->lock);
		sm_hw_kick(ring);
	}
}

/* Several may be at it: none takes back what another has done. */
void sm_hw_raise(u64 *mark, u64 to)
{
	u64 old = READ_ONCE(*mark);

	while (old < to && !try_cmpxchg64(mark, &old, to))
		;
}

/*
 * All jobs of it that have a fence end, those that run with -ETIME; an invalidation
 * has waited for them for too long. It need not wait for that: what they are about to
 * use they look up under the table's lock, and look here then.
 */
void sm_hw_give_up(struct sm_vm *vm)
{
	bool late = false;
	u32 i;

	for (i = 0; i < DRM_STALEMATE_MAX_RINGS; i++) {
		struct sm_queue *q = &vm->queues[i];
		u64 last = READ_ONCE(q->pushed);

		if (READ_ONCE(q->given_up) >= last)
			continue;
		sm_hw_raise(&q->cancelled, last);
		sm_hw_raise(&q->given_up, last);
		sm_hw_kick(&vm->gpu->rings[i]);
		late = true;
	}
	if (late)
		sm_stat_inc(&vm->gpu->stats.timeouts);
}
