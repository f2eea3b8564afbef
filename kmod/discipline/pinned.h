/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers that cache pinned windows share: hfi1.c, hfi1_tid.c, scif.c.
 *
 * A page may leave the process while the device still has it. What must not
 * happen is that the device is given a window after its invalidation, or that a
 * page is let go while it is used.
 *
 * A window is in the cache (an interval tree), held by its users, or on its way
 * to the worker that unpins it. Whoever lets go of it last sends it there, as a
 * callback may not unpin.
 */
#ifndef SM_PINNED_H
#define SM_PINNED_H

#include <linux/interval_tree.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "defect.h"
#include "mirror.h"

/*
 * @mn or @mni is the driver's own, which it registers itself; the rest belongs
 * to pinned.c.
 */
struct sm_pinned {
	struct mmu_notifier mn;
	struct mmu_interval_notifier mni;
	struct sm_mirror *m;
	struct rb_root_cached windows;	/* under m->lock */
	spinlock_t dead_lock;		/* protects dead */
	struct list_head dead;		/* to be unpinned */
	struct work_struct unpin;
};

struct sm_window {
	struct interval_tree_node it;	/* page numbers */
	struct kref ref;		/* the cache's, and each user's */
	struct list_head node;		/* on dead */
	struct sm_pinned *p;
	unsigned int nr;
	struct page *page[];
};

void sm_pinned_init(struct sm_mirror *m);
void sm_pinned_invalidate(struct sm_pinned *p,
			  const struct mmu_notifier_range *range);
void sm_pinned_die(struct sm_pinned *p);
void sm_pinned_empty(struct sm_pinned *p);
int sm_window_fill(struct sm_mirror *m, unsigned long start, unsigned int nr,
		   u32 flags);
void *sm_pinned_hold(struct sm_mirror *m, unsigned long va);
void sm_pinned_put(struct sm_mirror *m, void *held);

#define SM_DEFECTS_PINNED	(SM_DEFECT_BIT(LEAK_PIN) | \
				 SM_DEFECT_BIT(FORCE) | \
				 SM_DEFECT_BIT(DOUBLE_QUEUE) | \
				 SM_DEFECT_BIT(BUSY_KEPT) | \
				 SM_DEFECT_BIT(FORGET) | \
				 SM_DEFECT_BIT(SPLAT) | \
				 SM_DEFECT_BIT(SHORT_RANGE) | \
				 SM_DEFECT_BIT(LONG_RANGE) | \
				 SM_DEFECT_BIT(FIRST_PAGE_ONLY))

#endif /* SM_PINNED_H */
