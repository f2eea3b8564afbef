// SPDX-License-Identifier: GPL-2.0-only
/* The table: see tlb.h. Plain C: also built on the host, for tests. */
#include "tlb.h"

static __u64 sm_tlb_dir_index(const struct sm_tlb *t, __u64 pgno)
{
	return (pgno >> SM_LEAF_SHIFT) - (t->first >> SM_LEAF_SHIFT);
}

/* What of a range is in the table. False: none of it. */
static bool sm_tlb_clamp(const struct sm_tlb *t, __u64 *first, __u64 *last)
{
	if (*first > t->last || *last < t->first)
		return false;
	if (*first < t->first)
		*first = t->first;
	if (*last > t->last)
		*last = t->last;

	return *first <= *last;	/* a table that was taken has no page */
}

int sm_tlb_init(struct sm_tlb *t, __u64 first, __u64 last)
{
	t->first = first;
	t->last = last;
	t->present = 0;
	t->nr_dir = (last >> SM_LEAF_SHIFT) - (first >> SM_LEAF_SHIFT) + 1;
	t->dir = sm_port_calloc(t->nr_dir, sizeof(*t->dir));

	return t->dir ? 0 : -ENOMEM;
}

/* Returns the number of leaves that were freed. */
unsigned int sm_tlb_destroy(struct sm_tlb *t)
{
	unsigned int freed = 0;
	__u64 i;

	if (!t->dir)
		return 0;
	for (i = 0; i < t->nr_dir; i++) {
		if (!t->dir[i].leaf)
			continue;
		sm_port_free(t->dir[i].leaf, sizeof(*t->dir[i].leaf));
		freed++;
	}
	sm_port_cfree(t->dir);
	t->dir = NULL;
	t->present = 0;

	return freed;
}

/*
 * Take a table away from those who use it, whose lock is held for writing, to
 * destroy it when that is let go. @t is left without a page: whoever still comes
 * finds nothing to drop, to note or to age.
 */
void sm_tlb_take(struct sm_tlb *t, struct sm_tlb *to)
{
	*to = *t;
	*t = (struct sm_tlb){ .first = 1, .last = 0 };
}

/*
 * Make the leaves of a range; may sleep, takes no lock. Two callers may race
 * for a slot: the loser frees its leaf. Adds the leaves it made to @leaves,
 * also when it runs out of memory half way.
 */
int sm_tlb_prepare(struct sm_tlb *t, __u64 first, __u64 last,
		   unsigned int *leaves)
{
	__u64 i;

	for (i = sm_tlb_dir_index(t, first); i <= sm_tlb_dir_index(t, last);
	     i++) {
		struct sm_leaf *leaf;

		if (READ_ONCE(t->dir[i].leaf))
			continue;
		leaf = sm_port_zalloc(sizeof(*leaf));
		if (!leaf)
			return -ENOMEM;
		/* A full barrier: pairs with the acquire in sm_tlb_leaf(). */
		if (cmpxchg(&t->dir[i].leaf, NULL, leaf))
			sm_port_free(leaf, sizeof(*leaf));
		else
			(*leaves)++;
	}

	return 0;
}

/*
 * The order that a huge entry around @pgno may keep: a block that sticks out
 * of the table or of a leaf is taken page by page.
 */
unsigned int sm_tlb_fit_order(const struct sm_tlb *t, __u64 pgno,
			      unsigned int order)
{
	__u64 base;

	if (order > SM_LEAF_SHIFT)
		order = SM_LEAF_SHIFT;
	base = pgno & ~((1ULL << order) - 1);
	if (base < t->first || base + (1ULL << order) - 1 > t->last)
		return 0;

	return order;
}

/* Turn the huge block around slot @i into single entries. */
static void sm_tlb_split(struct sm_dirent *d, unsigned int i)
{
	unsigned int nr = 1U << sm_ent_order(d->leaf->ent[i]);
	unsigned int j, base = i & ~(nr - 1);

	for (j = base; j < base + nr; j++)
		WRITE_ONCE(d->leaf->ent[j],
			   d->leaf->ent[j] & ~SM_ENT_ORDER);
}

/*
 * Install @nr single entries from @pgno on, all in one leaf, which must have
 * been prepared; each carries its PFN, permission and SM_ENT_PRESENT. What was used
 * before through an entry that this replaces stays young.
 */
void sm_tlb_install_run(struct sm_tlb *t, __u64 pgno,
			const unsigned long *ent, unsigned int nr, __u64 gen)
{
	struct sm_dirent *d = &t->dir[sm_tlb_dir_index(t, pgno)];
	__u64 *to = d->leaf->ent + sm_tlb_slot(pgno);
	__u64 *gens = d->leaf->gen + sm_tlb_slot(pgno);
	unsigned int i, fresh = 0;

	for (i = 0; i < nr; i++) {
		__u64 old = to[i];

		if (old & SM_ENT_ORDER)
			sm_tlb_split(d, sm_tlb_slot(pgno) + i);
		fresh += !(old & SM_ENT_PRESENT);
		WRITE_ONCE(gens[i], gen);
		WRITE_ONCE(to[i], ent[i] | (old & SM_ENT_ACCESSED));
	}
	d->present += fresh;
	t->present += fresh;
}

/*
 * Install the translation of the 2^order pages around @pgno; @ent carries the
 * PFN of @pgno itself and the permission. The leaf must have been prepared,
 * and @order must have been through sm_tlb_fit_order().
 */
void sm_tlb_install(struct sm_tlb *t, __u64 pgno, __u64 ent,
		    unsigned int order, __u64 gen)
{
	struct sm_dirent *d = &t->dir[sm_tlb_dir_index(t, pgno)];
	unsigned int nr = 1U << order, slot = sm_tlb_slot(pgno);
	unsigned int i, base = slot & ~(nr - 1), fresh = 0;
	__u64 pfn = (ent & SM_ENT_PFN) - (slot - base);

	if (!order) {
		const unsigned long one = SM_ENT_PRESENT |
					  (ent & (SM_ENT_WRITE | SM_ENT_PFN));

		sm_tlb_install_run(t, pgno, &one, 1, gen);
		return;
	}
	ent &= SM_ENT_WRITE;
	ent |= SM_ENT_PRESENT | (__u64)order << SM_ENT_ORDER_SHIFT;
	for (i = base; i < base + nr; i++) {
		__u64 old = d->leaf->ent[i];

		if (sm_ent_order(old) > order)
			sm_tlb_split(d, i);
		fresh += !(old & SM_ENT_PRESENT);
		WRITE_ONCE(d->leaf->gen[i], gen);
		WRITE_ONCE(d->leaf->ent[i], ent | (pfn + i - base) |
						    (old & SM_ENT_ACCESSED));
	}
	d->present += fresh;
	t->present += fresh;
}

/* Drop the entry at @slot, or the whole block it belongs to. How many were there? */
static unsigned int sm_tlb_drop_block(struct sm_leaf *leaf, unsigned int slot,
				      unsigned int flags)
{
	unsigned int order = sm_ent_order(leaf->ent[slot]);
	unsigned int nr = 1U << order, base = slot & ~(nr - 1);
	unsigned int i, there = 0;

	if (flags & SM_DROP_HEAD_ONLY)
		nr = 1;
	for (i = base; i < base + nr; i++) {
		__u64 ent = leaf->ent[i];

		if (!(flags & SM_DROP_LOOK))
			WRITE_ONCE(leaf->ent[i], 0);
		else if (sm_ent_order(ent) != order)
			continue;	/* by itself, where a torn block had its head */
		there += !!(ent & SM_ENT_PRESENT);
	}

	return there;
}

static void sm_tlb_drop_leaf(struct sm_tlb *t, struct sm_dirent *d, __u64 first,
			     __u64 last, __u64 bounds_first, __u64 bounds_last,
			     unsigned int flags, struct sm_drop *out)
{
	__u64 pgno = first, left = d->present;

	while (pgno <= last && left) {
		__u64 ent = d->leaf->ent[sm_tlb_slot(pgno)];
		__u64 nr = 1ULL << sm_ent_order(ent);
		__u64 base = pgno & ~(nr - 1);
		unsigned int gone;

		if (!(ent & SM_ENT_PRESENT)) {
			pgno++;
			continue;
		}
		if (!out->dropped || base < out->first)
			out->first = base;
		if (!out->dropped || base + nr - 1 > out->last)
			out->last = base + nr - 1;
		gone = sm_tlb_drop_block(d->leaf, sm_tlb_slot(pgno), flags);
		out->dropped += gone;
		left -= gone;
		/* A huge entry can only fall whole: its order is the granule. */
		if (base > bounds_last || base + nr - 1 < bounds_first) {
			if (!out->over)
				out->over_pgno = pgno;
			if (!out->over++)
				out->over_ent = ent;
		}
		pgno = base + nr;
	}
	if (flags & SM_DROP_LOOK)
		return;
	t->present -= d->present - left;
	d->present = left;
}

/*
 * Drop what a range touches, clamped to the table. @bounds is the event that
 * asked for it: what falls outside of that is counted in @out->over. @first is
 * not past @last. The cost grows with the range; leaves without entries are stepped
 * over, and so is what lies behind the last entry of one.
 */
void sm_tlb_drop(struct sm_tlb *t, __u64 first, __u64 last, __u64 bounds_first,
		 __u64 bounds_last, unsigned int flags, struct sm_drop *out)
{
	__u64 i, base;

	if (!sm_tlb_clamp(t, &first, &last))
		return;

	for (base = first; base <= last;
	     base = (base | (SM_LEAF_ENTRIES - 1)) + 1) {
		__u64 end = base | (SM_LEAF_ENTRIES - 1);

		i = sm_tlb_dir_index(t, base);
		if (!t->dir[i].present)
			continue;
		sm_tlb_drop_leaf(t, &t->dir[i], base, end < last ? end : last,
				 bounds_first, bounds_last, flags, out);
	}
}

/*
 * Count, for each leaf that a range touches, that entries of it may go from here on:
 * before any of them does, under the lock that they go under. Whoever misses one
 * that was there asks whether the count is the same (oracle coverage).
 */
void sm_tlb_excuse(struct sm_tlb *t, __u64 first, __u64 last)
{
	__u64 i;

	if (!sm_tlb_clamp(t, &first, &last))
		return;

	for (i = sm_tlb_dir_index(t, first); i <= sm_tlb_dir_index(t, last); i++)
		t->dir[i].excuses++;
}

/* How many slots of the block around @slot were used; forget it if asked. */
static unsigned int sm_tlb_age_block(struct sm_leaf *leaf, unsigned int slot,
				     bool clear)
{
	unsigned int nr = 1U << sm_ent_order(leaf->ent[slot]);
	unsigned int i, base = slot & ~(nr - 1), young = 0;

	for (i = base; i < base + nr; i++) {
		__u64 ent = READ_ONCE(leaf->ent[i]);

		if (!(ent & SM_ENT_ACCESSED))
			continue;
		young++;
		if (clear)
			WRITE_ONCE(leaf->ent[i], ent & ~SM_ENT_ACCESSED);
	}

	return young;
}

/*
 * How many entries of a range were used since that was last asked with @clear?
 * A huge block that the range touches counts whole: hardware has one bit there.
 */
unsigned int sm_tlb_age(struct sm_tlb *t, __u64 first, __u64 last, bool clear)
{
	unsigned int young = 0;
	__u64 pgno;

	if (!sm_tlb_clamp(t, &first, &last))
		return 0;

	for (pgno = first; pgno <= last; pgno++) {
		struct sm_leaf *leaf = sm_tlb_leaf(t, pgno);
		unsigned int slot = sm_tlb_slot(pgno);

		if (!leaf) {
			pgno |= SM_LEAF_ENTRIES - 1;
			continue;
		}
		young += sm_tlb_age_block(leaf, slot, clear);
		pgno |= (1ULL << sm_ent_order(leaf->ent[slot])) - 1;
	}

	return young;
}

/*
 * Note of entries that are there that an event of their pages came between their
 * walk and their installing. A huge block is noted whole: it came of one walk.
 */
void sm_tlb_note_race(struct sm_tlb *t, __u64 first, __u64 last)
{
	__u64 pgno;

	if (!sm_tlb_clamp(t, &first, &last))
		return;

	for (pgno = first; pgno <= last; pgno++) {
		struct sm_leaf *leaf = sm_tlb_leaf(t, pgno);
		unsigned int slot = sm_tlb_slot(pgno), i, nr;

		if (!leaf || !(leaf->ent[slot] & SM_ENT_PRESENT))
			continue;
		nr = 1U << sm_ent_order(leaf->ent[slot]);
		slot &= ~(nr - 1);
		for (i = slot; i < slot + nr; i++)
			WRITE_ONCE(leaf->ent[i], leaf->ent[i] | SM_ENT_RACED);
		pgno |= nr - 1;
	}
}

/*
 * Note of the entries from @first to @last, which are there now, whatever came
 * between their walk and their installing: of @events events those that were not
 * over when the fault began, and were not heard of by then. @recent is a ring of
 * the last SM_RECENT of them.
 */
void sm_tlb_note_races(struct sm_tlb *t, const struct sm_recent *recent,
		       __u64 events, struct sm_since since, __u64 first,
		       __u64 last)
{
	__u64 i;

	for (i = events; i > since.events && i + SM_RECENT > events; i--) {
		const struct sm_recent *r = &recent[(i - 1) % SM_RECENT];

		if (r->gen < since.gen)
			break;
		if (r->first <= last && r->last >= first)
			sm_tlb_note_race(t, first > r->first ? first : r->first,
					 last < r->last ? last : r->last);
	}
}

/*
 * Generations are taken before they are noted, so that of two events the older
 * may come later: a note only ever rises. Most find an older one, and go once
 * round; whoever is overtaken looks again.
 */
static void sm_tlb_raise(__u64 *note, __u64 gen)
{
	__u64 was, old = READ_ONCE(*note);

	while (old < gen) {
		was = cmpxchg(note, old, gen);
		if (was == old)
			break;
		old = was;
	}
}

/*
 * Note that an invalidation of the range has reached every mirror. An entry that
 * is older than the youngest event should be gone.
 */
void sm_tlb_stamp(struct sm_tlb *t, __u64 first, __u64 last, __u64 gen)
{
	__u64 pgno, end;

	if (!sm_tlb_clamp(t, &first, &last))
		return;

	for (pgno = first; pgno <= last; pgno = end + 1) {
		struct sm_dirent *d = &t->dir[sm_tlb_dir_index(t, pgno)];
		struct sm_leaf *leaf = sm_tlb_leaf(t, pgno);

		end = pgno | (SM_LEAF_ENTRIES - 1);
		if (!leaf)
			continue;
		if (!sm_tlb_slot(pgno) && end <= last) {
			sm_tlb_raise(&d->last_inval, gen);
			continue;
		}
		for (; pgno <= end && pgno <= last; pgno++)
			sm_tlb_raise(&leaf->last_inval[sm_tlb_slot(pgno)], gen);
	}
}

static const char *sm_tlb_validate_block(const struct sm_leaf *leaf,
					 unsigned int i)
{
	__u64 head = leaf->ent[i] & ~SM_ENT_ACCESSED;
	unsigned int j, nr = 1U << sm_ent_order(head);

	if (i & (nr - 1))
		return "a huge block does not start at its head";
	for (j = 0; j < nr; j++)
		if ((leaf->ent[i + j] & ~SM_ENT_ACCESSED) != head + j)
			return "a huge block is torn";

	return NULL;
}

static const char *sm_tlb_validate_leaf(const struct sm_dirent *d)
{
	const struct sm_leaf *leaf = d->leaf;
	unsigned int i = 0, present = 0;

	while (leaf && i < SM_LEAF_ENTRIES) {
		const char *wrong;
		unsigned int nr = 1U << sm_ent_order(leaf->ent[i]);

		if (!(leaf->ent[i] & SM_ENT_PRESENT)) {
			if (leaf->ent[i++])
				return "an absent entry is not zero";
			continue;
		}
		wrong = sm_tlb_validate_block(leaf, i);
		if (wrong)
			return wrong;
		present += nr;
		i += nr;
	}

	return present == d->present ? NULL :
				       "a directory slot has a wrong count";
}

/*
 * Check the invariant of all leaves that a range touches; returns what is wrong, or
 * NULL. Reads whole leaves: several microseconds each.
 */
const char *sm_tlb_validate_range(const struct sm_tlb *t, __u64 first,
				  __u64 last)
{
	const char *wrong = NULL;
	__u64 i;

	if (!sm_tlb_clamp(t, &first, &last))
		return NULL;

	for (i = sm_tlb_dir_index(t, first);
	     i <= sm_tlb_dir_index(t, last) && !wrong; i++)
		wrong = sm_tlb_validate_leaf(&t->dir[i]);

	return wrong;
}

/* The same of all of it, and of its count. */
const char *sm_tlb_validate(const struct sm_tlb *t)
{
	const char *wrong = sm_tlb_validate_range(t, t->first, t->last);
	__u64 i, total = 0;

	if (wrong)
		return wrong;
	for (i = 0; i < t->nr_dir; i++)
		total += t->dir[i].present;

	return total == t->present ? NULL : "the table has a wrong count";
}
