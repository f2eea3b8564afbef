// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline scif: cached pinned windows of several pages; a start marks those
 * that overlap stale, and they go when their last user is done.
 *
 * Stands for drivers/misc/mic/scif/scif_rma.c and scif_dma.c, before v5.10,
 * which has them no more: scif_mmu_notifier_invalidate_range_start() and
 * scif_rma_destroy_tcw(), which takes the windows that overlap off the list of
 * the cache and leaves them to a worker (scif_rma_handle_remote_fences(),
 * scif_rma_destroy_tcw_invalid()). Its end is empty, and so left out here.
 *
 * Simplified: see pinned.c; windows are aligned blocks of SM_WINDOW_PAGES pages;
 * there is no remote node that has the window too.
 */
#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "discipline/pinned.h"
#include "mirror.h"

#define SM_WINDOW_PAGES		16

static int sm_scif_start(struct mmu_notifier *mn,
			 const struct mmu_notifier_range *range)
{
	struct sm_pinned *p = container_of(mn, struct sm_pinned, mn);

	if (sm_defect(p->m, REFUSE_NONBLOCK) &&
	    !mmu_notifier_range_blockable(range))
		return -EAGAIN;
	sm_pinned_invalidate(p, range);

	return 0;
}

static void sm_scif_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	sm_pinned_die(container_of(mn, struct sm_pinned, mn));
}

static const struct mmu_notifier_ops sm_scif_ops = {
	.release = sm_scif_release,
	.invalidate_range_start = sm_scif_start,
};

static int sm_scif_attach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	sm_pinned_init(m);
	p->mn.ops = &sm_scif_ops;

	return mmu_notifier_register(&p->mn, m->ctx->mm);
}

static void sm_scif_detach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	mmu_notifier_unregister(&p->mn, m->ctx->mm);
	sm_pinned_empty(p);
}

static int sm_scif_fill(struct sm_mirror *m, unsigned long va, u32 flags)
{
	unsigned long start = ALIGN_DOWN(va, SM_WINDOW_PAGES * PAGE_SIZE);
	int ret = -EAGAIN;

	if (start >= m->start && start + SM_WINDOW_PAGES * PAGE_SIZE <= m->end)
		ret = sm_window_fill(m, start, SM_WINDOW_PAGES, flags);

	/* Its neighbours may be unmapped, or read only. */
	return ret == -EAGAIN || ret == -EFAULT || ret == -EPERM ?
	       sm_window_fill(m, va, 1, flags) : ret;
}

const struct sm_discipline sm_discipline_scif = {
	.name = "scif",
	.defects = SM_DEFECTS_PINNED | SM_DEFECTS_EVENT |
		   SM_DEFECT_BIT(UNWIND_PINS) | SM_DEFECT_BIT(REFUSE_NONBLOCK),
	.flags = SM_D_PINNED | SM_D_OWN_STAMP | SM_D_SMALL,
	.state_size = sizeof(struct sm_pinned),
	.attach = sm_scif_attach,
	.detach = sm_scif_detach,
	.fill = sm_scif_fill,
	.hold = sm_pinned_hold,
	.put = sm_pinned_put,
};
