// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which event should have dropped a stale entry, and why it may not have.
 *
 * A driver that is deaf to some kind of event leaves all of the range, and one that
 * miscounts leaves an end of it; so where the entry is the last of the range, it
 * takes another to tell. What was left elsewhere is in the table still, unless an
 * event that the driver heeds came by.
 */
#include <stdbool.h>

#include "base/util.h"
#include "cause.h"
#include "module/witness.h"

#define CAUSE_ASKS	256	/* entries; each is a system call */

/**
 * struct cause - what is looked for in the ring
 * @dev: whom to ask for entries
 * @mirror: whose
 * @f: the finding
 * @first: the first event that should have dropped its entry
 * @asked: entries asked for so far
 */
struct cause {
	struct sm_device *dev;
	uint32_t mirror;
	struct sm_finding *f;
	struct sm_record first;
	unsigned int asked;
};

/* Most mirrors hear of starts alone; the others, of flushes alone. */
static bool cause_is_before(const struct sm_record *r,
			    const struct sm_record *first)
{
	if (r->phase != first->phase)
		return r->phase == SM_PHASE_START;
	return r->gen < first->gen;
}

static bool cause_missed(const struct sm_record *r, void *arg)
{
	struct cause *c = arg;
	struct sm_finding *f = c->f;

	if ((r->phase != SM_PHASE_START && r->phase != SM_PHASE_FLUSH) ||
	    r->gen <= f->gen || r->gen > f->last_inval ||
	    r->start >= f->va + SM_PAGE_SIZE || r->end <= f->va)
		return true;
	if (f->missed != SM_EVENT_NR && !cause_is_before(r, &c->first))
		return true;
	c->first = *r;
	f->missed = r->event;
	f->missed_edge = r->end == f->va + SM_PAGE_SIZE;
	return true;
}

static bool cause_entry(struct cause *c, uint64_t va,
			struct sm_ioc_entry *entry)
{
	return !sm_device_entry(c->dev, c->mirror, va, entry) &&
	       (entry->entry & SM_ENT_PRESENT);
}

static bool cause_left(struct cause *c, uint64_t va, uint64_t gen)
{
	struct sm_ioc_entry entry;

	c->asked++;
	return cause_entry(c, va, &entry) && !(entry.entry & SM_ENT_RACED) &&
	       entry.gen < gen;
}

/* An event of the same kind: did it leave anything but the end of its range? */
static bool cause_is_deaf(const struct sm_record *r, void *arg)
{
	struct cause *c = arg;
	uint64_t va;

	if (r->phase != c->first.phase || r->event != c->first.event)
		return true;
	for (va = r->start; va + SM_PAGE_SIZE < r->end; va += SM_PAGE_SIZE) {
		if (c->asked == CAUSE_ASKS)
			return false;
		if (!cause_left(c, va, r->gen))
			continue;
		c->f->missed_edge = false;
		return false;
	}
	return true;
}

/* Is it what is left of a huge entry of which the head alone was dropped? */
static bool cause_is_torn(struct cause *c)
{
	const struct sm_finding *f = c->f;
	uint64_t pages = SM_BIT((f->mirror_entry & SM_ENT_ORDER) >>
				SM_ENT_ORDER_SHIFT);
	uint64_t head = f->va & ~(pages * SM_PAGE_SIZE - 1);
	struct sm_ioc_entry own, other;

	return head != f->va && cause_entry(c, f->va, &own) &&
	       own.gen == f->gen && (own.entry & SM_ENT_ORDER) &&
	       !cause_entry(c, head, &other);
}

/* sm_cause_find() - fill in what a finding's entry has missed. */
void sm_cause_find(const struct sm_witness *w, struct sm_device *dev,
		   uint32_t mirror, struct sm_finding *f)
{
	struct cause c = { .dev = dev, .mirror = mirror, .f = f };

	f->missed = SM_EVENT_NR;
	f->missed_edge = false;
	f->torn = false;
	if (f->gen >= f->last_inval)
		return;
	sm_witness_each(w, cause_missed, &c);
	f->torn = cause_is_torn(&c);
	/* This event first: what an older one left may be gone by now. */
	if (f->missed_edge && !cause_is_deaf(&c.first, &c))
		return;
	if (f->missed_edge)
		sm_witness_each(w, cause_is_deaf, &c);
}
