// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table against the reference: seeded random operations, the whole of both
 * compared after each. A failure names the seed and the step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tlb_ref.h"

#define ROUNDS	300
#define STEPS	400

/* An address of 1 TiB, as a page number: a leaf starts here. */
#define BASE	0x10000000ULL
#define LEAF	((__u64)SM_LEAF_ENTRIES)
#define PFN(n)	(0x100000ULL + (n))

static __u64 rng_state;

static __u64 rng(__u64 n)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (rng_state >> 11) % n;
}

/* Mostly short ranges, mostly inside, now and then over everything. */
static void random_range(const struct sm_tlb *t, __u64 *first, __u64 *last)
{
	__u64 nr = t->last - t->first + 1;

	*first = t->first + rng(nr + 16) - rng(8);
	*last = *first + (rng(4) ? rng(8) : rng(nr));
	if (!rng(64)) {
		*first = 0;
		*last = ~0ULL;
	}
}

static void random_install(struct sm_tlb *t, struct tlb_ref *r)
{
	__u64 p = t->first + rng(t->last - t->first + 1);
	__u64 pfn = PFN(rng(1 << 20)) & ~(LEAF - 1);
	unsigned int order = rng(4) ? rng(4) : rng(12);
	__u64 gen = rng(1ULL << 32);
	__u64 ent = rng(2) ? SM_ENT_WRITE : 0;

	if (!tlb_ref_prepared(r, p))
		return;
	assert_int_equal(sm_tlb_fit_order(t, p, order),
			 tlb_ref_fit_order(r, p, order));
	order = tlb_ref_fit_order(r, p, order);
	ent |= pfn + (p & (LEAF - 1));
	sm_tlb_install(t, p, ent, order, gen);
	tlb_ref_install(r, p, ent, order, gen);
}

static void random_drop(struct sm_tlb *t, struct tlb_ref *r)
{
	struct sm_drop look = { 0 }, a = { 0 }, b = { 0 };
	__u64 first, last, low, high;

	random_range(t, &first, &last);
	low = first + rng(3) - 1;
	high = last + rng(3) - 1;
	if (!first) {
		low = 0;
		high = ~0ULL;
	}
	if (low > high)
		high = low;
	sm_tlb_drop(t, first, last, low, high, SM_DROP_LOOK, &look);
	sm_tlb_drop(t, first, last, low, high, 0, &a);
	assert_memory_equal(&look, &a, sizeof(a));
	tlb_ref_drop(r, first, last, low, high, 0, &b);
	assert_int_equal(a.dropped, b.dropped);
	assert_int_equal(!!a.over, !!b.over);
	assert_int_equal(a.over_pgno, b.over_pgno);
	assert_int_equal(a.over_ent, b.over_ent);
}

static void random_round(__u64 seed)
{
	unsigned int i, made = 0, expect = 0;
	struct tlb_ref r;
	struct sm_tlb t;
	__u64 first, last;

	rng_state = seed * 0x9e3779b97f4a7c15ULL | 1;
	first = BASE + rng(2 * LEAF);
	last = first + rng(2 * LEAF);
	assert_int_equal(sm_tlb_init(&t, first, last), 0);
	tlb_ref_init(&r, first, last);
	for (i = 0; i < STEPS; i++) {
		const char *diff;
		__u64 a = first + rng(last - first + 1), b, gen;

		if (rng(100) < 10) {
			b = rng(8) ? a : last;
			assert_int_equal(sm_tlb_prepare(&t, a, b, &made), 0);
			expect += tlb_ref_prepare(&r, a, b);
		} else if (rng(100) < 60) {
			random_install(&t, &r);
		} else if (rng(100) < 70) {
			random_drop(&t, &r);
		} else {
			random_range(&t, &a, &b);
			/* Some come late: their generation is older. */
			gen = i + 1 - rng(i + 1 < 16 ? i + 1 : 16);
			sm_tlb_stamp(&t, a, b, gen);
			tlb_ref_stamp(&r, a, b, gen);
		}
		diff = sm_tlb_validate(&t);
		if (!diff)
			diff = tlb_ref_compare(&r, &t);
		if (diff)
			fail_msg("seed %llu, step %u: %s", seed, i, diff);
	}
	assert_int_equal(made, expect);
	assert_int_equal(sm_tlb_destroy(&t), made);
}

static void test_random(void **state)
{
	__u64 seed;

	(void)state;
	for (seed = 1; seed <= ROUNDS; seed++)
		random_round(seed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("tlb_random", tests, NULL, NULL);
}
