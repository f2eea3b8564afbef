// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of the arena, and which ops a storm picks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine.h"

#define SLICES		3
#define ARENA		(20 * SM_GRANULE_SIZE)
#define PICKS		20000

struct bench {
	struct sm_engine e;
	struct sm_storm_thread t;
};

static int set_up(void **state)
{
	struct bench *b = aligned_alloc(SM_STORM_ALIGN, sizeof(*b));
	char why[128] = "";
	unsigned int row;

	if (!b)
		return -1;
	memset(b, 0, sizeof(*b));
	*state = b;
	if (sm_arena_init(&b->e.arena, ARENA, SLICES,
			  SM_BIT(SM_MEM_ANON) | SM_BIT(SM_MEM_SHMEM), why,
			  sizeof(why)))
		return -1;
	b->t.e = &b->e;
	b->t.index = 1;
	b->t.regions = b->e.arena.regions + b->e.arena.first[1];
	b->t.nr_regions = b->e.arena.first[2] - b->e.arena.first[1];
	for (row = 0; sm_ops[row].name; row++) {
		if (!sm_ops[row].apply)
			continue;
		b->t.menu[SM_MEM_ANON][b->t.nr_menu[SM_MEM_ANON]++] = row;
		b->t.menu[SM_MEM_SHMEM][b->t.nr_menu[SM_MEM_SHMEM]++] = row;
	}
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	sm_arena_free(&b->e.arena);
	free(b);
	return 0;
}

static void regions_tile_the_arena(void **state)
{
	const struct bench *b = *state;
	const struct sm_arena *a = &b->e.arena;
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
	const struct bench *b = *state;
	const struct sm_arena *a = &b->e.arena;
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

static void pick(struct bench *b, uint64_t n, struct sm_span *s,
		 unsigned int *row)
{
	sm_rng_seed(&b->t.rng, 42, b->t.index, n);
	sm_storm_pick(&b->t, s, row);
}

static void spans_stay_in_their_region(void **state)
{
	struct bench *b = *state;
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
		assert_true(s.first ==
			    (s.start - b->e.arena.start) >> SM_PAGE_SHIFT);
		if (s.nr == SM_GRANULE_PAGES)
			assert_true(s.start % SM_GRANULE_SIZE == 0);
		if (!strcmp(sm_ops[row].class, "thp"))
			assert_int_equal(s.nr, SM_GRANULE_PAGES);
	}
}

static void every_op_and_page_is_picked(void **state)
{
	struct bench *b = *state;
	static bool pages[ARENA >> SM_PAGE_SHIFT];
	uint64_t n, i, rows = 0;
	struct sm_span s;
	unsigned int row;

	for (n = 0; n < PICKS; n++) {
		pick(b, n, &s, &row);
		rows |= SM_BIT(row);
		for (i = 0; i < s.nr; i++)
			pages[s.first + i] = true;
	}
	for (row = 0; sm_ops[row].name; row++)
		assert_true((rows >> row & 1) == !!sm_ops[row].apply);
	i = (b->t.regions[0].start - b->e.arena.start) >> SM_PAGE_SHIFT;
	n = (b->t.regions[b->t.nr_regions - 1].end - b->e.arena.start) >>
	    SM_PAGE_SHIFT;
	for (; i < n; i++)
		assert_true(pages[i]);
}

static void the_same_number_gives_the_same_op(void **state)
{
	struct bench *b = *state;
	struct sm_span s, again;
	unsigned int row, row_again;
	uint64_t n, other = 0;

	for (n = 0; n < 100; n++) {
		pick(b, n, &s, &row);
		sm_rng_next(&b->t.rng);
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
	struct bench *b = *state;
	struct sm_span s;
	unsigned int row;

	memset(b->t.nr_menu, 0, sizeof(b->t.nr_menu));
	pick(b, 0, &s, &row);
	assert_int_equal(row, SM_MAX_OPS);
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
		cmocka_unit_test_setup_teardown(every_op_and_page_is_picked,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_same_number_gives_the_same_op,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_op_no_pick, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
