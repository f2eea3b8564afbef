// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline two-pass: an interval notifier whose flush is put off to a second
 * pass, so that several devices flush at the same time.
 *
 * Stands for drivers/gpu/drm/xe/xe_userptr.c, v7.3:
 * xe_vma_userptr_invalidate_start(), _pass1() and _finish().
 *
 *	invalidate_start	sequence; nothing can be installed from here on
 *	(those of others)
 *	invalidate_finish	drop what the event touches
 *	(the core goes on: witness, page tables)
 *
 * As there, the one state of a second pass is part of the mirror: nothing is
 * allocated, in whatever context the event comes. While an event has it,
 * others flush in their first pass. A non-blockable event is refused.
 *
 * Simplified: the second pass waits for no fence, and every event asks for it,
 * where xe has it only for a device that is busy.
 */
#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "mirror.h"

#ifdef SM_HAVE_INTERVAL_TWO_PASS

/* All but @mni under the table's lock. */
struct sm_two_pass {
	struct mmu_interval_notifier mni;
	struct sm_mirror *m;
	struct mmu_interval_notifier_finish finish;
	struct mmu_notifier_range range;	/* that @finish is to drop */
	bool in_use;				/* @finish is */
};

/* What may sleep: put off to the second pass, if nobody else has that. */
static void sm_two_pass_begin(struct sm_two_pass *t,
			      const struct mmu_notifier_range *range,
			      unsigned long cur_seq,
			      struct mmu_interval_notifier_finish **finish)
{
	struct sm_mirror *m = t->m;

	write_lock(&m->lock);
	/* Under the lock that sm_two_pass_read_retry() is called with. */
	mmu_interval_set_seq(&t->mni, cur_seq);
	if (range->event == MMU_NOTIFY_RELEASE) {
		/* Everything goes at once, see below. */
	} else if (t->in_use) {
		sm_mirror_invalidate(m, range);
	} else {
		t->in_use = true;
		t->range = *range;
		*finish = &t->finish;
	}
	write_unlock(&m->lock);

	if (range->event == MMU_NOTIFY_RELEASE)
		sm_mirror_release(m);
	else
		sm_mirror_amplify(m);
}

static bool sm_two_pass_start(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range,
			      unsigned long cur_seq,
			      struct mmu_interval_notifier_finish **finish)
{
	struct sm_two_pass *t = container_of(mni, struct sm_two_pass, mni);
	bool done;

	sm_mirror_enter(range);
	done = mmu_notifier_range_blockable(range);
	if (done)
		sm_two_pass_begin(t, range, cur_seq, finish);
	else
		done = sm_defect(t->m, NONBLOCK_LIE);
	sm_mirror_leave(range);

	return done;
}

static void sm_two_pass_finish(struct mmu_interval_notifier_finish *finish)
{
	struct sm_two_pass *t = container_of(finish, struct sm_two_pass,
					     finish);
	/* A copy: another event may have it once it is not in use. */
	const struct mmu_notifier_range range = t->range;
	struct sm_mirror *m = t->m;

	sm_mirror_enter(&range);
	write_lock(&m->lock);
	if (!sm_defect(m, NO_FINISH))
		sm_mirror_invalidate(m, &range);
	t->in_use = false;
	write_unlock(&m->lock);
	sm_mirror_amplify(m);
	sm_mirror_leave(&range);
}

static const struct mmu_interval_notifier_ops sm_two_pass_ops = {
	.invalidate_start = sm_two_pass_start,
	.invalidate_finish = sm_two_pass_finish,
};

static int sm_two_pass_attach(struct sm_mirror *m)
{
	struct sm_two_pass *t = m->state;

	t->m = m;

	return mmu_interval_notifier_insert(&t->mni, m->ctx->mm, m->start,
					    m->end - m->start,
					    &sm_two_pass_ops);
}

/* Waits for what is under way, second passes included. */
static void sm_two_pass_detach(struct sm_mirror *m)
{
	struct sm_two_pass *t = m->state;

	mmu_interval_notifier_remove(&t->mni);
}

static unsigned long sm_two_pass_read_begin(struct sm_mirror *m,
					    struct hmm_range *range)
{
	struct sm_two_pass *t = m->state;

	range->notifier = &t->mni;
	/* Waits until no invalidation of the interval is under way. */
	range->notifier_seq = mmu_interval_read_begin(&t->mni);

	return range->notifier_seq;
}

static bool sm_two_pass_read_retry(struct sm_mirror *m, unsigned long seq,
				   unsigned long start, unsigned long end)
{
	struct sm_two_pass *t = m->state;

	lockdep_assert_held_write(&m->lock);

	return mmu_interval_read_retry(&t->mni, seq);
}

const struct sm_discipline sm_discipline_two_pass = {
	.name = "two-pass",
	.defects = SM_DEFECTS_COMMON | SM_DEFECTS_EVENT | SM_DEFECTS_SEQ |
		   SM_DEFECT_BIT(THP_HEAD_ONLY) | SM_DEFECT_BIT(DROP_DIRTY) |
		   SM_DEFECT_BIT(NONBLOCK_LIE) | SM_DEFECT_BIT(NO_FINISH),
	.flags = SM_D_INTERVAL,
	.state_size = sizeof(struct sm_two_pass),
	.attach = sm_two_pass_attach,
	.detach = sm_two_pass_detach,
	.read_begin = sm_two_pass_read_begin,
	.read_retry = sm_two_pass_read_retry,
};

#endif /* SM_HAVE_INTERVAL_TWO_PASS */
