// SPDX-License-Identifier: GPL-2.0-only
/* Choosing ops and spans: see pick.h. */
#include <string.h>

#include "base/ops.h"
#include "pick.h"
#include "span.h"

#define BLOCK_PAGES	SM_GRANULE_PAGES
#define EDGE_SHIFT	4	/* no driver's objects are smaller: scif's windows */
#define EDGE_SHIFTS	6	/* up to a granule */

_Static_assert(SM_MAX_OPS - 1 <= UINT8_MAX, "a row fits a place of the menu");

static bool pick_class(unsigned int row, const char *class)
{
	return !strcmp(sm_ops[row].class, class);
}

/*
 * Ops that are a backend's own have no kinds of memory, and one menu. Those
 * with processes cost many times what the others do: less of them.
 */
static void pick_add_own(struct sm_menu *menu, unsigned int row)
{
	unsigned int times = pick_class(row, "fork") ? 1 : SM_MENU_OWN_SHARE;

	while (times--)
		menu->own[menu->nr_own++] = row;
}

/*
 * Not where another thread has a part of the granule: whole huge pages, and what the
 * kernel may try for ever while somebody else holds the folio.
 */
static bool pick_whole(unsigned int row)
{
	return pick_class(row, "thp") || sm_ops[row].not_pinned;
}

static void pick_add(struct sm_menu *menu, unsigned int kind,
		     const struct sm_set *ops, const unsigned int *lacks,
		     bool whole)
{
	unsigned int row, times;

	for (row = 0; sm_ops[row].name; row++) {
		if (!sm_set_has(ops, row) || !sm_ops[row].apply ||
		    pick_whole(row) != whole ||
		    !sm_arena_is(kind, sm_ops[row].memory & ~lacks[row]))
			continue;
		times = sm_ops[row].often ? SM_MENU_OFTEN_SHARE : 1;
		while (times--)
			menu->row[kind][menu->nr[kind]++] = row;
	}
}

void sm_pick_fill(struct sm_menu *menu, const struct sm_set *ops,
		  const unsigned int *lacks)
{
	unsigned int kind, row;

	for (row = 0; sm_ops[row].name; row++)
		if (sm_set_has(ops, row) && sm_ops[row].backend)
			pick_add_own(menu, row);
	for (kind = 0; kind < SM_MEM_NR; kind++) {
		pick_add(menu, kind, ops, lacks, false);
		menu->nr_small[kind] = menu->nr[kind];
		pick_add(menu, kind, ops, lacks, true);
	}
}

static uint64_t pick_pages(const struct sm_region *r)
{
	return (r->end - r->start) >> SM_PAGE_SHIFT;
}

/* How many rows of the menu work in a region. */
static unsigned int pick_rows(const struct sm_storm_thread *t,
			      const struct sm_region *r)
{
	return pick_pages(r) < BLOCK_PAGES ? t->menu.nr_small[r->kind] :
					     t->menu.nr[r->kind];
}

/* A region in which some op works, weighted by size; NULL if there is none. */
static const struct sm_region *pick_region(struct sm_storm_thread *t)
{
	uint64_t total = 0, at;
	unsigned int i;

	for (i = 0; i < t->nr_regions; i++)
		if (pick_rows(t, &t->regions[i]))
			total += pick_pages(&t->regions[i]);
	if (!total)
		return NULL;
	at = sm_rng_below(&t->rng, total);
	for (i = 0; i < t->nr_regions; i++) {
		if (!pick_rows(t, &t->regions[i]))
			continue;
		if (at < pick_pages(&t->regions[i]))
			break;
		at -= pick_pages(&t->regions[i]);
	}
	return &t->regions[i];
}

static unsigned int pick_draw(struct sm_storm_thread *t,
			      const struct sm_region *r)
{
	return t->menu.row[r->kind][sm_rng_below(&t->rng, pick_rows(t, r))];
}

/* Some cost many times what the others do: less of those, and of some far less. */
static unsigned int pick_row(struct sm_storm_thread *t,
			     const struct sm_region *r)
{
	unsigned int row = pick_draw(t, r);

	if (sm_ops[row].slow)
		row = pick_draw(t, r);
	if (sm_ops[row].rare && sm_rng_one_in(&t->rng, 2))
		row = pick_draw(t, r);
	return row;
}

static uint64_t pick_block(const struct sm_region *r)
{
	return 1ULL << (sm_source_shift(r->kind) - SM_PAGE_SHIFT);
}

/* Mostly a few pages, sometimes many, sometimes a whole aligned block. */
static uint64_t pick_length(struct sm_storm_thread *t, const struct sm_region *r)
{
	bool thp = sm_arena_is(r->kind, SM_MEM_ANY_THP);
	uint32_t dice = sm_rng_below(&t->rng, 200);

	if (sm_arena_is(r->kind, SM_MEM_ANY_BLOCK))
		return pick_block(r);
	if (dice < (thp ? 4 : 1))
		return BLOCK_PAGES;
	if (dice < 14)
		return 17 + sm_rng_below(&t->rng, 48);
	return 1 + sm_rng_below(&t->rng, dice < 60 ? 16 : 8);
}

/*
 * A place where something ends, and so where ranges are rounded, cut and joined: a
 * region, and with the first and the last one the mirror; or an aligned block of
 * 2^4 pages to a granule, as windows, objects and slots are. Page of the region.
 */
static uint64_t pick_edge(struct sm_storm_thread *t, uint64_t pages)
{
	uint64_t at = sm_rng_below(&t->rng, pages + 1);
	unsigned int shift;

	if (sm_rng_one_in(&t->rng, 4))
		return sm_rng_one_in(&t->rng, 2) ? pages : 0;
	shift = EDGE_SHIFT + sm_rng_below(&t->rng, EDGE_SHIFTS);
	return at >> shift << shift;
}

/* Half of the spans begin or end at an edge, as many as all the rest. */
static uint64_t pick_place(struct sm_storm_thread *t, uint64_t pages,
			   uint64_t nr)
{
	uint64_t at;

	if (sm_rng_one_in(&t->rng, 2))
		return sm_rng_below(&t->rng, pages - nr + 1);
	at = pick_edge(t, pages);
	if (at >= nr && sm_rng_one_in(&t->rng, 2))
		at -= nr;
	return at < pages - nr ? at : pages - nr;
}

/* What moves pages, or takes them, does so with a huge one only as a whole. */
static uint64_t pick_nr(struct sm_storm_thread *t, const struct sm_region *r,
			unsigned int row)
{
	if (pick_class(row, "thp"))
		return BLOCK_PAGES;
	if (sm_ops[row].not_pinned && sm_arena_is(r->kind, SM_MEM_ANY_THP) &&
	    sm_rng_one_in(&t->rng, 2))
		return BLOCK_PAGES;
	return pick_length(t, r);
}

void sm_pick_op(struct sm_storm_thread *t, struct sm_span *s,
		unsigned int *row)
{
	const struct sm_region *r = pick_region(t);
	uint64_t nr, at, pages;

	*row = SM_MAX_OPS;
	if (!r)
		return;
	*row = pick_row(t, r);
	nr = pick_nr(t, r, *row);
	pages = pick_pages(r);
	if (pick_whole(*row))
		pages -= pages % BLOCK_PAGES;
	if (nr > pages)
		nr = pages;
	if (nr == pick_block(r))
		at = (uint64_t)sm_rng_below(&t->rng, pages / nr) * nr;
	else
		at = pick_place(t, pages, nr);
	at = r->start + (at << SM_PAGE_SHIFT);
	*s = sm_span_make(t, r, at, at + (nr << SM_PAGE_SHIFT));
}

unsigned int sm_pick_own(struct sm_storm_thread *t)
{
	return t->menu.own[sm_rng_below(&t->rng, t->menu.nr_own)];
}
