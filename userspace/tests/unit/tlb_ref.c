// SPDX-License-Identifier: GPL-2.0-only
/* A table that is too simple to be wrong: see tlb_ref.h. */
#include <string.h>

#include "tlb_ref.h"

static bool ref_inside(const struct tlb_ref *r, __u64 pgno)
{
	return pgno >= r->first && pgno <= r->last;
}

static bool ref_present(const struct tlb_ref *r, __u64 pgno)
{
	return ref_inside(r, pgno) && (r->ent[pgno - r->base] & SM_ENT_PRESENT);
}

/* Pages of the block that the entry of @pgno belongs to, and its first one. */
static __u64 ref_block(const struct tlb_ref *r, __u64 pgno, __u64 *head)
{
	__u64 nr = 1ULL << sm_ent_order(r->ent[pgno - r->base]);

	*head = pgno - pgno % nr;
	return nr;
}

void tlb_ref_init(struct tlb_ref *r, __u64 first, __u64 last)
{
	memset(r, 0, sizeof(*r));
	r->first = first;
	r->last = last;
	r->base = first - first % SM_LEAF_ENTRIES;
}

/* Returns the number of leaves made. */
unsigned int tlb_ref_prepare(struct tlb_ref *r, __u64 first, __u64 last)
{
	unsigned int made = 0;
	__u64 p;

	for (p = first; p <= last; p++) {
		bool *leaf = &r->leaf[(p - r->base) / SM_LEAF_ENTRIES];

		made += !*leaf;
		*leaf = true;
	}
	return made;
}

bool tlb_ref_prepared(const struct tlb_ref *r, __u64 pgno)
{
	return r->leaf[(pgno - r->base) / SM_LEAF_ENTRIES];
}

unsigned int tlb_ref_fit_order(const struct tlb_ref *r, __u64 pgno,
			       unsigned int order)
{
	__u64 nr, p, head;

	if (order > 9)
		order = 9;
	nr = 1ULL << order;
	head = pgno - pgno % nr;
	for (p = head; p < head + nr; p++)
		if (!ref_inside(r, p))
			return 0;
	return order;
}

static void ref_split(struct tlb_ref *r, __u64 pgno)
{
	__u64 head, nr = ref_block(r, pgno, &head);
	__u64 p;

	for (p = head; p < head + nr; p++)
		r->ent[p - r->base] &= ~SM_ENT_ORDER;
}

void tlb_ref_install(struct tlb_ref *r, __u64 pgno, __u64 ent,
		     unsigned int order, __u64 gen)
{
	__u64 nr = 1ULL << order;
	__u64 head = pgno - pgno % nr;
	__u64 p;

	for (p = head; p < head + nr; p++)
		if (sm_ent_order(r->ent[p - r->base]) > order)
			ref_split(r, p);
	for (p = head; p < head + nr; p++) {
		r->ent[p - r->base] = SM_ENT_PRESENT | (ent & SM_ENT_WRITE) |
				      (__u64)order << SM_ENT_ORDER_SHIFT |
				      ((ent & SM_ENT_PFN) + p - pgno);
		r->gen[p - r->base] = gen;
	}
}

void tlb_ref_drop(struct tlb_ref *r, __u64 first, __u64 last,
		  __u64 bounds_first, __u64 bounds_last, unsigned int flags,
		  struct sm_drop *out)
{
	__u64 p, q;

	for (p = r->first; p <= r->last; p++) {
		__u64 ent = r->ent[p - r->base];
		__u64 head, nr;
		bool within = false;

		if (p < first || p > last || !ref_present(r, p))
			continue;
		nr = ref_block(r, p, &head);
		for (q = head; q < head + nr; q++) {
			within |= q >= bounds_first && q <= bounds_last;
			if ((flags & SM_DROP_HEAD_ONLY) && q != head)
				continue;
			out->dropped += ref_present(r, q);
			r->ent[q - r->base] = 0;
		}
		if (!within && !out->over++) {
			out->over_pgno = p;
			out->over_ent = ent;
		}
		p = head + nr - 1;
	}
}

void tlb_ref_stamp(struct tlb_ref *r, __u64 first, __u64 last, __u64 gen)
{
	__u64 p;

	for (p = r->first; p <= r->last; p++)
		if (p >= first && p <= last && tlb_ref_prepared(r, p) &&
		    r->inval[p - r->base] < gen)
			r->inval[p - r->base] = gen;
}

/* Returns how the two differ, or NULL. */
const char *tlb_ref_compare(const struct tlb_ref *r, const struct sm_tlb *t)
{
	__u64 p, present = 0;

	for (p = r->first; p <= r->last; p++) {
		const struct sm_leaf *leaf = sm_tlb_leaf(t, p);
		__u64 i = p - r->base;

		if (tlb_ref_prepared(r, p) != !!leaf)
			return "leaves";
		if (sm_tlb_peek(t, p) != r->ent[i])
			return "entries";
		present += !!(r->ent[i] & SM_ENT_PRESENT);
		if (leaf && leaf->gen[sm_tlb_slot(p)] != r->gen[i])
			return "generations";
		if (leaf && sm_tlb_last_inval(t, p) != r->inval[i])
			return "last invalidations";
	}
	return present == t->present ? NULL : "counts";
}
