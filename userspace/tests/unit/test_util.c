// SPDX-License-Identifier: GPL-2.0-only
/* Small things: one median, for all that print one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/util.h"

static void a_median_is_in_the_middle(void **state)
{
	double one[] = { 7 }, odd[] = { 9, 1, 4 }, even[] = { 8, 1, 2, 4 };

	(void)state;
	assert_true(sm_util_median(one, 1) == 7);
	assert_true(sm_util_median(odd, 3) == 4);
	assert_true(sm_util_median(even, 4) == 3);
	assert_true(even[0] == 1 && even[3] == 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_median_is_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
