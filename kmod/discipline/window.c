// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pinned windows: looked for in the cache, pinned, put into it, taken out. See
 * pinned.h for the race.
 */
#include <linux/page-flags.h>
#include <linux/slab.h>

#include "amplify.h"
#include "check.h"
#include "compat/compat.h"
#include "counts.h"
#include "ctx.h"
#include "defect.h"
#include "discipline/window.h"
#include "fault.h"
#include "granted.h"
#include "mirror.h"
#include "witness.h"

/* ---- letting go --------------------------------------------------------- */

void sm_window_free(struct sm_window *w)
{
	const struct sm_mirror *m = w->p->n.m;

	/* Some of them: a guest has only so much memory. */
	if (!sm_defect(m, LEAK_PIN) || w->it.start % 64)
		unpin_user_pages(w->page, w->nr);
	atomic64_sub(w->nr, &sm_counts.pages);
	kfree(w);
	if (sm_defect(m, USE_FREED))
		(void)READ_ONCE(w->nr);
}

/* Into the hands of the worker, if nobody else lets go of it before. */
void sm_window_release(struct kref *ref)
{
	struct sm_window *w = container_of(ref, struct sm_window, ref);
	struct sm_pinned *p = w->p;

	spin_lock(&p->dead_lock);
	list_add_tail(&w->node, &p->dead);
	if (sm_defect(p->n.m, DOUBLE_QUEUE))
		list_add_tail(&w->node, &p->dead);
	spin_unlock(&p->dead_lock);
	schedule_work(&p->unpin);
}

/* Out of the cache: no lookup finds it from here on. Returns its entries. */
u64 sm_window_remove(struct sm_pinned *p, struct sm_window *w)
{
	struct sm_mirror *m = p->n.m;
	struct sm_drop drop = {};

	lockdep_assert_held_write(&m->lock);

	interval_tree_remove(&w->it, &p->windows);
	sm_tlb_drop(&m->tlb, w->it.start, w->it.last, 0, ~0ULL, 0, &drop);
	kref_put(&w->ref, sm_window_release);

	return drop.dropped;
}

/* ---- looking ------------------------------------------------------------ */

/* The first that overlaps, if any. */
struct sm_window *sm_window_find(struct sm_pinned *p, u64 first, u64 last)
{
	struct interval_tree_node *it;

	it = interval_tree_iter_first(&p->windows, first, last);

	return it ? container_of(it, struct sm_window, it) : NULL;
}

static bool sm_window_serves(const struct sm_window *w, bool writable)
{
	return w && (w->writable || !writable);
}

/* Its entries, as far as they are not there. */
static void sm_window_enter(const struct sm_window *w)
{
	struct sm_mirror *m = w->p->n.m;
	u64 ent = SM_ENT_PRESENT | (w->writable ? SM_ENT_WRITE : 0);
	unsigned int i;

	for (i = 0; i < w->nr; i++) {
		if (sm_tlb_peek(&m->tlb, w->it.start + i))
			continue;
		sm_tlb_install(&m->tlb, w->it.start + i,
			       ent | page_to_pfn(w->page[i]), 0, w->since.gen);
		m->installed++;
	}
}

/*
 * Defect write-in-place: what was pinned for reading is written to, if that is the
 * process's own. (The page of zeroes is not.)
 */
static bool sm_window_misuse(struct sm_window *w)
{
	struct sm_mirror *m = w->p->n.m;
	struct sm_drop drop = {};
	unsigned int i;

	for (i = 0; i < w->nr; i++)
		if (!PageAnon(w->page[i]))
			return false;
	w->writable = true;
	sm_tlb_drop(&m->tlb, w->it.start, w->it.last, 0, ~0ULL, 0, &drop);

	return true;
}

/*
 * Is there one with the page, for what it is wanted for? Its entries are there then.
 * Whatever is in the cache is true, however long ago it was pinned.
 */
bool sm_window_cached(struct sm_mirror *m, unsigned long va, u32 flags)
{
	u64 pgno = va >> PAGE_SHIFT;
	struct sm_window *w;
	bool hit;

	if (flags & SM_FAULT_DRY)
		return false;
	write_lock(&m->lock);
	w = sm_window_find(m->state, pgno, pgno);
	hit = sm_window_serves(w, flags & SM_FAULT_WRITE);
	if (w && !hit && sm_defect(m, WRITE_IN_PLACE))
		hit = sm_window_misuse(w);
	if (hit)
		sm_window_enter(w);
	write_unlock(&m->lock);

	return hit;
}

/* How many of @nr pages come before the next window? One at least. */
unsigned int sm_window_gap(struct sm_mirror *m, unsigned long va,
			   unsigned int nr)
{
	u64 pgno = va >> PAGE_SHIFT;
	struct sm_window *w = NULL;

	read_lock(&m->lock);
	if (nr > 1)
		w = sm_window_find(m->state, pgno + 1, pgno + nr - 1);
	if (w)
		nr = w->it.start > pgno ? w->it.start - pgno : 1;
	read_unlock(&m->lock);

	return nr;
}

/* ---- filling ------------------------------------------------------------ */

static bool sm_window_in(const struct sm_window *w, u64 first, u64 last)
{
	return w->it.start <= last && w->it.last >= first;
}

/*
 * Before anything is pinned. -EBUSY: an event is under way there. The events first,
 * then the generation: one that has an older generation than ours, and is not
 * counted yet, will be before we come to install.
 */
static int sm_window_begin(struct sm_window *w)
{
	struct sm_pinned *p = w->p;
	struct sm_mirror *m = p->n.m;

	if (m->d->interval)
		w->seq = mmu_interval_read_begin(&p->n.mni);
	read_lock(&m->lock);
	w->busy = p->active && sm_window_in(w, p->open.first, p->open.last);
	w->since.events = m->events;
	read_unlock(&m->lock);
	w->since.gen = sm_witness_gen(m->ctx->witness);

	return w->busy && !sm_defect(m, PIN_NO_RETRY) ? -EBUSY : 0;
}

/* Has an event of its pages come since? More of them than are remembered may. */
static bool sm_window_raced(const struct sm_window *w)
{
	const struct sm_mirror *m = w->p->n.m;
	u64 i;

	lockdep_assert_held_write(&m->lock);

	if (m->d->interval)
		return mmu_interval_read_retry(&w->p->n.mni, w->seq);
	if (m->events - w->since.events > SM_RECENT)
		return true;
	for (i = w->since.events; i < m->events; i++)
		if (sm_window_in(w, m->recent[i % SM_RECENT].first,
				 m->recent[i % SM_RECENT].last))
			return true;

	return false;
}

/* How many pages were pinned, or the error of a device page fault. */
static int sm_window_pin(struct sm_window *w, unsigned long start, u32 flags)
{
	struct sm_mirror *m = w->p->n.m;
	struct vm_area_struct *vma;
	unsigned int gup = FOLL_LONGTERM;
	long nr;

	if (flags & SM_FAULT_WRITE)
		gup |= FOLL_WRITE;
	if (sm_defect(m, FORCE))
		gup |= FOLL_FORCE;
	if (mmap_read_lock_killable(m->ctx->mm))
		return -EINTR;
	nr = sm_pin_user_pages_remote(m->ctx->mm, start, w->nr, gup, w->page);
	vma = find_vma(m->ctx->mm, start);
	if (nr < 0 && vma && vma->vm_start <= start &&
	    (flags & SM_FAULT_WRITE) && (vma->vm_flags & VM_READ) &&
	    !(vma->vm_flags & VM_WRITE))
		nr = -EPERM;
	if (nr > 0)
		sm_check_pin(m, start, start + nr * PAGE_SIZE, flags);
	mmap_read_unlock(m->ctx->mm);
	if (nr <= 0)
		return nr ? nr : -EFAULT;
	atomic64_add(nr, &sm_counts.pages);
	if (nr == w->nr)
		return 0;
	if (!sm_defect(m, UNWIND_PINS)) {
		unpin_user_pages(w->page, nr);
		atomic64_sub(nr, &sm_counts.pages);
	}

	return -EAGAIN;
}

/* What is in the cache goes: it was pinned for reading, or in part. */
static void sm_window_install(struct sm_window *w)
{
	struct sm_pinned *p = w->p;
	struct sm_mirror *m = p->n.m;
	struct sm_window *old;

	lockdep_assert_held_write(&m->lock);

	while ((old = sm_window_find(p, w->it.start, w->it.last))) {
		sm_tlb_excuse(&m->tlb, old->it.start, old->it.last);
		m->dropped += sm_window_remove(p, old);
	}
	interval_tree_insert(&w->it, &p->windows);
	sm_window_enter(w);
	/* For who asks later whether it was stale from the beginning. */
	if (w->busy)
		sm_tlb_note_race(&m->tlb, w->it.start, w->it.last);
	sm_tlb_note_races(&m->tlb, m->recent, m->events, w->since, w->it.start,
			  w->it.last);
}

/* All of it is into the cache, or nothing. */
static int sm_window_publish(struct sm_window *w, u32 flags)
{
	struct sm_pinned *p = w->p;
	struct sm_mirror *m = p->n.m;
	int ret = 0;

	write_lock(&m->lock);
	if (m->dead)
		ret = -ESRCH;
	else if (!sm_defect(m, PIN_NO_RETRY) && sm_window_raced(w))
		ret = -EBUSY;
	else if (p->exclusive &&
		 sm_window_serves(sm_window_find(p, w->it.start, w->it.last),
				  w->writable))
		ret = -EEXIST;
	else if (!(flags & SM_FAULT_DRY))
		sm_window_install(w);
	write_unlock(&m->lock);

	return ret;
}

/*
 * Pin @nr pages together and put them into the cache. Return: 0; -EAGAIN: some of
 * them; -EBUSY: an event came between; -EEXIST: another came first
 * (sm_pinned.exclusive); or as sm_fault().
 */
int sm_window_fill(struct sm_mirror *m, unsigned long start,
		   unsigned int nr, u32 flags)
{
	struct sm_pinned *p = m->state;
	struct sm_window *w;
	int ret;

	ret = sm_fault_prepare(m, start, start + nr * PAGE_SIZE);
	if (ret)
		return ret;
	w = kzalloc(struct_size(w, page, nr), GFP_KERNEL_ACCOUNT);
	if (!w)
		return -ENOMEM;
	w->p = p;
	w->nr = nr;
	w->writable = flags & SM_FAULT_WRITE;
	w->it.start = start >> PAGE_SHIFT;
	w->it.last = w->it.start + nr - 1;
	kref_init(&w->ref);
	ret = sm_window_begin(w);
	if (!ret)
		ret = sm_window_pin(w, start, flags);
	if (ret) {
		kfree(w);
		return ret;
	}
	sm_mirror_amplify(m);
	if ((flags & SM_FAULT_WRITE) && !(flags & SM_FAULT_DRY))
		ret = sm_granted_note(&m->granted, start,
				      start + nr * PAGE_SIZE);
	if (!ret)
		ret = sm_window_publish(w, flags);
	if (ret || (flags & SM_FAULT_DRY))
		kref_put(&w->ref, sm_window_release);

	return ret;
}
