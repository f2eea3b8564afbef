// SPDX-License-Identifier: GPL-2.0-only
/*
 * Caches of pinned windows, see pinned.h. Not a discipline itself: hfi1.c,
 * hfi1_tid.c and scif.c say which driver does what, and when.
 *
 * Simplified for all of them: windows are aligned and of one size, or of one
 * page where the window cannot be had as a whole; all unpinning is done by the
 * worker; the cache is also emptied when the mm goes, where the drivers wait for
 * their file to be closed.
 */
#include <linux/slab.h>

#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "discipline/pinned.h"
#include "fault.h"
#include "mirror.h"
#include "oracle.h"
#include "witness.h"

/* ---- letting go --------------------------------------------------------- */

static void sm_window_free(struct sm_window *w)
{
	/* Some of them: a guest has only so much memory. */
	if (!sm_defect(w->p->m, LEAK_PIN) || w->it.start % 64)
		unpin_user_pages(w->page, w->nr);
	atomic64_sub(w->nr, &sm_counts.pages);
	kfree(w);
}

static void sm_pinned_unpin(struct work_struct *work)
{
	struct sm_pinned *p = container_of(work, struct sm_pinned, unpin);
	struct sm_window *w, *next;
	LIST_HEAD(dead);

	spin_lock(&p->dead_lock);
	list_splice_init(&p->dead, &dead);
	spin_unlock(&p->dead_lock);
	list_for_each_entry_safe(w, next, &dead, node) {
		sm_window_free(w);
		cond_resched();
	}
}

/* From a callback too, where unpinning might sleep. */
static void sm_window_release(struct kref *ref)
{
	struct sm_window *w = container_of(ref, struct sm_window, ref);
	struct sm_pinned *p = w->p;

	spin_lock(&p->dead_lock);
	list_add_tail(&w->node, &p->dead);
	if (sm_defect(p->m, DOUBLE_QUEUE))
		list_add_tail(&w->node, &p->dead);
	spin_unlock(&p->dead_lock);
	schedule_work(&p->unpin);
}

/* Out of the cache: no lookup finds it from here on. */
static void sm_window_remove(struct sm_pinned *p, struct sm_window *w)
{
	struct sm_mirror *m = p->m;
	struct sm_drop drop = {};

	lockdep_assert_held_write(&m->lock);

	interval_tree_remove(&w->it, &p->windows);
	sm_tlb_drop(&m->tlb, w->it.start, w->it.last, 0, ~0ULL, 0, &drop);
	m->dropped += drop.dropped;
	kref_put(&w->ref, sm_window_release);
}

static struct sm_window *sm_window_find(struct sm_pinned *p, u64 first,
					u64 last)
{
	struct interval_tree_node *it;

	it = interval_tree_iter_first(&p->windows, first, last);

	return it ? container_of(it, struct sm_window, it) : NULL;
}

static void sm_pinned_remove_all(struct sm_pinned *p)
{
	struct sm_window *w;

	while ((w = sm_window_find(p, 0, ULONG_MAX)))
		sm_window_remove(p, w);
}

/* ---- callbacks ---------------------------------------------------------- */

static bool sm_window_kept(const struct sm_window *w)
{
	return sm_defect(w->p->m, BUSY_KEPT) && kref_read(&w->ref) > 1;
}

/*
 * A window that an event touches falls whole. One that it does not touch is
 * dropped too much.
 */
static void sm_pinned_drop(struct sm_pinned *p, u32 event, unsigned long start,
			   unsigned long end)
{
	unsigned long first = start >> PAGE_SHIFT;
	unsigned long last = (end - 1) >> PAGE_SHIFT;
	unsigned long was_first = first, was_last = last;
	struct interval_tree_node *it, *next;
	struct sm_mirror *m = p->m;

	if (!sm_mirror_misjudge(m, event, &first, &last))
		return;
	for (it = interval_tree_iter_first(&p->windows, first, last); it;
	     it = next) {
		struct sm_window *w = container_of(it, struct sm_window, it);
		u64 ent = sm_tlb_peek(&m->tlb, it->start);

		next = interval_tree_iter_next(it, first, last);
		if (it->start > was_last || it->last < was_first)
			sm_mirror_over(m, start, end, it->start, ent);
		if (!sm_window_kept(w))
			sm_window_remove(p, w);
	}
}

void sm_pinned_invalidate(struct sm_pinned *p,
			  const struct mmu_notifier_range *range)
{
	struct sm_mirror *m = p->m;
	u64 gen;

	if (!sm_mirror_overlaps(m, range))
		return;
	gen = sm_mirror_begin(m);
	write_lock(&m->lock);
	sm_pinned_drop(p, sm_event_of(range), range->start, range->end);
	/* Under the lock: the table of an abandoned mirror is gone. */
	sm_mirror_end(m, range->start, range->end, gen);
	write_unlock(&m->lock);
	if (mmu_notifier_range_blockable(range))
		sm_mirror_amplify(m);
}

void sm_pinned_die(struct sm_pinned *p)
{
	struct sm_mirror *m = p->m;

	write_lock(&m->lock);
	m->events++;
	m->epoch++;
	sm_pinned_remove_all(p);
	m->dead = true;
	write_unlock(&m->lock);
}

void sm_pinned_init(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	p->m = m;
	p->windows = RB_ROOT_CACHED;
	spin_lock_init(&p->dead_lock);
	INIT_LIST_HEAD(&p->dead);
	INIT_WORK(&p->unpin, sm_pinned_unpin);
}

void sm_pinned_empty(struct sm_pinned *p)
{
	write_lock(&p->m->lock);
	sm_pinned_remove_all(p);
	write_unlock(&p->m->lock);
	flush_work(&p->unpin);
}

/* ---- filling ------------------------------------------------------------ */

/* How many pages were pinned, or the error of a device page fault. */
static int sm_window_pin(struct sm_window *w, unsigned long start, u32 flags)
{
	struct sm_mirror *m = w->p->m;
	struct vm_area_struct *vma;
	unsigned int gup = FOLL_LONGTERM;
	long nr;

	if (flags & SM_FAULT_WRITE)
		gup |= FOLL_WRITE;
	if (sm_defect(m, FORCE))
		gup |= FOLL_FORCE;
	mmap_read_lock(m->ctx->mm);
	nr = sm_pin_user_pages_remote(m->ctx->mm, start, w->nr, gup, w->page);
	vma = find_vma(m->ctx->mm, start);
	if (nr < 0 && vma && vma->vm_start <= start &&
	    (flags & SM_FAULT_WRITE) && (vma->vm_flags & VM_READ) &&
	    !(vma->vm_flags & VM_WRITE))
		nr = -EPERM;
	if (nr > 0)
		sm_oracle_pin(m, start, start + nr * PAGE_SIZE, flags);
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

static void sm_window_install(struct sm_window *w, u32 flags)
{
	struct sm_pinned *p = w->p;
	struct sm_mirror *m = p->m;
	u64 ent = SM_ENT_PRESENT | (flags & SM_FAULT_WRITE ? SM_ENT_WRITE : 0);
	u64 gen = sm_witness_gen(m->ctx->witness);
	struct sm_window *old;
	unsigned int i;

	lockdep_assert_held_write(&m->lock);

	/* What was pinned for reading, or in part, is pinned anew. */
	while ((old = sm_window_find(p, w->it.start, w->it.last)))
		sm_window_remove(p, old);
	m->epoch++;
	interval_tree_insert(&w->it, &p->windows);
	for (i = 0; i < w->nr; i++)
		sm_tlb_install(&m->tlb, w->it.start + i,
			       ent | page_to_pfn(w->page[i]), 0, gen);
	m->installed += w->nr;
}

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
	w->it.start = start >> PAGE_SHIFT;
	w->it.last = w->it.start + nr - 1;
	kref_init(&w->ref);
	ret = sm_window_pin(w, start, flags);
	if (ret) {
		kfree(w);
		return ret;
	}
	sm_mirror_amplify(m);
	write_lock(&m->lock);
	if (m->dead)
		ret = -ESRCH;
	else if (!(flags & SM_FAULT_DRY))
		sm_window_install(w, flags);
	write_unlock(&m->lock);
	if (ret || (flags & SM_FAULT_DRY))
		kref_put(&w->ref, sm_window_release);

	return ret;
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
