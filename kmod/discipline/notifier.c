// SPDX-License-Identifier: GPL-2.0-only
/* The one notifier that a discipline mostly has, see notifier.h. */
#include "compat/compat.h"
#include "ctx.h"
#include "discipline/notifier.h"
#include "mirror.h"

/* Over the range of the mirror, or, on the other list, over the whole mm. */
int sm_notifier_attach(struct sm_mirror *m)
{
	struct sm_notifier *n = sm_notifier_of(m);

	n->m = m;
	if (m->d->interval)
		return mmu_interval_notifier_insert(&n->mni, m->ctx->mm,
						    m->start, m->end - m->start,
						    m->d->interval);
	n->mn.ops = m->d->hlist;
	n->mni.mm = m->ctx->mm;

	return mmu_notifier_register(&n->mn, m->ctx->mm);
}

/* No callback runs any more when this returns, second passes included. */
void sm_notifier_detach(struct sm_mirror *m)
{
	struct sm_notifier *n = sm_notifier_of(m);

	if (m->d->interval)
		mmu_interval_notifier_remove(&n->mni);
	else
		mmu_notifier_unregister(&n->mn, m->ctx->mm);
}

void sm_notifier_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	sm_mirror_release(sm_notifier_mirror(mn));
}

/* The discipline's own sequence decides, and nothing that the core counts. */
void sm_notifier_watch_none(const struct sm_mirror *m,
			    struct hmm_range *range)
{
	range->notifier = &sm_notifier_of(m)->mni;
	range->notifier_seq = 0;
}

/* Waits until no invalidation of the interval is under way. */
unsigned long sm_notifier_read_begin(struct sm_mirror *m,
				     struct hmm_range *range)
{
	struct sm_notifier *n = sm_notifier_of(m);

	range->notifier = &n->mni;
	range->notifier_seq = mmu_interval_read_begin(&n->mni);

	return range->notifier_seq;
}

/* Under the lock that the callback sets the sequence under. */
bool sm_notifier_read_retry(struct sm_mirror *m, unsigned long seq,
			    unsigned long start, unsigned long end)
{
	lockdep_assert_held_write(&m->lock);

	return mmu_interval_read_retry(&sm_notifier_of(m)->mni, seq);
}
