// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline npu: several devices that walk the page table of one process, and
 * each of whose TLBs is flushed.
 *
 * Stands for arch/powerpc/platforms/powernv/npu-dma.c, until v5.2:
 * pnv_npu2_mn_invalidate_range() and mmio_invalidate(), which sends the address
 * to all NPUs of the context, and pnv_npu2_mn_release(). Not in any kernel that
 * this is built for; drivers/misc/ocxl/link.c, invalidate_range(), is its living
 * relative.
 *
 *	CPU			device 0		device 1
 *
 *				has the page		has the page
 *	the entry changes
 *	flush: device 0
 *				misses, walks		hits
 *	flush: device 1
 *							misses, walks
 *			[Required: both have missed by now]
 *	the page is freed
 *
 * Simplified: see secondary.h; a command for each device, and one wait for all.
 */
#include "compat/compat.h"
#include "defect.h"
#include "discipline/secondary.h"
#include "mirror.h"

static void sm_npu_flush(struct sm_mirror *m, const struct sm_asked *asked)
{
	sm_mirror_drop(m, asked, max(asked->start, m->start),
		       min(asked->end, m->end));
}

static void sm_npu_secondary(struct mmu_notifier *mn, struct mm_struct *mm,
			     unsigned long start, unsigned long end)
{
	sm_secondary_flush(mn, start, end, sm_npu_flush);
}

static const struct mmu_notifier_ops sm_npu_ops = {
	.release = sm_notifier_release,
	.SM_OPS_SECONDARY_TLBS = sm_npu_secondary,
};

const struct sm_discipline sm_discipline_npu = {
	.name = "npu",
	.defects = {
		sm_defect_common, sm_defect_seq, sm_defect_flush,
		sm_secondary_defects,
		sm_defect_writes,
	},
	.flags = SM_D_DEVICE_TLB | SM_D_OWN_STAMP | SM_D_WALKS,
	.state_size = SM_NOTIFIER_STATE(struct sm_secondary),
	.hlist = &sm_npu_ops,
	.attach = sm_notifier_attach,
	.detach = sm_notifier_detach,
	.flush = sm_secondary_queue,
	.read_begin = sm_secondary_read_begin,
	.read_retry = sm_secondary_read_retry,
};
