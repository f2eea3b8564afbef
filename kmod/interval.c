// SPDX-License-Identifier: GPL-2.0-only
/*
 * The witness's interval notifier. It mirrors nothing and never refuses: it is
 * there to see a start that the core leaves open.
 */
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/mmu_notifier.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "dev.h"
#include "witness.h"

/* Is a function of this name among our callers? */
static bool sm_witness_called_from(const char *name)
{
	unsigned long ips[SM_RECORD_IPS];
	char buf[KSYM_SYMBOL_LEN];
	unsigned int i, nr;

	nr = sm_stack_save(ips, ARRAY_SIZE(ips), 1);
	for (i = 0; i < nr; i++) {
		sprint_symbol_no_offset(buf, ips[i]);
		if (!strcmp(buf, name))
			return true;
	}

	return false;
}

/*
 * A start that may not sleep first asks interval notifiers, then the others. If
 * one of the others refuses, the core calls the end of those that have one, but
 * forgets the intervals: their count of active invalidations stays raised, and
 * mmu_interval_read_begin() and mmu_interval_notifier_remove() may wait for
 * ever, uninterruptibly. (__mmu_notifier_invalidate_range_start() in all of
 * 5.10 to 7.3; seen on 6.1 and 7.3.) So this end comes from inside that start,
 * and our own interval notifier was told of it.
 *
 * Nobody can undo that. The module keeps its hands off the interval notifiers
 * of this mm from here on, and stays loaded, as they will never be removed.
 */
void sm_witness_left_open(struct sm_witness *w,
			  const struct mmu_notifier_range *range)
{
	if (mmu_notifier_range_blockable(range) ||
	    READ_ONCE(w->told) != range || READ_ONCE(w->ctx->poisoned) ||
	    !sm_witness_called_from("__mmu_notifier_invalidate_range_start"))
		return;
	__module_get(THIS_MODULE);
	WRITE_ONCE(w->ctx->poisoned, true);
	sm_witness_blame(w, range, SM_CONTRACT_LEFT_OPEN);
}

static bool sm_witness_interval(struct mmu_interval_notifier *mni,
				const struct mmu_notifier_range *range,
				unsigned long seq)
{
	struct sm_witness *w = container_of(mni, struct sm_witness, mni);

	if (!mmu_notifier_range_blockable(range))
		WRITE_ONCE(w->told, range);

	return true;
}

static const struct mmu_interval_notifier_ops sm_witness_interval_ops = {
	.invalidate = sm_witness_interval,
};

/*
 * Called before the first mirror with interval notifiers is made, and not
 * earlier: in an mm without any, a refused start does no harm.
 */
int sm_witness_watch_intervals(struct sm_witness *w)
{
	int ret;

	if (w->intervals)
		return 0;
	ret = mmu_interval_notifier_insert(&w->mni, w->ctx->mm, w->start,
					   w->end - w->start,
					   &sm_witness_interval_ops);
	w->intervals = !ret;

	return ret;
}
