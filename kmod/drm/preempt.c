// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preemption: see preempt.h. An invalidation, a ring, and the rebind worker:
 *
 *	invalidation		ring			worker
 *				busy++
 *	set_seq()		a step
 *	waits for the fence:	...
 *	  not running any more
 *				the step is over
 *				busy--: the fence
 *				  signals
 *	drops entries, flushes
 *	queues the worker				walks what is stale
 *							notifier_lock for reading
 *							  no sequence has changed
 *							  entries into the table
 *							  a new fence into dma_resv
 *							  running
 *							unlock
 *				busy++
 *
 * The fence is made before anything is locked, and is signalled by a ring that does
 * not allocate, nor wait for anybody who does.
 */
#include <linux/dma-resv.h>
#include <linux/slab.h>

#include "hw.h"
#include "preempt.h"

#define SM_PREEMPT_FREE		4U	/* passes in vain, at once */
#define SM_PREEMPT_MAX_DELAY	10U	/* jiffies */

struct workqueue_struct *sm_preempt_queue;

struct sm_preempt {
	struct dma_fence base;	/* first: dma_fence_free() frees it */
	spinlock_t lock;
	struct sm_vm *vm;	/* whose dma_resv has it: it lives as long */
};

static const char *sm_preempt_driver_name(struct dma_fence *fence)
{
	return "stalemate";
}

static const char *sm_preempt_timeline_name(struct dma_fence *fence)
{
	return "preempt";
}

/* Somebody waits. False: no ring executes anything, so it signals at once. */
static bool sm_preempt_enable(struct dma_fence *fence)
{
	struct sm_vm *vm = container_of(fence, struct sm_preempt, base)->vm;
	struct sm_lr *lr = &vm->lr;
	bool busy;

	spin_lock(&lr->lock);
	lr->running = false;
	busy = lr->busy;
	spin_unlock(&lr->lock);
	sm_stat_inc(&vm->gpu->stats.preempted);

	return busy;
}

static const struct dma_fence_ops sm_preempt_ops = {
	.get_driver_name = sm_preempt_driver_name,
	.get_timeline_name = sm_preempt_timeline_name,
	.enable_signaling = sm_preempt_enable,
};

void sm_preempt_init(struct sm_vm *vm)
{
	spin_lock_init(&vm->lr.lock);
	vm->lr.context = dma_fence_context_alloc(1);
}

/* No job is left, nor anybody who would wait. */
void sm_preempt_fini(struct sm_vm *vm)
{
	struct dma_fence *fence = vm->lr.fence;

	if (!fence)
		return;
	if (!dma_fence_is_signaled(fence))
		dma_fence_signal(fence);
	dma_fence_put(fence);
}

struct dma_fence *sm_preempt_alloc(struct sm_vm *vm)
{
	struct sm_preempt *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return NULL;
	spin_lock_init(&p->lock);
	p->vm = vm;

	return &p->base;
}

/* One that was not armed. */
void sm_preempt_free(struct dma_fence *fence)
{
	if (fence)
		kfree(container_of(fence, struct sm_preempt, base));
}

/* Where pages change faster than they are walked, others get on meanwhile. */
static unsigned long sm_preempt_delay(const struct sm_lr *lr)
{
	u32 again = READ_ONCE(lr->again);

	return again <= SM_PREEMPT_FREE ? 0 :
	       min(again - SM_PREEMPT_FREE, SM_PREEMPT_MAX_DELAY);
}

/*
 * Rings have stopped, or a job wants memory that is not valid: the worker is needed.
 * From an invalidation too, so that nothing is allocated.
 */
void sm_preempt_kick(struct sm_vm *vm)
{
	spin_lock(&vm->lr.lock);
	if (vm->lr.on && !vm->lr.closed)
		queue_delayed_work(sm_preempt_queue, &vm->lr.rebind,
				   sm_preempt_delay(&vm->lr));
	spin_unlock(&vm->lr.lock);
}

/* The file is closed, and nobody lets it go on. Its jobs give up by themselves. */
void sm_preempt_close(struct sm_vm *vm)
{
	spin_lock(&vm->lr.lock);
	vm->lr.closed = true;
	spin_unlock(&vm->lr.lock);
	if (vm->lr.on)
		cancel_delayed_work_sync(&vm->lr.rebind);
}

/*
 * What is bound is valid. If rings were stopped they may go on, and @fence stops them
 * the next time; if not, it is left to the caller, and this returns false. Under
 * notifier_lock and the address space's dma_resv, in which there is room.
 *
 * Rings go on before the fence is there to be seen. Events of what is bound wait for
 * notifier_lock; but one of an object that is bound no more may look for fences
 * meanwhile, and would find this one with no ring that goes on: it would signal it,
 * and the next event would wait for nothing.
 */
bool sm_preempt_resume(struct sm_vm *vm, struct dma_fence *fence)
{
	struct dma_resv *resv = drm_gpuvm_resv(&vm->gpuvm);
	struct sm_lr *lr = &vm->lr;
	struct dma_fence *old = lr->fence;
	bool arm;

	lockdep_assert_held(&vm->notifier_lock);
	dma_resv_assert_held(resv);
	arm = !old || dma_fence_is_signaled(old);
	if (arm) {
		dma_fence_init(fence, &sm_preempt_ops,
			       &container_of(fence, struct sm_preempt, base)->lock,
			       lr->context, ++lr->seqno);
		sm_stat_inc(&vm->gpu->stats.rebound);
	}
	spin_lock(&lr->lock);
	lr->passed++;
	if (arm) {
		lr->fence = fence;
		lr->running = true;
	}
	spin_unlock(&lr->lock);
	if (arm) {
		dma_resv_add_fence(resv, fence, DMA_RESV_USAGE_BOOKKEEP);
		dma_fence_put(old);
	}

	return arm;
}

/*
 * Rings have stopped when this returns, as somebody asked for. One that does not is
 * taken to hang, and its jobs are killed.
 */
void sm_preempt_finish(struct sm_vm *vm)
{
	struct dma_resv *resv = drm_gpuvm_resv(&vm->gpuvm);
	long left;

	left = dma_resv_wait_timeout(resv, DMA_RESV_USAGE_BOOKKEEP, false,
				     msecs_to_jiffies(sm_hw_timeout_ms()));
	if (left > 0)
		return;
	sm_stat_inc(&vm->gpu->stats.timeouts);
	sm_hw_kill(vm, -ETIME);
	dma_resv_wait_timeout(resv, DMA_RESV_USAGE_BOOKKEEP, false,
			      MAX_SCHEDULE_TIMEOUT);
}

/* Who has the fences is told that somebody waits: a wait of no time does nothing else. */
void sm_preempt_ask(struct dma_resv *resv)
{
	struct dma_resv_iter cursor;
	struct dma_fence *fence;

	dma_resv_iter_begin(&cursor, resv, DMA_RESV_USAGE_BOOKKEEP);
	dma_resv_for_each_fence_unlocked(&cursor, fence)
		dma_fence_wait_timeout(fence, false, 0);
	dma_resv_iter_end(&cursor);
}

/* Of an invalidation. False: a defect leaves a ring behind that goes on. */
bool sm_preempt_event(struct sm_vm *vm)
{
	struct dma_resv *resv = drm_gpuvm_resv(&vm->gpuvm);

	if (dma_resv_test_signaled(resv, DMA_RESV_USAGE_BOOKKEEP))
		return true;
	if (sm_drm_defect(vm, NO_PREEMPT_WAIT)) {
		sm_preempt_ask(resv);
		return dma_resv_test_signaled(resv, DMA_RESV_USAGE_BOOKKEEP);
	}
	sm_stat_inc(&vm->gpu->stats.waited);
	sm_preempt_finish(vm);

	return true;
}

/* Entries are about to go that jobs may use. Under sm_vm.lock: none goes on. */
void sm_preempt_stop(struct sm_vm *vm)
{
	lockdep_assert_held(&vm->lock);
	if (vm->lr.on)
		sm_preempt_finish(vm);
}

static bool sm_preempt_allows(const struct sm_lr *lr, u64 passed)
{
	return lr->running && lr->passed >= passed;
}

/* May a ring execute a job of it that waits for so many passes of the worker? */
bool sm_preempt_may_enter(struct sm_vm *vm, u64 passed)
{
	bool may;

	spin_lock(&vm->lr.lock);
	may = sm_preempt_allows(&vm->lr, passed);
	spin_unlock(&vm->lr.lock);

	return may;
}

/* Likewise; if so, sm_preempt_leave() follows. */
bool sm_preempt_enter(struct sm_vm *vm, u64 passed)
{
	bool may;

	spin_lock(&vm->lr.lock);
	may = sm_preempt_allows(&vm->lr, passed);
	vm->lr.busy += may;
	spin_unlock(&vm->lr.lock);

	return may;
}

/* Whoever is the last to stop signals. Nobody enters until there is another fence. */
void sm_preempt_leave(struct sm_vm *vm)
{
	struct dma_fence *fence = NULL;

	spin_lock(&vm->lr.lock);
	if (!--vm->lr.busy && !vm->lr.running)
		fence = dma_fence_get(vm->lr.fence);
	spin_unlock(&vm->lr.lock);
	if (fence)
		dma_fence_signal(fence);
	dma_fence_put(fence);
}

bool sm_preempt_asked(struct sm_vm *vm)
{
	return !READ_ONCE(vm->lr.running);
}
