/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a driver may drop when it is asked to drop a range. Plain C: also built on
 * the host, for tests.
 *
 * This is judged by what an event asked for and what a discipline declares, never
 * by what its code made of the two.
 */
#ifndef SM_ROUND_H
#define SM_ROUND_H

#include <linux/types.h>

/* Page numbers: @last is inclusive, and not before @first. */
struct sm_span {
	__u64 first;
	__u64 last;
};

/*
 * To what a driver may round. Whatever that is, a huge entry or a pinned window
 * that the rounded range touches falls whole.
 */
enum sm_round {
	SM_ROUND_NONE,		/* none: the event's own pages */
	SM_ROUND_POW2,		/* an aligned power of two of pages around them */
	SM_ROUND_OBJECT,	/* the objects that they are in */
	SM_ROUND_PAGE_OR_ALL,	/* one page, or else the whole mirror */
};

struct sm_span sm_round_span(enum sm_round how, struct sm_span asked,
			     struct sm_span mirror, __u64 object);

#endif /* SM_ROUND_H */
