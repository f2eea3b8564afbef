// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline hfi1-tid: pinned pages that only an unmap invalidates.
 *
 * Stands for drivers/infiniband/hw/hfi1/user_exp_rcv.c, v5.10 to v7.3:
 * set_rcvarray_entry() pins a buffer and inserts an interval notifier for it;
 * tid_rb_invalidate() heeds MMU_NOTIFY_UNMAP alone, and never refuses or
 * sleeps. A window that MADV_DONTNEED has emptied stays, by design: the device
 * goes on with pages that the process no longer has.
 *
 * Simplified: see pinned.c; one notifier for all windows; an invalidated entry
 * is let go of at once, where the driver takes it off the hardware only when
 * the process asks (TID_INVAL_READ), or at the next unregister; no second
 * notifier for the time until the hardware is programmed
 * (tid_cover_invalidate(), since v6.2), as a page here is installed under the
 * lock that the callback takes.
 */
#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "discipline/pinned.h"
#include "mirror.h"

static bool sm_tid_invalidate(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range,
			      unsigned long cur_seq)
{
	struct sm_pinned *p = container_of(mni, struct sm_pinned, mni);

	sm_mirror_enter(range);
	if (range->event == MMU_NOTIFY_RELEASE)
		sm_pinned_die(p);
	else if (range->event == MMU_NOTIFY_UNMAP)
		sm_pinned_invalidate(p, range);
	sm_mirror_leave(range);

	return true;
}

static const struct mmu_interval_notifier_ops sm_tid_ops = {
	.invalidate = sm_tid_invalidate,
};

static int sm_tid_attach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	sm_pinned_init(m);

	return mmu_interval_notifier_insert(&p->mni, m->ctx->mm, m->start,
					    m->end - m->start, &sm_tid_ops);
}

static void sm_tid_detach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	mmu_interval_notifier_remove(&p->mni);
	sm_pinned_empty(p);
}

/* The notifier stays, and finds no window. */
static void sm_tid_abandon(struct sm_mirror *m)
{
	sm_pinned_empty(m->state);
}

static int sm_tid_fill(struct sm_mirror *m, unsigned long va, u32 flags)
{
	return sm_window_fill(m, va, 1, flags);
}

const struct sm_discipline sm_discipline_hfi1_tid = {
	.name = "hfi1-tid",
	.defects = SM_DEFECTS_PINNED,
	.flags = SM_D_PINNED | SM_D_OWN_STAMP | SM_D_SMALL | SM_D_INTERVAL,
	.state_size = sizeof(struct sm_pinned),
	.attach = sm_tid_attach,
	.detach = sm_tid_detach,
	.abandon = sm_tid_abandon,
	.fill = sm_tid_fill,
	.hold = sm_pinned_hold,
	.put = sm_pinned_put,
};
