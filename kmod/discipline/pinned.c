// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disciplines hfi1, hfi1-tid and scif: caches of pinned windows. A page may
 * leave the process while the device still has it; what must not happen is
 * that the device is given a window after its invalidation, or that a page is
 * let go while it is used.
 *
 * hfi1 stands for drivers/infiniband/hw/hfi1/mmu_rb.c, v5.10 to v7.3:
 * mmu_notifier_range_start() under a spinlock takes the nodes that overlap out
 * of the interval tree, whatever the event, and leaves the unpinning to a
 * worker (handle_remove()), or to the last user of a node. There is no end, no
 * sequence, and a start is never refused.
 *
 * hfi1-tid stands for user_exp_rcv.c, tid_rb_invalidate(): an interval
 * notifier that heeds MMU_NOTIFY_UNMAP alone. A window that MADV_DONTNEED has
 * emptied stays, by design.
 *
 * scif stands for drivers/misc/mic/scif/scif_rma.c and scif_dma.c, before they
 * were removed in v5.10: cached windows of several pages; a start marks those
 * that overlap stale, and they go when their last user is done.
 *
 * Simplified: windows are aligned and of one size, or of one page where the
 * window cannot be had as a whole; hfi1 looks nodes up by page and not by
 * buffer; all unpinning is done by the worker; the cache is also emptied when
 * the mm goes, where hfi1 waits for the file to be closed.
 */
#include <linux/interval_tree.h>
#include <linux/kref.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "fault.h"
#include "mirror.h"
#include "oracle.h"
#include "witness.h"

#define SM_WINDOW_PAGES		16

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

static void sm_pinned_invalidate(struct sm_pinned *p,
				 const struct mmu_notifier_range *range)
{
	struct sm_mirror *m = p->m;
	u64 gen;

	if (!sm_mirror_overlaps(m, range))
		return;
	gen = sm_mirror_begin(m);
	write_lock(&m->lock);
	sm_pinned_drop(p, sm_event_of(range), range->start, range->end);
	write_unlock(&m->lock);
	sm_mirror_end(m, range->start, range->end, gen);
	if (mmu_notifier_range_blockable(range))
		sm_mirror_amplify(m);
}

static int sm_pinned_start(struct mmu_notifier *mn,
			   const struct mmu_notifier_range *range)
{
	struct sm_pinned *p = container_of(mn, struct sm_pinned, mn);

	if (sm_defect(p->m, REFUSE_NONBLOCK) &&
	    !mmu_notifier_range_blockable(range))
		return -EAGAIN;
	sm_pinned_invalidate(p, range);

	return 0;
}

static void sm_pinned_die(struct sm_pinned *p)
{
	struct sm_mirror *m = p->m;

	write_lock(&m->lock);
	m->events++;
	m->epoch++;
	sm_pinned_remove_all(p);
	m->dead = true;
	write_unlock(&m->lock);
}

static void sm_pinned_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	sm_pinned_die(container_of(mn, struct sm_pinned, mn));
}

static bool sm_tid_invalidate(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range,
			      unsigned long cur_seq)
{
	struct sm_pinned *p = container_of(mni, struct sm_pinned, mni);

	sm_mirror_enter(p->m, range);
	if (range->event == MMU_NOTIFY_RELEASE)
		sm_pinned_die(p);
	else if (range->event == MMU_NOTIFY_UNMAP)
		sm_pinned_invalidate(p, range);
	sm_mirror_leave(p->m, range);

	return true;
}

static const struct mmu_notifier_ops sm_pinned_ops = {
	.release = sm_pinned_release,
	.invalidate_range_start = sm_pinned_start,
};

static const struct mmu_interval_notifier_ops sm_tid_ops = {
	.invalidate = sm_tid_invalidate,
};

static void sm_pinned_init(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	p->m = m;
	p->windows = RB_ROOT_CACHED;
	spin_lock_init(&p->dead_lock);
	INIT_LIST_HEAD(&p->dead);
	INIT_WORK(&p->unpin, sm_pinned_unpin);
	p->mn.ops = &sm_pinned_ops;
}

static int sm_pinned_attach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	sm_pinned_init(m);

	return mmu_notifier_register(&p->mn, m->ctx->mm);
}

static int sm_tid_attach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	sm_pinned_init(m);

	return mmu_interval_notifier_insert(&p->mni, m->ctx->mm, m->start,
					    m->end - m->start, &sm_tid_ops);
}

static void sm_pinned_empty(struct sm_pinned *p)
{
	write_lock(&p->m->lock);
	sm_pinned_remove_all(p);
	write_unlock(&p->m->lock);
	flush_work(&p->unpin);
}

static void sm_pinned_detach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	mmu_notifier_unregister(&p->mn, m->ctx->mm);
	sm_pinned_empty(p);
}

static void sm_tid_detach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	mmu_interval_notifier_remove(&p->mni);
	sm_pinned_empty(p);
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
		sm_oracle_pin(m, vma, start, flags);
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

static int sm_window_fill(struct sm_mirror *m, unsigned long start,
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

static int sm_hfi1_fill(struct sm_mirror *m, unsigned long va, u32 flags)
{
	return sm_window_fill(m, va, 1, flags);
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

/* ---- using -------------------------------------------------------------- */

static void *sm_pinned_hold(struct sm_mirror *m, unsigned long va)
{
	struct sm_window *w;

	w = sm_window_find(m->state, va >> PAGE_SHIFT, va >> PAGE_SHIFT);
	if (w)
		kref_get(&w->ref);

	return w;
}

static void sm_pinned_put(struct sm_mirror *m, void *held)
{
	struct sm_window *w = held;

	sm_mirror_amplify(m);
	kref_put(&w->ref, sm_window_release);
}

#define SM_DEFECTS_PINNED	(SM_DEFECT_BIT(LEAK_PIN) | \
				 SM_DEFECT_BIT(FORCE) | \
				 SM_DEFECT_BIT(DOUBLE_QUEUE) | \
				 SM_DEFECT_BIT(BUSY_KEPT) | \
				 SM_DEFECT_BIT(FORGET) | \
				 SM_DEFECT_BIT(SPLAT) | \
				 SM_DEFECT_BIT(SHORT_RANGE) | \
				 SM_DEFECT_BIT(LONG_RANGE) | \
				 SM_DEFECT_BIT(FIRST_PAGE_ONLY))

const struct sm_discipline sm_discipline_hfi1 = {
	.name = "hfi1",
	.defects = SM_DEFECTS_PINNED | SM_DEFECTS_EVENT,
	.flags = SM_D_PINNED | SM_D_OWN_STAMP | SM_D_SMALL,
	.state_size = sizeof(struct sm_pinned),
	.attach = sm_pinned_attach,
	.detach = sm_pinned_detach,
	.fill = sm_hfi1_fill,
	.hold = sm_pinned_hold,
	.put = sm_pinned_put,
};

const struct sm_discipline sm_discipline_hfi1_tid = {
	.name = "hfi1-tid",
	.defects = SM_DEFECTS_PINNED,
	.flags = SM_D_PINNED | SM_D_OWN_STAMP | SM_D_SMALL | SM_D_INTERVAL,
	.state_size = sizeof(struct sm_pinned),
	.attach = sm_tid_attach,
	.detach = sm_tid_detach,
	.fill = sm_hfi1_fill,
	.hold = sm_pinned_hold,
	.put = sm_pinned_put,
};

const struct sm_discipline sm_discipline_scif = {
	.name = "scif",
	.defects = SM_DEFECTS_PINNED | SM_DEFECTS_EVENT |
		   SM_DEFECT_BIT(UNWIND_PINS) | SM_DEFECT_BIT(REFUSE_NONBLOCK),
	.flags = SM_D_PINNED | SM_D_OWN_STAMP | SM_D_SMALL,
	.state_size = sizeof(struct sm_pinned),
	.attach = sm_pinned_attach,
	.detach = sm_pinned_detach,
	.fill = sm_scif_fill,
	.hold = sm_pinned_hold,
	.put = sm_pinned_put,
};
