// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of the arena, and which ops a storm picks, of a table with more rows
 * than a word has bits.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ops.h"
#include "real_ops.h"
#include "storm/pick.h"
#include "storm/seam.h"
#include "storm/span.h"
#include "storm/storm.h"
#include "storm_bed.h"

#define SLICES		3
#define ARENA		(20 * SM_GRANULE_SIZE)
#define PICKS		20000
#define MADE_UP		150	/* rows behind the real ones */

static const struct sm_run_spec spec;

static int no_op(struct sm_storm_thread *t, const struct sm_span *s)
{
	(void)t;
	(void)s;
	return 0;
}

/* Half of them are of the arena's memory, half are a backend's own. */
static int make_up(void **state)
{
	static struct sm_op rows[MADE_UP + 1];
	static char names[MADE_UP][16];
	unsigned int i;

	for (i = 0; i < MADE_UP; i++) {
		snprintf(names[i], sizeof(names[i]), "made-up-%u", i);
		rows[i].name = names[i];
		rows[i].class = "advise";
		rows[i].memory = i % 2 ? SM_BIT(SM_MEM_ANON) : 0;
		rows[i].apply = i % 2 ? no_op : NULL;
		rows[i].backend = i % 2 ? NULL : "made up";
	}
	(void)state;
	return sm_ops_add(rows, sizeof(*rows));
}

static int set_up(void **state)
{
	struct storm_bed *b = storm_bed_new(&spec, ARENA, SLICES);
	struct sm_menu *menu;
	unsigned int row;

	*state = b;
	if (!b)
		return -1;
	b->t[0].index = 1;
	storm_bed_lend(b, &b->t[0]);
	menu = &b->t[0].menu;
	for (row = 0; sm_ops[row].name; row++) {
		if (!sm_ops[row].apply)
			continue;
		menu->row[SM_MEM_ANON][menu->nr[SM_MEM_ANON]++] = row;
		menu->row[SM_MEM_SHMEM][menu->nr[SM_MEM_SHMEM]++] = row;
	}
	return 0;
}

static int tear_down(void **state)
{
	storm_bed_free(*state);
	return 0;
}

static void regions_tile_the_arena(void **state)
{
	const struct storm_bed *b = *state;
	const struct sm_arena *a = &b->h.scene.arena;
	uint64_t at = a->start;
	unsigned int i;

	for (i = 0; i < a->first[SLICES]; i++) {
		assert_true(a->regions[i].start == at);
		assert_true(a->regions[i].end > at);
		assert_true(a->regions[i].end % SM_GRANULE_SIZE == 0);
		at = a->regions[i].end;
	}
	assert_true(at == a->end);
}

static void every_slice_has_every_kind(void **state)
{
	const struct storm_bed *b = *state;
	const struct sm_arena *a = &b->h.scene.arena;
	unsigned int i, s, kinds;

	for (s = 0; s < SLICES; s++) {
		kinds = 0;
		for (i = a->first[s]; i < a->first[s + 1]; i++)
			kinds |= 1U << a->regions[i].kind;
		assert_int_equal(kinds, a->memory);
	}
}

static void kinds_alternate_over_tiny_slices(void **state)
{
	struct sm_arena a;
	char why[128] = "";

	(void)state;
	assert_int_equal(sm_arena_init(&a, 4 * SM_GRANULE_SIZE, 4,
				       SM_BIT(SM_MEM_ANON) |
				       SM_BIT(SM_MEM_SHMEM), why, sizeof(why)),
			 0);
	assert_int_equal(a.regions[0].kind, SM_MEM_ANON);
	assert_int_equal(a.regions[1].kind, SM_MEM_SHMEM);
	assert_int_equal(a.regions[2].kind, SM_MEM_ANON);
	assert_int_equal(a.first[4], 4);
	sm_arena_free(&a);
}

/* Each page of the arena has one owner, whoever it is lent to. */
static void every_page_has_one_owner(void **state)
{
	const struct storm_bed *b = *state;
	struct sm_region regions[ARENA >> SM_GRANULE_SHIFT];
	static unsigned char owners[ARENA >> SM_PAGE_SHIFT];
	unsigned int i, s, nr;
	uint64_t va;

	for (s = 0; s < SLICES; s++) {
		nr = sm_seam_regions(&b->h.scene.arena, SLICES, s, NULL);
		assert_true(nr <= sizeof(regions) / sizeof(*regions));
		sm_seam_regions(&b->h.scene.arena, SLICES, s, regions);
		for (i = 0; i < nr; i++)
			for (va = regions[i].start; va < regions[i].end;
			     va += SM_PAGE_SIZE)
				owners[(va - b->h.scene.arena.start) >>
				       SM_PAGE_SHIFT]++;
	}
	for (i = 0; i < sizeof(owners); i++)
		assert_int_equal(owners[i], 1);
}

/* Of each region the last granule is of two, and both have the kind of the lender. */
static void regions_are_lent_in_part(void **state)
{
	const struct storm_bed *b = *state;
	const struct sm_arena *a = &b->h.scene.arena;
	unsigned int own = a->first[2] - a->first[1];
	unsigned int lent = a->first[1] - a->first[0], i;
	struct sm_region regions[ARENA >> SM_GRANULE_SHIFT];
	const struct sm_region *r;

	assert_int_equal(sm_seam_regions(a, SLICES, 1, regions), own + lent);
	for (i = 0; i < own; i++) {
		r = &a->regions[a->first[1] + i];
		assert_true(regions[i].start == r->start);
		assert_true(regions[i].end == r->end - SM_GRANULE_SIZE / 2);
	}
	for (i = 0; i < lent; i++) {
		r = &a->regions[i];
		assert_true(regions[own + i].start ==
			    r->end - SM_GRANULE_SIZE / 2);
		assert_true(regions[own + i].end == r->end);
		assert_int_equal(regions[own + i].kind, r->kind);
	}
}

static void one_thread_alone_lends_nothing(void **state)
{
	struct sm_region regions[4];
	struct sm_arena a;
	char why[128] = "";

	(void)state;
	assert_int_equal(sm_arena_init(&a, 4 * SM_GRANULE_SIZE, 1,
				       SM_BIT(SM_MEM_ANON), why, sizeof(why)),
			 0);
	assert_int_equal(sm_seam_regions(&a, 1, 0, regions), 1);
	assert_true(regions[0].end == a.end);
	sm_arena_free(&a);
}

static void pick(struct storm_bed *b, uint64_t n, struct sm_span *s,
		 unsigned int *row)
{
	sm_rng_seed(&b->t[0].rng, 42, b->t[0].index, n);
	sm_pick_op(&b->t[0], s, row);
}

static void spans_stay_in_their_region(void **state)
{
	struct storm_bed *b = *state;
	struct sm_span s;
	unsigned int row;
	uint64_t n;

	for (n = 0; n < PICKS; n++) {
		pick(b, n, &s, &row);
		assert_true(row < SM_MAX_OPS);
		assert_true(s.start >= s.region->start);
		assert_true(s.end <= s.region->end);
		assert_true(s.nr >= 1 && s.nr <= SM_GRANULE_PAGES);
		assert_true(s.end - s.start == s.nr << SM_PAGE_SHIFT);
		assert_true(s.first == (s.start - b->h.scene.arena.start) >>
					       SM_PAGE_SHIFT);
		if (s.nr == SM_GRANULE_PAGES)
			assert_true(s.start % SM_GRANULE_SIZE == 0);
		if (!strcmp(sm_ops[row].class, "thp"))
			assert_int_equal(s.nr, SM_GRANULE_PAGES);
	}
}

/* An edge: of the region, or of an aligned block of 16 pages at least. */
static bool is_edge(const struct sm_region *r, uint64_t va)
{
	return va == r->start || va == r->end || !(va % (16 * SM_PAGE_SIZE));
}

/*
 * As many spans begin or end where something does as do not, of those that are
 * shorter than the smallest of these things.
 */
static void half_of_the_spans_are_at_an_edge(void **state)
{
	struct storm_bed *b = *state;
	unsigned int row, edge = 0, first = 0, last = 0, all = 0;
	struct sm_span s;
	uint64_t n;

	for (n = 0; n < PICKS; n++) {
		pick(b, n, &s, &row);
		if (s.nr >= 8)
			continue;
		all++;
		edge += is_edge(s.region, s.start) || is_edge(s.region, s.end);
		first += s.start == s.region->start;
		last += s.end == s.region->end;
	}
	assert_true(all > PICKS / 10);
	assert_in_range(edge, all / 2, all * 2 / 3);
	/*
	 * A quarter of the edges are the region's, either one; and its start is
	 * that of the first of its blocks, of each size.
	 */
	assert_in_range(first, all / 20, all / 8);
	assert_in_range(last, all / 20, all / 10);
}

/* What an op costs grows with its pages: few of them, but longer ones as well. */
static void most_spans_are_short(void **state)
{
	struct storm_bed *b = *state;
	unsigned int row, few = 0, some = 0, many = 0;
	struct sm_span s;
	uint64_t n;

	for (n = 0; n < PICKS; n++) {
		pick(b, n, &s, &row);
		if (sm_arena_is(s.region->kind, SM_MEM_ANY_THP | SM_MEM_ANY_BLOCK))
			continue;
		few += s.nr <= 8;
		some += s.nr > 8 && s.nr <= 16;
		many += s.nr > 16;
	}
	assert_in_range(few, 3 * (some + many), 9 * (some + many));
	assert_true(some > (few + some + many) / 20);
	assert_true(many > (few + some + many) / 50);
}

static void every_op_and_page_is_picked(void **state)
{
	struct storm_bed *b = *state;
	static bool pages[ARENA >> SM_PAGE_SHIFT];
	struct sm_set rows = { { 0 } };
	struct sm_span s;
	uint64_t n, i;
	unsigned int row;

	for (n = 0; n < PICKS; n++) {
		pick(b, n, &s, &row);
		sm_set_add(&rows, row);
		for (i = 0; i < s.nr; i++)
			pages[s.first + i] = true;
	}
	for (row = 0; sm_ops[row].name; row++)
		assert_true(sm_set_has(&rows, row) == !!sm_ops[row].apply);
	i = (b->t[0].regions[0].start - b->h.scene.arena.start) >> SM_PAGE_SHIFT;
	n = (b->t[0].regions[b->t[0].nr_regions - 1].end - b->h.scene.arena.start) >>
	    SM_PAGE_SHIFT;
	for (; i < n; i++)
		assert_true(pages[i]);
}

/* Whole granules, and what may hold on to a folio for ever, keep to granules. */
static void what_needs_a_granule_shares_none(void **state)
{
	struct storm_bed *b = *state;
	static const unsigned int lacks[SM_MAX_OPS];
	struct sm_region regions[ARENA >> SM_GRANULE_SHIFT];
	struct sm_set rows = { { 0 } };
	struct sm_span s;
	unsigned int row, whole = 0, shared = 0;
	uint64_t n;

	for (row = 0; sm_ops[row].name; row++)
		if (!sm_ops[row].backend)
			sm_set_add(&rows, row);
	memset(&b->t[0].menu, 0, sizeof(b->t[0].menu));
	sm_pick_fill(&b->t[0].menu, &rows, lacks);
	b->t[0].nr_regions = sm_seam_regions(&b->h.scene.arena, SLICES, 1, regions);
	b->t[0].regions = regions;
	for (n = 0; n < PICKS; n++) {
		pick(b, n, &s, &row);
		assert_true(s.start >= s.region->start && s.nr);
		assert_true(s.end <= s.region->end);
		shared += s.end > (s.region->end & ~(SM_GRANULE_SIZE - 1)) ||
			  s.region->start % SM_GRANULE_SIZE;
		if (strcmp(sm_ops[row].class, "thp") && !sm_ops[row].not_pinned)
			continue;
		whole++;
		assert_true(!(s.region->start % SM_GRANULE_SIZE));
		assert_true(s.end <= (s.region->end & ~(SM_GRANULE_SIZE - 1)));
	}
	assert_true(whole > 20);
	assert_true(shared > PICKS / 8);
}

static void the_same_number_gives_the_same_op(void **state)
{
	struct storm_bed *b = *state;
	struct sm_span s, again;
	unsigned int row, row_again;
	uint64_t n, other = 0;

	for (n = 0; n < 100; n++) {
		pick(b, n, &s, &row);
		sm_rng_next(&b->t[0].rng);
		pick(b, n, &again, &row_again);
		assert_int_equal(row, row_again);
		assert_true(s.start == again.start && s.end == again.end);
		pick(b, n + 1, &again, &row_again);
		other += row != row_again || s.start != again.start;
	}
	assert_true(other > 90);
}

static void no_op_no_pick(void **state)
{
	struct storm_bed *b = *state;
	struct sm_span s;
	unsigned int row;

	memset(&b->t[0].menu, 0, sizeof(b->t[0].menu));
	pick(b, 0, &s, &row);
	assert_int_equal(row, SM_MAX_OPS);
}

/* What a storm that has chosen these rows picks from. */
static struct sm_set fill(struct storm_bed *b, bool own)
{
	static const unsigned int lacks[SM_MAX_OPS];
	struct sm_set rows = { { 0 } };
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if (!!sm_ops[row].backend == own &&
		    (own || (sm_ops[row].apply &&
			     sm_arena_is(SM_MEM_ANON, sm_ops[row].memory))))
			sm_set_add(&rows, row);
	assert_true(row > 64 + MADE_UP / 2);
	memset(&b->t[0].menu, 0, sizeof(b->t[0].menu));
	sm_pick_fill(&b->t[0].menu, &rows, lacks);
	/* Nothing but what was chosen is on the menu, on no other memory. */
	assert_int_equal(b->t[0].menu.nr[SM_MEM_ANON],
			 own ? 0 : sm_set_count(&rows));
	return rows;
}

static void rows_past_64_are_picked(void **state)
{
	struct storm_bed *b = *state;
	struct sm_set rows = fill(b, false), picked = { { 0 } };
	struct sm_span s;
	unsigned int row;
	uint64_t n;

	for (n = 0; n < PICKS; n++) {
		pick(b, n, &s, &row);
		if (s.region->kind == SM_MEM_ANON)
			sm_set_add(&picked, row);
	}
	assert_memory_equal(&picked, &rows, sizeof(rows));
}

static void and_those_of_a_backend(void **state)
{
	struct storm_bed *b = *state;
	struct sm_set rows = fill(b, true), picked = { { 0 } };
	uint64_t n;

	for (n = 0; n < PICKS; n++) {
		sm_rng_seed(&b->t[0].rng, 42, b->t[0].index, n);
		sm_set_add(&picked, sm_pick_own(&b->t[0]));
	}
	assert_memory_equal(&picked, &rows, sizeof(rows));
}

/* The table says so, and who makes it ends. */
static void too_many_rows_are_refused(void **state)
{
	unsigned int rows;

	assert_int_equal(make_up(state), -ENOSPC);
	for (rows = 0; sm_ops[rows].name; rows++)
		;
	assert_int_equal(rows, SM_MAX_OPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(regions_tile_the_arena, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(every_slice_has_every_kind,
						set_up, tear_down),
		cmocka_unit_test(kinds_alternate_over_tiny_slices),
		cmocka_unit_test_setup_teardown(spans_stay_in_their_region,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(half_of_the_spans_are_at_an_edge,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(most_spans_are_short, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(every_op_and_page_is_picked,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_page_has_one_owner,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(regions_are_lent_in_part,
						set_up, tear_down),
		cmocka_unit_test(one_thread_alone_lends_nothing),
		cmocka_unit_test_setup_teardown(what_needs_a_granule_shares_none,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_same_number_gives_the_same_op,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_op_no_pick, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(rows_past_64_are_picked, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(and_those_of_a_backend, set_up,
						tear_down),
		cmocka_unit_test(too_many_rows_are_refused),
	};

	return cmocka_run_group_tests(tests, make_up, NULL);
}
