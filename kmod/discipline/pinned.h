/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers that cache pinned windows share: hfi1.c, hfi1_tid.c, scif.c.
 *
 * A page may leave the process while the device still has it. What must not
 * happen is that the device is given a window after its invalidation, or that a
 * page is let go while it is used.
 *
 * A window is in the cache (an interval tree), held by its users, or on its way
 * to the worker that unpins it. Whoever lets go of it last sends it there.
 *
 * The race is between an event and a fill, whose window nobody finds before it is
 * in the cache:
 *
 *	event				fill
 *
 *					begins: an event is open there?
 *					  notes the events so far, the generation
 *					pins the old page
 *	start: lock
 *	  no window there
 *	  the event is noted
 *	unlock
 *	the page table changes
 *					lock
 *					  has an event come, there?
 *			[Required: true, the window is let go, begin anew]
 *					  or else into the cache
 *					unlock
 *
 * An event that was open when the fill began is the other half of it: its start is
 * over, its page table change is not. So faults wait for its end. (An interval
 * notifier brings both along: mmu_interval_read_begin() and _read_retry().) The
 * drivers that stood for this have no end, no count and no check: that is defect
 * pin-no-retry, and docs/found/hfi1-pin.md.
 *
 * Since the generation of an entry is of before its pages were pinned, it is older
 * than what came between, and whoever uses it is late.
 */
#ifndef SM_PINNED_H
#define SM_PINNED_H

#include <linux/mmu_notifier.h>
#include <linux/types.h>

#include "discipline.h"
#include "discipline/window.h"

struct sm_mirror;

int sm_pinned_attach(struct sm_mirror *m);
void sm_pinned_detach(struct sm_mirror *m);
void sm_pinned_empty(struct sm_mirror *m);
void sm_pinned_drop(struct sm_mirror *m, struct sm_span span,
		    struct sm_span bounds, struct sm_drop *out);
void sm_pinned_invalidate(struct sm_pinned *p,
			  const struct mmu_notifier_range *range,
			  unsigned long cur_seq);
int sm_pinned_start(struct mmu_notifier *mn,
		    const struct mmu_notifier_range *range);
void sm_pinned_end(struct mmu_notifier *mn,
		   const struct mmu_notifier_range *range);
void sm_pinned_let_go(struct sm_pinned *p);
void sm_pinned_die(struct sm_pinned *p);
void sm_pinned_release(struct mmu_notifier *mn, struct mm_struct *mm);
int sm_pinned_fill(struct sm_mirror *m, unsigned long va, unsigned long end,
		   u32 flags);
void *sm_pinned_hold(struct sm_mirror *m, unsigned long va);
void sm_pinned_put(struct sm_mirror *m, void *held);

/* What they can get wrong besides sm_defect_common. */
extern const u8 sm_pinned_defects[];

#endif /* SM_PINNED_H */
