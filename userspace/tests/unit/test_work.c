// SPDX-License-Identifier: GPL-2.0-only
/* How much a storm has to do before it may end, and before it may pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backends.h"
#include "engine.h"
#include "verdict.h"

#define SECONDS		30
#define PLENTY		1000000

static struct sm_run_spec thirty_seconds(void)
{
	return (struct sm_run_spec){
		.backend = &sm_mock_backend,
		.agents = 2,
		.duration_ns = SECONDS * SM_NSEC,
	};
}

static bool over(const struct sm_run_spec *s, uint64_t seconds, uint64_t ops,
		 uint64_t accesses)
{
	return sm_run_over(s, seconds * SM_NSEC, ops, accesses);
}

static void time_is_given_in_full(void **unused)
{
	struct sm_run_spec s = thirty_seconds();

	(void)unused;
	assert_false(over(&s, SECONDS - 1, PLENTY, PLENTY));
	assert_true(over(&s, SECONDS, PLENTY, PLENTY));
	s.duration_ns = 0;
	s.count = 5;
	assert_false(over(&s, 1000, PLENTY, PLENTY));
}

static void next_to_nothing_is_waited_for(void **unused)
{
	struct sm_run_spec s = thirty_seconds();

	(void)unused;
	assert_false(over(&s, SECONDS, SM_RUN_LEAST_OPS - 1, PLENTY));
	assert_true(over(&s, SECONDS, SM_RUN_LEAST_OPS, 0));
	assert_true(over(&s, SECONDS + 60, 0, 0));
}

/* A slow machine gets the time that the work takes it. */
static void a_defect_is_given_work(void **unused)
{
	const uint64_t ops = SECONDS * SM_RUN_OPS_PER_S;
	const uint64_t accesses = SECONDS * SM_RUN_ACCESSES_PER_S;
	struct sm_run_spec s = thirty_seconds();

	(void)unused;
	s.defects = SM_BIT(SM_DEFECT_BUSY_KEPT);
	assert_true(over(&s, SECONDS, ops, accesses));
	assert_false(over(&s, SECONDS, ops - 1, accesses));
	assert_false(over(&s, SECONDS, ops, accesses - 1));
	assert_false(over(&s, 8 * SECONDS, ops - 1, accesses - 1));
	assert_true(over(&s, 8 * SECONDS, ops, accesses));
	assert_true(over(&s, 20 * SECONDS, 0, 0));
	s.agents = 0;
	assert_true(over(&s, SECONDS, ops, 0));
	s.backend = &sm_kvm_backend;
	assert_true(over(&s, SECONDS, SECONDS * SM_RUN_DRIVER_OPS_PER_S, 0));
	assert_false(over(&s, SECONDS, SM_RUN_DRIVER_OPS_PER_S, 0));
}

/* The verdict on a run of one thread that found nothing. */
static enum sm_verdict verdict(uint64_t ops, double seconds, uint64_t count,
			       struct sm_run_result *r)
{
	static struct sm_storm_thread thread;
	static struct sm_engine e;
	struct sm_run_spec s = thirty_seconds();

	memset(&thread, 0, sizeof(thread));
	memset(&e, 0, sizeof(e));
	memset(r, 0, sizeof(*r));
	s.count = count;
	r->t_start_ns = 1;
	r->seconds = seconds;
	thread.ops[0] = ops;
	e.spec = &s;
	e.result = r;
	e.storm.threads = &thread;
	e.storm.nr = 1;
	sm_witness_init(&e.witness, &e.dev, NULL);
	sm_verdict_count(&e);
	sm_verdict_decide(&e);
	return r->verdict;
}

static void next_to_nothing_is_no_pass(void **unused)
{
	static struct sm_run_result r;

	(void)unused;
	assert_int_equal(verdict(SM_RUN_LEAST_OPS, 7, 0, &r), SM_PASS);
	assert_int_equal(verdict(6, 7, 0, &r), SM_BROKEN);
	assert_string_equal(r.reason,
			    "6 ops were applied: fewer than 20 prove nothing");
	/* That many were asked for. */
	assert_int_equal(verdict(6, 7, 6, &r), SM_PASS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_given_in_full),
		cmocka_unit_test(next_to_nothing_is_waited_for),
		cmocka_unit_test(a_defect_is_given_work),
		cmocka_unit_test(next_to_nothing_is_no_pass),
	};

	return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}
