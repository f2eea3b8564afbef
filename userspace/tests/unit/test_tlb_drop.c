// SPDX-License-Identifier: GPL-2.0-only
/* The table: dropping, stamping, and its invariant. */
#include "tlb_fixture.h"

/* A single entry inside a huge block turns the rest into single entries. */
static void test_split(void **state)
{
	struct sm_tlb t;
	__u64 p;

	(void)state;
	table_init(&t, BASE, BASE + LEAF - 1);
	sm_tlb_install(&t, BASE, PFN(0), 9, 1);
	sm_tlb_install(&t, BASE + 77, PFN(7000) | SM_ENT_WRITE, 0, 2);
	for (p = 0; p < LEAF; p++) {
		__u64 ent = sm_tlb_peek(&t, BASE + p);

		assert_int_equal(sm_ent_order(ent), 0);
		assert_int_equal(ent & SM_ENT_PFN, p == 77 ? PFN(7000) :
							     PFN(p));
		assert_int_equal(!!(ent & SM_ENT_WRITE), p == 77);
		assert_int_equal(t.dir[0].leaf->gen[p], p == 77 ? 2 : 1);
	}
	assert_int_equal(t.present, LEAF);

	/* Of a smaller order, too: the blocks around it go. */
	sm_tlb_install(&t, BASE, PFN(0), 9, 3);
	sm_tlb_install(&t, BASE + 21, PFN(21), 2, 4);
	assert_int_equal(sm_ent_order(sm_tlb_peek(&t, BASE + 19)), 0);
	assert_int_equal(sm_ent_order(sm_tlb_peek(&t, BASE + 20)), 2);
	assert_int_equal(sm_ent_order(sm_tlb_peek(&t, BASE + 23)), 2);
	assert_int_equal(sm_ent_order(sm_tlb_peek(&t, BASE + 24)), 0);

	/* And a huge one over all of that makes it whole again. */
	sm_tlb_install(&t, BASE + 500, PFN(500), 9, 5);
	assert_int_equal(sm_ent_order(sm_tlb_peek(&t, BASE + 20)), 9);
	assert_int_equal(t.present, LEAF);
	table_done(&t);
}

static void test_drop_exact(void **state)
{
	static const struct {
		__u64 first, last;
	} row[] = {
		{ 0, 0 }, { 5, 5 }, { 5, 9 }, { 0, LEAF - 1 },
		{ LEAF - 1, LEAF }, { LEAF - 1, 2 * LEAF }, { LEAF, LEAF },
		{ 3 * LEAF - 1, 3 * LEAF - 1 }, { 0, 3 * LEAF - 1 },
	};
	struct sm_tlb t;
	size_t i;
	__u64 p;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		struct sm_drop d;

		table_init(&t, BASE, BASE + 3 * LEAF - 1);
		table_fill(&t, 1);
		d = drop(&t, BASE + row[i].first, BASE + row[i].last);
		assert_int_equal(d.dropped, row[i].last - row[i].first + 1);
		assert_int_equal(d.over, 0);
		for (p = 0; p < 3 * LEAF; p++)
			assert_int_equal(!sm_tlb_peek(&t, BASE + p),
					 p >= row[i].first && p <= row[i].last);
		assert_int_equal(t.present, 3 * LEAF - d.dropped);
		table_done(&t);
	}
}

/* A table that starts and ends inside a leaf; ranges that stick out of it. */
static void test_drop_bounds(void **state)
{
	struct sm_tlb t;

	(void)state;
	table_init(&t, BASE + 3, BASE + LEAF + 4);
	table_fill(&t, 1);
	assert_int_equal(drop(&t, 0, BASE + 2).dropped, 0);
	assert_int_equal(drop(&t, BASE + LEAF + 5, ~0ULL).dropped, 0);
	assert_int_equal(drop(&t, BASE + 9, BASE + 8).dropped, 0);
	assert_int_equal(t.present, LEAF + 2);

	assert_int_equal(drop(&t, 0, BASE + 3).dropped, 1);
	assert_int_equal(sm_tlb_peek(&t, BASE + 3), 0);
	assert_int_not_equal(sm_tlb_peek(&t, BASE + 4), 0);

	assert_int_equal(drop(&t, BASE + LEAF + 4, ~0ULL).dropped, 1);
	assert_int_equal(sm_tlb_peek(&t, BASE + LEAF + 4), 0);
	assert_int_not_equal(sm_tlb_peek(&t, BASE + LEAF + 3), 0);

	/* The whole address space: release, or soft-dirty. */
	assert_int_equal(drop(&t, 0, ~0ULL).dropped, LEAF);
	assert_int_equal(t.present, 0);
	assert_int_equal(drop(&t, 0, ~0ULL).dropped, 0);
	table_done(&t);
}

static void test_drop_huge(void **state)
{
	struct sm_tlb t;
	struct sm_drop d;
	__u64 p;

	(void)state;
	for (p = 0; p < LEAF; p += LEAF / 2 - 1) {
		table_init(&t, BASE, BASE + 3 * LEAF - 1);
		table_fill(&t, 1);
		sm_tlb_install(&t, BASE + LEAF, PFN(LEAF), 9, 2);
		d = drop(&t, BASE + LEAF + p, BASE + LEAF + p);
		assert_int_equal(d.dropped, LEAF);
		assert_int_equal(d.over, 0);
		assert_int_equal(t.dir[1].present, 0);
		assert_int_equal(t.present, 2 * LEAF);
		table_done(&t);
	}

	/* From the last page of one block to the first of the next. */
	table_init(&t, BASE, BASE + 3 * LEAF - 1);
	for (p = 0; p < 3; p++)
		sm_tlb_install(&t, BASE + p * LEAF, PFN(p * LEAF), 9, 2);
	d = drop(&t, BASE + LEAF - 1, BASE + LEAF);
	assert_int_equal(d.dropped, 2 * LEAF);
	assert_int_equal(t.present, LEAF);
	assert_int_not_equal(sm_tlb_peek(&t, BASE + 2 * LEAF), 0);
	table_done(&t);
}

static void test_over(void **state)
{
	struct sm_drop d = { 0 };
	struct sm_tlb t;
	__u64 p = BASE + 100;

	(void)state;
	table_init(&t, BASE, BASE + 2 * LEAF - 1);
	table_fill(&t, 1);
	/* One page too many at the end, then at the start. */
	sm_tlb_drop(&t, p, p + 4, p, p + 3, 0, &d);
	assert_int_equal(d.dropped, 5);
	assert_int_equal(d.over, 1);
	assert_int_equal(d.over_pgno, p + 4);
	assert_int_equal(d.over_ent & SM_ENT_PFN, PFN(104));
	assert_true(d.over_ent & SM_ENT_PRESENT);

	/* The first of several is kept, over several calls. */
	sm_tlb_drop(&t, p - 3, p - 1, p, p, 0, &d);
	assert_int_equal(d.dropped, 8);
	assert_int_equal(d.over, 4);
	assert_int_equal(d.over_pgno, p + 4);

	/* Nothing was there: nothing was dropped too much. */
	memset(&d, 0, sizeof(d));
	sm_tlb_drop(&t, p - 3, p - 1, p, p, 0, &d);
	assert_int_equal(d.over, 0);
	assert_int_equal(d.dropped, 0);
	table_done(&t);
}

/* A huge entry's granule is its order: only a block wholly outside is over. */
static void test_over_huge(void **state)
{
	struct sm_drop d = { 0 };
	struct sm_tlb t;

	(void)state;
	table_init(&t, BASE, BASE + 2 * LEAF - 1);
	sm_tlb_install(&t, BASE, PFN(0), 9, 1);
	sm_tlb_install(&t, BASE + LEAF, PFN(LEAF), 9, 1);
	sm_tlb_drop(&t, BASE + 7, BASE + 7, BASE + LEAF - 1, BASE + LEAF - 1, 0,
		    &d);
	assert_int_equal(d.dropped, LEAF);
	assert_int_equal(d.over, 0);
	sm_tlb_drop(&t, BASE + LEAF, BASE + LEAF, BASE, BASE + LEAF - 1, 0, &d);
	assert_int_equal(d.dropped, 2 * LEAF);
	assert_int_not_equal(d.over, 0);
	assert_int_equal(d.over_pgno, BASE + LEAF);

	memset(&d, 0, sizeof(d));
	sm_tlb_install(&t, BASE, PFN(0), 9, 1);
	sm_tlb_drop(&t, BASE + LEAF - 1, BASE + LEAF - 1, BASE + LEAF,
		    BASE + LEAF, 0, &d);
	assert_int_not_equal(d.over, 0);
	table_done(&t);
}

static void expect_excuses(const struct sm_tlb *t, __u32 a, __u32 b, __u32 c)
{
	assert_int_equal(sm_tlb_excuses(t, t->first), a);
	assert_int_equal(sm_tlb_excuses(t, BASE + LEAF + 7), b);
	assert_int_equal(sm_tlb_excuses(t, t->last), c);
}

/* An event excuses what goes in the leaves that it touches, and nowhere else. */
static void test_excuse(void **state)
{
	struct sm_tlb t, taken;

	(void)state;
	table_init(&t, BASE + 3, BASE + 2 * LEAF + 4);
	expect_excuses(&t, 0, 0, 0);
	sm_tlb_excuse(&t, BASE + LEAF, BASE + LEAF);
	expect_excuses(&t, 0, 1, 0);
	sm_tlb_excuse(&t, BASE + 3, BASE + LEAF - 1);
	expect_excuses(&t, 1, 1, 0);
	sm_tlb_excuse(&t, BASE + 2 * LEAF - 1, BASE + 2 * LEAF);
	expect_excuses(&t, 1, 2, 1);
	/* Past the table on one side, on both, and beside it. */
	sm_tlb_excuse(&t, 0, BASE + 3);
	expect_excuses(&t, 2, 2, 1);
	sm_tlb_excuse(&t, 0, ~0ULL);
	expect_excuses(&t, 3, 3, 2);
	sm_tlb_excuse(&t, 0, BASE + 2);
	sm_tlb_excuse(&t, BASE + 2 * LEAF + 5, ~0ULL);
	expect_excuses(&t, 3, 3, 2);
	table_done(&t);

	/* One that was taken away has no leaf. */
	sm_tlb_take(&t, &taken);
	sm_tlb_excuse(&t, 0, ~0ULL);
}

static void test_head_only(void **state)
{
	struct sm_drop d = { 0 };
	struct sm_tlb t;

	(void)state;
	table_init(&t, BASE, BASE + 2 * LEAF - 1);
	sm_tlb_install(&t, BASE, PFN(0), 9, 1);
	sm_tlb_install(&t, BASE + LEAF, PFN(LEAF), 0, 1);
	sm_tlb_drop(&t, BASE + 5, BASE + LEAF, BASE, BASE + LEAF,
		    SM_DROP_HEAD_ONLY, &d);
	/* The huge block loses its head, the single entry all of itself. */
	assert_int_equal(d.dropped, 2);
	assert_int_equal(sm_tlb_peek(&t, BASE), 0);
	assert_int_not_equal(sm_tlb_peek(&t, BASE + 1), 0);
	assert_int_not_equal(sm_tlb_peek(&t, BASE + LEAF - 1), 0);
	assert_int_equal(sm_tlb_peek(&t, BASE + LEAF), 0);
	assert_int_equal(t.present, LEAF - 1);
	assert_non_null(sm_tlb_validate(&t));

	/* Again: the head is gone already. */
	sm_tlb_drop(&t, BASE + 5, BASE + 5, BASE, BASE, SM_DROP_HEAD_ONLY, &d);
	assert_int_equal(d.dropped, 2);
	assert_int_equal(t.present, LEAF - 1);

	/* A correct drop clears the rest. */
	drop(&t, BASE, BASE + LEAF - 1);
	assert_int_equal(t.present, 0);
	table_done(&t);
}

static void test_stamp(void **state)
{
	unsigned int leaves = 0;
	struct sm_tlb t;
	__u64 p;

	(void)state;
	heap.fail_in = -1;
	assert_int_equal(sm_tlb_init(&t, BASE + 3, BASE + 3 * LEAF - 5), 0);
	assert_int_equal(sm_tlb_prepare(&t, BASE + 3, BASE + 3, &leaves), 0);
	assert_int_equal(sm_tlb_prepare(&t, BASE + 2 * LEAF, BASE + 2 * LEAF,
					&leaves), 0);
	/* Over the absent leaf in the middle, clamped at both ends. */
	sm_tlb_stamp(&t, BASE + LEAF - 2, BASE + 2 * LEAF + 1, 7);
	for (p = BASE + 3; p <= t.last; p++) {
		const struct sm_leaf *leaf = sm_tlb_leaf(&t, p);

		if (!leaf)
			continue;
		assert_int_equal(leaf->last_inval[sm_tlb_slot(p)],
				 p >= BASE + LEAF - 2 &&
				 p <= BASE + 2 * LEAF + 1 ? 7 : 0);
		assert_int_equal(leaf->ent[sm_tlb_slot(p)], 0);
		assert_int_equal(leaf->gen[sm_tlb_slot(p)], 0);
	}
	sm_tlb_stamp(&t, 0, ~0ULL, 8);
	assert_int_equal(sm_tlb_leaf(&t, BASE + 3)->last_inval[3], 8);
	assert_int_equal(sm_tlb_leaf(&t, t.last)->last_inval[LEAF - 5], 8);
	/* Outside: pages of the edge leaves that are not the table's. */
	assert_int_equal(sm_tlb_leaf(&t, BASE + 3)->last_inval[2], 0);
	assert_int_equal(sm_tlb_leaf(&t, t.last)->last_inval[LEAF - 4], 0);
	sm_tlb_stamp(&t, 0, BASE + 2, 9);
	sm_tlb_stamp(&t, t.last + 1, ~0ULL, 9);
	assert_int_equal(sm_tlb_leaf(&t, BASE + 3)->last_inval[3], 8);
	assert_int_equal(sm_tlb_leaf(&t, t.last)->last_inval[LEAF - 5], 8);
	/* A whole leaf is one word; a page of it may be younger, or older. */
	assert_int_equal(sm_tlb_prepare(&t, BASE + LEAF, BASE + LEAF, &leaves),
			 0);
	sm_tlb_stamp(&t, 0, ~0ULL, 10);
	assert_int_equal(sm_tlb_last_inval(&t, BASE + LEAF), 10);
	assert_int_equal(sm_tlb_last_inval(&t, BASE + 2 * LEAF - 1), 10);
	assert_int_equal(sm_tlb_leaf(&t, BASE + LEAF)->last_inval[0], 0);
	sm_tlb_stamp(&t, BASE + LEAF, BASE + LEAF, 11);
	assert_int_equal(sm_tlb_last_inval(&t, BASE + LEAF), 11);
	assert_int_equal(sm_tlb_last_inval(&t, BASE + LEAF + 1), 10);
	sm_tlb_stamp(&t, BASE + LEAF, BASE + 2 * LEAF - 1, 12);
	assert_int_equal(sm_tlb_last_inval(&t, BASE + LEAF), 12);
	assert_int_equal(sm_tlb_last_inval(&t, BASE + 2 * LEAF), 10);
	table_done(&t);
}

/* Two events, and the older one is noted last: by the page, and by the leaf. */
static void test_stamp_rises(void **state)
{
	struct sm_tlb t;

	(void)state;
	table_init(&t, BASE, BASE + 2 * LEAF - 1);
	sm_tlb_stamp(&t, BASE + 1, BASE + 3, 8);
	sm_tlb_stamp(&t, BASE + 2, BASE + 4, 7);
	assert_int_equal(sm_tlb_last_inval(&t, BASE), 0);
	assert_int_equal(sm_tlb_last_inval(&t, BASE + 1), 8);
	assert_int_equal(sm_tlb_last_inval(&t, BASE + 3), 8);
	assert_int_equal(sm_tlb_last_inval(&t, BASE + 4), 7);

	sm_tlb_stamp(&t, BASE + LEAF, BASE + 2 * LEAF - 1, 10);
	sm_tlb_stamp(&t, BASE, BASE + 2 * LEAF - 1, 9);
	assert_int_equal(sm_tlb_last_inval(&t, BASE + 1), 9);
	assert_int_equal(sm_tlb_last_inval(&t, BASE + LEAF), 10);
	assert_int_equal(t.dir[1].last_inval, 10);
	table_done(&t);
}

/* validate() itself must be able to say no. */
static void test_validate(void **state)
{
	struct sm_tlb t;
	struct sm_leaf *leaf;

	(void)state;
	table_init(&t, BASE, BASE + LEAF - 1);
	leaf = t.dir[0].leaf;
	sm_tlb_install(&t, BASE + 8, PFN(8), 3, 1);
	assert_null(sm_tlb_validate(&t));
	leaf->ent[9] ^= SM_ENT_WRITE;
	assert_non_null(sm_tlb_validate(&t));
	leaf->ent[9] ^= SM_ENT_WRITE | 1;
	assert_non_null(sm_tlb_validate(&t));
	leaf->ent[9] ^= 1;
	assert_null(sm_tlb_validate(&t));
	leaf->ent[100] = 5;
	assert_non_null(sm_tlb_validate(&t));
	leaf->ent[100] = SM_ENT_PRESENT;
	assert_non_null(sm_tlb_validate(&t));
	t.dir[0].present++;
	assert_non_null(sm_tlb_validate(&t));
	t.present++;
	assert_null(sm_tlb_validate(&t));
	leaf->ent[100] |= 1ULL << SM_ENT_ORDER_SHIFT;
	leaf->ent[101] = leaf->ent[100];
	assert_non_null(sm_tlb_validate(&t));
	leaf->ent[100] = SM_ENT_PRESENT;
	leaf->ent[101] = 0;
	table_done(&t);

	/* Right in total, wrong by leaf. */
	table_init(&t, BASE, BASE + 2 * LEAF - 1);
	sm_tlb_install(&t, BASE, PFN(0), 0, 1);
	t.dir[0].present--;
	t.dir[1].present++;
	assert_non_null(sm_tlb_validate(&t));
	t.dir[0].present++;
	t.dir[1].present--;
	table_done(&t);
}

/* Of a part: what is wrong elsewhere is somebody else's. */
static void test_validate_range(void **state)
{
	struct sm_tlb t;
	struct sm_leaf *leaf;

	(void)state;
	table_init(&t, BASE, BASE + 3 * LEAF - 1);
	sm_tlb_install(&t, BASE + LEAF + 8, PFN(8), 3, 1);
	leaf = t.dir[1].leaf;
	leaf->ent[9]++;
	assert_null(sm_tlb_validate_range(&t, BASE, BASE + LEAF - 1));
	assert_non_null(sm_tlb_validate_range(&t, BASE, BASE + LEAF));
	assert_non_null(sm_tlb_validate_range(&t, BASE + 2 * LEAF - 1,
					      BASE + 2 * LEAF - 1));
	assert_null(sm_tlb_validate_range(&t, BASE + 2 * LEAF, ~0ULL));
	assert_null(sm_tlb_validate_range(&t, 0, BASE - 1));
	assert_non_null(sm_tlb_validate_range(&t, 0, ~0ULL));
	leaf->ent[9]--;
	assert_null(sm_tlb_validate_range(&t, 0, ~0ULL));
	table_done(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_drop_exact),
		cmocka_unit_test(test_drop_bounds),
		cmocka_unit_test(test_drop_huge),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_over_huge),
		cmocka_unit_test(test_excuse),
		cmocka_unit_test(test_head_only),
		cmocka_unit_test(test_stamp),
		cmocka_unit_test(test_stamp_rises),
		cmocka_unit_test(test_validate),
		cmocka_unit_test(test_validate_range),
	};

	return cmocka_run_group_tests_name("tlb_drop", tests, NULL, NULL);
}
