// SPDX-License-Identifier: GPL-2.0-only
/* How much a storm has to do before it may end, and before it may pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "judge/oracles.h"
#include "real_ops.h"
#include "run/engine.h"
#include "run/verdict.h"
#include "run/work.h"
#include "storm/hand.h"

#define SECONDS		30
#define PLENTY		1000000
#define NO_DEFECTS	sm_set_below(0)

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
	return sm_work_over(s, seconds * SM_NSEC, ops, accesses);
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
	s.defects = sm_set_of(SM_DEFECT_BUSY_KEPT);
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

/* A mirror that did its part. */
static struct sm_mirror_result used(void)
{
	return (struct sm_mirror_result){
		.name = "kvm",
		.pages_compared = 1000,
		.pages_in_storm = 500,
		.accesses = 1000,
		.rested = 8,
	};
}

/* The verdict on a run of one thread and these mirrors that found nothing. */
static enum sm_verdict judge(uint64_t ops, double seconds, uint64_t count,
			     struct sm_set defects, struct sm_run_result *r)
{
	static struct sm_storm_thread thread;
	static struct sm_wire wire;
	static struct sm_engine e;
	struct sm_run_spec s = thirty_seconds();

	memset(&thread, 0, sizeof(thread));
	memset(&e, 0, sizeof(e));
	s.count = count;
	s.defects = defects;
	r->t_start_ns = 1;
	r->seconds = seconds;
	thread.ops[0] = ops;
	e.scene.spec = &s;
	e.scene.result = r;
	e.scene.wire = &wire;
	sm_end_init(&e.end, &wire);
	wire.flight[0].ops = ops;
	e.gate.nr = 1;
	e.storm.threads = &thread;
	e.storm.nr = 1;
	sm_witness_init(&e.scene.witness, &e.scene.dev, NULL);
	sm_verdict_count(&e);
	sm_verdict_decide(&e);
	return r->verdict;
}

static enum sm_verdict verdict(uint64_t ops, double seconds, uint64_t count,
			       struct sm_run_result *r)
{
	memset(r, 0, sizeof(*r));
	r->mirrors[0] = used();
	r->nr_mirrors = 1;
	return judge(ops, seconds, count, NO_DEFECTS, r);
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

static void no_mirror_is_no_pass(void **unused)
{
	static struct sm_run_result r;

	(void)unused;
	assert_int_equal(judge(PLENTY, SECONDS, 0, NO_DEFECTS, &r), SM_BROKEN);
	assert_string_equal(r.reason, "no mirror was attached");
}

/* Each granule is looked at once for each table. */
static void half_of_the_tables_will_do(void **unused)
{
	static struct sm_run_result r;

	(void)unused;
	r.mirrors[0] = used();
	r.nr_mirrors = 1;
	r.mirrors[0].unsettled = r.mirrors[0].rested / 2;
	assert_int_equal(judge(PLENTY, SECONDS, 0, NO_DEFECTS, &r), SM_PASS);
	memset(&r, 0, sizeof(r));
	r.mirrors[0] = used();
	r.nr_mirrors = 1;
	r.mirrors[0].unsettled = r.mirrors[0].rested;
	assert_int_equal(judge(PLENTY, SECONDS, 0, NO_DEFECTS, &r), SM_BROKEN);
	assert_non_null(strstr(r.reason, "could not be compared in the end"));
}

static const char *said_of_pagemap(const struct sm_run_result *r)
{
	unsigned int i;

	for (i = 0; strcmp(sm_oracles[i].name, "pagemap"); i++)
		;
	return r->oracles[i].reason;
}

/* One mirror that was compared under the storm is enough. */
static void comparing_at_rest_alone_is_said(void **unused)
{
	static struct sm_run_result r;

	(void)unused;
	r.mirrors[0] = used();
	r.mirrors[1] = used();
	r.mirrors[1].pages_in_storm = 0;
	r.nr_mirrors = 2;
	assert_int_equal(judge(PLENTY, SECONDS, 0, NO_DEFECTS, &r), SM_PASS);
	assert_string_equal(said_of_pagemap(&r), "");
	memset(&r, 0, sizeof(r));
	r.mirrors[0] = used();
	r.mirrors[0].pages_in_storm = 0;
	r.nr_mirrors = 1;
	assert_int_equal(judge(PLENTY, SECONDS, 0, NO_DEFECTS, &r), SM_PASS);
	assert_string_equal(said_of_pagemap(&r),
			    "compared only when the storm was over");
}

/* Too slow for a defect to be caught: it was not missed. */
static void a_slow_machine_misses_nothing(void **unused)
{
	static struct sm_run_result r;

	(void)unused;
	r.mirrors[0] = used();
	r.nr_mirrors = 1;
	assert_int_equal(judge(70, 20 * SECONDS, 0,
			       sm_set_of(SM_DEFECT_BUSY_KEPT), &r), SM_BROKEN);
	assert_string_equal(r.reason,
			    "only 70 of 3000 ops in 600 s: too slow a machine to say");
	memset(&r, 0, sizeof(r));
	r.mirrors[0] = used();
	r.nr_mirrors = 1;
	assert_int_equal(judge(PLENTY, 20 * SECONDS, 0,
			       sm_set_of(SM_DEFECT_BUSY_KEPT), &r), SM_BROKEN);
	assert_string_equal(r.reason,
			    "only 1000 of 30000 accesses in 600 s: too slow a machine to say");
	memset(&r, 0, sizeof(r));
	r.mirrors[0] = used();
	r.mirrors[0].accesses = PLENTY;
	r.nr_mirrors = 1;
	assert_int_equal(judge(PLENTY, SECONDS, 0,
			       sm_set_of(SM_DEFECT_BUSY_KEPT), &r), SM_PASS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_given_in_full),
		cmocka_unit_test(next_to_nothing_is_waited_for),
		cmocka_unit_test(a_defect_is_given_work),
		cmocka_unit_test(next_to_nothing_is_no_pass),
		cmocka_unit_test(no_mirror_is_no_pass),
		cmocka_unit_test(half_of_the_tables_will_do),
		cmocka_unit_test(comparing_at_rest_alone_is_said),
		cmocka_unit_test(a_slow_machine_misses_nothing),
	};

	return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}
