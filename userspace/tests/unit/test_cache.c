// SPDX-License-Identifier: GPL-2.0-only
/* What a device keeps of a table (kmod/cache.c), and what is flushed of it. */
#include "tlb_fixture.h"

#include "base/rng.h"
#include "cache.c"

#define LINES	((__u64)SM_CACHE_LINES)
#define ENT(n)	(SM_ENT_PRESENT | PFN(n))

static struct sm_cache cache;

static int setup(void **state)
{
	__u64 p;

	(void)state;
	memset(&cache, 0, sizeof(cache));
	for (p = BASE; p < BASE + LINES; p++)
		sm_cache_fill(&cache, p, ENT(p - BASE), 7);
	return 0;
}

static unsigned int kept(void)
{
	struct sm_line line;
	unsigned int i, n = 0;

	for (i = 0; i < SM_CACHE_LINES; i++)
		n += sm_cache_read(&cache, i, &line);
	return n;
}

static void test_found(void **state)
{
	const struct sm_line *line = sm_cache_find(&cache, BASE + 3);

	(void)state;
	assert_non_null(line);
	assert_int_equal(line->ent, ENT(3));
	assert_int_equal(line->gen, 7);
	assert_null(sm_cache_find(&cache, BASE + LINES));
	assert_int_equal(kept(), SM_CACHE_LINES);
}

/* Who comes to a line that another page has takes it. */
static void test_taken(void **state)
{
	(void)state;
	sm_cache_fill(&cache, BASE + LINES, ENT(99), 8);
	assert_null(sm_cache_find(&cache, BASE));
	assert_int_equal(sm_cache_find(&cache, BASE + LINES)->ent, ENT(99));
	assert_int_equal(kept(), SM_CACHE_LINES);
}

static void test_flush_exact(void **state)
{
	(void)state;
	sm_cache_flush(&cache, BASE + 5, BASE + 9);
	assert_non_null(sm_cache_find(&cache, BASE + 4));
	assert_null(sm_cache_find(&cache, BASE + 5));
	assert_null(sm_cache_find(&cache, BASE + 9));
	assert_non_null(sm_cache_find(&cache, BASE + 10));
	assert_int_equal(kept(), SM_CACHE_LINES - 5);
}

/* Another page's line stays, also if it is where a flushed one would be. */
static void test_flush_other(void **state)
{
	(void)state;
	sm_cache_flush(&cache, BASE + LINES, BASE + 2 * LINES - 1);
	sm_cache_flush(&cache, BASE + LINES, BASE + 9 * LINES);
	sm_cache_flush(&cache, 0, BASE - 1);
	assert_int_equal(kept(), SM_CACHE_LINES);
}

static void test_flush_wide(void **state)
{
	(void)state;
	sm_cache_flush(&cache, BASE + 1, BASE + 100 * LINES);
	assert_non_null(sm_cache_find(&cache, BASE));
	assert_int_equal(kept(), 1);
	sm_cache_flush(&cache, 0, ~0ULL);
	assert_int_equal(kept(), 0);
}

static void flush_both(__u64 *has, __u64 first, __u64 last)
{
	unsigned int i;

	sm_cache_flush(&cache, first, last);
	for (i = 0; i < SM_CACHE_LINES; i++)
		if (has[i] >= first && has[i] <= last)
			has[i] = 0;
}

/* The same pages are in it as in a plain list, after each of many fills and flushes. */
static void test_bounds(void **state)
{
	__u64 has[SM_CACHE_LINES] = { 0 }, first;
	unsigned int i, n;
	struct sm_rng rng;

	(void)state;
	memset(&cache, 0, sizeof(cache));
	sm_rng_seed(&rng, 1, SM_STREAM_STORM, 0);
	for (i = 0; i < 20000; i++) {
		first = BASE + sm_rng_below(&rng, 9 * LINES);
		if (sm_rng_below(&rng, 3)) {
			sm_cache_fill(&cache, first, ENT(first - BASE), 1);
			has[first % LINES] = first;
		} else if (sm_rng_one_in(&rng, 20)) {
			flush_both(has, 0, ~0ULL);
		} else {
			flush_both(has, first,
				   first + sm_rng_below(&rng, 2 * LINES));
		}
		for (n = 0; n < SM_CACHE_LINES; n++)
			assert_true(has[n] ? !!sm_cache_find(&cache, has[n]) :
					     !cache.line[n].ent);
		assert_true(cache.to || !kept());
	}
}

/* What was kept may be used again, if nobody flushes it meanwhile. */
static void test_off(void **state)
{
	(void)state;
	cache.off = true;
	assert_null(sm_cache_find(&cache, BASE));
	assert_int_equal(kept(), 0);
	sm_cache_fill(&cache, BASE + LINES, ENT(99), 8);
	sm_cache_flush(&cache, BASE + 1, BASE + 1);
	cache.off = false;
	assert_non_null(sm_cache_find(&cache, BASE));
	assert_null(sm_cache_find(&cache, BASE + LINES));
	assert_int_equal(kept(), SM_CACHE_LINES - 1);
}

static struct sm_line of(__u64 pgno, __u64 ent)
{
	return (struct sm_line){ .pgno = pgno, .ent = ent, .gen = 1 };
}

/* Less than the table allows is no difference, and neither is the order. */
static void test_differs(void **state)
{
	struct sm_line line;
	struct sm_tlb t;

	(void)state;
	table_init(&t, BASE, BASE + LEAF - 1);
	sm_tlb_install(&t, BASE, PFN(0) | SM_ENT_WRITE, 0, 1);
	sm_tlb_install(&t, BASE + 1, PFN(1), 0, 1);

	line = of(BASE, ENT(0));
	assert_false(sm_cache_differs(&t, &line));
	line = of(BASE, ENT(0) | SM_ENT_WRITE | 9ULL << SM_ENT_ORDER_SHIFT);
	assert_false(sm_cache_differs(&t, &line));
	line = of(BASE + 1, ENT(1) | SM_ENT_WRITE);
	assert_true(sm_cache_differs(&t, &line));
	line = of(BASE + 1, ENT(2));
	assert_true(sm_cache_differs(&t, &line));
	line = of(BASE + 2, ENT(2));
	assert_true(sm_cache_differs(&t, &line));
	table_done(&t);
}

/* A drop says how far it went: a huge block falls whole. */
static void test_dropped(void **state)
{
	struct sm_tlb t;
	struct sm_drop d;

	(void)state;
	table_init(&t, BASE, BASE + LEAF - 1);
	sm_tlb_install(&t, BASE + 16, PFN(16), 4, 1);
	sm_tlb_install(&t, BASE + 40, PFN(40), 0, 1);
	d = drop(&t, BASE + 20, BASE + 60);
	assert_int_equal(d.dropped, 17);
	assert_int_equal(d.first, BASE + 16);
	assert_int_equal(d.last, BASE + 40);
	d = drop(&t, BASE, BASE + LEAF - 1);
	assert_int_equal(d.dropped, 0);
	table_done(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_found, setup),
		cmocka_unit_test_setup(test_taken, setup),
		cmocka_unit_test_setup(test_flush_exact, setup),
		cmocka_unit_test_setup(test_flush_other, setup),
		cmocka_unit_test_setup(test_flush_wide, setup),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test_setup(test_off, setup),
		cmocka_unit_test(test_differs),
		cmocka_unit_test(test_dropped),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
