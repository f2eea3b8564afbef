/* SPDX-License-Identifier: GPL-2.0-only */
/* Ranges of shared virtual memory: see svm_range.c. */
#ifndef SM_DRM_SVM_RANGE_H
#define SM_DRM_SVM_RANGE_H

#include "compat/drm.h"
#include "gpu.h"

#ifdef SM_HAVE_GPUSVM

/* What an address space in svm mode has besides. */
struct sm_svm {
	struct drm_gpusvm base;
	struct sm_vm *vm;
	spinlock_t lock;		/* garbage, closed */
	struct list_head garbage;	/* unmapped; they go under sm_vm.lock */
	bool closed;
	struct work_struct collect;
	struct list_head used;		/* under sm_vm.lock: the last used is last */
	struct list_head lost;		/* likewise: of a defect, off the tree already */
	u32 nr_used, nr_lost;		/* likewise */
	u64 faults, reads;		/* likewise: that were handled */
};

#define to_sm_svm(g)	container_of(g, struct sm_svm, base)

struct sm_svm_range {
	struct drm_gpusvm_range base;
	struct drm_gpusvm_pages pages;
	struct list_head garbage;
	struct list_head used;		/* or lost */
	bool bound;			/* the table has it; under the notifier lock */
	u64 met_ns;			/* its last event */
};

#define to_sm_svm_range(r)	container_of(r, struct sm_svm_range, base)

extern const struct drm_gpusvm_ops sm_svm_range_ops;

static inline unsigned long sm_svm_range_pages(struct sm_svm_range *r)
{
	return drm_gpusvm_range_size(&r->base) >> PAGE_SHIFT;
}

s64 sm_svm_range_notifiers(void);
void sm_svm_range_release(struct sm_svm *svm, struct sm_svm_range *r);
void sm_svm_range_collect(struct sm_svm *svm, struct sm_svm_range *r);
void sm_svm_range_collect_garbage(struct sm_svm *svm);
void sm_svm_range_release_all(struct sm_svm *svm);

#endif /* SM_HAVE_GPUSVM */
#endif /* SM_DRM_SVM_RANGE_H */
