// SPDX-License-Identifier: GPL-2.0-only
/*
 * Caches of pinned windows, see pinned.h. Not a discipline itself: hfi1.c,
 * hfi1_tid.c and scif.c say which driver does what, and when.
 *
 * Simplified for all of them: where a window cannot be had as a whole, it is asked
 * for page by page, as a process would that is told so; the cache is also emptied
 * when the mm goes, where the drivers wait for their file to be closed.
 */
#include <linux/delay.h>

#include "amplify.h"
#include "compat/compat.h"
#include "ctx.h"
#include "defect.h"
#include "discipline/pinned.h"
#include "discipline/window.h"
#include "granted.h"
#include "mirror.h"

/* A worker that outlives its mirror has so much to do: defect no-drain. */
#define SM_PINNED_SLOW_MS	50

const u8 sm_pinned_defects[] = {
	SM_DEFECT_LEAK_PIN, SM_DEFECT_PIN_NO_RETRY, SM_DEFECT_FORCE,
	SM_DEFECT_DOUBLE_QUEUE, SM_DEFECT_NO_DRAIN, SM_DEFECT_USE_FREED,
	SM_DEFECT_NR
};

/* ---- letting go --------------------------------------------------------- */

static void sm_pinned_drain(struct sm_pinned *p, bool may_sleep)
{
	struct sm_window *w, *next;
	LIST_HEAD(dead);

	spin_lock(&p->dead_lock);
	list_splice_init(&p->dead, &dead);
	spin_unlock(&p->dead_lock);
	list_for_each_entry_safe(w, next, &dead, node) {
		sm_window_free(w);
		if (may_sleep)
			cond_resched();
	}
}

/*
 * From a callback, which unpins what it has taken out itself. To unpin does not
 * sleep, as long as no page is to be marked dirty with it, which takes its lock.
 */
void sm_pinned_let_go(struct sm_pinned *p)
{
	sm_pinned_drain(p, false);
}

static void sm_pinned_unpin(struct work_struct *work)
{
	struct sm_pinned *p = container_of(work, struct sm_pinned, unpin);

	if (sm_defect(p->n.m, NO_DRAIN))
		msleep(SM_PINNED_SLOW_MS);
	sm_pinned_drain(p, true);
}

static void sm_pinned_remove_all(struct sm_pinned *p)
{
	struct sm_window *w;

	while ((w = sm_window_find(p, 0, ULONG_MAX)))
		p->n.m->dropped += sm_window_remove(p, w);
}

/* ---- callbacks ---------------------------------------------------------- */

static bool sm_window_kept(const struct sm_window *w)
{
	return sm_defect(w->p->n.m, BUSY_KEPT) && kref_read(&w->ref) > 1;
}

/*
 * A window that an event touches falls whole. One that it does not touch is
 * dropped too much.
 */
void sm_pinned_drop(struct sm_mirror *m, struct sm_span span,
		    struct sm_span bounds, struct sm_drop *out)
{
	struct interval_tree_node *it, *next;
	struct sm_pinned *p = m->state;

	for (it = interval_tree_iter_first(&p->windows, span.first, span.last);
	     it; it = next) {
		struct sm_window *w = container_of(it, struct sm_window, it);

		next = interval_tree_iter_next(it, span.first, span.last);
		if (it->start <= bounds.last && it->last >= bounds.first) {
			sm_tlb_excuse(&m->tlb, it->start, it->last);
		} else if (!out->over++) {
			out->over_pgno = it->start;
			out->over_ent = sm_tlb_peek(&m->tlb, it->start);
		}
		if (!sm_window_kept(w))
			out->dropped += sm_window_remove(p, w);
	}
}

/* Nothing is pinned from here on, where the event is, until it ends. */
static void sm_pinned_open(struct sm_pinned *p,
			   const struct mmu_notifier_range *range)
{
	const struct sm_span span = {
		.first = range->start >> PAGE_SHIFT,
		.last = (range->end - 1) >> PAGE_SHIFT,
	};

	lockdep_assert_held_write(&p->n.m->lock);

	if (!p->active++)
		p->open = span;
	p->open.first = min(p->open.first, span.first);
	p->open.last = max(p->open.last, span.last);
}

/* @cur_seq is the interval notifier's. */
void sm_pinned_invalidate(struct sm_pinned *p,
			  const struct mmu_notifier_range *range,
			  unsigned long cur_seq)
{
	struct sm_mirror *m = p->n.m;
	u64 gen;

	if (!sm_mirror_overlaps(m, range))
		return;
	gen = sm_mirror_begin(m);
	write_lock(&m->lock);
	if (m->d->interval)
		mmu_interval_set_seq(&p->n.mni, cur_seq);
	else
		sm_pinned_open(p, range);
	sm_mirror_invalidate(m, range);
	sm_granted_forget(&m->granted, range->start, range->end);
	/* Under the lock: the table of an abandoned mirror is gone. */
	sm_mirror_end(m, range->start, range->end, gen);
	write_unlock(&m->lock);
	if (mmu_notifier_range_blockable(range))
		sm_mirror_amplify(m);
}

/* Does the driver think that this event is none of its own? Until it ends. */
static bool sm_pinned_deaf(const struct sm_mirror *m)
{
	return sm_defect(m, FOREIGN_IGNORED) && current->mm != m->ctx->mm;
}

int sm_pinned_start(struct mmu_notifier *mn,
		    const struct mmu_notifier_range *range)
{
	struct sm_pinned *p = container_of(mn, struct sm_pinned, n.mn);

	if (!sm_pinned_deaf(p->n.m))
		sm_pinned_invalidate(p, range, 0);

	return 0;
}

/*
 * What was pinned since the start may be what the event has taken away. No correct
 * driver has put it into the cache, and so this is noted as the start was.
 */
void sm_pinned_end(struct mmu_notifier *mn,
		   const struct mmu_notifier_range *range)
{
	struct sm_pinned *p = container_of(mn, struct sm_pinned, n.mn);
	struct sm_mirror *m = p->n.m;
	u64 gen;

	if (!sm_mirror_overlaps(m, range) || sm_pinned_deaf(m))
		return;
	gen = sm_mirror_begin(m);
	write_lock(&m->lock);
	WARN_ON_ONCE(!p->active);
	p->active--;
	sm_mirror_end(m, range->start, range->end, gen);
	write_unlock(&m->lock);
}

void sm_pinned_die(struct sm_pinned *p)
{
	struct sm_mirror *m = p->n.m;

	write_lock(&m->lock);
	m->events++;
	sm_tlb_excuse(&m->tlb, m->tlb.first, m->tlb.last);
	sm_pinned_remove_all(p);
	m->dead = true;
	write_unlock(&m->lock);
}

void sm_pinned_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	sm_pinned_die(container_of(mn, struct sm_pinned, n.mn));
}

/* ---- lifetime ----------------------------------------------------------- */

int sm_pinned_attach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	/* Without it an event takes entries, and windows keep their pages. */
	if (WARN_ON_ONCE(m->d->drop != sm_pinned_drop))
		return -EINVAL;
	p->windows = RB_ROOT_CACHED;
	spin_lock_init(&p->dead_lock);
	INIT_LIST_HEAD(&p->dead);
	mutex_init(&p->rma_lock);
	INIT_WORK(&p->unpin, sm_pinned_unpin);

	return sm_notifier_attach(m);
}

/* No window is left; the notifier, where it has to stay, finds none. */
void sm_pinned_empty(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	write_lock(&m->lock);
	sm_pinned_remove_all(p);
	write_unlock(&m->lock);
	if (!sm_defect(m, NO_DRAIN))
		flush_work(&p->unpin);
}

void sm_pinned_detach(struct sm_mirror *m)
{
	sm_notifier_detach(m);
	sm_pinned_empty(m);
}

/* ---- filling ------------------------------------------------------------ */

/* A page at a time. */
int sm_pinned_fill(struct sm_mirror *m, unsigned long va, unsigned long end,
		   u32 flags)
{
	return sm_window_cached(m, va, flags) ? 0 :
	       sm_window_fill(m, va, 1, flags);
}

/* ---- using -------------------------------------------------------------- */

void *sm_pinned_hold(struct sm_mirror *m, unsigned long va)
{
	struct sm_window *w;

	w = sm_window_find(m->state, va >> PAGE_SHIFT, va >> PAGE_SHIFT);
	if (w)
		kref_get(&w->ref);

	return w;
}

void sm_pinned_put(struct sm_mirror *m, void *held)
{
	struct sm_window *w = held;

	sm_mirror_amplify(m);
	kref_put(&w->ref, sm_window_release);
}
