// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disciplines amd-iommu, intel-svm and npu: the device walks the CPU's own page
 * table and keeps what it found in a TLB. The driver has nothing to do but to
 * flush it, from a callback that may not sleep: invalidate_range() up to v6.5,
 * arch_invalidate_secondary_tlbs() since. A flush that is missed is a stale TLB
 * entry, and nothing ever retries.
 *
 * amd-iommu stands for drivers/iommu/amd/iommu_v2.c, mn_invalidate_range(), and
 * pasid.c, sva_arch_invalidate_secondary_tlbs(): one page, or everything.
 * intel-svm stands for drivers/iommu/intel/svm.c, intel_invalidate_range(),
 * intel_arch_invalidate_secondary_tlbs() and qi_flush_piotlb(): a power of two
 * of pages, the start aligned to that; [0, -1) is everything.
 * npu stands for arch/powerpc/platforms/powernv/npu-dma.c (until v5.2),
 * pnv_npu2_mn_invalidate_range(): each of several devices is flushed.
 *
 * The callback comes under the page table's lock or after it, and on newer
 * kernels even after invalidate_range_end(), but always before the page is
 * freed and before the system call returns.
 *
 * A translation under way is part of the flush: hardware completes an
 * invalidation only once its walks are done. Here a walk that a flush crossed
 * is thrown away.
 *
 * Simplified: page faults of the device go through hmm_range_fault(); the npu's
 * devices share the address space page by page.
 */
#include <linux/log2.h>

#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "mirror.h"
#include "witness.h"

#define SM_NPU_DEVICES		2

struct sm_secondary {
	struct mmu_notifier mn;
	struct mmu_interval_notifier never;	/* as in kvm.c */
	struct sm_mirror *m;
	unsigned long flushes;			/* under m->lock */
};

/* ---- what to flush for [start, end) ------------------------------------- */

static void sm_amd_iommu_flush(struct sm_mirror *m, unsigned long start,
			       unsigned long end)
{
	if ((start ^ (end - 1)) >= PAGE_SIZE) {
		start = m->start;
		end = m->end;
	}
	sm_mirror_drop(m, SM_EVENT_FLUSH, start, end);
}

/* The smallest aligned power of two of pages that has all of the range in it. */
static void sm_intel_svm_flush(struct sm_mirror *m, unsigned long start,
			       unsigned long end)
{
	unsigned long first = start >> PAGE_SHIFT;
	unsigned long last = (end - 1) >> PAGE_SHIFT;
	unsigned long mask;

	if (sm_defect(m, FULL_RANGE_ZERO) &&
	    !((end - start + PAGE_SIZE - 1) >> PAGE_SHIFT))
		return;
	if (start == 0 && end == ULONG_MAX) {
		sm_mirror_drop(m, SM_EVENT_FLUSH, start, end);
		return;
	}
	if (sm_defect(m, POW2_UNALIGNED))
		mask = roundup_pow_of_two(last - first + 1) - 1;
	else
		mask = first == last ? 0 :
		       roundup_pow_of_two((first ^ last) + 1) - 1;
	first &= ~mask;
	sm_mirror_drop(m, SM_EVENT_FLUSH, first << PAGE_SHIFT,
		       (first + mask + 1) << PAGE_SHIFT);
}

static void sm_npu_flush(struct sm_mirror *m, unsigned long start,
			 unsigned long end)
{
	unsigned long va;

	start = max(start, m->start);
	end = min(end, m->end);
	if (!sm_defect(m, ONE_DEVICE)) {
		sm_mirror_drop(m, SM_EVENT_FLUSH, start, end);
		return;
	}
	for (va = start; va < end; va += PAGE_SIZE)
		if (!((va >> PAGE_SHIFT) % SM_NPU_DEVICES))
			sm_mirror_drop(m, SM_EVENT_FLUSH, va, va + PAGE_SIZE);
}

/* ---- callbacks ---------------------------------------------------------- */

static void sm_secondary_flush(struct mmu_notifier *mn, unsigned long start,
			       unsigned long end,
			       void (*flush)(struct sm_mirror *m,
					     unsigned long start,
					     unsigned long end))
{
	struct sm_secondary *s = container_of(mn, struct sm_secondary, mn);
	struct sm_mirror *m = s->m;
	u64 gen;

	if (start >= m->end || end <= m->start)
		return;
	gen = sm_mirror_begin(m);
	write_lock(&m->lock);
	WRITE_ONCE(s->flushes, s->flushes + 1);
	flush(m, start, end);
	write_unlock(&m->lock);
	sm_mirror_end(m, max(start, m->start), min(end, m->end), gen);
}

#define SM_SECONDARY_OPS(name)						\
static void name##_secondary(struct mmu_notifier *mn,			\
			     struct mm_struct *mm, unsigned long start,	\
			     unsigned long end)				\
{									\
	sm_secondary_flush(mn, start, end, name##_flush);		\
}									\
									\
static const struct mmu_notifier_ops name##_ops = {			\
	.release = sm_secondary_release,				\
	.SM_OPS_SECONDARY_TLBS = name##_secondary,			\
};									\
									\
static int name##_attach(struct sm_mirror *m)				\
{									\
	return sm_secondary_attach(m, &name##_ops);			\
}

/* The device's context is torn down: no walk begins after this. */
static void sm_secondary_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	sm_mirror_release(container_of(mn, struct sm_secondary, mn)->m);
}

static int sm_secondary_attach(struct sm_mirror *m,
			       const struct mmu_notifier_ops *ops)
{
	struct sm_secondary *s = m->state;

	s->m = m;
	s->mn.ops = ops;
	s->never.mm = m->ctx->mm;

	return mmu_notifier_register(&s->mn, m->ctx->mm);
}

SM_SECONDARY_OPS(sm_amd_iommu)
SM_SECONDARY_OPS(sm_intel_svm)
SM_SECONDARY_OPS(sm_npu)

static void sm_secondary_detach(struct sm_mirror *m)
{
	struct sm_secondary *s = m->state;

	mmu_notifier_unregister(&s->mn, m->ctx->mm);
}

/* ---- walks -------------------------------------------------------------- */

static unsigned long sm_secondary_read_begin(struct sm_mirror *m,
					     struct hmm_range *range)
{
	struct sm_secondary *s = m->state;

	range->notifier = &s->never;
	range->notifier_seq = 0;

	return READ_ONCE(s->flushes);
}

static bool sm_secondary_read_retry(struct sm_mirror *m, unsigned long seq,
				    unsigned long start, unsigned long end)
{
	struct sm_secondary *s = m->state;

	lockdep_assert_held_write(&m->lock);

	return s->flushes != seq;
}

#define SM_DEFECTS_SECONDARY	(SM_DEFECTS_COMMON | SM_DEFECTS_SEQ | \
				 SM_DEFECT_BIT(THP_HEAD_ONLY) | \
				 SM_DEFECT_BIT(DROP_DIRTY) | \
				 SM_DEFECT_BIT(NO_RELEASE))

const struct sm_discipline sm_discipline_amd_iommu = {
	.name = "amd-iommu",
	.defects = SM_DEFECTS_SECONDARY,
	.flags = SM_D_OWN_STAMP,
	.state_size = sizeof(struct sm_secondary),
	.attach = sm_amd_iommu_attach,
	.detach = sm_secondary_detach,
	.read_begin = sm_secondary_read_begin,
	.read_retry = sm_secondary_read_retry,
};

const struct sm_discipline sm_discipline_intel_svm = {
	.name = "intel-svm",
	.defects = SM_DEFECTS_SECONDARY |
		   SM_DEFECT_BIT(POW2_UNALIGNED) |
		   SM_DEFECT_BIT(FULL_RANGE_ZERO),
	.flags = SM_D_OWN_STAMP,
	.state_size = sizeof(struct sm_secondary),
	.attach = sm_intel_svm_attach,
	.detach = sm_secondary_detach,
	.read_begin = sm_secondary_read_begin,
	.read_retry = sm_secondary_read_retry,
};

const struct sm_discipline sm_discipline_npu = {
	.name = "npu",
	.defects = SM_DEFECTS_SECONDARY | SM_DEFECT_BIT(ONE_DEVICE),
	.flags = SM_D_OWN_STAMP,
	.state_size = sizeof(struct sm_secondary),
	.attach = sm_npu_attach,
	.detach = sm_secondary_detach,
	.read_begin = sm_secondary_read_begin,
	.read_retry = sm_secondary_read_retry,
};
