// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline kvm: a sequence and a count of active invalidations.
 *
 * Stands for virt/kvm/kvm_main.c, v6.1 to v7.3:
 * kvm_mmu_notifier_invalidate_range_start() and _end(),
 * kvm_mmu_invalidate_begin(), _range_add() and _end(),
 * mmu_invalidate_retry_gfn(), kvm_mmu_notifier_release(); for aging
 * kvm_mmu_notifier_clear_flush_young(), _clear_young() and _test_young(); and
 * up to v6.9, which had it, kvm_mmu_notifier_change_pte().
 *
 * As there, the lock is taken only if the event overlaps the mirror (KVM: a
 * memslot), while an invalidation is in progress faults are refused only in
 * the union of the active ranges, and a fault that started before any end is
 * refused everywhere.
 *
 * The race is between an event and a fault that walked before the page table
 * changed and comes to install after it:
 *
 *	event				fault
 *
 *					read_begin(): seq
 *					walk: finds the old page
 *	start: lock
 *	  in_progress++, the range
 *	  drop
 *	unlock
 *					lock
 *					read_retry(), in the range?
 *			[Required: true, for in_progress]
 *					unlock, begin anew
 *	the page table changes
 *	end: lock
 *	  seq++
 *	  in_progress--
 *	unlock
 *					lock
 *					read_retry()
 *			[Required: true, for seq, if read before]
 *					unlock, begin anew
 *
 * The sequence alone would let the first of the two install, and the count alone
 * the second. They change under one lock, so nobody sees the count gone down and
 * the sequence not gone up.
 *
 * Faults check and install under mmu_lock for reading, many at once; events have it
 * for writing. A long event yields half way: it lets go of the lock when what it has
 * dropped so far is flushed, and goes on at the entry that it stopped at
 * (tdp_mmu_zap_leafs(), tdp_mmu_iter_cond_resched() in arch/x86/kvm/mmu/tdp_mmu.c).
 * Count and range say by then what is under way:
 *
 *	event				fault
 *
 *	lock for writing
 *	  in_progress++, the range
 *	  drop the first half, flush
 *	  yield: unlock
 *					walk: finds an old page
 *					lock for reading
 *					read_retry(), in the range?
 *			[Required: true, for in_progress]
 *	  lock again
 *	  drop the rest: from where?
 *			[Required: the next that it has not looked at]
 *
 * Roots are in kvm_root.c, shadow pages in kvm_shadow.c, and what is the kernel's own,
 * with the count of events that is for that, mn_active_invalidate_count, in kvm_cache.c.
 *
 * Simplified: only events that overlap the mirror count anywhere; a fault
 * checks every page it is about to install, where KVM checks the faulting one
 * and trusts the host's page table level under mmu_lock.
 *
 * Pages come from hmm_range_fault(), which brings order and writability along,
 * with a notifier that was never inserted. Only the count and the sequence below
 * decide.
 */
#include <linux/sched.h>
#include <linux/sched/mm.h>

#include "amplify.h"
#include "compat/compat.h"
#include "ctx.h"
#include "defect.h"
#include "discipline/kvm_cache.h"
#include "discipline/kvm_root.h"
#include "discipline/kvm_shadow.h"
#include "engine.h"
#include "mirror.h"
#include "witness.h"

#define SM_KVM_YIELD_SIZE	(8 * PAGE_SIZE)

/* What events change is under both: the table's is the device's, see mirror.h. */
static void sm_kvm_lock(struct sm_kvm *k)
	__acquires(&k->mmu_lock) __acquires(&k->n.m->lock)
{
	write_lock(&k->mmu_lock);
	write_lock(&k->n.m->lock);
}

static void sm_kvm_unlock(struct sm_kvm *k)
	__releases(&k->n.m->lock) __releases(&k->mmu_lock)
{
	write_unlock(&k->n.m->lock);
	write_unlock(&k->mmu_lock);
}

/*
 * In a storm there is always somebody who wants the processor. Other defects make what
 * they make of a range of all of it.
 */
static bool sm_kvm_yields(const struct sm_mirror *m,
			  const struct mmu_notifier_range *range)
{
	if (!mmu_notifier_range_blockable(range))
		return false;

	return m->defective ? sm_defect(m, YIELD_SKIPS) :
			      need_resched() || m->amplify_ns;
}

/* From half way on, where there is something that is still to be dropped. */
static unsigned long sm_kvm_yield_at(const struct sm_mirror *m,
				     unsigned long start, unsigned long end)
{
	unsigned long va = start + ALIGN_DOWN((end - start) / 2, PAGE_SIZE);

	while (va < end - PAGE_SIZE && !sm_tlb_peek(&m->tlb, va >> PAGE_SHIFT))
		va += PAGE_SIZE;

	return va;
}

/* Drop what an event touches. Both locks are held, and may be let go of meanwhile. */
static void sm_kvm_unmap(struct sm_kvm *k, const struct mmu_notifier_range *range)
{
	struct sm_mirror *m = k->n.m;
	const struct sm_asked asked = sm_mirror_asked(range);
	unsigned long start = max(range->start, m->start);
	unsigned long end = min(range->end, m->end);
	unsigned long at;

	if (end - start < SM_KVM_YIELD_SIZE || !sm_kvm_yields(m, range)) {
		sm_mirror_invalidate(m, range);
		return;
	}
	at = sm_kvm_yield_at(m, start, end);
	sm_mirror_drop(m, &asked, start, at);
	sm_kvm_unlock(k);
	cond_resched();
	sm_mirror_amplify(m);
	sm_kvm_lock(k);
	/* As before 3a0f64de479c: goes on behind the entry that it stopped at. */
	if (sm_defect(m, YIELD_SKIPS))
		at += PAGE_SIZE;
	if (at < end)
		sm_mirror_drop(m, &asked, at, end);
}

static int sm_kvm_start(struct mmu_notifier *mn,
			const struct mmu_notifier_range *range)
{
	struct sm_kvm *k = container_of(mn, struct sm_kvm, n.mn);
	struct sm_mirror *m = k->n.m;

	if (!sm_mirror_overlaps(m, range))
		return 0;
	/* As CVE-2025-38520: the last reference would tear the mm down here. */
	if (sm_defect(m, MMPUT) && mmget_not_zero(range->mm))
		mmput(range->mm);
	atomic_long_inc(&k->active);
	smp_mb__after_atomic();	/* pairs with sm_kvm_cache_activate() */
	if (!sm_defect(m, FLUSH_AFTER_END))
		sm_kvm_cache_start(k, range);

	sm_kvm_lock(k);
	/* Visible before unlock; read under the lock by sm_kvm_read_retry(). */
	if (k->in_progress++ == 0 || sm_defect(m, NEWEST_RANGE_ONLY)) {
		k->range_start = range->start;
		k->range_end = range->end;
	} else {
		k->range_start = min(k->range_start, range->start);
		k->range_end = max(k->range_end, range->end);
	}
	if (sm_defect(m, START_ONLY))
		WRITE_ONCE(k->seq, k->seq + 1);
	if (!sm_defect(m, FLUSH_AFTER_END))
		sm_kvm_unmap(k, range);
	sm_kvm_unlock(k);

	if (mmu_notifier_range_blockable(range)) {
		sm_mirror_amplify(m);
	} else if (sm_defect(m, REFUSE_WITH_END)) {
		sm_mirror_refuses(m, range);
		return -EAGAIN;
	}

	return 0;
}

static void sm_kvm_end(struct mmu_notifier *mn,
		       const struct mmu_notifier_range *range)
{
	struct sm_kvm *k = container_of(mn, struct sm_kvm, n.mn);
	struct sm_mirror *m = k->n.m;

	if (!sm_mirror_overlaps(m, range))
		return;

	sm_kvm_lock(k);
	/*
	 * A fault that walked the page table before this point may have seen
	 * what is gone now. It read the sequence before it walked, without
	 * the lock, and reads sequence and count again under it. (KVM orders
	 * the two with a barrier for those who read them without mmu_lock.)
	 */
	if (!sm_defect(m, START_ONLY))
		WRITE_ONCE(k->seq, k->seq + 1);
	if (sm_defect(m, FLUSH_AFTER_END))
		sm_mirror_invalidate(m, range);
	if (sm_defect(m, FLAG_NOT_COUNT))
		k->in_progress = 0;
	else
		k->in_progress--;
	WARN_ON_ONCE(k->in_progress < 0);
	sm_kvm_unlock(k);
	/* The sequence first; pairs with sm_kvm_cache_retry(). */
	smp_mb__before_atomic();
	atomic_long_dec(&k->active);
}

#ifdef SM_HAVE_OPS_CHANGE_PTE
/*
 * The page of an address changes, under the page table's lock, between a start
 * and an end. As in KVM an entry that is still there would get the new page,
 * read-only, or go if the new one is writable. Neither happens to a mirror that
 * heeds the start: that dropped the entry, and none comes back before the end.
 */
static void sm_kvm_change_pte(struct mmu_notifier *mn, struct mm_struct *mm,
			      unsigned long address, pte_t pte)
{
	struct sm_kvm *k = container_of(mn, struct sm_kvm, n.mn);
	struct sm_mirror *m = k->n.m;
	u64 pgno = address >> PAGE_SHIFT;
	struct sm_drop drop = {};

	if (!sm_mirror_contains(m, address, address + 1))
		return;

	sm_kvm_lock(k);
	WARN_ON_ONCE(!k->in_progress && !m->defective);
	m->change_pte++;
	if (sm_tlb_peek(&m->tlb, pgno)) {
		sm_tlb_excuse(&m->tlb, pgno, pgno);
		sm_tlb_drop(&m->tlb, pgno, pgno, pgno, pgno, 0, &drop);
		sm_engine_flush(&m->engines,
				(struct sm_span){ drop.first, drop.last });
		m->dropped += drop.dropped;
		if (!pte_write(pte))
			sm_tlb_install(&m->tlb, pgno,
				       SM_ENT_PRESENT | pte_pfn(pte), 0,
				       sm_witness_gen(m->ctx->witness));
	}
	sm_kvm_unlock(k);
}
#endif

/* What the driver says of a page. */
static bool sm_kvm_says(const struct sm_mirror *m, bool young)
{
	if (sm_defect(m, ALWAYS_YOUNG))
		return true;

	return young && !sm_defect(m, NEVER_YOUNG);
}

/* A bit is set by the next walk, so whoever is to walk has to be flushed. */
static bool sm_kvm_clear(struct sm_mirror *m, unsigned long start,
			 unsigned long end, bool flush, u64 *calls)
{
	const struct sm_span span = {
		.first = start >> PAGE_SHIFT,
		.last = (end - 1) >> PAGE_SHIFT,
	};
	unsigned int young;

	if (start >= m->end || end <= m->start)
		return false;

	write_lock(&m->lock);
	++*calls;
	young = sm_tlb_age(&m->tlb, span.first, span.last, true);
	m->aged += young;
	if (flush && young)
		sm_engine_flush(&m->engines, span);
	write_unlock(&m->lock);

	return sm_kvm_says(m, young);
}

static SM_YOUNG_RET sm_kvm_clear_flush_young(struct mmu_notifier *mn,
					     struct mm_struct *mm,
					     unsigned long start,
					     unsigned long end)
{
	struct sm_mirror *m = sm_notifier_mirror(mn);

	return sm_kvm_clear(m, start, end, true, &m->clear_flush_young);
}

/* KVM does not flush here either: an access too few is seen, at worst. */
static SM_YOUNG_RET sm_kvm_clear_young(struct mmu_notifier *mn,
				       struct mm_struct *mm,
				       unsigned long start, unsigned long end)
{
	struct sm_mirror *m = sm_notifier_mirror(mn);

	return sm_kvm_clear(m, start, end, false, &m->clear_young);
}

static SM_YOUNG_RET sm_kvm_test_young(struct mmu_notifier *mn,
				      struct mm_struct *mm,
				      unsigned long address)
{
	struct sm_mirror *m = sm_notifier_mirror(mn);
	u64 pgno = address >> PAGE_SHIFT;
	bool young;

	if (!sm_mirror_contains(m, address, address + 1))
		return false;

	atomic64_inc(&m->test_young);
	read_lock(&m->lock);
	young = sm_tlb_age(&m->tlb, pgno, pgno, false);
	read_unlock(&m->lock);

	return sm_kvm_says(m, young);
}

static const struct mmu_notifier_ops sm_kvm_ops = {
	.release = sm_notifier_release,
	.invalidate_range_start = sm_kvm_start,
	.invalidate_range_end = sm_kvm_end,
	.clear_flush_young = sm_kvm_clear_flush_young,
	.clear_young = sm_kvm_clear_young,
	.test_young = sm_kvm_test_young,
#ifdef SM_HAVE_OPS_CHANGE_PTE
	.change_pte = sm_kvm_change_pte,
#endif
};

static unsigned long sm_kvm_read_begin(struct sm_mirror *m,
				       struct hmm_range *range)
{
	struct sm_kvm *k = m->state;
	unsigned long seq;

	sm_kvm_cache_activate(k, range->start, range->end);
	seq = READ_ONCE(k->seq);
	/* The sequence before the page table. Pairs with sm_kvm_end(). */
	smp_rmb();
	sm_notifier_watch_none(m, range);

	return seq;
}

static bool sm_kvm_read_retry(struct sm_mirror *m, unsigned long seq,
			      unsigned long start, unsigned long end)
{
	const struct sm_kvm *k = m->state;

	lockdep_assert_held_write(&m->lock);

	if (sm_defect(m, START_ONLY))
		return k->seq != seq;
	if (k->in_progress && start < k->range_end && end > k->range_start)
		return true;

	return sm_kvm_cache_retry(k, start, end) || k->seq != seq;
}

static bool sm_kvm_busy(const struct sm_mirror *m)
{
	const struct sm_kvm *k = m->state;

	return k->in_progress;
}

static int sm_kvm_attach(struct sm_mirror *m)
{
	struct sm_kvm *k = m->state;

	rwlock_init(&k->mmu_lock);
	mutex_init(&k->slots_lock);
	INIT_LIST_HEAD(&k->shadows);

	return sm_notifier_attach(m);
}

static void sm_kvm_detach(struct sm_mirror *m)
{
	sm_notifier_detach(m);
	sm_kvm_shadow_free(m->state);
}

/* kvm_tdp_mmu_page_fault() */
static void sm_kvm_fault_lock(struct sm_mirror *m)
	__acquires(&((struct sm_kvm *)m->state)->mmu_lock)
{
	struct sm_kvm *k = m->state;

	sm_kvm_root_slots(k);
	sm_kvm_shadow_nested(k);
	read_lock(&k->mmu_lock);
	/* As before CVE-2022-45869. */
	if (sm_defect(m, RECLAIM_SHARED))
		sm_kvm_shadow_reclaim(k);
}

static void sm_kvm_fault_unlock(struct sm_mirror *m)
	__releases(&((struct sm_kvm *)m->state)->mmu_lock)
{
	struct sm_kvm *k = m->state;

	read_unlock(&k->mmu_lock);
}

const struct sm_discipline sm_discipline_kvm = {
	.name = "kvm",
	.defects = {
		sm_defect_common, sm_defect_event, sm_defect_seq,
		sm_defect_flush, sm_defect_writes,
		SM_DEFECT_LIST(SM_DEFECT_THP_HEAD_ONLY, SM_DEFECT_NEVER_YOUNG,
			       SM_DEFECT_NO_RELEASE, SM_DEFECT_START_ONLY,
			       SM_DEFECT_NEWEST_RANGE_ONLY,
			       SM_DEFECT_FLAG_NOT_COUNT, SM_DEFECT_YIELD_SKIPS,
			       SM_DEFECT_SKIP_INVALID_ROOT,
			       SM_DEFECT_OBSOLETE_ROOT, SM_DEFECT_CACHE_UNLISTED,
			       SM_DEFECT_CACHE_IN_PROGRESS,
			       SM_DEFECT_FLUSH_AFTER_END,
			       SM_DEFECT_REFUSE_WITH_END, SM_DEFECT_MMPUT,
			       SM_DEFECT_EXIT_NO_FLUSH,
			       SM_DEFECT_ALWAYS_YOUNG,
			       SM_DEFECT_RECLAIM_SHARED),
	},
	.flags = SM_D_DEVICE_TLB | SM_D_AGES,
	.state_size = SM_NOTIFIER_STATE(struct sm_kvm),
	.hlist = &sm_kvm_ops,
	.attach = sm_kvm_attach,
	.detach = sm_kvm_detach,
	.read_begin = sm_kvm_read_begin,
	.read_retry = sm_kvm_read_retry,
	.busy = sm_kvm_busy,
	.lock = sm_kvm_fault_lock,
	.unlock = sm_kvm_fault_unlock,
	.drop = sm_kvm_root_drop,
};
