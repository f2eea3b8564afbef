// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a storm thread's time goes: all of it somewhere, and none of it twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "storm/clock.h"

#define ROW	3

static uint64_t all_spent(const struct sm_clock *c)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < SM_SPENT_NR; i++)
		sum += c->time.spent[i];
	return sum;
}

static void pass(uint64_t ns)
{
	uint64_t end = sm_util_now() + ns;

	while (sm_util_now() < end)
		continue;
}

static void each_moment_is_spent_once(void **state)
{
	struct sm_clock c = { .at = SM_SPENT_GATE };
	enum sm_spent before;
	uint64_t start;

	(void)state;
	/* What was before the storm does not count. */
	sm_clock_turn(&c, SM_SPENT_STAMP);
	sm_clock_start(&c);
	start = c.since;
	assert_int_equal(all_spent(&c), 0);
	sm_clock_begin(&c);
	before = sm_clock_turn(&c, SM_SPENT_CALL);
	assert_int_equal(before, SM_SPENT_CHOOSE);
	pass(SM_MSEC);
	before = sm_clock_turn(&c, SM_SPENT_STAMP);
	pass(2 * SM_MSEC);
	sm_clock_turn(&c, before);
	pass(SM_MSEC);
	sm_clock_end(&c, ROW);
	assert_int_equal(all_spent(&c), c.since - start);
	assert_true(c.time.spent[SM_SPENT_CALL] >= 2 * SM_MSEC);
	assert_true(c.time.spent[SM_SPENT_STAMP] >= 2 * SM_MSEC);
	assert_int_equal(c.time.spent[SM_SPENT_VICTIM], 0);
	assert_true(c.time.op[ROW] >= 4 * SM_MSEC);
	assert_true(c.time.op[ROW] <= c.since - start);
	sm_clock_stop(&c);
	assert_int_equal(all_spent(&c), c.since - start);
	assert_true(c.time.running <= c.since - start + 10 * SM_MSEC);
}

static void threads_are_added_up(void **state)
{
	struct sm_clock c = {
		.time = {
			.spent = { [SM_SPENT_GATE] = 1, [SM_SPENT_CALL] = 2 },
			.op = { [ROW] = 3, [SM_MAX_OPS - 1] = 4 },
			.running = 5,
			.ready = 6,
		},
	};
	struct sm_time sum;

	(void)state;
	memset(&sum, 0, sizeof(sum));
	sm_clock_add(&sum, &c);
	sm_clock_add(&sum, &c);
	assert_int_equal(sum.spent[SM_SPENT_GATE], 2);
	assert_int_equal(sum.spent[SM_SPENT_CALL], 4);
	assert_int_equal(sum.op[ROW], 6);
	assert_int_equal(sum.op[SM_MAX_OPS - 1], 8);
	assert_int_equal(sum.running, 10);
	assert_int_equal(sum.ready, 12);
}

static void all_have_names(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < SM_SPENT_NR; i++)
		assert_non_null(sm_spent_names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_moment_is_spent_once),
		cmocka_unit_test(threads_are_added_up),
		cmocka_unit_test(all_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
