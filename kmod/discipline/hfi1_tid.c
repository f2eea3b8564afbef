// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline hfi1-tid: pinned pages that only an unmap invalidates.
 *
 * Stands for drivers/infiniband/hw/hfi1/user_exp_rcv.c, v5.10 to v7.3:
 * set_rcvarray_entry() pins a buffer and inserts an interval notifier for it;
 * tid_rb_invalidate() heeds MMU_NOTIFY_UNMAP alone, and never refuses. A window
 * that MADV_DONTNEED has emptied stays, by design: the device goes on with pages
 * that the process no longer has.
 *
 * The race is between an unmap and a setup whose pages no entry has yet:
 *
 *	event				setup
 *
 *					mmu_interval_read_begin(), of a notifier
 *					  that covers all of the buffer
 *					pins its pages
 *	UNMAP:
 *	tid_cover_invalidate()
 *	  mmu_interval_set_seq()
 *	tid_rb_invalidate(): no entry
 *	the page table changes
 *					programs the hardware, entry by entry
 *					mmu_interval_read_retry()
 *			[Required: true, all of it is taken back]
 *
 * That is the driver since v6.2. Before, nothing covered a setup: that is defect
 * pin-no-retry.
 *
 * An entry that is there is off the hardware, and the device has seen that, before
 * the callback lets go of its pages, in the callback (__clear_tid_node()): the
 * table's lock is the flush, so nobody holds a window here, as users of hfi1.c's
 * and scif.c's do, and none is kept for being busy.
 *
 * Mended: the driver's callbacks take mutexes and lock pages to mark them dirty, in
 * an event that may not sleep too, as the OOM reaper's UNMAP up to 6.12
 * (docs/found/hfi1-tid-sleep.md). That is defect nonblock-sleep.
 *
 * Simplified: see pinned.c; one notifier for all windows and setups, and not one for
 * each; windows are pinned for writing only if that was asked for, where the driver
 * receives into all of them; an entry that was invalidated is let go of at once, as in the
 * driver since v6.2 (before, it was taken off the hardware when the process asked,
 * TID_INVAL_READ, or at the next unregister).
 */
#include <linux/mutex.h>

#include "compat/compat.h"
#include "defect.h"
#include "discipline/pinned.h"
#include "mirror.h"

/* As tid_rb_invalidate(), whose mutex is the entry's. */
static DEFINE_MUTEX(sm_tid_invalidate_mutex);

/*
 * The driver looks at the kind of event first. From 7.3 on what may not sleep is a
 * CLEAR, which it passes by, so this comes before that: the bug is seen everywhere.
 */
static void sm_tid_sleep(struct sm_mirror *m,
			 const struct mmu_notifier_range *range)
{
	sm_mirror_sleeps(m, range, range->start);
	mutex_lock(&sm_tid_invalidate_mutex);
	mutex_unlock(&sm_tid_invalidate_mutex);
}

static bool sm_tid_invalidate(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range,
			      unsigned long cur_seq)
{
	struct sm_pinned *p = container_of(mni, struct sm_pinned, n.mni);

	sm_mirror_enter(range);
	if (sm_defect(p->n.m, NONBLOCK_SLEEP))
		sm_tid_sleep(p->n.m, range);
	if (range->event == MMU_NOTIFY_RELEASE)
		sm_pinned_die(p);
	else if (range->event == MMU_NOTIFY_UNMAP)
		sm_pinned_invalidate(p, range, cur_seq);
	sm_pinned_let_go(p);
	sm_mirror_leave(range);

	return true;
}

static const struct mmu_interval_notifier_ops sm_tid_ops = {
	.invalidate = sm_tid_invalidate,
};

const struct sm_discipline sm_discipline_hfi1_tid = {
	.name = "hfi1-tid",
	.defects = {
		sm_defect_common, sm_pinned_defects,
		SM_DEFECT_LIST(SM_DEFECT_STICKY_READ_ONLY,
			       SM_DEFECT_NONBLOCK_SLEEP,
			       SM_DEFECT_WRITE_IN_PLACE),
	},
	.flags = SM_D_PINNED | SM_D_OWN_STAMP | SM_D_SMALL,
	.state_size = SM_NOTIFIER_STATE(struct sm_pinned),
	.interval = &sm_tid_ops,
	.attach = sm_pinned_attach,
	.detach = sm_pinned_detach,
	.abandon = sm_pinned_empty,
	.drop = sm_pinned_drop,
	.fill = sm_pinned_fill,
};
