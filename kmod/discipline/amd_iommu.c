// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline amd-iommu: a device that walks the page table; one page of its TLB
 * is flushed, or all.
 *
 * Stands for drivers/iommu/amd/iommu_v2.c, up to v6.6: mn_invalidate_range(),
 * which flushes the page if [start, end) is one, and else the whole PASID, and
 * mn_release(). Its successor, pasid.c, v6.12 and v7.3,
 * sva_arch_invalidate_secondary_tlbs(), gives amd_iommu_dev_flush_pasid_pages()
 * the range, which build_inv_address() rounds to a power of two: see
 * intel_svm.c for that. sva_mn_release() removes the PASID from its devices.
 *
 * Simplified: see secondary.h; one device.
 */
#include "compat/compat.h"
#include "defect.h"
#include "discipline/secondary.h"
#include "mirror.h"

static void sm_amd_iommu_flush(struct sm_mirror *m, unsigned long start,
			       unsigned long end)
{
	if ((start ^ (end - 1)) >= PAGE_SIZE) {
		start = m->start;
		end = m->end;
	}
	sm_mirror_drop(m, SM_EVENT_FLUSH, start, end);
}

static void sm_amd_iommu_secondary(struct mmu_notifier *mn, struct mm_struct *mm,
				   unsigned long start, unsigned long end)
{
	sm_secondary_flush(mn, start, end, sm_amd_iommu_flush);
}

static const struct mmu_notifier_ops sm_amd_iommu_ops = {
	.release = sm_secondary_release,
	.SM_OPS_SECONDARY_TLBS = sm_amd_iommu_secondary,
};

static int sm_amd_iommu_attach(struct sm_mirror *m)
{
	return sm_secondary_attach(m, &sm_amd_iommu_ops);
}

const struct sm_discipline sm_discipline_amd_iommu = {
	.name = "amd-iommu",
	.defects = SM_DEFECTS_SECONDARY,
	.flags = SM_D_OWN_STAMP | SM_D_WALKS,
	.state_size = sizeof(struct sm_secondary),
	.attach = sm_amd_iommu_attach,
	.detach = sm_secondary_detach,
	.read_begin = sm_secondary_read_begin,
	.read_retry = sm_secondary_read_retry,
};
