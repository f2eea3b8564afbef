// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline hmm: an interval notifier and the hmm_range_fault() retry loop,
 * as Documentation/mm/hmm.rst prescribes it and lib/test_hmm.c does it
 * (dmirror_interval_invalidate(), dmirror_range_fault()).
 *
 * Simplified: the lock is a spinning one, so a non-blockable invalidation is
 * served like any other and never refused.
 */
#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "mirror.h"

/* Whose events dmirror leaves alone; the profile has no memory of its own. */
#define SM_HMM_OWNER	NULL

#define to_mirror(p)	container_of(p, struct sm_mirror, hmm)

/*
 * An owner is to be found in MMU_NOTIFY_MIGRATE and _EXCLUSIVE alone: nobody
 * fills it in for the others.
 */
static bool sm_hmm_own(const struct sm_mirror *m,
		       const struct mmu_notifier_range *range)
{
	return sm_defect(m, OWNER_UNCHECKED) &&
	       sm_range_owner(range) == SM_HMM_OWNER;
}

static bool sm_hmm_invalidate(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range,
			      unsigned long cur_seq)
{
	struct sm_mirror *m = to_mirror(mni);

	sm_mirror_enter(range);
	write_lock(&m->lock);
	/* Under the lock that sm_hmm_read_retry() is called with. */
	mmu_interval_set_seq(mni, cur_seq);
	if (range->event != MMU_NOTIFY_RELEASE && !sm_hmm_own(m, range))
		sm_mirror_invalidate(m, range);
	write_unlock(&m->lock);

	if (range->event == MMU_NOTIFY_RELEASE)
		sm_mirror_release(m);
	else if (mmu_notifier_range_blockable(range))
		sm_mirror_amplify(m);
	sm_mirror_leave(range);

	return true;
}

static const struct mmu_interval_notifier_ops sm_hmm_ops = {
	.invalidate = sm_hmm_invalidate,
};

static int sm_hmm_attach(struct sm_mirror *m)
{
	return mmu_interval_notifier_insert(&m->hmm, m->ctx->mm, m->start,
					    m->end - m->start, &sm_hmm_ops);
}

static void sm_hmm_detach(struct sm_mirror *m)
{
	mmu_interval_notifier_remove(&m->hmm);
}

static unsigned long sm_hmm_read_begin(struct sm_mirror *m,
				       struct hmm_range *range)
{
	range->notifier = &m->hmm;
	/* Waits until no invalidation of the interval is under way. */
	range->notifier_seq = mmu_interval_read_begin(&m->hmm);

	return range->notifier_seq;
}

static bool sm_hmm_read_retry(struct sm_mirror *m, unsigned long seq,
			      unsigned long start, unsigned long end)
{
	lockdep_assert_held_write(&m->lock);

	return mmu_interval_read_retry(&m->hmm, seq);
}

const struct sm_discipline sm_discipline_hmm = {
	.name = "hmm",
	.defects = SM_DEFECTS_COMMON | SM_DEFECTS_EVENT | SM_DEFECTS_SEQ |
		   SM_DEFECT_BIT(THP_HEAD_ONLY) | SM_DEFECT_BIT(DROP_DIRTY) |
		   SM_DEFECT_BIT(OWNER_UNCHECKED),
	.flags = SM_D_INTERVAL,
	.attach = sm_hmm_attach,
	.detach = sm_hmm_detach,
	.read_begin = sm_hmm_read_begin,
	.read_retry = sm_hmm_read_retry,
};
