// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract of those who send invalidations, checked as they come: each start
 * has one end, of the same range, which has a shape. Nesting and overlap are legal,
 * and so are starts that are open when nobody listens any more.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "contract.h"
#include "counts.h"
#include "report.h"

void sm_contract_blame(struct sm_contract_state *c,
		       const struct mmu_notifier_range *range,
		       unsigned int what)
{
	struct sm_violation v = {
		.oracle = SM_ORACLE_CONTRACT,
		.mirror = ~0U,
		.va = range->start,
		.start = range->start,
		.end = range->end,
		.detail = what,
	};

	sm_count(&c->hdr->contract);
	sm_report_add(c->report, &v);
}

static void sm_contract_check_shape(struct sm_contract_state *c,
				    const struct mmu_notifier_range *range)
{
	if (range->start >= range->end)
		sm_contract_blame(c, range, SM_CONTRACT_EMPTY);
	if (!PAGE_ALIGNED(range->start) ||
	    (!PAGE_ALIGNED(range->end) && range->end != ULONG_MAX))
		sm_contract_blame(c, range, SM_CONTRACT_UNALIGNED);
}

/*
 * A start and its end run in one thread on one struct mmu_notifier_range, and
 * nested events use another struct on the same stack: the two pointers name an
 * event for as long as it is open.
 */
static struct sm_open_bucket *
sm_open_bucket(struct sm_contract_state *c, const struct mmu_notifier_range *range)
{
	unsigned long key = (unsigned long)current ^ (unsigned long)range;

	return &c->open[hash_long(key, ilog2(SM_OPEN_BUCKETS))];
}

static struct sm_open *sm_open_find(struct sm_contract_state *c,
				    const struct mmu_notifier_range *range)
{
	struct sm_open *o;

	lockdep_assert_held(&c->lock);

	hlist_for_each_entry(o, &sm_open_bucket(c, range)->list, node)
		if (o->task == current && o->range == range)
			return o;

	return NULL;
}

static void sm_open_move(struct sm_open *o, struct hlist_head *to)
{
	hlist_del(&o->node);
	hlist_add_head(&o->node, to);
}

/*
 * A start that finds no room is counted by its bucket, and an end that finds
 * nothing there takes one off that count: nobody is blamed for our lack of room.
 * Only an end that finds neither had no start; if it hashes like one that had no
 * room, the last of the two to come is blamed, as they look alike.
 */
static void sm_open_add(struct sm_contract_state *c,
			const struct mmu_notifier_range *range)
{
	struct sm_open_bucket *b = sm_open_bucket(c, range);
	struct sm_open *o, *old;

	spin_lock(&c->lock);
	c->moves++;
	/* The same range once more: its owner has left without an end. */
	old = sm_open_find(c, range);
	o = old;
	c->nr_open += !old;
	if (!o && !hlist_empty(&c->free)) {
		o = hlist_entry(c->free.first, struct sm_open, node);
		sm_open_move(o, &b->list);
	}
	if (o) {
		o->task = current;
		o->range = range;
		o->start = range->start;
		o->end = range->end;
	} else {
		b->untracked++;
	}
	spin_unlock(&c->lock);

	if (old)
		sm_contract_blame(c, range, SM_CONTRACT_UNENDED);
	if (!o)
		sm_count(&c->hdr->untracked);
}

static void sm_open_del(struct sm_contract_state *c,
			const struct mmu_notifier_range *range)
{
	struct sm_open_bucket *b = sm_open_bucket(c, range);
	bool paired, same = true;
	struct sm_open *o;

	spin_lock(&c->lock);
	c->moves++;
	o = sm_open_find(c, range);
	paired = o || b->untracked;
	c->nr_open -= paired;
	if (o) {
		same = o->start == range->start && o->end == range->end;
		sm_open_move(o, &c->free);
	} else if (paired) {
		b->untracked--;
	}
	spin_unlock(&c->lock);

	if (!paired)
		sm_contract_blame(c, range, SM_CONTRACT_UNPAIRED);
	if (!same)
		sm_contract_blame(c, range, SM_CONTRACT_CHANGED);
}

/* From every start in the mm, in the context of whoever sends it. */
void sm_contract_start(struct sm_contract_state *c,
		       const struct mmu_notifier_range *range)
{
	sm_contract_check_shape(c, range);
	sm_open_add(c, range);
}

/* From every end, likewise. */
void sm_contract_end(struct sm_contract_state *c,
		     const struct mmu_notifier_range *range)
{
	sm_open_del(c, range);
}

/* Is an event open? @moves: how many starts and ends there were. */
bool sm_contract_open(struct sm_contract_state *c, u64 *moves)
{
	bool open;

	spin_lock(&c->lock);
	*moves = c->moves;
	open = c->nr_open;
	spin_unlock(&c->lock);

	return open;
}

int sm_contract_init(struct sm_contract_state *c, struct sm_report *report,
		     struct sm_witness_header *hdr)
{
	unsigned int i;

	c->report = report;
	c->hdr = hdr;
	spin_lock_init(&c->lock);
	c->pool = kvcalloc(SM_OPEN_MAX, sizeof(*c->pool), GFP_KERNEL_ACCOUNT);
	if (!c->pool)
		return -ENOMEM;
	for (i = 0; i < SM_OPEN_MAX; i++)
		hlist_add_head(&c->pool[i].node, &c->free);

	return 0;
}

/* Also of one that was never initialised, but is all zero. */
void sm_contract_destroy(struct sm_contract_state *c)
{
	kvfree(c->pool);
}
