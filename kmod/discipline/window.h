/* SPDX-License-Identifier: GPL-2.0-only */
/* Pinned windows, see pinned.h. Each is under m->lock while it is in the cache. */
#ifndef SM_WINDOW_H
#define SM_WINDOW_H

#include <linux/interval_tree.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "discipline.h"
#include "discipline/notifier.h"
#include "tlb.h"

struct page;
struct sm_mirror;

/* A cache of them. Everything but @n belongs to pinned.c and window.c. */
struct sm_pinned {
	struct sm_notifier n;
	bool exclusive;			/* hfi1.c's: who comes second goes */
	struct mutex rma_lock;		/* scif.c's: one pins at a time */
	struct mmu_notifier refuser;	/* likewise: defect refuse-nonblock */
	struct rb_root_cached windows;	/* under m->lock */
	/* Of the hlist: events under way, and all that they touch; likewise. */
	unsigned int active;
	struct sm_span open;
	spinlock_t dead_lock;		/* protects dead */
	struct list_head dead;		/* to be unpinned */
	struct work_struct unpin;
};

struct sm_window {
	struct interval_tree_node it;	/* page numbers */
	struct kref ref;		/* the cache's, and each user's */
	struct list_head node;		/* on dead */
	struct sm_pinned *p;
	struct sm_since since;		/* where its fill began */
	unsigned long seq;		/* of the interval notifier, likewise */
	bool busy;			/* an event was open then: a defect */
	bool writable;
	unsigned int nr;
	struct page *page[];
};

void sm_window_free(struct sm_window *w);
void sm_window_release(struct kref *ref);
u64 sm_window_remove(struct sm_pinned *p, struct sm_window *w);
struct sm_window *sm_window_find(struct sm_pinned *p, u64 first, u64 last);
bool sm_window_cached(struct sm_mirror *m, unsigned long va, u32 flags);
unsigned int sm_window_gap(struct sm_mirror *m, unsigned long va,
			   unsigned int nr);
int sm_window_fill(struct sm_mirror *m, unsigned long start, unsigned int nr,
		   u32 flags);

#endif /* SM_WINDOW_H */
