// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline gru: a count of active invalidations and a wait queue, and no
 * sequence: the device itself cancels a drop-in that raced with a flush.
 *
 * Stands for drivers/misc/sgi-gru/grutlbpurge.c, gru_invalidate_range_start()
 * and _end(), and grufault.c, gru_try_dropin() and gru_user_dropin(), v5.10 to
 * v6.12 (the driver was removed after that).
 *
 * As there: the count is of the whole mm, whatever range an event has; a
 * drop-in waits until it is zero, reads the page table, and writes the TLB; a
 * start that comes between the two cancels it. Nothing sleeps in a callback,
 * and nothing is refused.
 *
 * The race, and what nobody but the hardware can see:
 *
 *	event				drop-in
 *
 *					reads the miss
 *					ms_range_active is 0
 *					reads the page table: the old page
 *	start: ms_range_active++
 *	  flush
 *					writes the TLB
 *			[Required: the hardware ignores that]
 *	the page table changes
 *					misses again: ms_range_active is 1
 *					  waits for 0
 *	end: ms_range_active--, wake
 *					  reads the new page
 *
 * Simplified: the hardware's cancelling is a number that every start changes
 * and a drop-in compares under the table's lock; flushes are not capped at
 * GRUMAXINVAL pages; the page table is read by hmm_range_fault(), not by
 * atomic_pte_lookup().
 */
#include <linux/slab.h>
#include <linux/wait.h>

#include "amplify.h"
#include "compat/compat.h"
#include "defect.h"
#include "discipline/notifier.h"
#include "mirror.h"

struct sm_gru {
	struct sm_notifier n;
	wait_queue_head_t wait;
	atomic_t *active;	/* events under way in the mm */
	unsigned long starts;			/* under m->lock */
};

static int sm_gru_start(struct mmu_notifier *mn,
			const struct mmu_notifier_range *range)
{
	struct sm_gru *g = container_of(mn, struct sm_gru, n.mn);
	struct sm_mirror *m = g->n.m;

	/* Before the flush: no drop-in begins from here on. */
	atomic_inc(g->active);
	if (sm_mirror_overlaps(m, range)) {
		write_lock(&m->lock);
		WRITE_ONCE(g->starts, g->starts + 1);
		sm_mirror_invalidate(m, range);
		write_unlock(&m->lock);
		if (mmu_notifier_range_blockable(range))
			sm_mirror_amplify(m);
	}

	return 0;
}

static void sm_gru_end(struct mmu_notifier *mn,
		       const struct mmu_notifier_range *range)
{
	struct sm_gru *g = container_of(mn, struct sm_gru, n.mn);

	if (sm_defect(g->n.m, FLAG_NOT_COUNT))
		atomic_set(g->active, 0);
	else if (atomic_dec_return(g->active))
		return;
	wake_up_all(&g->wait);
}

static void sm_gru_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct sm_gru *g = container_of(mn, struct sm_gru, n.mn);

	/* Whoever waits for the end of an event would wait for nothing. */
	atomic_set(g->active, 0);
	wake_up_all(&g->wait);
	sm_notifier_release(mn, mm);
}

static const struct mmu_notifier_ops sm_gru_ops = {
	.release = sm_gru_release,
	.invalidate_range_start = sm_gru_start,
	.invalidate_range_end = sm_gru_end,
};

static int sm_gru_attach(struct sm_mirror *m)
{
	struct sm_gru *g = m->state;
	int ret;

	g->active = kzalloc(sizeof(*g->active), GFP_KERNEL_ACCOUNT);
	if (!g->active)
		return -ENOMEM;
	init_waitqueue_head(&g->wait);

	ret = sm_notifier_attach(m);
	if (ret)
		kfree(g->active);

	return ret;
}

static void sm_gru_detach(struct sm_mirror *m)
{
	struct sm_gru *g = m->state;

	if (sm_defect(m, FREE_EARLY))
		kfree(g->active);
	sm_notifier_detach(m);
	if (!sm_defect(m, FREE_EARLY))
		kfree(g->active);
}

/*
 * The number first, the count after it: a start raises the count before it
 * changes the number, so whoever saw the count at zero later than the number
 * will find that start's number changed. (The core lets nobody register while
 * an event is under way, so the count never goes below zero.)
 */
static unsigned long sm_gru_read_begin(struct sm_mirror *m,
				       struct hmm_range *range)
{
	struct sm_gru *g = m->state;
	unsigned long starts;

	sm_notifier_watch_none(m, range);
	if (!sm_defect(m, START_ONLY))
		wait_event_timeout(g->wait, !atomic_read(g->active), HZ);
	starts = READ_ONCE(g->starts);
	smp_rmb();	/* pairs with the lock in sm_gru_start() */
	if (atomic_read(g->active) && !sm_defect(m, START_ONLY))
		starts--;	/* not a number that will be met */

	return starts;
}

static bool sm_gru_read_retry(struct sm_mirror *m, unsigned long seq,
			      unsigned long start, unsigned long end)
{
	struct sm_gru *g = m->state;

	lockdep_assert_held_write(&m->lock);

	if (sm_defect(m, NO_CANCEL))
		return false;

	return g->starts != seq;
}

const struct sm_discipline sm_discipline_gru = {
	.name = "gru",
	.defects = {
		sm_defect_common, sm_defect_event, sm_defect_writes,
		SM_DEFECT_LIST(SM_DEFECT_THP_HEAD_ONLY, SM_DEFECT_NO_RELEASE,
			       SM_DEFECT_NO_CANCEL, SM_DEFECT_FLAG_NOT_COUNT,
			       SM_DEFECT_START_ONLY, SM_DEFECT_LATE_SEQ,
			       SM_DEFECT_FREE_EARLY,
			       SM_DEFECT_PUBLISH_AFTER_UNLOCK),
	},
	.state_size = SM_NOTIFIER_STATE(struct sm_gru),
	.hlist = &sm_gru_ops,
	.attach = sm_gru_attach,
	.detach = sm_gru_detach,
	.read_begin = sm_gru_read_begin,
	.read_retry = sm_gru_read_retry,
};
