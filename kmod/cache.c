// SPDX-License-Identifier: GPL-2.0-only
/* A device's cache: see cache.h. Plain C: also built on the host, for tests. */
#include "cache.h"

/* Empty while it changes, and within bounds, for whoever reads without the lock. */
void sm_cache_fill(struct sm_cache *c, __u64 pgno, __u64 ent, __u64 gen)
{
	struct sm_line *line = &c->line[pgno % SM_CACHE_LINES];

	if (c->off)
		return;
	if (!c->to || pgno < c->from)
		WRITE_ONCE(c->from, pgno);
	if (pgno >= c->to)
		WRITE_ONCE(c->to, pgno + 1);
	WRITE_ONCE(line->ent, 0);
	smp_wmb();	/* pairs with the first one in sm_cache_read() */
	WRITE_ONCE(line->pgno, pgno);
	WRITE_ONCE(line->gen, gen);
	smp_wmb();	/* pairs with the second one */
	WRITE_ONCE(line->ent, ent);
}

static void sm_cache_flush_line(struct sm_line *line, __u64 first, __u64 last)
{
	if (line->pgno >= first && line->pgno <= last)
		WRITE_ONCE(line->ent, 0);
}

/*
 * Flush the pages from @first to @last, which is not before @first. Whoever has used
 * nothing there is done at once.
 */
void sm_cache_flush(struct sm_cache *c, __u64 first, __u64 last)
{
	bool all = first <= c->from && last >= c->to - 1;
	__u64 i, nr;

	if (!sm_cache_may_have(c, first, last))
		return;
	if (first < c->from)
		first = c->from;
	if (last >= c->to)
		last = c->to - 1;
	nr = last - first + 1;
	if (nr > SM_CACHE_LINES)
		nr = SM_CACHE_LINES;
	for (i = 0; i < nr; i++)
		sm_cache_flush_line(&c->line[(first + i) % SM_CACHE_LINES],
				    first, last);
	if (all)
		WRITE_ONCE(c->to, 0);
}

/* A copy of line @i, if there is an entry in it that may be used. */
bool sm_cache_read(const struct sm_cache *c, unsigned int i,
		   struct sm_line *copy)
{
	const struct sm_line *line = &c->line[i];

	copy->ent = READ_ONCE(line->ent);
	if (!copy->ent)
		return false;
	smp_rmb();	/* the entry before whose it is */
	copy->pgno = READ_ONCE(line->pgno);
	copy->gen = READ_ONCE(line->gen);
	smp_rmb();	/* whose it was before it was that still */

	return copy->ent == READ_ONCE(line->ent) && !READ_ONCE(c->off);
}

/* Does a line lead where the table does not, or allow what that does not? */
bool sm_cache_differs(const struct sm_tlb *t, const struct sm_line *line)
{
	__u64 ent = sm_tlb_peek(t, line->pgno);

	if ((ent ^ line->ent) & (SM_ENT_PRESENT | SM_ENT_PFN))
		return true;

	return (line->ent & SM_ENT_WRITE) && !(ent & SM_ENT_WRITE);
}
