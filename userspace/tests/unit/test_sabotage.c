// SPDX-License-Identifier: GPL-2.0-only
/* A run whose defect never reached the driver has not shown anything. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "module/defects.h"
#include "module/sabotage.h"
#include "run/engine.h"
#include "run/verdict.h"
#include "storm/hand.h"

#define NO_INVALIDATE	SM_DEFECT_OF_DRIVER(SM_SABOTAGE_NO_INVALIDATE)

static const struct sm_ioc_query old = {
	.broken = 1, .swallowed = 10, .passed = 20,
};

static void nothing_was_caught(void **state)
{
	struct sm_ioc_query now = old;

	(void)state;
	assert_non_null(strstr(sm_sabotage_unreached(&old, &now),
			       "no subscription"));
}

static void nothing_was_swallowed(void **state)
{
	struct sm_ioc_query now = old;

	(void)state;
	now.broken++;
	assert_non_null(strstr(sm_sabotage_unreached(&old, &now),
			       "no invalidation"));
	now.broken--;
	now.passed++;
	assert_non_null(strstr(sm_sabotage_unreached(&old, &now),
			       "no invalidation"));
}

/* Who was broken may be gone by the end. */
static void it_was_reached(void **state)
{
	struct sm_ioc_query now = old;

	(void)state;
	now.swallowed++;
	assert_null(sm_sabotage_unreached(&old, &now));
}

static void only_hooks_have_a_reason(void **state)
{
	(void)state;
	assert_null(sm_sabotage_hooks(0));
	assert_null(sm_sabotage_hooks(-EPERM));
	assert_non_null(sm_sabotage_hooks(-ESHUTDOWN));
}

/* A finished storm without a violation, with @defects to be put into the driver. */
static enum sm_verdict verdict(struct sm_set defects)
{
	struct sm_backend backend = {
		.defects = SM_SET_INIT(NO_INVALIDATE),
	};
	struct sm_run_spec spec = { .backend = &backend, .defects = defects };
	static struct sm_storm_thread thread;
	static struct sm_wire wire;
	static struct sm_run_result result;
	struct sm_engine *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	memset(&result, 0, sizeof(result));
	memset(&thread, 0, sizeof(thread));
	thread.ops[0] = 1000;
	result.t_start_ns = 1;
	result.seconds = 1;
	snprintf(result.mirrors[0].name, sizeof(result.mirrors[0].name),
		 "driver");
	result.mirrors[0].accesses = 1000;
	result.mirrors[0].pages_swept = 1000;
	result.nr_mirrors = 1;
	e->scene.spec = &spec;
	e->scene.result = &result;
	e->scene.wire = &wire;
	sm_set_and(&defects, &backend.defects);
	e->broken = sm_sabotage_numbers(&defects);
	wire.flight[0].ops = 1000;
	e->gate.nr = 1;
	e->scene.dev.fd = -1;
	sm_end_init(&e->end, &wire);
	sm_witness_init(&e->scene.witness, &e->scene.dev, NULL);
	e->storm.threads = &thread;
	e->storm.nr = 1;
	sm_verdict_count(e);
	sm_verdict_decide(e);
	free(e);
	return result.verdict;
}

static void a_defect_not_seen_is_no_pass(void **state)
{
	(void)state;
	assert_int_equal(verdict(sm_set_below(0)), SM_PASS);
	assert_int_equal(verdict(sm_set_of(NO_INVALIDATE)), SM_BROKEN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_was_caught),
		cmocka_unit_test(nothing_was_swallowed),
		cmocka_unit_test(it_was_reached),
		cmocka_unit_test(only_hooks_have_a_reason),
		cmocka_unit_test(a_defect_not_seen_is_no_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
