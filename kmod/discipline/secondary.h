/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers of devices share that walk the CPU's own page table and keep
 * what they found in a TLB: amd_iommu.c, intel_svm.c, npu.c.
 *
 * The driver has nothing to do but to flush that TLB, from a callback that may
 * not sleep: invalidate_range() up to v6.5, arch_invalidate_secondary_tlbs()
 * since. It comes under the page table's lock or after it, and on newer kernels
 * even after invalidate_range_end(), but always before the page is freed and
 * before the system call returns. A flush that is missed is a stale TLB entry,
 * and nothing ever retries.
 *
 * A translation under way is part of the flush: hardware completes an
 * invalidation only once its walks are done. Here a walk that a flush crossed
 * is thrown away.
 *
 * Simplified for all of them: page faults of the device go through
 * hmm_range_fault(), which finds huge pages that hardware would not
 * (SM_D_WALKS, see sm_fault_walk()).
 */
#ifndef SM_SECONDARY_H
#define SM_SECONDARY_H

#include <linux/mmu_notifier.h>

#include "compat/compat.h"
#include "defect.h"
#include "mirror.h"

struct sm_secondary {
	struct mmu_notifier mn;
	struct mmu_interval_notifier never;	/* as in kvm.c */
	struct sm_mirror *m;
	unsigned long flushes;			/* under m->lock */
};

/* Flushes what a driver makes of [@start, @end); the table's lock is held. */
typedef void (*sm_flush_fn)(struct sm_mirror *m, unsigned long start,
			    unsigned long end);

void sm_secondary_flush(struct mmu_notifier *mn, unsigned long start,
			unsigned long end, sm_flush_fn flush);
void sm_secondary_release(struct mmu_notifier *mn, struct mm_struct *mm);
int sm_secondary_attach(struct sm_mirror *m,
			const struct mmu_notifier_ops *ops);
void sm_secondary_detach(struct sm_mirror *m);
unsigned long sm_secondary_read_begin(struct sm_mirror *m,
				      struct hmm_range *range);
bool sm_secondary_read_retry(struct sm_mirror *m, unsigned long seq,
			     unsigned long start, unsigned long end);

#define SM_DEFECTS_SECONDARY	(SM_DEFECTS_COMMON | SM_DEFECTS_SEQ | \
				 SM_DEFECT_BIT(THP_HEAD_ONLY) | \
				 SM_DEFECT_BIT(DROP_DIRTY) | \
				 SM_DEFECT_BIT(NO_RELEASE))

#endif /* SM_SECONDARY_H */
