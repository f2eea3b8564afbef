// SPDX-License-Identifier: GPL-2.0-only
/* Walking the CPU's page table, for a device's page fault. */
#include <linux/hmm.h>
#include <linux/mm.h>

#include "compat/compat.h"
#include "ctx.h"
#include "entry.h"
#include "mirror.h"
#include "page.h"
#include "walk.h"
#include "witness.h"

/* What backs no file is in the direct map: spare each page the question. */
static bool sm_walk_direct(const struct sm_mirror *m,
			   const struct hmm_range *range)
{
	struct vm_area_struct *vma = find_vma(m->ctx->mm, range->start);

	return vma && !vma->vm_file && vma->vm_end >= range->end;
}

/* Is no event open on any granule of the range? */
static bool sm_walk_quiet(const struct sm_mirror *m,
			  const struct hmm_range *range)
{
	unsigned long va = range->start;
	u64 started[2];

	for (; va < range->end; va = ALIGN_DOWN(va, SM_GRANULE_SIZE) +
				     SM_GRANULE_SIZE)
		if (!sm_witness_quiet(m->ctx->witness, va, started))
			return false;

	return true;
}

static bool sm_walk_huge(const struct hmm_range *range)
{
	unsigned long i, n = (range->end - range->start) >> PAGE_SHIFT;

	for (i = 0; i < n; i++)
		if (hmm_pfn_to_map_order(range->hmm_pfns[i]))
			return true;

	return false;
}

/*
 * When a huge page migrates or is split, pmdp_invalidate() takes the present bit
 * away and flushes; what replaces the entry flushes no more. In between no device
 * could use it, but hmm_range_fault() does, as pmd_present() and pmd_trans_huge()
 * still hold. The event has begun before, so whoever heeds nothing but flushes
 * asks before the walk, and keeps no huge page of an event's. (An event that begins
 * later flushes later: read_retry() sees that.)
 */
static int sm_walk_locked(struct sm_mirror *m, struct hmm_range *range,
			  bool *direct)
{
	bool quiet;
	int ret;

	if (mmap_read_lock_killable(m->ctx->mm))
		return -EINTR;
	quiet = !(m->d->flags & SM_D_WALKS) || sm_walk_quiet(m, range);
	ret = hmm_range_fault(range);
	if (!ret && !quiet && sm_walk_huge(range))
		ret = -EBUSY;
	*direct = !ret && sm_walk_direct(m, range);
	mmap_read_unlock(m->ctx->mm);

	return ret;
}

/*
 * The walk takes mmap_lock itself, and lets go of it while a page is faulted in that
 * takes long, as those of a userfaultfd do. Whenever it did, or an event came, it
 * begins anew with a sequence that it reads itself, and leaves that in @range. Drivers
 * let it try for a second.
 *
 * Nobody tells it that a start was left open (see interval.c), for whose end it would
 * wait for ever. So where somebody may leave one open it is not used.
 */
static int sm_walk_unlocked(struct sm_mirror *m, struct hmm_range *range,
			    bool *direct)
{
	int ret = sm_hmm_range_fault_unlocked(range);

	/*
	 * What is mapped there by now is what the walk found, or an event came, and
	 * the walk is thrown away; but not by everybody who has a defect.
	 */
	*direct = false;
	if (ret || m->defective || range->end - range->start == PAGE_SIZE)
		return ret;
	if (mmap_read_lock_killable(m->ctx->mm))
		return -EINTR;
	*direct = sm_walk_direct(m, range);
	mmap_read_unlock(m->ctx->mm);

	return 0;
}

/*
 * Walk the page table, and fault in what is not there, as hmm_range_fault() does.
 * @direct: all that was found is in the direct map.
 */
int sm_walk(struct sm_mirror *m, struct hmm_range *range, bool *direct)
{
	if ((m->d->flags & SM_D_UNLOCKED) && sm_hmm_unlocks() &&
	    !READ_ONCE(m->ctx->refuses))
		return sm_walk_unlocked(m, range, direct);

	return sm_walk_locked(m, range, direct);
}

/* Huge entries are in one object, as they fall with it. */
static unsigned int sm_walk_fit(struct sm_mirror *m, u64 pgno,
				unsigned int order)
{
	unsigned long start, size;

	order = sm_tlb_fit_order(&m->tlb, pgno, order);
	size = PAGE_SIZE << order;
	start = ALIGN_DOWN(pgno << PAGE_SHIFT, size);
	if (m->d->extent && m->d->extent(m, start) < start + size)
		return 0;

	return order;
}

/*
 * Turn the walk's result into entries, in place and before the lock is taken.
 * False if there is a page that cannot be touched.
 */
bool sm_walk_convert(struct sm_mirror *m, struct hmm_range *range, bool direct)
{
	unsigned long i, n = (range->end - range->start) >> PAGE_SHIFT;
	u64 pgno = range->start >> PAGE_SHIFT;

	BUILD_BUG_ON(sizeof(*range->hmm_pfns) != sizeof(u64));

	for (i = 0; i < n; i++) {
		unsigned long hmm_pfn = range->hmm_pfns[i];
		u64 order = hmm_pfn_to_map_order(hmm_pfn);

		if (!direct && !sm_page_reachable(hmm_pfn_to_page(hmm_pfn)))
			return false;
		if (m->d->flags & SM_D_SMALL)
			order = 0;
		if (order)
			order = sm_walk_fit(m, pgno + i, order);
		range->hmm_pfns[i] = sm_entry_of(hmm_pfn) |
				     order << SM_ENT_ORDER_SHIFT;
	}

	return true;
}
