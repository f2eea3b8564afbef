// SPDX-License-Identifier: GPL-2.0-only
/* The table: what is in it, and how it gets there. */
#include "tlb_fixture.h"

static void test_layout(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct sm_leaf), 3 * 4096);
	assert_int_equal(SM_LEAF_ENTRIES * 4096ULL, SM_GRANULE_SIZE);
	assert_int_equal(sm_ent_order(SM_ENT_ORDER), 31);
	assert_int_equal(SM_ENT_PFN & (SM_ENT_WRITE | SM_ENT_ORDER), 0);
}

static void test_empty(void **state)
{
	struct sm_drop d = { 0 };
	struct sm_tlb t;

	(void)state;
	heap.fail_in = -1;
	assert_int_equal(sm_tlb_init(&t, BASE, BASE + 4 * LEAF - 1), 0);
	assert_int_equal(t.nr_dir, 4);
	assert_null(sm_tlb_leaf(&t, BASE));
	assert_int_equal(sm_tlb_peek(&t, BASE), 0);
	assert_int_equal(sm_tlb_peek(&t, BASE + 4 * LEAF - 1), 0);
	sm_tlb_drop(&t, BASE, BASE + 4 * LEAF - 1, 0, ~0ULL, 0, &d);
	assert_int_equal(d.dropped, 0);
	sm_tlb_stamp(&t, 0, ~0ULL, 1);
	assert_int_equal(sm_tlb_destroy(&t), 0);
	assert_int_equal(sm_tlb_destroy(&t), 0);
}

/* Whoever has the table's lock takes it away: those who come later find none. */
static void test_take(void **state)
{
	struct sm_drop d = { 0 };
	struct sm_tlb t, taken;

	(void)state;
	table_init(&t, BASE, BASE + 2 * LEAF - 1);
	table_fill(&t, 1);
	sm_tlb_take(&t, &taken);
	sm_tlb_drop(&t, 0, ~0ULL, 0, ~0ULL, 0, &d);
	sm_tlb_drop(&t, 0, 0, 0, 0, 0, &d);
	sm_tlb_drop(&t, BASE, BASE + LEAF, BASE, BASE + LEAF, 0, &d);
	assert_int_equal(d.dropped, 0);
	sm_tlb_stamp(&t, 0, ~0ULL, 9);
	sm_tlb_stamp(&t, BASE, BASE, 9);
	assert_int_equal(sm_tlb_age(&t, 0, ~0ULL, true), 0);
	assert_int_equal(t.present, 0);

	assert_null(sm_tlb_validate(&taken));
	assert_int_equal(taken.present, 2 * LEAF);
	assert_int_equal(sm_tlb_last_inval(&taken, BASE), 0);
	assert_int_equal(sm_tlb_destroy(&taken), 2);
	assert_int_equal(heap.live, 0);
}

static void test_nr_dir(void **state)
{
	static const struct {
		__u64 first, last, nr;
	} row[] = {
		{ BASE, BASE, 1 },
		{ BASE, BASE + LEAF - 1, 1 },
		{ BASE, BASE + LEAF, 2 },
		{ BASE + LEAF - 1, BASE + LEAF, 2 },
		{ BASE + LEAF - 1, BASE + LEAF - 1, 1 },
		{ BASE + 1, BASE + 3 * LEAF - 1, 3 },
	};
	struct sm_tlb t;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		table_init(&t, row[i].first, row[i].last);
		assert_int_equal(t.nr_dir, row[i].nr);
		table_fill(&t, 1);
		assert_int_equal(sm_tlb_destroy(&t), row[i].nr);
		assert_int_equal(heap.live, 0);
	}
}

static void test_prepare(void **state)
{
	unsigned int leaves = 0;
	struct sm_tlb t;
	int calls;

	(void)state;
	heap.fail_in = -1;
	assert_int_equal(sm_tlb_init(&t, BASE, BASE + 4 * LEAF - 1), 0);
	assert_int_equal(sm_tlb_prepare(&t, BASE + LEAF, BASE + LEAF, &leaves),
			 0);
	assert_int_equal(leaves, 1);
	assert_null(sm_tlb_leaf(&t, BASE + LEAF - 1));
	assert_non_null(sm_tlb_leaf(&t, BASE + LEAF));
	assert_null(sm_tlb_leaf(&t, BASE + 2 * LEAF));
	assert_int_equal(sm_tlb_prepare(&t, BASE, BASE + 4 * LEAF - 1, &leaves),
			 0);
	assert_int_equal(leaves, 4);
	/* What is there is not even allocated again. */
	calls = heap.calls;
	assert_int_equal(sm_tlb_prepare(&t, BASE, BASE + 4 * LEAF - 1, &leaves),
			 0);
	assert_int_equal(leaves, 4);
	assert_int_equal(heap.calls, calls);
	assert_int_equal(sm_tlb_destroy(&t), 4);
	assert_int_equal(heap.live, 0);
}

static void test_prepare_enomem(void **state)
{
	unsigned int leaves = 0;
	struct sm_tlb t;

	(void)state;
	assert_int_equal(sm_tlb_init(&t, BASE, BASE + 4 * LEAF - 1), 0);
	heap.fail_in = 2;
	assert_int_equal(sm_tlb_prepare(&t, BASE, BASE + 4 * LEAF - 1, &leaves),
			 -ENOMEM);
	assert_int_equal(leaves, 2);
	assert_null(sm_tlb_validate(&t));
	heap.fail_in = -1;
	assert_int_equal(sm_tlb_destroy(&t), 2);
	assert_int_equal(heap.live, 0);
}

/* Two callers make the same leaf: the first one's stays, and counts once. */
static void test_prepare_race(void **state)
{
	unsigned int leaves = 0;
	struct sm_tlb t;

	(void)state;
	heap.fail_in = -1;
	assert_int_equal(sm_tlb_init(&t, BASE, BASE + LEAF - 1), 0);
	heap.rival = &t.dir[0].leaf;
	assert_int_equal(sm_tlb_prepare(&t, BASE, BASE, &leaves), 0);
	assert_int_equal(leaves, 0);
	assert_ptr_equal(sm_tlb_leaf(&t, BASE), heap.rival_leaf);
	assert_int_equal(heap.live, 1);
	assert_int_equal(sm_tlb_destroy(&t), 1);
	assert_int_equal(heap.live, 0);
}

static void test_install_one(void **state)
{
	struct sm_tlb t;
	__u64 p = BASE + LEAF + 7;

	(void)state;
	table_init(&t, BASE, BASE + 2 * LEAF - 1);
	sm_tlb_install(&t, p, PFN(5) | SM_ENT_WRITE, 0, 42);
	assert_int_equal(sm_tlb_peek(&t, p),
			 SM_ENT_PRESENT | SM_ENT_WRITE | PFN(5));
	assert_int_equal(sm_tlb_leaf(&t, p)->gen[sm_tlb_slot(p)], 42);
	assert_int_equal(sm_tlb_peek(&t, p - 1), 0);
	assert_int_equal(sm_tlb_peek(&t, p + 1), 0);
	assert_int_equal(t.present, 1);
	assert_int_equal(t.dir[0].present, 0);
	assert_int_equal(t.dir[1].present, 1);

	/* Again, another page, read only: replaced, not counted twice. */
	sm_tlb_install(&t, p, PFN(6), 0, 43);
	assert_int_equal(sm_tlb_peek(&t, p), SM_ENT_PRESENT | PFN(6));
	assert_int_equal(sm_tlb_leaf(&t, p)->gen[sm_tlb_slot(p)], 43);
	assert_int_equal(t.present, 1);
	table_done(&t);
}

/* A caller's stray bits must not reach the table. */
static void test_install_masks(void **state)
{
	struct sm_tlb t;

	(void)state;
	table_init(&t, BASE, BASE + LEAF - 1);
	sm_tlb_install(&t, BASE, ~0ULL, 0, 1);
	assert_int_equal(sm_tlb_peek(&t, BASE),
			 SM_ENT_PRESENT | SM_ENT_WRITE | SM_ENT_PFN);
	table_done(&t);
}

static void test_install_huge(void **state)
{
	struct sm_tlb t;
	__u64 p;

	(void)state;
	table_init(&t, BASE, BASE + 3 * LEAF - 1);
	/* From the middle: the PFN is that of the page asked for. */
	sm_tlb_install(&t, BASE + LEAF + 100, PFN(100) | SM_ENT_WRITE, 9, 3);
	assert_null(sm_tlb_validate(&t));
	for (p = 0; p < LEAF; p++) {
		__u64 ent = sm_tlb_peek(&t, BASE + LEAF + p);

		assert_int_equal(ent & SM_ENT_PFN, PFN(p));
		assert_int_equal(sm_ent_order(ent), 9);
		assert_true(ent & SM_ENT_WRITE);
		assert_int_equal(sm_tlb_leaf(&t, BASE + LEAF)->gen[p], 3);
	}
	assert_int_equal(t.present, LEAF);
	assert_int_equal(sm_tlb_peek(&t, BASE + LEAF - 1), 0);
	assert_int_equal(sm_tlb_peek(&t, BASE + 2 * LEAF), 0);
	table_done(&t);
}

static void test_fit_order(void **state)
{
	struct sm_tlb t;

	(void)state;
	table_init(&t, BASE + 3, BASE + 2 * LEAF + 10);
	/* Cut by the start, whole, cut by the end. */
	assert_int_equal(sm_tlb_fit_order(&t, BASE + 3, 9), 0);
	assert_int_equal(sm_tlb_fit_order(&t, BASE + LEAF - 1, 9), 0);
	assert_int_equal(sm_tlb_fit_order(&t, BASE + LEAF, 9), 9);
	assert_int_equal(sm_tlb_fit_order(&t, BASE + 2 * LEAF - 1, 9), 9);
	assert_int_equal(sm_tlb_fit_order(&t, BASE + 2 * LEAF, 9), 0);
	/* Smaller blocks at both ends, to the page. */
	assert_int_equal(sm_tlb_fit_order(&t, BASE + 3, 1), 0);
	assert_int_equal(sm_tlb_fit_order(&t, BASE + 4, 1), 1);
	assert_int_equal(sm_tlb_fit_order(&t, BASE + 4, 2), 2);
	assert_int_equal(sm_tlb_fit_order(&t, BASE + 2 * LEAF + 10, 1), 0);
	assert_int_equal(sm_tlb_fit_order(&t, BASE + 2 * LEAF + 9, 1), 1);
	/* Beyond a leaf: as large as a leaf. */
	assert_int_equal(sm_tlb_fit_order(&t, BASE + LEAF, 18), 9);
	assert_int_equal(sm_tlb_fit_order(&t, BASE + LEAF, 31), 9);
	assert_int_equal(sm_tlb_fit_order(&t, BASE + 3, 0), 0);
	table_done(&t);

	/* A table that ends with a block keeps it. */
	table_init(&t, BASE, BASE + LEAF - 1);
	assert_int_equal(sm_tlb_fit_order(&t, BASE, 9), 9);
	assert_int_equal(sm_tlb_fit_order(&t, BASE + LEAF - 1, 9), 9);
	table_done(&t);
}

static void test_age(void **state)
{
	__u64 last = BASE + 3 * LEAF - 1;
	struct sm_tlb t;

	(void)state;
	table_init(&t, BASE, last);
	table_fill(&t, 1);
	assert_int_equal(sm_tlb_age(&t, 0, ~0ULL, true), 0);

	/* To ask is not to clear; each page has a bit of its own. */
	sm_tlb_touch(&t, BASE + 1);
	sm_tlb_touch(&t, BASE + 1);
	sm_tlb_touch(&t, BASE + LEAF);
	assert_int_equal(sm_tlb_age(&t, 0, ~0ULL, false), 2);
	assert_int_equal(sm_tlb_age(&t, BASE + 2, BASE + LEAF - 1, true), 0);
	assert_int_equal(sm_tlb_age(&t, BASE, BASE + LEAF - 1, true), 1);
	assert_int_equal(sm_tlb_age(&t, 0, ~0ULL, false), 1);
	assert_int_equal(sm_tlb_peek(&t, BASE + 1),
			 SM_ENT_PRESENT | SM_ENT_WRITE | PFN(1));

	/* A dropped entry takes its bit along; outside there is nothing. */
	drop(&t, BASE + LEAF, BASE + LEAF);
	assert_int_equal(sm_tlb_age(&t, 0, ~0ULL, true), 0);
	assert_int_equal(sm_tlb_age(&t, 0, BASE - 1, true), 0);
	assert_int_equal(sm_tlb_age(&t, last + 1, ~0ULL, true), 0);
	table_done(&t);
}

static void test_age_huge(void **state)
{
	struct sm_tlb t;

	(void)state;
	table_init(&t, BASE, BASE + 2 * LEAF - 1);
	sm_tlb_install(&t, BASE, PFN(0), 9, 1);
	sm_tlb_touch(&t, BASE + 100);
	assert_null(sm_tlb_validate(&t));

	/* Any part of the block stands for all of it. */
	assert_int_equal(sm_tlb_age(&t, BASE + 5, BASE + 5, false), 1);
	assert_int_equal(sm_tlb_age(&t, BASE + LEAF, BASE + LEAF, true), 0);
	assert_int_equal(sm_tlb_age(&t, BASE + 500, BASE + LEAF, true), 1);
	assert_int_equal(sm_tlb_age(&t, BASE, BASE + LEAF - 1, true), 0);
	table_done(&t);
}

/* What is there is noted, a block as one; what is installed anew is not. */
static void test_note_race(void **state)
{
	struct sm_tlb t;
	__u64 p;

	(void)state;
	table_init(&t, BASE, BASE + 3 * LEAF - 1);
	sm_tlb_install(&t, BASE, PFN(0), 9, 1);
	sm_tlb_install(&t, BASE + 2 * LEAF, PFN(9), 0, 1);
	sm_tlb_install(&t, BASE + 2 * LEAF + 2, PFN(9), 0, 1);
	sm_tlb_note_race(&t, 0, BASE - 1);
	sm_tlb_note_race(&t, BASE + 100, BASE + 2 * LEAF + 1);
	assert_null(sm_tlb_validate(&t));
	for (p = 0; p < LEAF; p++)
		assert_true(sm_tlb_peek(&t, BASE + p) & SM_ENT_RACED);
	assert_int_equal(sm_tlb_peek(&t, BASE + LEAF), 0);
	assert_true(sm_tlb_peek(&t, BASE + 2 * LEAF) & SM_ENT_RACED);
	assert_int_equal(sm_tlb_peek(&t, BASE + 2 * LEAF + 1), 0);
	assert_false(sm_tlb_peek(&t, BASE + 2 * LEAF + 2) & SM_ENT_RACED);
	sm_tlb_note_race(&t, BASE + 2 * LEAF + 2, ~0ULL);
	assert_true(sm_tlb_peek(&t, BASE + 2 * LEAF + 2) & SM_ENT_RACED);
	sm_tlb_install(&t, BASE + 2 * LEAF, PFN(9), 0, 2);
	assert_false(sm_tlb_peek(&t, BASE + 2 * LEAF) & SM_ENT_RACED);
	table_done(&t);
}

static bool raced(const struct sm_tlb *t, __u64 pgno)
{
	return sm_tlb_peek(t, pgno) & SM_ENT_RACED;
}

/* Ten pages are installed anew, and what came since is noted of them. */
static void note_races(struct sm_tlb *t, const struct sm_recent *recent,
		       __u64 events, __u64 over, __u64 gen)
{
	const struct sm_since since = { .events = over, .gen = gen };
	__u64 p;

	for (p = 0; p < 10; p++)
		sm_tlb_install(t, BASE + p, PFN(p), 0, gen);
	sm_tlb_note_races(t, recent, events, since, BASE, BASE + 9);
	assert_null(sm_tlb_validate(t));
}

/* An event that was over when the fault began is no race, if of its generation. */
static void test_note_races(void **state)
{
	struct sm_recent recent[SM_RECENT] = {
		{ .first = BASE, .last = BASE + 1, .gen = 6 },
		{ .first = BASE + 2, .last = BASE + 3, .gen = 7 },
		{ .first = 0, .last = BASE - 1, .gen = 7 },
		{ .first = BASE + 9, .last = BASE + 20, .gen = 7 },
	};
	struct sm_tlb t;
	__u64 p;

	(void)state;
	table_init(&t, BASE, BASE + LEAF - 1);
	note_races(&t, recent, 4, 4, 7);
	for (p = 0; p < 10; p++)
		assert_false(raced(&t, BASE + p));
	note_races(&t, recent, 4, 2, 7);
	for (p = 0; p < 10; p++)
		assert_int_equal(raced(&t, BASE + p), p == 9);
	note_races(&t, recent, 4, 0, 7);
	for (p = 0; p < 10; p++)
		assert_int_equal(raced(&t, BASE + p), p == 2 || p == 3 || p == 9);
	note_races(&t, recent, 0, 0, 0);
	assert_false(raced(&t, BASE));
	table_done(&t);
}

/* The ring begins anywhere: what is asked of may be its youngest or its oldest. */
static void test_note_races_ring(void **state)
{
	struct sm_recent recent[SM_RECENT] = {};
	struct sm_tlb t;
	__u64 p;

	(void)state;
	table_init(&t, BASE, BASE + LEAF - 1);
	for (p = 0; p < SM_RECENT; p++)
		recent[p] = (struct sm_recent){ .first = 1, .last = 1, .gen = 7 };
	recent[2].first = BASE + 4;
	recent[2].last = BASE + 5;
	note_races(&t, recent, 3 * SM_RECENT + 3, 0, 7);
	assert_true(raced(&t, BASE + 4));
	note_races(&t, recent, 3 * SM_RECENT + 3, 3 * SM_RECENT + 2, 7);
	assert_true(raced(&t, BASE + 5));
	note_races(&t, recent, 3 * SM_RECENT + 3, 3 * SM_RECENT + 3, 7);
	assert_false(raced(&t, BASE + 4));
	note_races(&t, recent, 3 * SM_RECENT + 2, 0, 7);
	assert_true(raced(&t, BASE + 4));
	note_races(&t, recent, 3 * SM_RECENT + 2, 2 * SM_RECENT + 3, 7);
	assert_false(raced(&t, BASE + 4));
	table_done(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_nr_dir),
		cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_prepare_enomem),
		cmocka_unit_test(test_prepare_race),
		cmocka_unit_test(test_install_one),
		cmocka_unit_test(test_install_masks),
		cmocka_unit_test(test_install_huge),
		cmocka_unit_test(test_fit_order),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_age_huge),
		cmocka_unit_test(test_note_race),
		cmocka_unit_test(test_note_races),
		cmocka_unit_test(test_note_races_ring),
	};

	return cmocka_run_group_tests_name("tlb", tests, NULL, NULL);
}
