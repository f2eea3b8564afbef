// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline amd-iommu-v2: a device that walks the page table; one page of its TLB
 * is flushed, or all.
 *
 * Stands for drivers/iommu/amd/iommu_v2.c, up to v6.6, when it was removed:
 * mn_invalidate_range(), which flushes the page if [start, end) is one, and else
 * the whole PASID, and mn_release(); __flush_pasid() in iommu.c. See amd_iommu.c for
 * its successor.
 *
 *	CPU				device
 *
 *					has pages A, B and C
 *	A and B go: [A, B + PAGE_SIZE)
 *	flush: two pages, so all
 *					misses A, B and C, walks for them
 *			[Required: A and B, before they are freed]
 *	C goes: [C, C + PAGE_SIZE)
 *	flush: one page
 *					misses C, hits what it walked for
 *
 * Simplified: see secondary.h.
 */
#include "compat/compat.h"
#include "defect.h"
#include "discipline/secondary.h"
#include "mirror.h"

static void sm_amd_iommu_v2_flush(struct sm_mirror *m,
				  const struct sm_asked *asked)
{
	if ((asked->start ^ (asked->end - 1)) < PAGE_SIZE)
		sm_mirror_drop(m, asked, asked->start, asked->end);
	else
		sm_mirror_drop(m, asked, m->start, m->end);
}

static void sm_amd_iommu_v2_secondary(struct mmu_notifier *mn,
				      struct mm_struct *mm, unsigned long start,
				      unsigned long end)
{
	sm_secondary_flush(mn, start, end, sm_amd_iommu_v2_flush);
}

static const struct mmu_notifier_ops sm_amd_iommu_v2_ops = {
	.release = sm_notifier_release,
	.SM_OPS_SECONDARY_TLBS = sm_amd_iommu_v2_secondary,
};

const struct sm_discipline sm_discipline_amd_iommu_v2 = {
	.name = "amd-iommu-v2",
	.defects = {
		sm_defect_common, sm_defect_seq, sm_defect_flush,
		sm_secondary_defects,
		sm_defect_writes,
		SM_DEFECT_LIST(SM_DEFECT_FLUSH_BY_ANOTHER,
			       SM_DEFECT_COMPLETION_OVERTAKEN),
	},
	.flags = SM_D_DEVICE_TLB | SM_D_OWN_STAMP | SM_D_WALKS,
	.round = SM_ROUND_PAGE_OR_ALL,
	.state_size = SM_NOTIFIER_STATE(struct sm_secondary),
	.hlist = &sm_amd_iommu_v2_ops,
	.attach = sm_notifier_attach,
	.detach = sm_notifier_detach,
	.flush = sm_secondary_queue,
	.read_begin = sm_secondary_read_begin,
	.read_retry = sm_secondary_read_retry,
};
