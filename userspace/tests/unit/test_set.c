// SPDX-License-Identifier: GPL-2.0-only
/* Sets of rows, on both sides of the ends of their words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/set.h"
#include "base/util.h"

static const unsigned int edges[] = { 0, 1, 63, 64, 65, 127, 128, 191, 192, 255 };

#define NR_EDGES	SM_ARRAY_SIZE(edges)

static struct sm_set set_of_edges(void)
{
	struct sm_set s = { { 0 } };
	unsigned int i;

	for (i = 0; i < NR_EDGES; i++)
		sm_set_add(&s, edges[i]);
	return s;
}

static void each_number_is_by_itself(void **state)
{
	unsigned int n, other;
	struct sm_set s;

	(void)state;
	for (n = 0; n < SM_SET_ROOM; n++) {
		s = sm_set_of(n);
		assert_int_equal(sm_set_count(&s), 1);
		for (other = 0; other < SM_SET_ROOM; other++)
			assert_int_equal(sm_set_has(&s, other), other == n);
		assert_int_equal(sm_set_next(&s, 0), n);
		sm_set_remove(&s, n);
		assert_true(sm_set_empty(&s));
	}
}

static void an_initialiser_is_the_same(void **state)
{
	static const struct sm_set low = SM_SET_INIT(3), high = SM_SET_INIT(200);
	const struct sm_set of_low = sm_set_of(3), of_high = sm_set_of(200);

	(void)state;
	assert_memory_equal(&low, &of_low, sizeof(low));
	assert_memory_equal(&high, &of_high, sizeof(high));
}

/* The module's bitmaps have this layout. */
static void words_are_in_order(void **state)
{
	const struct sm_set s = sm_set_of(2 * 64 + 5);

	(void)state;
	assert_int_equal(s.word[2], 1 << 5);
	assert_int_equal(s.word[0] | s.word[1] | s.word[3], 0);
}

static void members_come_in_order(void **state)
{
	struct sm_set s = set_of_edges();
	unsigned int n, i = 0;

	(void)state;
	sm_set_for_each(n, &s) {
		assert_int_equal(n, edges[i++]);
		sm_set_remove(&s, n);
	}
	assert_int_equal(i, NR_EDGES);
	assert_int_equal(n, SM_SET_ROOM);
	assert_true(sm_set_empty(&s));
	sm_set_for_each(n, &s)
		fail();
}

static void below_is_all_below(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NR_EDGES; i++) {
		const struct sm_set s = sm_set_below(edges[i]);

		assert_int_equal(sm_set_count(&s), edges[i]);
		assert_false(sm_set_has(&s, edges[i]));
	}
	assert_false(sm_set_has(&(struct sm_set){ { ~0ULL } }, SM_SET_ROOM));
}

static void sets_are_put_together(void **state)
{
	const struct sm_set low = sm_set_below(128), all = set_of_edges();
	struct sm_set s = all;

	(void)state;
	assert_true(sm_set_meets(&low, &all));
	sm_set_and(&s, &low);
	assert_int_equal(sm_set_count(&s), 6);
	s = all;
	sm_set_andnot(&s, &low);
	assert_int_equal(sm_set_count(&s), NR_EDGES - 6);
	assert_false(sm_set_meets(&s, &low));
	sm_set_or(&s, &low);
	assert_int_equal(sm_set_count(&s), 128 + NR_EDGES - 6);
	assert_true(sm_set_has(&s, 64) && sm_set_has(&s, 255));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_number_is_by_itself),
		cmocka_unit_test(an_initialiser_is_the_same),
		cmocka_unit_test(words_are_in_order),
		cmocka_unit_test(members_come_in_order),
		cmocka_unit_test(below_is_all_below),
		cmocka_unit_test(sets_are_put_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
