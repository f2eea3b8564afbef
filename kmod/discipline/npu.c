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
 * Simplified: see secondary.h; the devices share the address space page by page.
 */
#include "compat/compat.h"
#include "defect.h"
#include "discipline/secondary.h"
#include "mirror.h"

#define SM_NPU_DEVICES		2

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

static void sm_npu_secondary(struct mmu_notifier *mn, struct mm_struct *mm,
			     unsigned long start, unsigned long end)
{
	sm_secondary_flush(mn, start, end, sm_npu_flush);
}

static const struct mmu_notifier_ops sm_npu_ops = {
	.release = sm_secondary_release,
	.SM_OPS_SECONDARY_TLBS = sm_npu_secondary,
};

static int sm_npu_attach(struct sm_mirror *m)
{
	return sm_secondary_attach(m, &sm_npu_ops);
}

const struct sm_discipline sm_discipline_npu = {
	.name = "npu",
	.defects = SM_DEFECTS_SECONDARY | SM_DEFECT_BIT(ONE_DEVICE),
	.flags = SM_D_OWN_STAMP | SM_D_WALKS,
	.state_size = sizeof(struct sm_secondary),
	.attach = sm_npu_attach,
	.detach = sm_secondary_detach,
	.read_begin = sm_secondary_read_begin,
	.read_retry = sm_secondary_read_retry,
};
