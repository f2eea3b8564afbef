// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline intel-svm: a device that walks the page table; its TLB is flushed
 * by aligned powers of two of pages.
 *
 * Stands for drivers/iommu/intel/svm.c, v5.10 to v7.3: up to v6.5
 * intel_invalidate_range(), which counts the pages, and qi_flush_piotlb(); since
 * then intel_arch_invalidate_secondary_tlbs(), for which [0, ULONG_MAX) is
 * everything, and cache_tag_flush_range() with calculate_psi_aligned_address()
 * (cache.c), which finds the smallest aligned block that has all of the range in
 * it. intel_mm_release() tears the PASID entries down.
 *
 * Simplified: see secondary.h; one device, no device TLB besides the IOTLB, and
 * a block has no largest size.
 */
#include <linux/log2.h>

#include "compat/compat.h"
#include "defect.h"
#include "discipline/secondary.h"
#include "mirror.h"

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

static void sm_intel_svm_secondary(struct mmu_notifier *mn, struct mm_struct *mm,
				   unsigned long start, unsigned long end)
{
	sm_secondary_flush(mn, start, end, sm_intel_svm_flush);
}

static const struct mmu_notifier_ops sm_intel_svm_ops = {
	.release = sm_secondary_release,
	.SM_OPS_SECONDARY_TLBS = sm_intel_svm_secondary,
};

static int sm_intel_svm_attach(struct sm_mirror *m)
{
	return sm_secondary_attach(m, &sm_intel_svm_ops);
}

const struct sm_discipline sm_discipline_intel_svm = {
	.name = "intel-svm",
	.defects = SM_DEFECTS_SECONDARY |
		   SM_DEFECT_BIT(POW2_UNALIGNED) |
		   SM_DEFECT_BIT(FULL_RANGE_ZERO),
	.flags = SM_D_OWN_STAMP | SM_D_WALKS,
	.state_size = sizeof(struct sm_secondary),
	.attach = sm_intel_svm_attach,
	.detach = sm_secondary_detach,
	.read_begin = sm_secondary_read_begin,
	.read_retry = sm_secondary_read_retry,
};
