// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filling the table. Every discipline goes through this one loop, but for those
 * that pin (sm_discipline.fill):
 *
 *	prepare leaves		so that the witness has where to note events
 *	read_begin()		sequence
 *	generation		after the sequence, see sm_fault_once()
 *	hmm_range_fault()	PFN, order and writability, under mmap_lock
 *	lock, read_retry()	anything invalidated meanwhile? throw it away
 *	install, unlock
 */
#include <linux/delay.h>
#include <linux/hmm.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "fault.h"
#include "interval.h"
#include "trace.h"
#include "witness.h"

#define SM_FAULT_TIMEOUT_NS	NSEC_PER_SEC
#define SM_FAULT_SPINS		4	/* retries before the first nap */

/* An hmm_range_fault() result in entry layout, 0 if not valid. */
u64 sm_fault_entry(unsigned long hmm_pfn)
{
	if (!(hmm_pfn & HMM_PFN_VALID))
		return 0;

	return SM_ENT_PRESENT | (hmm_pfn & ~HMM_PFN_FLAGS) |
	       (hmm_pfn & HMM_PFN_WRITE ? SM_ENT_WRITE : 0);
}

/*
 * Can the module touch the page? hmm_range_fault() hands out pages that are
 * not in the direct map (secretmem), and touching one is an oops.
 */
static bool sm_fault_reachable(unsigned long hmm_pfn)
{
	struct page *page = hmm_pfn_to_page(hmm_pfn);
	unsigned long word;

	if (PageAnon(page) || PageHighMem(page))
		return true;

	return !copy_from_kernel_nofault(&word, page_address(page),
					 sizeof(word));
}

/* What backs no file is in the direct map: spare each page the question. */
static bool sm_fault_direct(const struct sm_mirror *m,
			    const struct hmm_range *range)
{
	struct vm_area_struct *vma = find_vma(m->ctx->mm, range->start);

	return vma && !vma->vm_file && vma->vm_end >= range->end;
}

/* Is no event open on any granule of the range? */
static bool sm_fault_quiet(const struct sm_mirror *m,
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

static bool sm_fault_huge(const struct hmm_range *range)
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
static int sm_fault_walk(struct sm_mirror *m, struct hmm_range *range,
			 bool *direct)
{
	bool quiet;
	int ret;

	mmap_read_lock(m->ctx->mm);
	quiet = !(m->d->flags & SM_D_WALKS) || sm_fault_quiet(m, range);
	ret = hmm_range_fault(range);
	if (!ret && !quiet && sm_fault_huge(range))
		ret = -EBUSY;
	*direct = !ret && sm_fault_direct(m, range);
	mmap_read_unlock(m->ctx->mm);

	return ret;
}

/*
 * Turn the walk's result into entries, in place and before the lock is taken.
 * False if there is a page that cannot be touched.
 */
static bool sm_fault_convert(const struct sm_mirror *m,
			     struct hmm_range *range, bool direct)
{
	unsigned long i, n = (range->end - range->start) >> PAGE_SHIFT;
	u64 pgno = range->start >> PAGE_SHIFT;

	BUILD_BUG_ON(sizeof(*range->hmm_pfns) != sizeof(u64));

	for (i = 0; i < n; i++) {
		unsigned long hmm_pfn = range->hmm_pfns[i];
		u64 order = hmm_pfn_to_map_order(hmm_pfn);

		if (!direct && !sm_fault_reachable(hmm_pfn))
			return false;
		if (m->d->flags & SM_D_SMALL)
			order = 0;
		if (order)
			order = sm_tlb_fit_order(&m->tlb, pgno + i, order);
		range->hmm_pfns[i] = sm_fault_entry(hmm_pfn) |
				     order << SM_ENT_ORDER_SHIFT;
	}

	return true;
}

/* The block that an entry covers. */
static unsigned long sm_fault_block(unsigned long va, u64 ent,
				    unsigned long *end)
{
	unsigned long size = PAGE_SIZE << sm_ent_order(ent);

	*end = ALIGN_DOWN(va, size) + size;

	return ALIGN_DOWN(va, size);
}

/*
 * What an installation would cover: the range, widened to the huge entries at
 * its two ends. All of it has to be free of invalidations, not only the page
 * that was asked for.
 */
static void sm_fault_extent(const struct hmm_range *range,
			    unsigned long *start, unsigned long *end)
{
	unsigned long last = range->end - PAGE_SIZE;
	unsigned long n = (range->end - range->start) >> PAGE_SHIFT;

	*start = sm_fault_block(range->start, range->hmm_pfns[0], end);
	sm_fault_block(last, range->hmm_pfns[n - 1], end);
}

/* Install entries from @i on: one huge one, or as many single ones as follow. */
static unsigned long sm_fault_install_some(struct sm_mirror *m,
					   const struct hmm_range *range,
					   unsigned long i, u64 gen)
{
	unsigned long n = (range->end - range->start) >> PAGE_SHIFT;
	unsigned long va = range->start + i * PAGE_SIZE;
	unsigned long run, end, *ent = range->hmm_pfns + i;
	u64 pgno = va >> PAGE_SHIFT;

	if (sm_ent_order(*ent)) {
		sm_tlb_install(&m->tlb, pgno, *ent, sm_ent_order(*ent), gen);
		m->installed += 1UL << sm_ent_order(*ent);
		m->huge++;
		sm_fault_block(va, *ent, &end);
		return (end - range->start) >> PAGE_SHIFT;
	}
	n = min(n - i, SM_LEAF_ENTRIES - sm_tlb_slot(pgno));
	for (run = 1; run < n && !sm_ent_order(ent[run]); run++)
		;
	sm_tlb_install_run(&m->tlb, pgno, ent, run, gen);
	m->installed += run;

	return i + run;
}

static void sm_fault_install(struct sm_mirror *m,
			     const struct hmm_range *range, u64 gen)
{
	unsigned long i = 0, n = (range->end - range->start) >> PAGE_SHIFT;

	lockdep_assert_held_write(&m->lock);

	while (i < n)
		i = sm_fault_install_some(m, range, i, gen);
}

static void sm_fault_lock(struct sm_mirror *m) __acquires(&m->lock)
{
	if (m->d->lock)
		m->d->lock(m);
	write_lock(&m->lock);
}

static void sm_fault_unlock(struct sm_mirror *m) __releases(&m->lock)
{
	write_unlock(&m->lock);
	if (m->d->unlock)
		m->d->unlock(m);
}

/* Publish what the walk found, unless an invalidation came between. */
static int sm_fault_publish(struct sm_mirror *m, const struct hmm_range *range,
			    unsigned long seq, u64 gen)
{
	unsigned long start, end;
	int ret = 0;

	sm_fault_extent(range, &start, &end);
	sm_fault_lock(m);
	if (m->dead)
		ret = -ESRCH;
	else if (m->d->read_retry(m, seq, start, end))
		ret = -EBUSY;
	if (sm_defect(m, NO_RETRY) && ret == -EBUSY) {
		/*
		 * The generation may be that of the very event that is under
		 * way, so that this entry never looks late: from here on no
		 * page of this mirror is known to be the process's.
		 */
		m->unproven = true;
		ret = 0;
	}
	if (sm_defect(m, PUBLISH_AFTER_UNLOCK)) {
		sm_fault_unlock(m);
		sm_mirror_amplify(m);
		sm_fault_lock(m);
	}
	if (!ret)
		sm_fault_install(m, range, gen);
	sm_fault_unlock(m);

	return ret;
}

static int sm_fault_once(struct sm_mirror *m, struct hmm_range *range,
			 u32 flags)
{
	unsigned long seq;
	bool direct;
	u64 gen;
	int ret;

	if ((m->d->flags & SM_D_INTERVAL) && !sm_interval_ready(m->ctx->witness))
		return READ_ONCE(m->ctx->poisoned) ? -EIO : -EBUSY;
	seq = m->d->read_begin(m, range);
	/*
	 * Whatever the sequence does not tell apart from this fault has ended,
	 * so the witness has noted it with this generation or an older one: an
	 * entry installed by a correct discipline is never older than the last
	 * invalidation of its page.
	 */
	gen = sm_witness_gen(m->ctx->witness);
	memset(range->hmm_pfns, 0, (range->end - range->start) / PAGE_SIZE *
				   sizeof(*range->hmm_pfns));
	ret = sm_fault_walk(m, range, &direct);
	if (ret || (flags & SM_FAULT_DRY))
		return ret;
	if (!sm_fault_convert(m, range, direct))
		return -EFAULT;
	sm_mirror_amplify(m);
	if (sm_defect(m, LATE_SEQ))
		seq = m->d->read_begin(m, range);

	return sm_fault_publish(m, range, seq, gen);
}

/* Has whoever waits for this fault lost interest? */
bool sm_fault_cancelled(void)
{
	if (current->flags & PF_KTHREAD)
		return kthread_should_stop();

	return fatal_signal_pending(current);
}

static int sm_fault_retry(struct sm_mirror *m, struct hmm_range *range,
			  u32 flags)
{
	unsigned int retries = 0;
	u64 deadline = 0;
	int ret;

	for (;;) {
		ret = sm_fault_once(m, range, flags);
		if (ret != -EBUSY)
			break;
		if (sm_fault_cancelled()) {
			ret = -EINTR;
			break;
		}
		if (!deadline)
			deadline = ktime_get_ns() + SM_FAULT_TIMEOUT_NS;
		else if (ktime_get_ns() > deadline)
			break;
		/* Let whoever invalidates get on with it. */
		if (++retries > SM_FAULT_SPINS)
			usleep_range(10, 50);
		else
			cond_resched();
	}
	atomic64_inc(&m->faults);
	if (retries)
		atomic64_add(retries, &m->retries);
	trace_sm_fault(m->id, range->start,
		       (range->end - range->start) >> PAGE_SHIFT, flags,
		       retries, ret);

	return ret;
}

/* Make the leaves that entries in a range will need. May sleep. */
int sm_fault_prepare(struct sm_mirror *m, unsigned long start,
		     unsigned long end)
{
	unsigned int leaves = 0;
	int ret;

	ret = sm_tlb_prepare(&m->tlb, start >> PAGE_SHIFT,
			     (end - 1) >> PAGE_SHIFT, &leaves);
	if (leaves) {
		atomic64_add(leaves, &m->leaves);
		atomic64_add(leaves, &sm_counts.leaves);
	}

	return ret;
}

/* A driver that fills its table in its own way, page by page. */
static int sm_fault_fill(struct sm_mirror *m, unsigned long start,
			 unsigned long end, u32 flags)
{
	unsigned long va;
	int ret = 0;

	for (va = start; va < end && !ret; va += PAGE_SIZE) {
		ret = m->d->fill(m, va, flags);
		atomic64_inc(&m->faults);
		trace_sm_fault(m->id, va, 1, flags, 0, ret);
	}

	return ret;
}

/*
 * Fault @npages pages in and install them; SM_FAULT_WRITE asks for writable
 * ones. @pfns has room for @npages. May sleep: mmap_lock, page faults.
 *
 * Return: 0; -EFAULT nothing readable there; -EPERM read-only; -ESRCH the mm
 * is gone; -EBUSY an invalidation always came between, for a second; -EINTR;
 * -ENOMEM.
 */
int sm_fault(struct sm_mirror *m, unsigned long start, unsigned int npages,
	     u32 flags, unsigned long *pfns)
{
	struct hmm_range range = {
		.start = start,
		.end = start + npages * PAGE_SIZE,
		.hmm_pfns = pfns,
		.default_flags = HMM_PFN_REQ_FAULT |
			(flags & SM_FAULT_WRITE ? HMM_PFN_REQ_WRITE : 0),
	};
	int ret;

	ret = sm_fault_prepare(m, start, range.end);
	if (ret)
		return ret;
	ret = sm_ctx_mm_get(m->ctx);
	if (ret)
		return ret;
	if (m->d->fill)
		ret = sm_fault_fill(m, start, range.end, flags);
	else
		ret = sm_fault_retry(m, &range, flags);
	sm_ctx_mm_put(m->ctx);

	return ret;
}

/* SM_IOC_FAULT: batch by batch. */
int sm_fault_range(struct sm_mirror *m, struct sm_ioc_fault *f)
{
	unsigned long *pfns;
	int ret = 0;
	u64 va;

	pfns = kmalloc_array(f->batch, sizeof(*pfns), GFP_KERNEL_ACCOUNT);
	if (!pfns)
		return -ENOMEM;
	for (va = f->start; va < f->end;) {
		u64 end = m->d->extent ? m->d->extent(m, va) : f->end;
		unsigned int n = min_t(u64, f->batch,
				       (min(end, f->end) - va) >> PAGE_SHIFT);

		ret = sm_fault(m, va, n, f->flags, pfns);
		if (ret)
			break;
		va += n * PAGE_SIZE;
		f->done = va - f->start;
		if (va < f->end && signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		cond_resched();
	}
	kfree(pfns);

	return ret;
}
