/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers of devices share that walk the CPU's own page table and keep
 * what they found in a TLB: amd_iommu.c, amd_iommu_v2.c, intel_svm.c, npu.c.
 *
 * The driver has nothing to do but to flush that TLB, from a callback that may
 * not sleep: invalidate_range() up to v6.5, arch_invalidate_secondary_tlbs()
 * since. It comes under the page table's lock or after it, and on newer kernels
 * even after invalidate_range_end(), but always before the page is freed and
 * before the system call returns. A flush that is missed is a stale TLB entry,
 * and nothing ever retries.
 *
 * The mirror's table is the IOMMU's own TLB, which is flushed at once. What devices
 * have of it is flushed by a queue of commands, one for each device, and the driver
 * waits until its own are done (queue.h).
 *
 * A translation under way is part of the flush: hardware completes an
 * invalidation only once its walks are done. Here a walk that a flush crossed
 * is thrown away.
 *
 *	CPU				device
 *
 *					walks: finds the old page
 *	the entry changes
 *	flush
 *					fills its TLB with the old page
 *			[Required: not, as a flush crossed the walk]
 *	the old page is freed
 *
 * Simplified for all of them: page faults of the device go through
 * hmm_range_fault(), which finds huge pages that hardware would not
 * (SM_D_WALKS, see sm_walk()).
 */
#ifndef SM_SECONDARY_H
#define SM_SECONDARY_H

#include <linux/mmu_notifier.h>

#include "compat/compat.h"
#include "defect.h"
#include "discipline/notifier.h"
#include "discipline/queue.h"
#include "mirror.h"

struct sm_secondary {
	struct sm_notifier n;
	unsigned long flushes;			/* under m->lock */
	struct sm_queue queue;			/* under m->lock */
	unsigned long untagged;			/* devices that no flush is for; the same */
};

/* Flushes what a driver makes of what it is asked; the table's lock is held. */
typedef void (*sm_flush_fn)(struct sm_mirror *m, const struct sm_asked *asked);

void sm_secondary_flush(struct mmu_notifier *mn, unsigned long start,
			unsigned long end, sm_flush_fn flush);
void sm_secondary_flush_block(struct sm_mirror *m, const struct sm_asked *asked);
void sm_secondary_queue(struct sm_mirror *m, struct sm_span span);
unsigned long sm_secondary_read_begin(struct sm_mirror *m,
				      struct hmm_range *range);
bool sm_secondary_read_retry(struct sm_mirror *m, unsigned long seq,
			     unsigned long start, unsigned long end);

/* What they can get wrong besides sm_defect_common and sm_defect_seq. */
extern const u8 sm_secondary_defects[];

#endif /* SM_SECONDARY_H */
