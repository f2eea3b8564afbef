// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings. drm_sched gives one job at a time to a ring, whose thread interprets it and
 * signals its fence. Whoever wants a job to end early sets its abort, and kicks the
 * ring: the thread looks before each step, and never sleeps for long.
 */
#include <linux/kthread.h>
#include <linux/llist.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "compat/drm.h"
#include "exec.h"
#include "hw.h"
#include "job.h"
#include "lr.h"
#include "ring.h"
#include "sdma_exec.h"

/*
 * Whoever has a sync file may ask for its names, and before 7.x a fence finds them in
 * its scheduler, also when the device is gone. So those stay until the module goes, and
 * that when no fence is left: see sm_job_forgo().
 */
struct sm_sched {
	struct drm_gpu_scheduler base;
	struct llist_node over;
};

static LLIST_HEAD(sm_ring_over);

static bool sm_ring_goes_on(struct sm_ring *ring, const struct sm_job *job)
{
	return !READ_ONCE(ring->held_by) || sm_hw_why_stop(job);
}

static int sm_ring_interpret(struct sm_ring *ring, struct sm_job *job)
{
	int ret = 0;

	while (!ret) {
		sm_hw_take_time(ring);
		wait_event_idle(ring->wq, sm_ring_goes_on(ring, job));
		ret = sm_hw_why_stop(job);
		if (!ret)
			ret = job->sdma ? sm_sdma_step(ring, job) :
					  sm_exec_step(ring, job);
		if (ret == SM_EXEC_WAIT) {
			wait_event_idle_timeout(ring->wq,
						sm_hw_why_stop(job),
						SM_HW_POLL);
			ret = 0;
		}
		cond_resched();
	}

	return ret == SM_EXEC_DONE ? 0 : ret;
}

/* All that a fence waits for is between begin and end. */
static void sm_ring_run(struct sm_ring *ring, struct sm_job *job)
{
	struct dma_fence *fence = dma_fence_get(&job->hw->base);
	bool cookie = dma_fence_begin_signalling();
	int status;

	job->result.started_ns = ktime_get_ns();
	status = sm_ring_interpret(ring, job);
	sm_job_record(job, status);
	if (!dma_fence_is_signaled(fence)) {
		if (status)
			dma_fence_set_error(fence, status);
		dma_fence_signal(fence);
	}
	dma_fence_end_signalling(cookie);
	dma_fence_put(fence);
	sm_job_put(job);
}

static struct sm_job *sm_ring_pop(struct sm_ring *ring)
{
	struct sm_job *job;

	spin_lock(&ring->lock);
	job = list_first_entry_or_null(&ring->jobs, struct sm_job, link);
	if (job)
		list_del_init(&job->link);
	spin_unlock(&ring->lock);

	return job;
}

static bool sm_ring_wanted(struct sm_ring *ring)
{
	return !list_empty(&ring->jobs) || sm_lr_ready(ring) ||
	       kthread_should_stop();
}

static int sm_ring_thread(void *data)
{
	struct sm_ring *ring = data;
	struct sm_job *job;

	sm_hw_rested(ring);
	while (!kthread_should_stop()) {
		if (!sm_ring_wanted(ring)) {
			wait_event_idle(ring->wq, sm_ring_wanted(ring));
			sm_hw_rested(ring);
		}
		while ((job = sm_ring_pop(ring)))
			sm_ring_run(ring, job);
		sm_lr_turn(ring);
	}

	return 0;
}

static struct dma_fence *sm_ring_run_job(struct drm_sched_job *base)
{
	struct sm_job *job = to_sm_job(base);
	struct sm_ring *ring = job->ring;
	const struct sm_queue *q = &job->vm->queues[ring->index];

	if (base->s_fence->finished.error ||
	    job->result.seqno <= READ_ONCE(q->cancelled)) {
		sm_job_record(job, -ECANCELED);
		return ERR_PTR(-ECANCELED);
	}
	sm_job_get(job);
	sm_job_start(job);
	if (sm_drm_defect(job->vm, EARLY_SIGNAL))
		dma_fence_signal(&job->hw->base);
	spin_lock(&ring->lock);
	list_add_tail(&job->link, &ring->jobs);
	spin_unlock(&ring->lock);
	sm_hw_kick(ring);

	return dma_fence_get(&job->hw->base);
}

/*
 * What a file has queued behind a job that hangs is likely to hang as well: whoever
 * waits for its fences would do so for a time-out each. Later jobs are run.
 */
static void sm_ring_cancel(struct sm_vm *vm)
{
	u32 i;

	for (i = 0; i < DRM_STALEMATE_MAX_RINGS; i++)
		sm_hw_raise(&vm->queues[i].cancelled,
			    READ_ONCE(vm->queues[i].pushed));
}

/*
 * The reset: the thread gives the job up at its next step.
 *
 * The scheduler has the job on its list before run_job(), which may refuse it: only
 * when its work is over is it clear whether there is a fence. Nor may it start
 * another job: drm_sched_stop() takes the fences of all away, and drm_sched_start()
 * signals those without one, though the ring runs them and whoever waits for them
 * takes the pages. So neither is called, and the job goes back to the list, from
 * which the scheduler has taken it, by hand.
 */
static enum drm_gpu_sched_stat sm_ring_timed_out(struct drm_sched_job *base)
{
	struct drm_gpu_scheduler *sched = base->sched;
	struct sm_job *job = to_sm_job(base);

	sm_job_get(job);	/* and with it the device, until the end of this */
	drm_sched_wqueue_stop(sched);
	if (job->queued && !dma_fence_is_signaled(&job->hw->base)) {
		sm_stat_inc(&job->ring->gpu->stats.timeouts);
		sm_ring_cancel(job->vm);
		WRITE_ONCE(job->abort, -ETIME);
		sm_hw_kick(job->ring);
		dma_fence_wait(&job->hw->base, false);
	}
	spin_lock(&sched->job_list_lock);
	list_add(&base->list, &sched->pending_list);
	spin_unlock(&sched->job_list_lock);
	drm_sched_wqueue_start(sched);
	sm_job_put(job);

	return SM_DRM_SCHED_WAS_RESET;
}

static void sm_ring_free_job(struct drm_sched_job *base)
{
	struct sm_job *job = to_sm_job(base);

	if (!job->queued) {
		sm_job_record(job, -ECANCELED);
		sm_job_forgo(job);
	}
	drm_sched_job_cleanup(base);
	sm_job_put(job);
}

static const struct drm_sched_backend_ops sm_ring_ops = {
	.run_job = sm_ring_run_job,
	.timedout_job = sm_ring_timed_out,
	.free_job = sm_ring_free_job,
};

/* Hold a ring for @vm, or let it go. */
int sm_ring_hold(struct sm_ring *ring, struct sm_vm *vm, bool hold)
{
	int ret = 0;

	spin_lock(&ring->lock);
	if (ring->held_by && ring->held_by != vm)
		ret = -EBUSY;
	else
		WRITE_ONCE(ring->held_by, hold ? vm : NULL);
	spin_unlock(&ring->lock);
	sm_hw_kick(ring);

	return ret;
}

/* Reclaim waits for fences, and those for time-outs: these need no new worker. */
static int sm_ring_sched_init(struct sm_ring *ring)
{
	struct workqueue_struct *tdr =
		alloc_ordered_workqueue("stalemate-tdr%u", WQ_MEM_RECLAIM,
					ring->index);
	const struct drm_sched_init_args args = {
		.ops = &sm_ring_ops,
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,
		.credit_limit = 1,
		.timeout = msecs_to_jiffies(sm_hw_timeout_ms()),
		.timeout_wq = tdr,
		.name = "stalemate",
		.dev = ring->gpu->drm.dev,
	};

	struct sm_sched *sched = kzalloc(sizeof(*sched), GFP_KERNEL);
	int ret = -ENOMEM;

	if (tdr && sched)
		ret = drm_sched_init(&sched->base, &args);
	if (!ret) {
		ring->tdr = tdr;
		ring->sched = &sched->base;
		return 0;
	}
	if (tdr)
		destroy_workqueue(tdr);
	kfree(sched);

	return ret;
}

static void sm_ring_sched_fini(struct sm_ring *ring)
{
	drm_sched_fini(ring->sched);
	destroy_workqueue(ring->tdr);
	llist_add(&container_of(ring->sched, struct sm_sched, base)->over,
		  &sm_ring_over);
}

/* The module goes, and nobody has a fence of it. */
void sm_ring_forget(void)
{
	struct sm_sched *sched, *next;

	llist_for_each_entry_safe(sched, next, llist_del_all(&sm_ring_over),
				  over)
		kfree(sched);
}

int sm_ring_init(struct sm_ring *ring, struct sm_gpu *gpu, u32 index)
{
	int ret;

	ring->gpu = gpu;
	ring->index = index;
	spin_lock_init(&ring->lock);
	INIT_LIST_HEAD(&ring->jobs);
	INIT_LIST_HEAD(&ring->lr_queues);
	init_waitqueue_head(&ring->wq);
	ring->fence_context = dma_fence_context_alloc(1);
	ring->bounce = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!ring->bounce)
		return -ENOMEM;
	ret = sm_ring_sched_init(ring);
	if (ret)
		goto err_bounce;
	ring->thread = kthread_run(sm_ring_thread, ring, "stalemate-ring%u",
				   index);
	if (IS_ERR(ring->thread)) {
		ret = PTR_ERR(ring->thread);
		goto err_sched;
	}
	/* Hardware does not wait for a processor. */
	sched_set_fifo_low(ring->thread);
	ring->ready = true;

	return 0;

err_sched:
	sm_ring_sched_fini(ring);
err_bounce:
	kfree(ring->bounce);

	return ret;
}

/* All files are closed: no entity is left. */
void sm_ring_fini(struct sm_ring *ring)
{
	if (!ring->ready)
		return;
	sm_ring_sched_fini(ring);
	kthread_stop(ring->thread);
	kfree(ring->bounce);
}
