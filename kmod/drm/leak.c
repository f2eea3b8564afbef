// SPDX-License-Identifier: GPL-2.0-only
/* Objects that are leaked on purpose: see leak.h. */
#include <linux/dma-resv.h>

#include "leak.h"

void sm_leak_init(struct sm_gpu *gpu)
{
	mutex_init(&gpu->leak_lock);
	INIT_LIST_HEAD(&gpu->leaked);
}

/* Keep a reference, once. None is taken when the device has given all back. */
void sm_leak_add(struct sm_bo *bo)
{
	struct sm_gpu *gpu = bo->vm->gpu;

	mutex_lock(&gpu->leak_lock);
	if (list_empty(&bo->leak) && !READ_ONCE(gpu->gone)) {
		drm_gem_object_get(&bo->base);
		list_add(&bo->leak, &gpu->leaked);
	}
	mutex_unlock(&gpu->leak_lock);
}

/* Fences of our rings hold the module; another that has signalled does not. */
static void sm_leak_forget_fences(struct sm_bo *bo)
{
	struct dma_fence *fence, *stub = dma_fence_get_stub();
	struct dma_resv *resv = bo->base.resv;
	struct dma_resv_iter cursor;

	dma_resv_wait_timeout(resv, DMA_RESV_USAGE_BOOKKEEP, false,
			      MAX_SCHEDULE_TIMEOUT);
	dma_resv_lock(resv, NULL);
	dma_resv_for_each_fence(&cursor, resv, DMA_RESV_USAGE_BOOKKEEP, fence)
		dma_resv_replace_fences(resv, fence->context, stub,
					DMA_RESV_USAGE_BOOKKEEP);
	dma_resv_unlock(resv);
	dma_fence_put(stub);
}

/*
 * The file is closed, and its jobs end. What it has leaked stays, but not so that the
 * module cannot be unloaded any more.
 */
void sm_leak_close(struct sm_vm *vm)
{
	struct sm_gpu *gpu = vm->gpu;
	struct sm_bo *bo;

	mutex_lock(&gpu->leak_lock);
	list_for_each_entry(bo, &gpu->leaked, leak)
		if (bo->vm == vm)
			sm_leak_forget_fences(bo);
	mutex_unlock(&gpu->leak_lock);
}

/* What has leaked keeps files, and those the device. */
void sm_leak_give_back(struct sm_gpu *gpu)
{
	struct sm_bo *bo;

	for (;;) {
		mutex_lock(&gpu->leak_lock);
		bo = list_first_entry_or_null(&gpu->leaked, struct sm_bo, leak);
		if (bo)
			list_del_init(&bo->leak);
		mutex_unlock(&gpu->leak_lock);
		if (!bo)
			return;
		drm_gem_object_put(&bo->base);
	}
}
