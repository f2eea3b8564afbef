// SPDX-License-Identifier: GPL-2.0-only
/* Small things: one median, for all that print one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../cli/matrix.h"
#include "util.h"

static void a_median_is_in_the_middle(void **state)
{
	double one[] = { 7 }, odd[] = { 9, 1, 4 }, even[] = { 8, 1, 2, 4 };

	(void)state;
	assert_true(sm_util_median(one, 1) == 7);
	assert_true(sm_util_median(odd, 3) == 4);
	assert_true(sm_util_median(even, 4) == 3);
	assert_true(even[0] == 1 && even[3] == 8);
}

static void a_matrix_has_the_same(void **state)
{
	struct sm_cell c[2] = { { .runs = 3 }, { .runs = 1 } };
	struct sm_catch median, worst;

	(void)state;
	assert_int_equal(sm_matrix_median(c, 2, &median, &worst), 0);
	assert_int_equal(sm_matrix_note(&c[0], 8, 10), 0);
	c[0].caught = 1;
	assert_int_equal(sm_matrix_note(&c[0], 1, 40), 0);
	c[0].caught = 2;
	assert_int_equal(sm_matrix_median(c, 2, &median, &worst), 2);
	assert_true(median.seconds == 4.5 && worst.seconds == 8);
	assert_true(median.ops == 25 && worst.ops == 40);
	assert_int_equal(sm_matrix_note(&c[1], 2, 20), 0);
	c[1].caught = 1;
	assert_int_equal(sm_matrix_median(c, 2, &median, &worst), 3);
	assert_true(median.seconds == 2 && worst.seconds == 8);
	assert_true(median.ops == 20 && worst.ops == 40);
	free(c[0].times);
	free(c[1].times);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_median_is_in_the_middle),
		cmocka_unit_test(a_matrix_has_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
