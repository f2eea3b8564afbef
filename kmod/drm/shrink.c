// SPDX-License-Identifier: GPL-2.0-only
/*
 * A shrinker: when memory is short, objects of shmem that no job uses are evicted, as
 * by GEM_EVICT. Whoever asks may hold any lock that memory is asked for with, so that
 * nothing is waited for here; what is in use is left alone, and so are long-running
 * address spaces, which would have to be preempted.
 */
#include <linux/dma-resv.h>
#include <linux/shrinker.h>

#include "bo.h"
#include "shrink.h"
#include "vm.h"

static unsigned long sm_shrink_count(struct shrinker *shrinker,
				     struct shrink_control *sc)
{
	struct sm_gpu *gpu = shrinker->private_data;
	unsigned long n = atomic64_read(&gpu->stats.pages);

	return n ?: SHRINK_EMPTY;
}

/* Returns how many pages went. */
static unsigned long sm_shrink_try(struct sm_bo *bo)
{
	struct sm_vm *vm = bo->vm;
	unsigned long freed = 0;

	if (vm->lr.on || !dma_resv_trylock(bo->base.resv))
		return 0;
	if (bo->pages &&
	    dma_resv_test_signaled(bo->base.resv, DMA_RESV_USAGE_BOOKKEEP) &&
	    down_write_trylock(&vm->notifier_lock)) {
		sm_vm_evict(bo);
		up_write(&vm->notifier_lock);
		sm_bo_put_pages(bo);
		freed = bo->base.size >> PAGE_SHIFT;
	}
	dma_resv_unlock(bo->base.resv);

	return freed;
}

/* Each is asked in turn. */
static struct sm_bo *sm_shrink_next(struct sm_gpu *gpu)
{
	struct sm_bo *bo;

	spin_lock(&gpu->held_lock);
	bo = list_first_entry_or_null(&gpu->held, struct sm_bo, held);
	if (bo) {
		list_move_tail(&bo->held, &gpu->held);
		if (!kref_get_unless_zero(&bo->base.refcount))
			bo = NULL;
	}
	spin_unlock(&gpu->held_lock);

	return bo;
}

static unsigned long sm_shrink_scan(struct shrinker *shrinker,
				    struct shrink_control *sc)
{
	struct sm_gpu *gpu = shrinker->private_data;
	unsigned long freed = 0, seen = 0;
	struct sm_bo *bo;

	while (seen < sc->nr_to_scan && (bo = sm_shrink_next(gpu))) {
		seen += bo->base.size >> PAGE_SHIFT;
		freed += sm_shrink_try(bo);
		drm_gem_object_put(&bo->base);
		cond_resched();
	}
	sc->nr_scanned = seen;

	return freed ?: SHRINK_STOP;
}

int sm_shrink_init(struct sm_gpu *gpu)
{
	struct shrinker *shrinker = shrinker_alloc(0, "stalemate-drm");

	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = sm_shrink_count;
	shrinker->scan_objects = sm_shrink_scan;
	shrinker->private_data = gpu;
	gpu->shrinker = shrinker;
	shrinker_register(shrinker);

	return 0;
}

/* Waits for whoever is in there. */
void sm_shrink_fini(struct sm_gpu *gpu)
{
	if (gpu->shrinker)
		shrinker_free(gpu->shrinker);
}
