// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline kvm: a sequence and a count of active invalidations.
 *
 * Stands for virt/kvm/kvm_main.c, v6.1 to v6.12:
 * kvm_mmu_notifier_invalidate_range_start() and _end(),
 * kvm_mmu_invalidate_begin(), _range_add() and _end(),
 * mmu_invalidate_retry_gfn(), kvm_mmu_notifier_release().
 *
 * As there, the lock is taken only if the event overlaps the mirror (KVM: a
 * memslot), while an invalidation is in progress faults are refused only in
 * the union of the active ranges, and a fault that started before any end is
 * refused everywhere.
 *
 * Simplified: one memslot for life, so no mn_active_invalidate_count; a fault
 * checks every page it is about to install, where KVM checks the faulting one
 * and trusts the host's page table level under mmu_lock; no aging.
 *
 * Pages come from hmm_range_fault(), which brings order and writability along,
 * with a notifier that was never inserted: its sequence stays zero and never
 * asks for a retry. Only the count and the sequence below decide.
 */
#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "mirror.h"

#define to_mirror(p)	container_of(p, struct sm_mirror, kvm.mn)

static int sm_kvm_start(struct mmu_notifier *mn,
			const struct mmu_notifier_range *range)
{
	struct sm_mirror *m = to_mirror(mn);
	struct sm_kvm *k = &m->kvm;

	if (!sm_mirror_overlaps(m, range))
		return 0;

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

static void sm_kvm_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	sm_mirror_release(to_mirror(mn));
}

static const struct mmu_notifier_ops sm_kvm_ops = {
	.release = sm_kvm_release,
	.invalidate_range_start = sm_kvm_start,
	.invalidate_range_end = sm_kvm_end,
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
		   SM_DEFECT_BIT(REFUSE_WITH_END),
	.attach = sm_kvm_attach,
	.detach = sm_kvm_detach,
	.read_begin = sm_kvm_read_begin,
	.read_retry = sm_kvm_read_retry,
};
