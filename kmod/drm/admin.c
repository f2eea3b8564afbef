// SPDX-License-Identifier: GPL-2.0-only
/* Ioctls for administrators: see admin.h. */
#include <linux/capability.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_file.h>

#include "admin.h"
#include "defect.h"
#include "ring.h"
#include "svm.h"
#include "vm.h"

u64 sm_admin_defects(void)
{
	u64 lacks = 0;

	if (!sm_defect_may())
		return 0;
	/* Elsewhere nobody sees it. */
	if (!IS_ENABLED(CONFIG_KASAN))
		lacks |= BIT_ULL(DRM_STALEMATE_DEFECT_FREE_RUNNING);
	if (!sm_svm_offered())
		lacks |= BIT_ULL(DRM_STALEMATE_DEFECT_SVM_EARLY_REMOVE);

	return (BIT_ULL(DRM_STALEMATE_DEFECT_NR) - 1) & ~lacks;
}

/* Entries of pages from @pgno on, into @to. Returns how many are present. */
static u64 sm_admin_read(struct sm_vm *vm, u64 pgno, u64 n, u64 *to)
{
	u64 i, present = 0;

	read_lock(&vm->table_lock);
	for (i = 0; i < n; i++) {
		to[i] = sm_tlb_peek(&vm->tlb, pgno + i);
		present += !!(to[i] & SM_ENT_PRESENT);
	}
	read_unlock(&vm->table_lock);

	return present;
}

int sm_admin_snapshot(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_stalemate_snapshot *args = data;
	u64 __user *to = u64_to_user_ptr(args->buf);
	struct sm_vm *vm = file->driver_priv;
	u64 pgno = args->start >> PAGE_SHIFT, n, chunk;
	u64 *buf;
	int ret = 0;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!sm_vm_is_ready(vm) || args->end <= args->start ||
	    !sm_vm_contains(vm, args->start, args->end - args->start) ||
	    args->end - args->start > DRM_STALEMATE_MAX_OBJECT)
		return -EINVAL;
	buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	args->present = 0;
	n = (args->end - args->start) >> PAGE_SHIFT;
	for (; n && !ret; n -= chunk, pgno += chunk, to += chunk) {
		chunk = min_t(u64, n, PAGE_SIZE / sizeof(*buf));
		args->present += sm_admin_read(vm, pgno, chunk, buf);
		if (copy_to_user(to, buf, chunk * sizeof(*buf)))
			ret = -EFAULT;
		else if (fatal_signal_pending(current))
			ret = -EINTR;
	}
	kfree(buf);

	return ret;
}

/* What a defect leaves behind stays when it is taken back. */
void sm_admin_arm(struct sm_vm *vm, unsigned long defects)
{
	if (defects)
		WRITE_ONCE(vm->defective, true);
	WRITE_ONCE(vm->defects, defects);
}

int sm_admin_set_defects(struct drm_device *drm, void *data,
			 struct drm_file *file)
{
	const struct drm_stalemate_defects *args = data;
	struct sm_vm *vm = file->driver_priv;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (args->defects >> DRM_STALEMATE_DEFECT_NR)
		return -EINVAL;
	if (args->defects && !sm_defect_may())
		return -EPERM;
	if (args->defects & ~sm_admin_defects())
		return -EOPNOTSUPP;
	sm_admin_arm(vm, args->defects);

	return 0;
}

int sm_admin_hold(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_stalemate_hold *args = data;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (args->ring >= DRM_STALEMATE_MAX_RINGS || args->hold > 1)
		return -EINVAL;

	return sm_ring_hold(&to_sm_gpu(drm)->rings[args->ring],
			    file->driver_priv, args->hold);
}

int sm_admin_stats(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct sm_stats *stats = &to_sm_gpu(drm)->stats;
	struct drm_stalemate_stats *args = data;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	*args = (struct drm_stalemate_stats){
		.files = atomic64_read(&stats->files),
		.objects = atomic64_read(&stats->objects),
		.userptrs = atomic64_read(&stats->userptrs),
		.bindings = atomic64_read(&stats->bindings),
		.jobs = atomic64_read(&stats->jobs),
		.pages = atomic64_read(&stats->pages),
		.submitted = atomic64_read(&stats->submitted),
		.ended = atomic64_read(&stats->ended),
		.failed = atomic64_read(&stats->failed),
		.raced = atomic64_read(&stats->raced),
		.timeouts = atomic64_read(&stats->timeouts),
		.events = atomic64_read(&stats->events),
		.waited = atomic64_read(&stats->waited),
		.refused = atomic64_read(&stats->refused),
		.retries = atomic64_read(&stats->retries),
		.faulted = atomic64_read(&stats->faulted),
		.evicted = atomic64_read(&stats->evicted),
		.restored = atomic64_read(&stats->restored),
		.preempted = atomic64_read(&stats->preempted),
		.rebound = atomic64_read(&stats->rebound),
		.tlb_hits = atomic64_read(&stats->tlb_hits),
		.tlb_misses = atomic64_read(&stats->tlb_misses),
		.svm_faults = atomic64_read(&stats->svm_faults),
		.svm_ranges = atomic64_read(&stats->svm_ranges),
		.svm_notifiers = sm_svm_notifiers(),
		.svm_collected = atomic64_read(&stats->svm_collected),
	};

	return 0;
}
