// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline scif: cached pinned windows of several pages; a start marks those
 * that overlap stale, and they go when their last user is done.
 *
 * Stands for drivers/misc/mic/scif/scif_rma.c and scif_dma.c, before v5.10,
 * which has them no more: scif_mmu_notifier_invalidate_range_start() and
 * scif_rma_destroy_tcw(), which takes the windows that overlap off the list of
 * the cache and leaves them to a worker (scif_rma_handle_remote_fences(),
 * scif_rma_destroy_tcw_invalid()). Its end is empty.
 *
 * The race, in which a window falls whole, whatever part of it is touched:
 *
 *	event				user
 *
 *					finds the window, uses page 3 of it
 *	start, of page 7 alone:
 *	  the window leaves the cache,
 *	  is left to the worker
 *	the page table changes
 *					goes on with page 3: pinned still
 *			[Required: the worker waits for this]
 *					the next: finds no window, pins anew
 *
 * A copy looks for its window first, and pins what it does not find, all of it under
 * a mutex (rma_lock in scif_rma_copy(), scif_query_tcw(), scif_register_temp()): so
 * nothing is pinned twice.
 *
 * Mended: scif_register_temp() pins, scif_insert_tcw() caches, and nobody asks what
 * came between: see pinned.h.
 *
 * Simplified: see pinned.c; windows are aligned blocks of SM_WINDOW_PAGES pages;
 * there is no remote node that has the window too.
 */
#include "compat/compat.h"
#include "ctx.h"
#include "defect.h"
#include "discipline/pinned.h"
#include "discipline/window.h"
#include "mirror.h"

#define SM_WINDOW_PAGES		16

static const struct mmu_notifier_ops sm_scif_ops = {
	.release = sm_pinned_release,
	.invalidate_range_start = sm_pinned_start,
	.invalidate_range_end = sm_pinned_end,
};

/*
 * Only a notifier that has no end may refuse, and a mirror without an end does not
 * know when it may pin again. So it is another one that refuses, and the mirror is
 * true as ever.
 */
static int sm_scif_refuse(struct mmu_notifier *mn,
			  const struct mmu_notifier_range *range)
{
	return mmu_notifier_range_blockable(range) ? 0 : -EAGAIN;
}

static const struct mmu_notifier_ops sm_scif_refuser_ops = {
	.invalidate_range_start = sm_scif_refuse,
};

static int sm_scif_attach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;
	int ret = sm_pinned_attach(m);

	if (ret || !sm_defect(m, REFUSE_NONBLOCK))
		return ret;
	p->refuser.ops = &sm_scif_refuser_ops;
	ret = mmu_notifier_register(&p->refuser, m->ctx->mm);
	if (ret)
		sm_pinned_detach(m);

	return ret;
}

static void sm_scif_detach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	if (sm_defect(m, REFUSE_NONBLOCK))
		mmu_notifier_unregister(&p->refuser, m->ctx->mm);
	sm_pinned_detach(m);
}

static int sm_scif_pin(struct sm_mirror *m, unsigned long va, u32 flags)
{
	unsigned long start = ALIGN_DOWN(va, SM_WINDOW_PAGES * PAGE_SIZE);
	int ret = -EAGAIN;

	if (start >= m->start && start + SM_WINDOW_PAGES * PAGE_SIZE <= m->end)
		ret = sm_window_fill(m, start, SM_WINDOW_PAGES, flags);

	/* Its neighbours may be unmapped, or read only. */
	return ret == -EAGAIN || ret == -EFAULT || ret == -EPERM ?
	       sm_window_fill(m, va, 1, flags) : ret;
}

static int sm_scif_fill(struct sm_mirror *m, unsigned long va,
			unsigned long end, u32 flags)
{
	struct sm_pinned *p = m->state;
	int ret = 0;

	if (mutex_lock_killable(&p->rma_lock))
		return -EINTR;
	if (!sm_window_cached(m, va, flags))
		ret = sm_scif_pin(m, va, flags);
	mutex_unlock(&p->rma_lock);

	return ret;
}

const struct sm_discipline sm_discipline_scif = {
	.name = "scif",
	.defects = {
		sm_defect_common, sm_pinned_defects, sm_defect_event,
		SM_DEFECT_LIST(SM_DEFECT_STICKY_READ_ONLY,
			       SM_DEFECT_UNWIND_PINS, SM_DEFECT_BUSY_KEPT,
			       SM_DEFECT_REFUSE_NONBLOCK,
			       SM_DEFECT_WRITE_IN_PLACE,
			       SM_DEFECT_FOREIGN_IGNORED),
	},
	.flags = SM_D_PINNED | SM_D_OWN_STAMP | SM_D_SMALL,
	.state_size = SM_NOTIFIER_STATE(struct sm_pinned),
	.hlist = &sm_scif_ops,
	.attach = sm_scif_attach,
	.detach = sm_scif_detach,
	.drop = sm_pinned_drop,
	.fill = sm_scif_fill,
	.hold = sm_pinned_hold,
	.put = sm_pinned_put,
};
