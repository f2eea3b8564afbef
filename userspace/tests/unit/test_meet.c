// SPDX-License-Identifier: GPL-2.0-only
/* Where a storm thread goes that meets another, and what it does there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/ops.h"
#include "real_ops.h"
#include "storm/meet.h"
#include "storm_bed.h"

#define PLACES	20000U
#define OPS	4000U
#define PAGES	64U
#define ARENA	(8 * SM_GRANULE_SIZE)

static struct sm_agent_ring ring;

static const struct sm_run_spec spec = { .threads = 2, .seed = 7 };

/* What was advised, and where: between these bounds. */
static unsigned int advised[128];
static uint64_t from, to;
/* The other one's op ends when so many calls have been made; NULL: it goes on. */
static unsigned int left;
static unsigned int *ends_with;
static bool *calling;

int madvise(void *start, size_t len, int advice)
{
	uint64_t va = (uint64_t)start;

	advised[advice]++;
	from = va < from ? va : from;
	to = va + len > to ? va + len : to;
	if (ends_with && !--*ends_with)
		*calling = false;
	return 0;
}

static int set_up(void **state)
{
	struct storm_bed *b = storm_bed_new(&spec, ARENA, spec.threads);
	unsigned int row;

	*state = b;
	if (!b)
		return -1;
	for (row = 0; sm_ops[row].name; row++)
		if (strcmp(sm_ops[row].name, "move-node"))
			sm_set_add(&b->h.scene.ops, row);
	memset(&ring, 0, sizeof(ring));
	b->h.scene.agents[0].aim_start = &ring.aim_start;
	b->h.scene.agents[0].aim_end = &ring.aim_end;
	b->h.scene.nr_agents = 1;
	b->t[0].all = b->t;
	storm_bed_lend(b, &b->t[1]);
	memset(advised, 0, sizeof(advised));
	from = UINT64_MAX;
	to = 0;
	ends_with = NULL;
	calling = &b->wire.flight[1].calling;
	return 0;
}

static int tear_down(void **state)
{
	storm_bed_free(*state);
	return 0;
}

/* The other one is at pages 8 to 15 of its region of this kind. */
static const struct sm_region *at_work(struct storm_bed *b, enum sm_memory kind)
{
	const struct sm_arena *a = &b->h.scene.arena;
	const struct sm_region *r = &a->regions[a->first[1]];

	while (r->kind != kind)
		r++;
	b->wire.flight[1].start = r->start + 8 * SM_PAGE_SIZE;
	b->wire.flight[1].end = r->start + 16 * SM_PAGE_SIZE;
	b->wire.flight[1].calling = true;
	return r;
}

static void go(struct storm_bed *b)
{
	sm_meet_fill(&b->t[0]);
	for (b->t[0].n = 0; b->t[0].n < OPS; b->t[0].n++)
		sm_meet_others(&b->t[0]);
}

/* How many places were before, over, in, and behind [start, end)? */
struct places {
	unsigned int before, first, in, last, behind;
};

static void count_place(struct places *p, uint64_t start, uint64_t end,
			uint64_t first, uint64_t last)
{
	p->before += last == start;
	p->behind += first == end;
	p->first += first < start && last > start;
	p->last += first < end && last > end;
	p->in += first >= start && last <= end;
}

static void places_are_in_over_and_next_to_the_span(void **state)
{
	const struct sm_region r = { .start = 1 << 21, .end = 1 << 22 };
	uint64_t start = r.start + 100 * SM_PAGE_SIZE;
	uint64_t end = start + 20 * SM_PAGE_SIZE, first, last;
	struct places p = { 0 };
	struct sm_rng rng;
	unsigned int i;

	(void)state;
	sm_rng_seed(&rng, 1, 0, 0);
	for (i = 0; i < PLACES; i++) {
		first = start;
		last = end;
		sm_meet_place(&rng, &r, 16, &first, &last);
		count_place(&p, start, end, first, last);
	}
	assert_in_range(p.before, PLACES / 10, PLACES / 6);
	assert_in_range(p.behind, PLACES / 10, PLACES / 6);
	assert_true(p.first > PLACES / 20);
	assert_true(p.last > PLACES / 20);
	assert_true(p.in > PLACES / 5);
}

static void places_stay_in_the_region(void **state)
{
	const struct sm_region r = {
		.start = 1 << 21,
		.end = (1 << 21) + PAGES * SM_PAGE_SIZE,
	};
	uint64_t start, end;
	struct sm_rng rng;
	unsigned int i, n, most;

	(void)state;
	sm_rng_seed(&rng, 1, 0, 0);
	for (i = 0; i < PLACES; i++) {
		most = i % 2 ? 16 : 4;
		n = 1 + sm_rng_below(&rng, PAGES);
		start = r.start +
			sm_rng_below(&rng, PAGES - n + 1) * SM_PAGE_SIZE;
		end = start + n * SM_PAGE_SIZE;
		sm_meet_place(&rng, &r, most, &start, &end);
		assert_true(start >= r.start && start < end && end <= r.end);
		assert_true(end - start <= most * SM_PAGE_SIZE);
		assert_true(!(start % SM_PAGE_SIZE) && !(end % SM_PAGE_SIZE));
	}
}

/* Nothing that changes what a page of another's holds. */
static void private_memory_is_not_dropped(void **state)
{
	struct storm_bed *b = *state;
	const struct sm_region *r = at_work(b, SM_MEM_ANON);

	go(b);
	assert_true(advised[MADV_PAGEOUT] > OPS / 4);
	assert_int_equal(advised[MADV_DONTNEED], 0);
	assert_true(from >= r->start && to <= r->end);
}

static void shared_memory_may_be(void **state)
{
	struct storm_bed *b = *state;

	at_work(b, SM_MEM_SHMEM);
	go(b);
	assert_true(advised[MADV_PAGEOUT] > OPS / 4);
	assert_true(advised[MADV_DONTNEED] > OPS / 4);
	assert_int_equal(b->t[0].met,
			 advised[MADV_PAGEOUT] + advised[MADV_DONTNEED]);
}

/* Into the older event, and where the two overlap. */
static void agents_aim_at_the_older_one(void **state)
{
	struct storm_bed *b = *state;
	const struct sm_region *r = at_work(b, SM_MEM_ANON);
	uint64_t start = r->start + 8 * SM_PAGE_SIZE;
	uint64_t end = r->start + 16 * SM_PAGE_SIZE;
	unsigned int whole = 0;

	sm_meet_fill(&b->t[0]);
	for (b->t[0].n = 0; b->t[0].n < OPS; b->t[0].n++) {
		from = UINT64_MAX;
		to = 0;
		left = 1;
		b->wire.flight[1].calling = true;
		ends_with = &left;
		sm_meet_others(&b->t[0]);
		if (!to)
			continue;
		whole += from >= end || to <= start;
		from = from > start && from < end ? from : start;
		to = to < end && to > start ? to : end;
		assert_true(ring.aim_start == from);
		assert_true(ring.aim_end == to);
	}
	assert_in_range(whole, OPS / 20, OPS / 3);
}

/* Who is not in the middle of an op is left alone, and no longer than that. */
static void only_an_op_is_met(void **state)
{
	struct storm_bed *b = *state;

	at_work(b, SM_MEM_ANON);
	b->wire.flight[1].calling = false;
	go(b);
	assert_int_equal(advised[MADV_PAGEOUT], 0);
	assert_int_equal(ring.aim_end, 0);
	b->wire.flight[1].calling = true;
	left = 1;
	ends_with = &left;
	go(b);
	assert_int_equal(advised[MADV_PAGEOUT], 1);
}

static void what_is_not_chosen_is_not_done(void **state)
{
	struct storm_bed *b = *state;

	at_work(b, SM_MEM_SHMEM);
	memset(&b->h.scene.ops, 0, sizeof(b->h.scene.ops));
	go(b);
	assert_int_equal(advised[MADV_PAGEOUT], 0);
	assert_int_equal(advised[MADV_DONTNEED], 0);
}

/* The bounds of two spans, read in between: of no region, or the wrong way round. */
static void torn_bounds_do_no_harm(void **state)
{
	struct storm_bed *b = *state;
	const struct sm_region *r = at_work(b, SM_MEM_ANON);

	b->wire.flight[1].end = r->start;
	go(b);
	b->wire.flight[1].end = r->end + SM_PAGE_SIZE;
	go(b);
	b->wire.flight[1].start = 0;
	go(b);
	assert_int_equal(advised[MADV_PAGEOUT], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_in_over_and_next_to_the_span),
		cmocka_unit_test(places_stay_in_the_region),
		cmocka_unit_test_setup_teardown(private_memory_is_not_dropped,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(shared_memory_may_be, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(agents_aim_at_the_older_one,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_an_op_is_met, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_chosen_is_not_done,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(torn_bounds_do_no_harm, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
