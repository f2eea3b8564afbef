// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline amd-iommu: several devices that walk the page table of one process;
 * their TLBs are flushed by aligned powers of two of pages, one device after the
 * other.
 *
 * Stands for drivers/iommu/amd/pasid.c, v6.12 and v7.3:
 * sva_arch_invalidate_secondary_tlbs(), which goes through the PASID's list of
 * devices, amd_iommu_dev_flush_pasid_pages(), build_inv_address(), which finds the
 * smallest aligned block that has all of the range in it, and
 * iommu_completion_wait(); sva_mn_release() removes the PASID from its devices. See
 * amd_iommu_v2.c for its forerunner.
 *
 * Two processors may flush at a time. Each asks for a completion of what is queued
 * so far, unless somebody has, and nothing was queued since (iommu_completion_wait()):
 *
 *	one				another
 *
 *	queues its flush
 *					queues its flush
 *					queues a completion: need_sync is
 *					  false
 *	finds need_sync false
 *					waits
 *			[Required: waits, too, for the completion that
 *			 the other one has queued; CVE-2026-68329]
 *	its page is freed
 *					the device has flushed both
 *
 * What numbers completions have, and in which order, queue.h says. Who takes a number
 * too early here (completion-overtaken) has its commands still to queue.
 *
 * Simplified: see secondary.h; commands for all devices are queued before the wait,
 * where the driver waits for each; who finds that another has asked waits for its own
 * commands, where the driver waits for all that were queued by then.
 */
#include "compat/compat.h"
#include "defect.h"
#include "discipline/secondary.h"
#include "mirror.h"

static void sm_amd_iommu_secondary(struct mmu_notifier *mn, struct mm_struct *mm,
				   unsigned long start, unsigned long end)
{
	sm_secondary_flush(mn, start, end, sm_secondary_flush_block);
}

static const struct mmu_notifier_ops sm_amd_iommu_ops = {
	.release = sm_notifier_release,
	.SM_OPS_SECONDARY_TLBS = sm_amd_iommu_secondary,
};

const struct sm_discipline sm_discipline_amd_iommu = {
	.name = "amd-iommu",
	.defects = {
		sm_defect_common, sm_defect_seq, sm_defect_flush,
		sm_secondary_defects,
		sm_defect_writes,
		SM_DEFECT_LIST(SM_DEFECT_POW2_UNALIGNED,
			       SM_DEFECT_FLUSH_BY_ANOTHER,
			       SM_DEFECT_COMPLETION_OVERTAKEN),
	},
	.flags = SM_D_DEVICE_TLB | SM_D_OWN_STAMP | SM_D_WALKS,
	.round = SM_ROUND_POW2,
	.state_size = SM_NOTIFIER_STATE(struct sm_secondary),
	.hlist = &sm_amd_iommu_ops,
	.attach = sm_notifier_attach,
	.detach = sm_notifier_detach,
	.flush = sm_secondary_queue,
	.read_begin = sm_secondary_read_begin,
	.read_retry = sm_secondary_read_retry,
};
