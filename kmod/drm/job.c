// SPDX-License-Identifier: GPL-2.0-only
/* Jobs: see job.h. */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "file.h"
#include "job.h"

static const char *sm_job_driver_name(struct dma_fence *fence)
{
	return "stalemate";
}

static const char *sm_job_timeline_name(struct dma_fence *fence)
{
	return "ring";
}

static void sm_job_fence_free(struct rcu_head *head)
{
	struct dma_fence *fence = container_of(head, struct dma_fence, rcu);

	kfree(container_of(fence, struct sm_fence, base));
	module_put(THIS_MODULE);
}

/* Its last holder may be whoever has a sync file, long after the device is gone. */
static void sm_job_fence_release(struct dma_fence *fence)
{
	call_rcu(&fence->rcu, sm_job_fence_free);
}

static const struct dma_fence_ops sm_job_fence_ops = {
	.get_driver_name = sm_job_driver_name,
	.get_timeline_name = sm_job_timeline_name,
	.release = sm_job_fence_release,
};

/* From here on the module is the fence's, and not the job's any more. */
static void sm_job_fence_init(struct sm_job *job, u64 context, u64 seqno)
{
	spin_lock_init(&job->hw->lock);
	dma_fence_init(&job->hw->base, &sm_job_fence_ops, &job->hw->lock,
		       context, seqno);
	job->queued = true;
}

/* The job is given to its ring, whose fences are numbered in this order. */
void sm_job_start(struct sm_job *job)
{
	struct sm_ring *ring = job->ring;

	sm_job_fence_init(job, ring->fence_context, ++ring->fence_seqno);
}

/*
 * The scheduler is through with a job that no ring ever had. Its own fence of the job
 * may live on in a sync file, and finds its names in memory of ours (sm_ring_forget()).
 * It keeps the fence that a ring would have signalled, and this one keeps the module.
 */
void sm_job_forgo(struct sm_job *job)
{
	sm_job_fence_init(job, dma_fence_context_alloc(1), 1);
	dma_fence_signal(&job->hw->base);
	job->base.s_fence->parent = dma_fence_get(&job->hw->base);
}

/*
 * Objects are put where nobody waits for the scheduler: the last reference waits
 * for an invalidation that is under way, which may itself wait for another job of
 * the same scheduler.
 */
static void sm_job_reap(struct work_struct *work)
{
	struct sm_job *job = container_of(work, struct sm_job, reap);
	struct sm_gpu *gpu = job->vm->gpu;
	u32 i;

	for (i = 0; i < job->nr_uses; i++)
		drm_gem_object_put(&job->uses[i].bo->base);
	if (job->queued)
		dma_fence_put(&job->hw->base);
	else
		sm_job_fence_free(&job->hw->base.rcu);
	kvfree(job->spans);
	kvfree(job->uses);
	kvfree(job->cmds);
	kvfree(job->sdma);
	atomic64_dec(&gpu->stats.jobs);
	sm_file_put(job->vm);	/* it may be what keeps the device */
	kfree(job);
}

struct sm_job *sm_job_alloc(struct sm_vm *vm, u32 ring)
{
	struct sm_job *job = kzalloc(sizeof(*job), GFP_KERNEL_ACCOUNT);

	if (!job)
		return NULL;
	job->ring = &vm->gpu->rings[ring];
	job->hw = kzalloc(sizeof(*job->hw), GFP_KERNEL_ACCOUNT);
	if (!job->hw) {
		kfree(job);
		return NULL;
	}
	/* While the file is open: later the module may be about to go. */
	__module_get(THIS_MODULE);
	kref_init(&job->kref);
	INIT_LIST_HEAD(&job->link);
	INIT_WORK(&job->reap, sm_job_reap);
	sm_file_get(vm);
	job->vm = vm;
	sm_stat_inc(&vm->gpu->stats.jobs);

	return job;
}

void sm_job_get(struct sm_job *job)
{
	kref_get(&job->kref);
}

static void sm_job_release(struct kref *kref)
{
	struct sm_job *job = container_of(kref, struct sm_job, kref);

	queue_work(sm_file_reaper, &job->reap);
}

void sm_job_put(struct sm_job *job)
{
	kref_put(&job->kref, sm_job_release);
}

static u32 sm_job_count_raced(const struct sm_job *job)
{
	u32 i, raced = job->preempted;

	for (i = 0; i < job->nr_uses; i++)
		raced += atomic64_read(&job->uses[i].bo->events) !=
			 job->uses[i].events;

	return raced;
}

/* The job has ended; once. Before its fence signals, so that WAIT knows by then. */
void sm_job_record(struct sm_job *job, int status)
{
	struct sm_queue *q = &job->vm->queues[job->ring->index];
	struct sm_vm *vm = job->vm;
	struct sm_stats *stats = &vm->gpu->stats;
	u32 slot = job->result.seqno % DRM_STALEMATE_MAX_INFLIGHT;

	if (job->recorded)
		return;
	job->recorded = true;
	job->result.status = status;
	job->result.raced = sm_job_count_raced(job);
	job->result.ended_ns = ktime_get_ns();
	job->result.ended = true;
	if (status != -EFAULT && status != -EACCES)
		job->result.fault_va = 0;
	sm_stat_inc(&stats->ended);
	if (status)
		sm_stat_inc(&stats->failed);
	if (job->result.raced) {
		sm_stat_inc(&stats->raced);
		sm_stat_inc(&vm->raced);
	}
	spin_lock(&vm->result_lock);
	q->results[slot] = job->result;
	if (job->result.started_ns)
		q->busy_ns += job->result.ended_ns - job->result.started_ns;
	if (status)
		q->failures[q->nr_failures++ % SM_DRM_FAILURES] =
			(struct sm_failure){ job->result.seqno, status };
	spin_unlock(&vm->result_lock);
	wake_up_all(&vm->result_wq);
}
