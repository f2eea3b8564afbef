// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend whose answers cannot be true is found out: a line says what was broken,
 * and no driver is accused.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "call_bed.h"

/* ---- a backend breaks it ---------------------------------------------------------------- */

static int empty_attach(struct sm_host *h)
{
	(void)h;
	return 0;
}

static void attach_of_nothing(void)
{
	backend.attach = empty_attach;
	assert_int_equal(sm_call_attach(&bed.host), -EPROTO);
}

static int nameless_attach(struct sm_host *h)
{
	h->scene->nr_mirrors = 1;
	return 0;
}

static void attach_of_the_nameless(void)
{
	backend.attach = nameless_attach;
	assert_int_equal(sm_call_attach(&bed.host), -EPROTO);
}

static int positive_attach(struct sm_host *h)
{
	(void)h;
	return 19;
}

static void attach_of_19(void)
{
	backend.attach = positive_attach;
	assert_int_equal(sm_call_attach(&bed.host), -EPROTO);
}

static int positive_access(struct sm_host *h, const struct sm_mirror *m,
			   unsigned int lane, struct sm_access *a,
			   unsigned int nr)
{
	(void)h;
	(void)m;
	(void)lane;
	a->error = EFAULT;
	return nr == 2;
}

static void access_errors_of_14(void)
{
	backend.access = positive_access;
	attach();
	assert_int_equal(access_on(0), -EPROTO);
}

static void access_of_1(void)
{
	struct sm_access a[2];

	backend.access = positive_access;
	attach();
	assert_int_equal(sm_call_access(&bed.host, bed.scene.mirrors, 0, a, 2), -EPROTO);
}

static int ringless_start(struct sm_host *h, const struct sm_mirror *m,
			  const struct sm_ioc_agent_start *how,
			  struct sm_device_agent *agent)
{
	int err = good_agent_start(h, m, how, agent);

	agent->ring = NULL;
	return err;
}

static void agent_without_a_ring(void)
{
	backend.agent_start = ringless_start;
	attach();
	assert_int_equal(agent_start(0), -EPROTO);
}

static int odd_start(struct sm_host *h, const struct sm_mirror *m,
		     const struct sm_ioc_agent_start *how,
		     struct sm_device_agent *agent)
{
	int err = good_agent_start(h, m, how, agent);

	agent->ring->slots = 63;
	return err;
}

static void agent_of_63_slots(void)
{
	backend.agent_start = odd_start;
	attach();
	assert_int_equal(agent_start(0), -EPROTO);
}

static int same_start(struct sm_host *h, const struct sm_mirror *m,
		      const struct sm_ioc_agent_start *how,
		      struct sm_device_agent *agent)
{
	nr_agents = 0;
	return good_agent_start(h, m, how, agent);
}

static void agents_of_one_number(void)
{
	backend.agent_start = same_start;
	attach();
	assert_int_equal(agent_start(0), 0);
	assert_int_equal(agent_start(1), -EPROTO);
}

static void agent_that_goes_on(void)
{
	start_and_stop();
	ring_0.head++;
	sm_call_agent_free(&bed.host, &agents[0]);
}

static int boastful_snapshot(struct sm_host *h, const struct sm_mirror *m,
			     uint64_t start, uint64_t stop, uint64_t *buf,
			     uint64_t *present)
{
	int err = good_snapshot(h, m, start, stop, buf, present);

	(*present)++;
	return err;
}

static void snapshot_of_too_much(void)
{
	uint64_t buf[1], present;

	backend.snapshot = boastful_snapshot;
	attach();
	assert_int_equal(sm_call_snapshot(&bed.host, bed.scene.mirrors, 0, SM_PAGE_SIZE,
					  buf, &present), -EPROTO);
}

static void lazy_worker(struct sm_host *h)
{
	(void)h;
}

static void worker_that_leaves(void)
{
	backend.worker = lazy_worker;
	attach();
	sm_call_worker(&bed.host);
}

static void lazy_detach(struct sm_host *h)
{
	(void)h;
}

static void detach_of_nothing(void)
{
	backend.detach = lazy_detach;
	attach();
	sm_call_detach(&bed.host);
}

static const struct call_breach breaches[] = {
	{ attach_of_nothing, "attach() made 0 mirrors" },
	{ attach_of_the_nameless, "attach() gave mirror 0 no name" },
	{ attach_of_19, "attach() returned 19" },
	{ access_errors_of_14, "access() left 14 for an error" },
	{ access_of_1, "access() returned 1" },
	{ agent_without_a_ring, "agent_start() made no ring" },
	{ agent_of_63_slots, "agent_start() made a ring of 63 slots" },
	{ agents_of_one_number, "agent_start() made another agent 0" },
	{ agent_that_goes_on, "agent 0 went on after agent_stop()" },
	{ snapshot_of_too_much, "snapshot() found 2 of 1 pages" },
	{ worker_that_leaves, "worker() returned before the run ended" },
	{ detach_of_nothing, "detach() left its state behind" },
};

static void each_breach_is_told(void **state)
{
	call_bed_tell_all(state, breaches, SM_ARRAY_SIZE(breaches));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_breach_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
