// SPDX-License-Identifier: GPL-2.0-only
/* Two storm threads meet on one mirror: see meet.h. */
#include <string.h>
#include <sys/mman.h>

#include "base/ops.h"
#include "meet.h"
#include "ops/node.h"
#include "ops/op.h"
#include "touch.h"

#define MEET_TIMES	3	/* calls in a row */
#define MEET_PAGES	16	/* of a call, at most */
#define MEET_FEW	4	/* of one that writes them out */
#define MEET_RARELY	32	/* what is slow: once in so many calls */

/**
 * struct meet_call - what may be done to the pages of another
 * @op: it is made if this op may be applied
 * @memory: where it changes nothing
 * @slow: make it rarely
 * @pages: to so many pages, at most
 * @make: make it; what comes of it does not matter
 */
struct meet_call {
	const char *op;
	unsigned int memory;
	bool slow;
	unsigned int pages;
	void (*make)(struct sm_meet *m, uint64_t start, uint64_t end);
};

static void meet_advise(uint64_t start, uint64_t end, int advice)
{
	madvise((void *)start, end - start, advice);
}

static void meet_drop(struct sm_meet *m, uint64_t start, uint64_t end)
{
	(void)m;
	meet_advise(start, end, MADV_DONTNEED);
}

static void meet_reclaim(struct sm_meet *m, uint64_t start, uint64_t end)
{
	(void)m;
	meet_advise(start, end, MADV_PAGEOUT);
}

/* To where it is already, half of the time: then nothing happens. */
static void meet_migrate(struct sm_meet *m, uint64_t start, uint64_t end)
{
	(void)end;
	sm_node_send((void *)start, m->node[sm_rng_below(&m->rng, 2)]);
}

static void meet_split(struct sm_meet *m, uint64_t start, uint64_t end)
{
	(void)m;
	meet_advise(start, end, MADV_COLD);
}

static void meet_collapse(struct sm_meet *m, uint64_t start, uint64_t end)
{
	uint64_t block = start & ~(SM_GRANULE_SIZE - 1);

	(void)m;
	(void)end;
	meet_advise(block, block + SM_GRANULE_SIZE, MADV_COLLAPSE);
}

static const struct meet_call meet_calls[] = {
	{
		.op = "dontneed",
		.memory = SM_MEM_ANY_PAGES & ~SM_MEM_ANY_PRIVATE,
		.pages = MEET_PAGES,
		.make = meet_drop,
	},
	{
		.op = "pageout",
		.memory = SM_MEM_ANY & ~SM_MEM_KEPT,
		.pages = MEET_FEW,
		.make = meet_reclaim,
	},
	{
		.op = "move-node",
		.memory = SM_MEM_MOVES,
		.pages = MEET_PAGES,
		.make = meet_migrate,
	},
	{
		.op = "thp-split",
		.memory = SM_MEM_ANY_THP,
		.pages = MEET_PAGES,
		.make = meet_split,
	},
	{
		.op = "thp-collapse",
		.memory = SM_MEM_ANY_THP,
		.pages = MEET_PAGES,
		.slow = true,
		.make = meet_collapse,
	},
};

_Static_assert(sizeof(meet_calls) / sizeof(*meet_calls) == SM_MEET_CALLS,
	       "each call has a place in struct sm_meet");

static unsigned int meet_memory(const struct sm_scene *scene, const char *op)
{
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if (!strcmp(sm_ops[row].name, op))
			return sm_set_has(&scene->ops, row) ?
				       sm_ops[row].memory & ~scene->lacks[row] :
				       0;
	return 0;
}

void sm_meet_fill(struct sm_storm_thread *t)
{
	bool nodes = sm_node_pair(t->meet.node);
	unsigned int i;

	for (i = 0; i < SM_MEET_CALLS; i++) {
		t->meet.memory[i] = meet_calls[i].memory &
				    meet_memory(t->scene, meet_calls[i].op);
		if (meet_calls[i].make == meet_migrate && !nodes)
			t->meet.memory[i] = 0;
	}
}

/* A call to this kind of memory; NULL: none just now. */
static const struct meet_call *meet_pick(struct sm_meet *m, enum sm_memory kind)
{
	const struct meet_call *c;
	unsigned int i, nr = 0, row[SM_MEET_CALLS];

	for (i = 0; i < SM_MEET_CALLS; i++)
		if (sm_arena_is(kind, m->memory[i]))
			row[nr++] = i;
	if (!nr)
		return NULL;
	c = &meet_calls[row[sm_rng_below(&m->rng, nr)]];
	return c->slow && !sm_rng_one_in(&m->rng, MEET_RARELY) ? NULL : c;
}

/* All in pages; what begins before the region or ends beyond it is cut off. */
void sm_meet_place(struct sm_rng *rng, const struct sm_region *r,
		   unsigned int pages, uint64_t *start, uint64_t *end)
{
	int64_t first = (*start - r->start) >> SM_PAGE_SHIFT;
	int64_t nr = (*end - *start) >> SM_PAGE_SHIFT;
	int64_t all = (r->end - r->start) >> SM_PAGE_SHIFT;
	int64_t len = 1 + sm_rng_below(rng, pages);
	int64_t from, to;

	switch (sm_rng_below(rng, 8)) {
	case 0:		/* before it */
		from = first - len;
		break;
	case 1:		/* behind it */
		from = first + nr;
		break;
	case 2:		/* over its first page */
		from = first - len / 2;
		break;
	case 3:		/* over its last page */
		from = first + nr - 1 - len / 2;
		break;
	default:	/* begins in it */
		from = first + sm_rng_below(rng, nr);
	}
	to = from + len < all ? from + len : all;
	from = from > 0 ? from : 0;
	if (from >= to) {
		from = first;
		to = first + 1;
	}
	*start = r->start + ((uint64_t)from << SM_PAGE_SHIFT);
	*end = r->start + ((uint64_t)to << SM_PAGE_SHIFT);
}

static const struct sm_region *meet_region(const struct sm_storm_thread *other,
					   uint64_t va)
{
	const struct sm_region *r = other->regions;
	unsigned int i;

	for (i = 0; i < other->nr_regions; i++, r++)
		if (va >= r->start && va < r->end)
			return r;
	return NULL;
}

/*
 * Agents go to where both events are, which is a part of the older one, and whole of
 * that if they do not overlap.
 */
static void meet_aim(struct sm_storm_thread *t, uint64_t start, uint64_t end,
		     uint64_t from, uint64_t to)
{
	if (from < end && to > start) {
		start = from > start ? from : start;
		end = to < end ? to : end;
	}
	sm_touch_aim(t, start, end);
}

/*
 * One call where thread @other is at work. The two bounds are read without a lock,
 * and may be of two spans.
 */
static void meet_once(struct sm_storm_thread *t, unsigned int other)
{
	const struct sm_flight *f = &t->scene->wire->flight[other];
	uint64_t start = sm_read(&f->start);
	uint64_t end = sm_read(&f->end);
	uint64_t from = start, to = end;
	const struct sm_region *r = meet_region(&t->all[other], start);
	const struct meet_call *c;

	if (!r || end <= start || end > r->end)
		return;
	c = meet_pick(&t->meet, r->kind);
	if (!c)
		return;
	sm_meet_place(&t->meet.rng, r, c->pages, &from, &to);
	meet_aim(t, start, end, from, to);
	c->make(&t->meet, from, to);
	sm_count(&t->met, 1);
}

void sm_meet_others(struct sm_storm_thread *t)
{
	unsigned int nr = t->scene->spec->threads;
	const struct sm_flight *f;
	unsigned int i, other;

	sm_rng_seed(&t->meet.rng, t->scene->spec->seed, SM_STREAM_MEET,
		    t->n * SM_WIRE_THREADS + t->index);
	if (nr < 2 || (t->scene->spec->absent & SM_ABSENT_MEET))
		return;
	other = (t->index + 1 + sm_rng_below(&t->meet.rng, nr - 1)) % nr;
	f = &t->scene->wire->flight[other];
	for (i = 0; i < MEET_TIMES && sm_load_acquire(&f->calling); i++) {
		sm_storm_beat(t);
		meet_once(t, other);
	}
}
