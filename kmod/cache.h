/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device keeps of a mirror's table: translations that it has used, as the
 * TLB of an engine does. One that the table has dropped is used for as long as it
 * is not flushed.
 *
 * Each page has one line that it can be in. A line without an entry is empty. A cache
 * that is off is not used, whatever is in it, and nothing gets into it.
 *
 * Whoever fills and finds holds the table's lock for reading and is the only one
 * that uses this cache; whoever flushes holds it for writing. sm_cache_read() needs
 * no lock.
 *
 * Invariant: what is in a cache is in the table, or a flush of it is due. An entry
 * of the table that allows more, of the same page, is no contradiction.
 */
#ifndef SM_CACHE_H
#define SM_CACHE_H

#include <linux/types.h>

#include "tlb.h"

#define SM_CACHE_LINES	64

/* @gen: that of the table's entry which it was filled from. */
struct sm_line {
	__u64 pgno;
	__u64 ent;
	__u64 gen;
};

/*
 * Pages outside of [@from, @to) are in no line; if @to is 0 there are none at all. While a
 * line has a page the bounds have it, too, so that whoever reads without the lock misses
 * none that is there all the time.
 */
struct sm_cache {
	struct sm_line line[SM_CACHE_LINES];
	__u64 from;
	__u64 to;
	bool off;	/* set with the table's lock held for writing */
};

void sm_cache_fill(struct sm_cache *c, __u64 pgno, __u64 ent, __u64 gen);
void sm_cache_flush(struct sm_cache *c, __u64 first, __u64 last);
bool sm_cache_read(const struct sm_cache *c, unsigned int i,
		   struct sm_line *copy);
bool sm_cache_differs(const struct sm_tlb *t, const struct sm_line *line);

/* May pages from @first to @last be in it? */
static inline bool sm_cache_may_have(const struct sm_cache *c, __u64 first,
				     __u64 last)
{
	return first < READ_ONCE(c->to) && last >= READ_ONCE(c->from);
}

/* The line of a page, or NULL. */
static inline const struct sm_line *sm_cache_find(const struct sm_cache *c,
						  __u64 pgno)
{
	const struct sm_line *line = &c->line[pgno % SM_CACHE_LINES];

	return !c->off && line->pgno == pgno && line->ent ? line : NULL;
}

#endif /* SM_CACHE_H */
