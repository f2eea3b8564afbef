/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two storm threads meet on one mirror.
 *
 * Each page has one owner, and no two ops of owners ever touch the same one: their
 * events overlap in time, but not in place. Drivers get wrong what does both: a
 * union of ranges that is cut when one of two ends, a mark by page or by object
 * that the first end takes away. So between two of its ops a thread goes to where
 * another is at work, and sends events of its own into, over and next to the span
 * of that one's op:
 *
 *	owner			who meets it		device
 *
 *	start: [3, 9)
 *				start: [6, 12)
 *				end
 *						faults on 7
 *	the page table changes
 *	end
 *
 * The model stays exact, as what is done is what may be done to another's pages at
 * any time: it changes neither what a page holds nor what the mapping allows. The
 * kernel does all of it by itself when memory is short. By call:
 *
 *	dontneed	of shared memory alone, which its file keeps
 *	pageout		reclaim; comes back with what it held
 *	move-node	migration, from the reverse map: the only one whose event
 *			needs no mmap_lock, so that it meets munmap() and mprotect(),
 *			too. One page: who holds several, and waits for
 *			mmap_lock, might never get it from a UFFDIO_MOVE that waits
 *			for the page
 *	thp-split	MADV_COLD of a part of a huge page, from the reverse map
 *	thp-collapse	of the whole block, around the span
 *
 * A call whose op is not to be applied in this run is not made either. What comes of
 * one does not matter: the owner may have unmapped the pages by now. What writes pages
 * out takes a few of them: its owner has to bring each of them back, by a fault.
 */
#ifndef SM_MEET_H
#define SM_MEET_H

#include <stdbool.h>
#include <stdint.h>

#include "hand.h"

/**
 * sm_meet_fill() - which calls this run may make
 * @t: the thread; its scene has the ops, and where this kernel cannot do them
 */
void sm_meet_fill(struct sm_storm_thread *t);

/**
 * sm_meet_place() - where to go
 * @rng: numbers
 * @r: region that the other one is at work in
 * @pages: how many, at most; 1 or more
 * @start: first byte of its span, within @r; gets the first of the call
 * @end: end of its span, exclusive, beyond @start; gets the end of the call
 *
 * Most places overlap the span, some are next to it. All are within @r, and have a
 * page at least.
 */
void sm_meet_place(struct sm_rng *rng, const struct sm_region *r,
		   unsigned int pages, uint64_t *start, uint64_t *end);

/**
 * sm_meet_others() - meet another thread, if one is in the middle of an op
 * @t: the thread, between two ops of its own
 */
void sm_meet_others(struct sm_storm_thread *t);

#endif /* SM_MEET_H */
