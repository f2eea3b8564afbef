// SPDX-License-Identifier: GPL-2.0-only
/*
 * Long-running jobs. They go to their ring without a scheduler, which is for jobs that
 * end: here is no fence, and no time-out. A ring has a list of them, and executes one
 * until
 *
 *	it ends
 *	it waits for a word: it is put to the end of the list
 *	it faults, in svm mode: no ring has it until that is handled
 *	a job with a fence comes, or its address space is preempted: it is the first
 *		to go on
 *
 * What is preempted drains its pipeline: some steps are still taken. So all get on,
 * however many events there are. What hangs is killed when its file is closed.
 */
#include <linux/ktime.h>

#include "exec.h"
#include "hw.h"
#include "job.h"
#include "lr.h"
#include "preempt.h"

#define SM_LR_PIPELINE	4	/* steps that a ring has begun */

static struct sm_queue *sm_lr_queue(const struct sm_job *job)
{
	return &job->vm->queues[job->ring->index];
}

/* Behind all others of its queue, which keeps its turn. */
static void sm_lr_append(struct sm_ring *ring, struct sm_job *job)
{
	struct sm_queue *q = sm_lr_queue(job);

	lockdep_assert_held(&ring->lock);
	list_add_tail(&job->link, &q->lr_jobs);
	if (list_empty(&q->lr_link))
		list_add_tail(&q->lr_link, &ring->lr_queues);
	ring->nr_lr++;
}

/* Before all others, of all queues. */
static void sm_lr_prepend(struct sm_ring *ring, struct sm_job *job)
{
	struct sm_queue *q = sm_lr_queue(job);

	lockdep_assert_held(&ring->lock);
	list_add(&job->link, &q->lr_jobs);
	list_move(&q->lr_link, &ring->lr_queues);
	ring->nr_lr++;
}

/* The turn is the next queue's. */
static void sm_lr_take(struct sm_ring *ring, struct sm_job *job)
{
	struct sm_queue *q = sm_lr_queue(job);

	lockdep_assert_held(&ring->lock);
	list_del_init(&job->link);
	if (list_empty(&q->lr_jobs))
		list_del_init(&q->lr_link);
	else
		list_move_tail(&q->lr_link, &ring->lr_queues);
	ring->nr_lr--;
}

/* Under sm_vm.lock. It is the ring's when the worker has passed so often. */
void sm_lr_push(struct sm_job *job, u64 passed)
{
	struct sm_ring *ring = job->ring;
	struct sm_vm *vm = job->vm;

	lockdep_assert_held(&vm->lock);
	job->passed = passed;
	job->asked_ns = ktime_get_ns();
	sm_stat_inc(&vm->gpu->stats.submitted);
	atomic_inc(&vm->lr.jobs);
	spin_lock(&ring->lock);
	sm_lr_append(ring, job);
	spin_unlock(&ring->lock);
	/* It may have ended by now. */
	if (passed > READ_ONCE(vm->lr.passed) || sm_preempt_asked(vm))
		sm_preempt_kick(vm);
	sm_hw_kick(ring);
}

static struct sm_job *sm_lr_first(const struct sm_queue *q)
{
	return list_first_entry(&q->lr_jobs, struct sm_job, link);
}

/*
 * Of each queue the first job is looked at alone. One that has to wait for a pass has
 * others behind it that wait for none, or for the same, and all end for one reason.
 */
bool sm_lr_ready(struct sm_ring *ring)
{
	struct sm_queue *q;
	struct sm_job *job;
	bool ready = false;

	spin_lock(&ring->lock);
	list_for_each_entry(q, &ring->lr_queues, lr_link) {
		job = sm_lr_first(q);
		ready = sm_hw_why_stop(job) ||
			sm_preempt_may_enter(job->vm, job->passed);
		if (ready)
			break;
	}
	spin_unlock(&ring->lock);

	return ready;
}

/* Take the first that may be executed, or has to end. */
static struct sm_job *sm_lr_pick(struct sm_ring *ring, bool *entered)
{
	struct sm_job *job, *found = NULL;
	struct sm_queue *q;

	spin_lock(&ring->lock);
	list_for_each_entry(q, &ring->lr_queues, lr_link) {
		job = sm_lr_first(q);
		*entered = !sm_hw_why_stop(job) &&
			   sm_preempt_enter(job->vm, job->passed);
		if (*entered || sm_hw_why_stop(job)) {
			found = job;
			sm_lr_take(ring, job);
			break;
		}
	}
	ring->lr_now = found;
	spin_unlock(&ring->lock);

	return found;
}

static void sm_lr_put_back(struct sm_ring *ring, struct sm_job *job, bool last)
{
	spin_lock(&ring->lock);
	if (last)
		sm_lr_append(ring, job);
	else
		sm_lr_prepend(ring, job);
	ring->lr_now = NULL;
	spin_unlock(&ring->lock);
}

static void sm_lr_end(struct sm_ring *ring, struct sm_job *job, int status)
{
	spin_lock(&ring->lock);
	ring->lr_now = NULL;
	spin_unlock(&ring->lock);
	sm_job_record(job, status);
	atomic_dec(&job->vm->lr.jobs);
	sm_job_put(job);
}

static bool sm_lr_gives_way(struct sm_ring *ring, struct sm_job *job, u32 *left)
{
	return !list_empty(&ring->jobs) ||
	       (sm_preempt_asked(job->vm) && !(*left)--);
}

/* While the ring is held it is in the midst of a step, and cannot be preempted. */
static bool sm_lr_goes_on(struct sm_ring *ring, const struct sm_job *job)
{
	return !READ_ONCE(ring->held_by) || !list_empty(&ring->jobs) ||
	       sm_hw_why_stop(job);
}

/* As sm_exec_step(); 0: it gives way. */
static int sm_lr_interpret(struct sm_ring *ring, struct sm_job *job)
{
	u32 left = SM_LR_PIPELINE;
	int ret;

	do {
		sm_hw_take_time(ring);
		wait_event_idle(ring->wq, sm_lr_goes_on(ring, job));
		ret = sm_hw_why_stop(job);
		if (!ret && READ_ONCE(ring->held_by))
			return 0;
		if (!ret)
			ret = sm_exec_step(ring, job);
		cond_resched();
	} while (!ret && !sm_lr_gives_way(ring, job, &left));
	if (ret == 0 || ret == SM_EXEC_WAIT)
		job->preempted += sm_preempt_asked(job->vm);

	return ret;
}

/* Whoever preempts waits for all that is between begin and end. */
static int sm_lr_execute(struct sm_ring *ring, struct sm_job *job)
{
	bool cookie = dma_fence_begin_signalling();
	int ret;

	if (!job->result.started_ns)
		job->result.started_ns = ktime_get_ns();
	ret = sm_lr_interpret(ring, job);
	sm_preempt_leave(job->vm);
	dma_fence_end_signalling(cookie);

	return ret;
}

/* The ring has others meanwhile. */
static void sm_lr_park(struct sm_ring *ring, struct sm_job *job)
{
	spin_lock(&ring->lock);
	ring->lr_now = NULL;
	spin_unlock(&ring->lock);
	job->vm->svm_ops->fault(job);
}

/* The job goes on, or ends for its abort. It may be gone when this returns. */
void sm_lr_unpark(struct sm_job *job)
{
	struct sm_ring *ring = job->ring;

	sm_job_get(job);
	spin_lock(&ring->lock);
	sm_lr_prepend(ring, job);
	spin_unlock(&ring->lock);
	sm_hw_kick(ring);
	sm_job_put(job);
}

/* One job, as far as it gets. */
void sm_lr_turn(struct sm_ring *ring)
{
	bool entered = false;
	struct sm_job *job = sm_lr_pick(ring, &entered);
	int ret;

	if (!job)
		return;
	ret = entered ? sm_lr_execute(ring, job) : sm_hw_why_stop(job);
	if (ret < 0 || ret == SM_EXEC_DONE) {
		sm_lr_end(ring, job, ret < 0 ? ret : 0);
		return;
	}
	if (ret == SM_EXEC_FAULT) {
		sm_lr_park(ring, job);
		return;
	}
	sm_lr_put_back(ring, job, ret == SM_EXEC_WAIT);
	if (ret == SM_EXEC_WAIT && READ_ONCE(ring->nr_lr) == 1) {
		wait_event_idle_timeout(ring->wq, !list_empty(&ring->jobs),
					SM_HW_POLL);
		sm_hw_rested(ring);
	}
}
