/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table: a mirror's translations, page number -> PFN, order, permission
 * and generation.
 *
 * Two levels, shaped like a page table: a directory of leaves, a leaf for each
 * 2 MiB of address space. Leaves are made before the table's lock is taken and
 * live as long as the table, so that lookups need no reference.
 *
 * Locking is the caller's. sm_tlb_install(), sm_tlb_drop() and an sm_tlb_age()
 * that clears want the lock for writing, sm_tlb_touch() for reading.
 * sm_tlb_prepare(), sm_tlb_stamp() and sm_tlb_peek() need no lock: each touches
 * one word at a time.
 *
 * Page numbers are virtual address >> PAGE_SHIFT; `last` is inclusive.
 *
 * Invariant (sm_tlb_validate()): the entries of a huge block of order n are
 * 2^n aligned, all present, of the same order and permission, and their PFNs
 * follow each other; each has an accessed bit of its own, and the block is
 * young if any of them is set; a directory slot's count is its leaf's present entries.
 */
#ifndef SM_TLB_H
#define SM_TLB_H

#include <linux/types.h>

#include "tlb_port.h"
#include "uapi/stalemate.h"

#define SM_LEAF_SHIFT		9
#define SM_LEAF_ENTRIES		BIT(SM_LEAF_SHIFT)

/*
 * Exactly three pages. @last_inval is written by the witness, never by a
 * profile: it is the evidence against the profile. Generations do not wrap: of
 * 32 bits, half are used up after 18 hours of an event every 30 us, and every
 * entry that nothing invalidated since would look late.
 */
struct sm_leaf {
	__u64 ent[SM_LEAF_ENTRIES];
	__u64 gen[SM_LEAF_ENTRIES];
	__u64 last_inval[SM_LEAF_ENTRIES];
};

/*
 * An event of a whole leaf is noted in @last_inval alone, so that one of
 * [0, -1) costs a word for each 2 MiB.
 */
struct sm_dirent {
	struct sm_leaf *leaf;	/* NULL until prepared, then for good */
	__u64 last_inval;	/* see sm_tlb_last_inval() */
	__u32 present;		/* under the table's lock */
	__u32 excuses;		/* under the table's lock, see sm_tlb_excuse() */
};

struct sm_tlb {
	__u64 first;
	__u64 last;
	__u64 nr_dir;
	struct sm_dirent *dir;
	__u64 present;		/* under the table's lock */
};

/* What a drop did. */
struct sm_drop {
	__u64 dropped;		/* entries dropped */
	__u64 first;		/* of those, if there are any */
	__u64 last;
	__u64 over;		/* entries or huge blocks outside the bounds */
	__u64 over_pgno;	/* the first of those */
	__u64 over_ent;
};

#define SM_RECENT	64	/* events that are remembered: a fault sees few */

/*
 * An event: the pages that it touches, and the generation before its own, or a
 * younger one; the witness gives it its own later, or never, if it is refused.
 */
struct sm_recent {
	__u64 first;
	__u64 last;
	__u64 gen;
};

/* Where a fault begins: how many events were over, and the generation. */
struct sm_since {
	__u64 events;
	__u64 gen;
};

#define SM_DROP_HEAD_ONLY	BIT(0)	/* defect thp-head-only */
#define SM_DROP_LOOK		BIT(1)	/* nothing goes: what would? */

int sm_tlb_init(struct sm_tlb *t, __u64 first, __u64 last);
unsigned int sm_tlb_destroy(struct sm_tlb *t);
void sm_tlb_take(struct sm_tlb *t, struct sm_tlb *to);
int sm_tlb_prepare(struct sm_tlb *t, __u64 first, __u64 last,
		   unsigned int *leaves);
unsigned int sm_tlb_fit_order(const struct sm_tlb *t, __u64 pgno,
			      unsigned int order);
void sm_tlb_install(struct sm_tlb *t, __u64 pgno, __u64 ent,
		    unsigned int order, __u64 gen);
void sm_tlb_install_run(struct sm_tlb *t, __u64 pgno,
			const unsigned long *ent, unsigned int nr, __u64 gen);
void sm_tlb_drop(struct sm_tlb *t, __u64 first, __u64 last, __u64 bounds_first,
		 __u64 bounds_last, unsigned int flags, struct sm_drop *out);
void sm_tlb_excuse(struct sm_tlb *t, __u64 first, __u64 last);
unsigned int sm_tlb_age(struct sm_tlb *t, __u64 first, __u64 last, bool clear);
void sm_tlb_note_race(struct sm_tlb *t, __u64 first, __u64 last);
void sm_tlb_note_races(struct sm_tlb *t, const struct sm_recent *recent,
		       __u64 events, struct sm_since since, __u64 first,
		       __u64 last);
void sm_tlb_stamp(struct sm_tlb *t, __u64 first, __u64 last, __u64 gen);
const char *sm_tlb_validate(const struct sm_tlb *t);
const char *sm_tlb_validate_range(const struct sm_tlb *t, __u64 first,
				  __u64 last);

/* The leaf of a page, or NULL. The page must be inside the table. */
static inline struct sm_leaf *sm_tlb_leaf(const struct sm_tlb *t, __u64 pgno)
{
	__u64 i = (pgno >> SM_LEAF_SHIFT) - (t->first >> SM_LEAF_SHIFT);

	/* Pairs with the cmpxchg() in sm_tlb_prepare(). */
	return smp_load_acquire(&t->dir[i].leaf);
}

static inline unsigned int sm_tlb_slot(__u64 pgno)
{
	return pgno & (SM_LEAF_ENTRIES - 1);
}

static inline unsigned int sm_ent_order(__u64 ent)
{
	return (ent & SM_ENT_ORDER) >> SM_ENT_ORDER_SHIFT;
}

/* Generation of the last event that touched a page, whose leaf is prepared. */
static inline __u64 sm_tlb_last_inval(const struct sm_tlb *t, __u64 pgno)
{
	__u64 i = (pgno >> SM_LEAF_SHIFT) - (t->first >> SM_LEAF_SHIFT);
	__u64 all = READ_ONCE(t->dir[i].last_inval);
	__u64 one;

	one = READ_ONCE(sm_tlb_leaf(t, pgno)->last_inval[sm_tlb_slot(pgno)]);

	return all > one ? all : one;
}

/* How often entries around a page might have gone, by rights. */
static inline __u32 sm_tlb_excuses(const struct sm_tlb *t, __u64 pgno)
{
	return t->dir[(pgno >> SM_LEAF_SHIFT) - (t->first >> SM_LEAF_SHIFT)].excuses;
}

/* Generation of the entry of a page, whose leaf is prepared. */
static inline __u64 sm_tlb_gen(const struct sm_tlb *t, __u64 pgno)
{
	return READ_ONCE(sm_tlb_leaf(t, pgno)->gen[sm_tlb_slot(pgno)]);
}

/* Is the entry of a page, whose leaf is prepared, older than that event? */
static inline bool sm_tlb_late(const struct sm_tlb *t, __u64 pgno)
{
	return sm_tlb_gen(t, pgno) < sm_tlb_last_inval(t, pgno);
}

/* The entry of a page, 0 if there is none. */
static inline __u64 sm_tlb_peek(const struct sm_tlb *t, __u64 pgno)
{
	const struct sm_leaf *leaf = sm_tlb_leaf(t, pgno);

	return leaf ? READ_ONCE(leaf->ent[sm_tlb_slot(pgno)]) : 0;
}

/*
 * A device used the present entry of a page. The table's lock is held for
 * reading: only other devices change the entry, and only in this way, so
 * whoever is overtaken finds the bit set.
 */
static inline void sm_tlb_touch(struct sm_tlb *t, __u64 pgno)
{
	__u64 *ent = &sm_tlb_leaf(t, pgno)->ent[sm_tlb_slot(pgno)];
	__u64 old = READ_ONCE(*ent);

	if (!(old & SM_ENT_ACCESSED))
		(void)cmpxchg(ent, old, old | SM_ENT_ACCESSED);
}

#endif /* SM_TLB_H */
