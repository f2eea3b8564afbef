// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who calls a backend out of order is found out: a line says what was broken, and
 * no driver is accused. Who keeps to it is not.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "call_bed.h"

static void storm_begins(void)
{
	sm_gate_begin(&bed.gate);
}

static void storm_ends(void)
{
	sm_gate_leave(&bed.gate);
}

/* ---- both sides keep it ----------------------------------------------------------- */

static const char *flight(void)
{
	static char text[SM_FLIGHT_TEXT];

	return sm_host_flight(&bed.host, NULL, 0, text, sizeof(text));
}

static void a_whole_run(void **state)
{
	uint64_t buf[1], done, present;
	struct sm_ioc_check check;
	struct sm_ioc_stats stats;
	char text[32];

	(void)state;
	assert_int_equal(strlen(flight()), 0);
	attach();
	assert_int_equal(agent_start(0), 0);
	assert_int_equal(agent_start(1), 0);
	storm_begins();
	assert_int_equal(access_on(0), 0);
	assert_int_equal(access_on(SM_LANES - 1), 0);
	assert_int_equal(strcmp(flight(), ", its device reads 1000"), 0);
	sm_call_fault(&bed.host, bed.scene.mirrors, 0, 0, 0, SM_PAGE_SIZE, &done);
	assert_int_equal(sm_call_apply(&turn), 0);
	sm_call_worker(&bed.host);
	storm_ends();
	assert_int_equal(sm_call_agent_stop(&bed.host, &agents[1]), 0);
	assert_int_equal(sm_call_agent_stop(&bed.host, &agents[0]), 0);
	sm_call_rest(&bed.host);
	assert_int_equal(access_on(SM_LANE_SWEEP), 0);
	assert_int_equal(sm_call_snapshot(&bed.host, bed.scene.mirrors, 0, SM_PAGE_SIZE,
					  buf, &present), 0);
	assert_int_equal(sm_call_check(&bed.host, bed.scene.mirrors, 0, SM_PAGE_SIZE,
				       &check), 0);
	assert_int_equal(sm_call_stats(&bed.host, bed.scene.mirrors, &stats), 0);
	sm_call_describe(&bed.host, text, sizeof(text));
	sm_call_agent_free(&bed.host, &agents[0]);
	sm_call_agent_free(&bed.host, &agents[1]);
	assert_true(sm_call_detach(&bed.host));
	assert_string_equal(bed.end.why, "");
	assert_false(bed.end.broken);
	assert_int_equal(called, 17);
}

static int no_attach(struct sm_host *h)
{
	(void)h;
	return -ENODEV;
}

static void one_that_cannot_attach(void **state)
{
	(void)state;
	backend.attach = no_attach;
	assert_int_equal(sm_call_attach(&bed.host), -ENODEV);
	sm_call_detach(&bed.host);
	assert_false(bed.end.broken);
	assert_int_equal(called, 1);
}

/* One that hangs is told of by who waits for it, and is no breach. */
static int hanging_stop(struct sm_host *h, struct sm_device_agent *agent)
{
	(void)h;
	(void)agent;
	return -ETIMEDOUT;
}

static void one_that_hangs(void **state)
{
	(void)state;
	backend.agent_stop = hanging_stop;
	attach();
	assert_int_equal(agent_start(0), 0);
	assert_int_equal(sm_call_agent_stop(&bed.host, &agents[0]), -ETIMEDOUT);
	assert_false(bed.end.broken);
}

/* ---- a caller breaks it -------------------------------------------------------------- */

static void access_after_detach(void)
{
	attach();
	sm_call_detach(&bed.host);
	assert_int_equal(access_on(0), -EPROTO);
}

static void access_although_it_failed(void)
{
	backend.attach = no_attach;
	sm_call_attach(&bed.host);
	assert_int_equal(access_on(0), -EPROTO);
}

static void access_on_no_lane(void)
{
	attach();
	assert_int_equal(access_on(SM_LANES), -EPROTO);
}

/* As by another thread, and seen for sure. */
static int nested_access(struct sm_host *h, const struct sm_mirror *m,
			 unsigned int lane, struct sm_access *a,
			 unsigned int nr)
{
	return sm_call_access(h, m, lane, a, nr);
}

static void access_twice_at_a_time(void)
{
	backend.access = nested_access;
	attach();
	assert_int_equal(access_on(3), -EPROTO);
}

static void attach_twice(void)
{
	attach();
	assert_int_equal(sm_call_attach(&bed.host), -EPROTO);
}

static void detach_twice(void)
{
	attach();
	sm_call_detach(&bed.host);
	sm_call_detach(&bed.host);
	assert_int_equal(called, 2);
}

static void detach_with_an_agent(void)
{
	attach();
	agent_start(0);
	assert_false(sm_call_detach(&bed.host));
}

static void detach_in_the_storm(void)
{
	attach();
	storm_begins();
	assert_false(sm_call_detach(&bed.host));
}

static int detaching_access(struct sm_host *h, const struct sm_mirror *m,
			    unsigned int lane, struct sm_access *a,
			    unsigned int nr)
{
	(void)m;
	(void)lane;
	(void)a;
	(void)nr;
	sm_call_detach(h);
	return 0;
}

static void detach_during_access(void)
{
	backend.access = detaching_access;
	attach();
	access_on(5);
	assert_int_equal(called, 1);
}

static int detaching_check(struct sm_host *h, const struct sm_mirror *m,
			   uint64_t start, uint64_t stop,
			   struct sm_ioc_check *out)
{
	(void)m;
	(void)start;
	(void)stop;
	(void)out;
	sm_call_detach(h);
	return 0;
}

static void detach_during_check(void)
{
	struct sm_ioc_check out;

	backend.check = detaching_check;
	attach();
	sm_call_check(&bed.host, bed.scene.mirrors, 0, SM_PAGE_SIZE, &out);
}

static void detaching_worker(struct sm_host *h)
{
	sm_call_detach(h);
}

static void detach_during_worker(void)
{
	backend.worker = detaching_worker;
	attach();
	sm_call_worker(&bed.host);
}

static int detaching_apply(struct sm_turn *t)
{
	sm_call_detach(t->host);
	return 0;
}

static void detach_during_apply(void)
{
	backend.apply = detaching_apply;
	attach();
	sm_call_apply(&turn);
}

static void agent_start_in_the_storm(void)
{
	attach();
	storm_begins();
	assert_int_equal(agent_start(0), -EPROTO);
}

static void agent_stop_unstarted(void)
{
	attach();
	assert_int_equal(sm_call_agent_stop(&bed.host, &agents[0]), -EPROTO);
}

static void agent_stop_twice(void)
{
	start_and_stop();
	assert_int_equal(sm_call_agent_stop(&bed.host, &agents[0]), -EPROTO);
}

static void agent_stop_in_the_storm(void)
{
	attach();
	agent_start(0);
	storm_begins();
	assert_int_equal(sm_call_agent_stop(&bed.host, &agents[0]), -EPROTO);
}

static void agent_free_unstopped(void)
{
	attach();
	agent_start(0);
	sm_call_agent_free(&bed.host, &agents[0]);
	assert_non_null(agents[0].ring);
}

static int nested_apply(struct sm_turn *t)
{
	return sm_call_apply(t);
}

static void apply_twice_at_a_time(void)
{
	backend.apply = nested_apply;
	attach();
	assert_int_equal(sm_call_apply(&turn), -EPROTO);
}

static void rest_in_the_storm(void)
{
	attach();
	storm_begins();
	sm_call_rest(&bed.host);
	assert_int_equal(called, 1);
}

static void resting_worker(struct sm_host *h)
{
	sm_call_rest(h);
}

static void rest_during_worker(void)
{
	backend.worker = resting_worker;
	attach();
	sm_call_worker(&bed.host);
}

static void nested_worker(struct sm_host *h)
{
	sm_call_worker(h);
}

static void worker_twice(void)
{
	backend.worker = nested_worker;
	attach();
	sm_call_worker(&bed.host);
}

static void table_before_attach(void)
{
	uint64_t buf[1], present;

	assert_int_equal(sm_call_snapshot(&bed.host, bed.scene.mirrors, 0, SM_PAGE_SIZE,
					  buf, &present), -EPROTO);
}

static void describe_after_detach(void)
{
	char text[32] = "";

	attach();
	sm_call_detach(&bed.host);
	sm_call_describe(&bed.host, text, sizeof(text));
	assert_string_equal(text, "");
}

static const struct call_breach breaches[] = {
	{ access_after_detach, "access() after detach()" },
	{ access_although_it_failed, "access() although attach() failed" },
	{ access_on_no_lane, "access() on lane 34" },
	{ access_twice_at_a_time, "access() on lane 3 by two threads at a time" },
	{ attach_twice, "attach() twice" },
	{ detach_twice, "detach() after detach()" },
	{ detach_with_an_agent, "detach() before agent_stop() of agent 0" },
	{ detach_in_the_storm, "detach() while the storm goes on" },
	{ detach_during_access, "detach() during access() on lane 5" },
	{ detach_during_check, "detach() during another operation" },
	{ detach_during_worker, "detach() before worker() returned" },
	{ detach_during_apply, "detach() during apply()" },
	{ agent_start_in_the_storm, "agent_start() after the storm began" },
	{ agent_stop_unstarted, "agent_stop() of agent 0 without agent_start()" },
	{ agent_stop_twice, "agent_stop() of agent 0 without agent_start()" },
	{ agent_stop_in_the_storm, "agent_stop() while the storm goes on" },
	{ agent_free_unstopped, "agent_free() of agent 0 before agent_stop()" },
	{ apply_twice_at_a_time, "apply() of storm thread 0 twice at a time" },
	{ rest_in_the_storm, "rest() while the storm goes on" },
	{ rest_during_worker, "rest() before worker() returned" },
	{ worker_twice, "worker() twice" },
	{ table_before_attach, "snapshot() before attach()" },
	{ describe_after_detach, "describe() after detach()" },
};

static void each_breach_is_told(void **state)
{
	call_bed_tell_all(state, breaches, SM_ARRAY_SIZE(breaches));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_whole_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_cannot_attach, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(one_that_hangs, set_up,
						tear_down),
		cmocka_unit_test(each_breach_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
