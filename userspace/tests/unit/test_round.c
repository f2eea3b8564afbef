// SPDX-License-Identifier: GPL-2.0-only
/* What a driver may drop when it is asked to drop a range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "round.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define OBJECT		8
#define ALL		{ 1003, 1100 }	/* the mirror: its last object is cut */
#define WHOLE_MM	{ 0, ~0ULL >> 12 }

struct row {
	enum sm_round how;
	struct sm_span asked;
	struct sm_span may;
};

static const struct row rows[] = {
	{ SM_ROUND_NONE, { 1010, 1010 }, { 1010, 1010 } },
	{ SM_ROUND_NONE, { 0, 1010 }, { 0, 1010 } },
	{ SM_ROUND_NONE, WHOLE_MM, WHOLE_MM },
	/* As long as the range, if that is aligned; else up to twice as long and more. */
	{ SM_ROUND_POW2, { 1010, 1011 }, { 1010, 1011 } },
	{ SM_ROUND_POW2, { 1011, 1011 }, { 1011, 1011 } },
	{ SM_ROUND_POW2, { 1011, 1012 }, { 1008, 1015 } },
	{ SM_ROUND_POW2, { 1023, 1024 }, { 0, 2047 } },
	{ SM_ROUND_POW2, WHOLE_MM, WHOLE_MM },
	{ SM_ROUND_OBJECT, { 1003, 1003 }, { 1003, 1010 } },
	{ SM_ROUND_OBJECT, { 1010, 1010 }, { 1003, 1010 } },
	{ SM_ROUND_OBJECT, { 1010, 1011 }, { 1003, 1018 } },
	{ SM_ROUND_OBJECT, { 1019, 1026 }, { 1019, 1026 } },
	{ SM_ROUND_OBJECT, { 1099, 1099 }, { 1099, 1100 } },
	{ SM_ROUND_OBJECT, { 0, 1003 }, { 1003, 1010 } },
	{ SM_ROUND_OBJECT, { 1100, 5000 }, { 1099, 1100 } },
	{ SM_ROUND_OBJECT, WHOLE_MM, ALL },
	{ SM_ROUND_PAGE_OR_ALL, { 1010, 1010 }, { 1010, 1010 } },
	{ SM_ROUND_PAGE_OR_ALL, { 1010, 1011 }, ALL },
	{ SM_ROUND_PAGE_OR_ALL, WHOLE_MM, ALL },
};

static void test_span(void **state)
{
	const struct sm_span all = ALL;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sm_span may = sm_round_span(rows[i].how, rows[i].asked,
						   all, OBJECT);

		assert_int_equal(may.first, rows[i].may.first);
		assert_int_equal(may.last, rows[i].may.last);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_span),
	};

	return cmocka_run_group_tests_name("round", tests, NULL, NULL);
}
