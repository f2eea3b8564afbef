/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one notifier that a discipline mostly has: attached, detached, and asked
 * for its sequence. A row of such a discipline has
 *
 *	.hlist = &sm_NAME_ops,		(or .interval)
 *	.state_size = SM_NOTIFIER_STATE(struct sm_NAME),
 *	.attach = sm_notifier_attach,
 *	.detach = sm_notifier_detach,
 *
 * and, of an interval notifier whose sequence changes under the table's lock,
 *
 *	.read_begin = sm_notifier_read_begin,
 *	.read_retry = sm_notifier_read_retry,
 *
 * One that has more to do calls these from its own. See object.h for more
 * notifiers than one.
 */
#ifndef SM_NOTIFIER_H
#define SM_NOTIFIER_H

#include <linux/build_bug.h>
#include <linux/hmm.h>
#include <linux/mmu_notifier.h>
#include <linux/stddef.h>

#include "mirror.h"

/*
 * @mni is inserted if the discipline is an interval one. Elsewhere it never is:
 * hmm_range_fault() wants one whose sequence to watch, and this one's stays zero,
 * so that it never asks for a retry.
 */
struct sm_notifier {
	struct sm_mirror *m;
	struct mmu_notifier mn;
	struct mmu_interval_notifier mni;
};

/* The size of a state, which begins with its struct sm_notifier @n. */
#define SM_NOTIFIER_STATE(type)						\
	(sizeof(type) + BUILD_BUG_ON_ZERO(offsetof(type, n)))

/* The state of a discipline that has nothing else, or what is common to all. */
static inline struct sm_notifier *sm_notifier_of(const struct sm_mirror *m)
{
	return m->state;
}

/* Whose callback was called? */
static inline struct sm_mirror *sm_notifier_mirror(struct mmu_notifier *mn)
{
	return container_of(mn, struct sm_notifier, mn)->m;
}

int sm_notifier_attach(struct sm_mirror *m);
void sm_notifier_detach(struct sm_mirror *m);
void sm_notifier_release(struct mmu_notifier *mn, struct mm_struct *mm);
void sm_notifier_watch_none(const struct sm_mirror *m,
			    struct hmm_range *range);
unsigned long sm_notifier_read_begin(struct sm_mirror *m,
				     struct hmm_range *range);
bool sm_notifier_read_retry(struct sm_mirror *m, unsigned long seq,
			    unsigned long start, unsigned long end);

#endif /* SM_NOTIFIER_H */
