// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is shown of the device: in fdinfo how long rings were busy with a file's jobs,
 * how many of those were met by an event, and what memory its objects are
 * (Documentation/gpu/drm-usage-stats.rst); in debugfs the objects of all files.
 */
#include <linux/dma-resv.h>
#include <linux/seq_file.h>

#include <drm/drm_debugfs.h>
#include <drm/drm_file.h>
#include <drm/drm_print.h>

#include "show.h"

void sm_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	struct sm_vm *vm = file->driver_priv;
	u64 busy_ns;
	u32 i;

	for (i = 0; i < DRM_STALEMATE_MAX_RINGS; i++) {
		spin_lock(&vm->result_lock);
		busy_ns = vm->queues[i].busy_ns;
		spin_unlock(&vm->result_lock);
		drm_printf(p, "drm-engine-ring%u:\t%llu ns\n", i, busy_ns);
	}
	drm_printf(p, "stalemate-raced:\t%lld\n", atomic64_read(&vm->raced));
	drm_show_memory_stats(p, file);
}

static void sm_show_object(struct seq_file *m, int handle, struct sm_bo *bo)
{
	bool idle = dma_resv_test_signaled(bo->base.resv,
					   DMA_RESV_USAGE_BOOKKEEP);

	seq_printf(m, "  object %d: %s, %zu bytes%s%s%s, %lld events\n", handle,
		   bo->userptr ? "userptr" : "shmem", bo->base.size,
		   bo->readonly ? ", read-only" : "",
		   READ_ONCE(bo->valid) ? ", valid" : "",
		   idle ? "" : ", busy", atomic64_read(&bo->events));
}

static const char *sm_show_mode(const struct sm_vm *vm)
{
	if (!READ_ONCE(vm->ready))
		return "no address space";
	if (vm->svm)
		return "svm";

	return vm->lr.on ? "long-running" : "objects";
}

static void sm_show_file(struct seq_file *m, struct drm_file *file)
{
	struct sm_vm *vm = file->driver_priv;
	struct drm_gem_object *obj;
	int handle;

	seq_printf(m, "file %llu: %s, %u bindings\n", vm->id, sm_show_mode(vm),
		   READ_ONCE(vm->nr_vas));
	spin_lock(&file->table_lock);
	idr_for_each_entry(&file->object_idr, obj, handle)
		sm_show_object(m, handle, to_sm_bo(obj));
	spin_unlock(&file->table_lock);
}

static int sm_show_objects(struct seq_file *m, void *unused)
{
	struct drm_debugfs_entry *entry = m->private;
	struct drm_device *drm = entry->dev;
	struct drm_file *file;
	int ret = mutex_lock_interruptible(&drm->filelist_mutex);

	if (ret)
		return ret;
	list_for_each_entry(file, &drm->filelist, lhead)
		sm_show_file(m, file);
	mutex_unlock(&drm->filelist_mutex);

	return 0;
}

/* Before the device is registered. */
void sm_show_debugfs(struct drm_device *drm)
{
	drm_debugfs_add_file(drm, "objects", sm_show_objects, NULL);
}
