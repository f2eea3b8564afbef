// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline kvm: a sequence and a count of active invalidations.
 *
 * Stands for virt/kvm/kvm_main.c, v6.1 to v6.12:
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
 * Simplified: one memslot for life, so no mn_active_invalidate_count; a fault
 * checks every page it is about to install, where KVM checks the faulting one
 * and trusts the host's page table level under mmu_lock.
 *
 * Pages come from hmm_range_fault(), which brings order and writability along,
 * with a notifier that was never inserted: its sequence stays zero and never
 * asks for a retry. Only the count and the sequence below decide.
 */
#include <linux/sched/mm.h>

#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "mirror.h"
#include "witness.h"

#define to_mirror(p)	container_of(p, struct sm_mirror, kvm.mn)

static int sm_kvm_start(struct mmu_notifier *mn,
			const struct mmu_notifier_range *range)
{
	struct sm_mirror *m = to_mirror(mn);
	struct sm_kvm *k = &m->kvm;

	if (!sm_mirror_overlaps(m, range))
		return 0;
	/* As CVE-2025-38520: the last reference would tear the mm down here. */
	if (sm_defect(m, MMPUT) && mmget_not_zero(range->mm))
		mmput(range->mm);

	write_lock(&m->lock);
	/* Visible before unlock; read under the lock by sm_kvm_read_retry(). */
	if (k->in_progress++ == 0) {
		k->range_start = range->start;
		k->range_end = range->end;
	} else {
		k->range_start = min(k->range_start, range->start);
		k->range_end = max(k->range_end, range->end);
	}
	if (sm_defect(m, START_ONLY))
		WRITE_ONCE(k->seq, k->seq + 1);
	if (!sm_defect(m, FLUSH_AFTER_END))
		sm_mirror_invalidate(m, range);
	write_unlock(&m->lock);

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
	struct sm_mirror *m = to_mirror(mn);
	struct sm_kvm *k = &m->kvm;

	if (!sm_mirror_overlaps(m, range))
		return;

	write_lock(&m->lock);
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
	write_unlock(&m->lock);
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
	struct sm_mirror *m = to_mirror(mn);
	u64 pgno = address >> PAGE_SHIFT;
	struct sm_drop drop = {};

	if (!sm_mirror_contains(m, address, address + 1))
		return;

	write_lock(&m->lock);
	WARN_ON_ONCE(!m->kvm.in_progress && !m->defects);
	m->change_pte++;
	if (sm_tlb_peek(&m->tlb, pgno)) {
		m->epoch++;
		sm_tlb_drop(&m->tlb, pgno, pgno, pgno, pgno, 0, &drop);
		m->dropped += drop.dropped;
		if (!pte_write(pte))
			sm_tlb_install(&m->tlb, pgno,
				       SM_ENT_PRESENT | pte_pfn(pte), 0,
				       sm_witness_gen(m->ctx->witness));
	}
	write_unlock(&m->lock);
}
#endif

/* The lock held for writing is the flush: no device is using an entry. */
static bool sm_kvm_clear(struct sm_mirror *m, unsigned long start,
			 unsigned long end, u64 *calls)
{
	unsigned int young;

	if (start >= m->end || end <= m->start)
		return false;

	write_lock(&m->lock);
	++*calls;
	young = sm_tlb_age(&m->tlb, start >> PAGE_SHIFT,
			   (end - 1) >> PAGE_SHIFT, true);
	m->aged += young;
	write_unlock(&m->lock);

	return young;
}

static SM_YOUNG_RET sm_kvm_clear_flush_young(struct mmu_notifier *mn,
					     struct mm_struct *mm,
					     unsigned long start,
					     unsigned long end)
{
	struct sm_mirror *m = to_mirror(mn);

	return sm_kvm_clear(m, start, end, &m->clear_flush_young);
}

/* KVM does not flush here either: an access too few is seen, at worst. */
static SM_YOUNG_RET sm_kvm_clear_young(struct mmu_notifier *mn,
				       struct mm_struct *mm,
				       unsigned long start, unsigned long end)
{
	struct sm_mirror *m = to_mirror(mn);

	return sm_kvm_clear(m, start, end, &m->clear_young);
}

static SM_YOUNG_RET sm_kvm_test_young(struct mmu_notifier *mn,
				      struct mm_struct *mm,
				      unsigned long address)
{
	struct sm_mirror *m = to_mirror(mn);
	u64 pgno = address >> PAGE_SHIFT;
	bool young;

	if (!sm_mirror_contains(m, address, address + 1))
		return false;

	atomic64_inc(&m->test_young);
	read_lock(&m->lock);
	young = sm_tlb_age(&m->tlb, pgno, pgno, false);
	read_unlock(&m->lock);

	return young;
}

static void sm_kvm_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	sm_mirror_release(to_mirror(mn));
}

static const struct mmu_notifier_ops sm_kvm_ops = {
	.release = sm_kvm_release,
	.invalidate_range_start = sm_kvm_start,
	.invalidate_range_end = sm_kvm_end,
	.clear_flush_young = sm_kvm_clear_flush_young,
	.clear_young = sm_kvm_clear_young,
	.test_young = sm_kvm_test_young,
#ifdef SM_HAVE_OPS_CHANGE_PTE
	.change_pte = sm_kvm_change_pte,
#endif
};

static int sm_kvm_attach(struct sm_mirror *m)
{
	m->kvm.mn.ops = &sm_kvm_ops;
	m->kvm.never.mm = m->ctx->mm;

	return mmu_notifier_register(&m->kvm.mn, m->ctx->mm);
}

static void sm_kvm_detach(struct sm_mirror *m)
{
	mmu_notifier_unregister(&m->kvm.mn, m->ctx->mm);
}

static unsigned long sm_kvm_read_begin(struct sm_mirror *m,
				       struct hmm_range *range)
{
	unsigned long seq = READ_ONCE(m->kvm.seq);

	/* The sequence before the page table. Pairs with sm_kvm_end(). */
	smp_rmb();
	range->notifier = &m->kvm.never;
	range->notifier_seq = 0;

	return seq;
}

static bool sm_kvm_read_retry(struct sm_mirror *m, unsigned long seq,
			      unsigned long start, unsigned long end)
{
	const struct sm_kvm *k = &m->kvm;

	lockdep_assert_held_write(&m->lock);

	if (sm_defect(m, START_ONLY))
		return k->seq != seq;
	if (k->in_progress && start < k->range_end && end > k->range_start)
		return true;

	return k->seq != seq;
}

const struct sm_discipline sm_discipline_kvm = {
	.name = "kvm",
	.defects = SM_DEFECTS_COMMON | SM_DEFECTS_EVENT | SM_DEFECTS_SEQ |
		   SM_DEFECT_BIT(THP_HEAD_ONLY) | SM_DEFECT_BIT(DROP_DIRTY) |
		   SM_DEFECT_BIT(NO_RELEASE) | SM_DEFECT_BIT(START_ONLY) |
		   SM_DEFECT_BIT(FLAG_NOT_COUNT) |
		   SM_DEFECT_BIT(FLUSH_AFTER_END) |
		   SM_DEFECT_BIT(REFUSE_WITH_END) | SM_DEFECT_BIT(MMPUT),
	.flags = SM_D_AGES,
	.attach = sm_kvm_attach,
	.detach = sm_kvm_detach,
	.read_begin = sm_kvm_read_begin,
	.read_retry = sm_kvm_read_retry,
};
