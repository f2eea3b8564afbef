// SPDX-License-Identifier: GPL-2.0-only
/* Who draws random numbers draws numbers of his own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/util.h"

#define STORM_THREADS	16	/* as many as can run */

/* All but the storm's, which stand one after the other. */
#define OTHERS		(SM_STREAM_END - SM_STREAM_COMPARE)

static uint64_t first_of(uint64_t stream, uint64_t n)
{
	struct sm_rng rng;

	sm_rng_seed(&rng, 1, stream, n);
	return sm_rng_next(&rng);
}

static void streams_are_distinct(void **state)
{
	uint64_t first[STORM_THREADS + OTHERS];
	unsigned int i, j;

	(void)state;
	for (i = 0; i < STORM_THREADS; i++)
		first[i] = first_of(SM_STREAM_STORM + i, 0);
	for (j = 0; j < OTHERS; j++, i++)
		first[i] = first_of(SM_STREAM_COMPARE + j, 0);
	for (i = 0; i < SM_ARRAY_SIZE(first); i++)
		for (j = 0; j < i; j++)
			assert_true(first[i] != first[j]);
}

static void numbers_depend_on_all(void **state)
{
	(void)state;
	assert_true(first_of(SM_STREAM_AGENT, 0) ==
		    first_of(SM_STREAM_AGENT, 0));
	assert_true(first_of(SM_STREAM_AGENT, 0) !=
		    first_of(SM_STREAM_AGENT, 1));
	assert_true(first_of(SM_STREAM_VICTIM, 1) !=
		    first_of(SM_STREAM_AGENT, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_distinct),
		cmocka_unit_test(numbers_depend_on_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
