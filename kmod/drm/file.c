// SPDX-License-Identifier: GPL-2.0-only
/* Open files: see file.h. */
#include <linux/slab.h>

#include <drm/drm_drv.h>

#include "file.h"
#include "preempt.h"

struct workqueue_struct *sm_file_reaper;

struct sm_vm *sm_file_create(struct sm_gpu *gpu)
{
	struct sm_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	u32 i;

	if (!vm)
		return NULL;
	for (i = 0; i < DRM_STALEMATE_MAX_RINGS; i++) {
		INIT_LIST_HEAD(&vm->queues[i].lr_jobs);
		INIT_LIST_HEAD(&vm->queues[i].lr_link);
	}
	kref_init(&vm->kref);
	mutex_init(&vm->lock);
	init_rwsem(&vm->notifier_lock);
	rwlock_init(&vm->table_lock);
	spin_lock_init(&vm->result_lock);
	init_waitqueue_head(&vm->result_wq);
	sm_preempt_init(vm);
	vm->id = atomic64_inc_return(&gpu->vm_ids);
	drm_dev_get(&gpu->drm);
	vm->gpu = gpu;

	return vm;
}

static void sm_file_free(struct work_struct *work)
{
	struct sm_vm *vm = container_of(work, struct sm_vm, free_work);
	struct drm_device *drm = &vm->gpu->drm;
	u32 i;

	sm_preempt_fini(vm);
	if (vm->svm)
		vm->svm_ops->destroy(vm);
	if (vm->ready) {
		drm_gpuvm_put(&vm->gpuvm);
		sm_tlb_destroy(&vm->tlb);
		atomic64_dec(&vm->gpu->stats.files);
	}
	for (i = 0; i < DRM_STALEMATE_MAX_RINGS; i++)
		kvfree(vm->queues[i].results);
	kfree(vm);
	drm_dev_put(drm);
}

void sm_file_get(struct sm_vm *vm)
{
	kref_get(&vm->kref);
}

static void sm_file_release(struct kref *kref)
{
	struct sm_vm *vm = container_of(kref, struct sm_vm, kref);

	INIT_WORK(&vm->free_work, sm_file_free);
	queue_work(sm_file_reaper, &vm->free_work);
}

void sm_file_put(struct sm_vm *vm)
{
	kref_put(&vm->kref, sm_file_release);
}
