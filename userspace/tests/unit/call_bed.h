/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of a run as a backend is handed, and one that keeps its contract. */
#ifndef CALL_BED_H
#define CALL_BED_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "backends/call.h"
#include "host_bed.h"

static struct sm_wire *wire;
static struct sm_run_spec spec;
static struct host_bed bed;	/* the storm has one thread */
static struct sm_turn turn;

static struct sm_backend backend;	/* the template, and what a test changes */
static struct sm_device_agent agents[2];
static struct sm_agent_ring ring_0, ring_1;
static unsigned int nr_agents;
static unsigned int called;
static uint64_t memory[SM_PAGE_WORDS];

/* ---- a backend that keeps the contract --------------------------------------- */

static int good_attach(struct sm_host *h)
{
	called++;
	return sm_template_backend.attach(h);
}

static void good_detach(struct sm_host *h)
{
	called++;
	sm_template_backend.detach(h);
}

static int good_agent_start(struct sm_host *h, const struct sm_mirror *m,
			    const struct sm_ioc_agent_start *how,
			    struct sm_device_agent *agent)
{
	(void)h;
	(void)m;
	(void)how;
	called++;
	agent->id = nr_agents++;
	agent->ring = agent->id ? &ring_1 : &ring_0;
	agent->ring->slots = 64;
	return 0;
}

static int good_agent_stop(struct sm_host *h, struct sm_device_agent *agent)
{
	(void)h;
	(void)agent;
	called++;
	return 0;
}

static void good_agent_free(struct sm_host *h, struct sm_device_agent *agent)
{
	(void)h;
	agent->ring = NULL;
	called++;
}

static int good_fault(struct sm_host *h, const struct sm_mirror *m,
		      uint32_t flags, uint32_t batch, uint64_t start,
		      uint64_t stop, uint64_t *done)
{
	(void)h;
	(void)m;
	(void)flags;
	(void)batch;
	called++;
	*done = stop - start;
	return -EFAULT;	/* it may */
}

static int good_snapshot(struct sm_host *h, const struct sm_mirror *m,
			 uint64_t start, uint64_t stop, uint64_t *buf,
			 uint64_t *present)
{
	(void)h;
	(void)m;
	(void)buf;
	called++;
	*present = (stop - start) >> SM_PAGE_SHIFT;
	return 0;
}

static int good_check(struct sm_host *h, const struct sm_mirror *m,
		      uint64_t start, uint64_t stop, struct sm_ioc_check *out)
{
	(void)h;
	(void)m;
	(void)start;
	(void)stop;
	(void)out;
	called++;
	return 0;
}

static int good_stats(struct sm_host *h, const struct sm_mirror *m,
		      struct sm_ioc_stats *out)
{
	(void)h;
	(void)m;
	(void)out;
	called++;
	return 0;
}

static int good_apply(struct sm_turn *t)
{
	(void)t;
	called++;
	return 0;
}

static void good_rest(struct sm_host *h)
{
	(void)h;
	called++;
}

static void good_worker(struct sm_host *h)
{
	called++;
	sm_write(&h->end->stop, true);
}

static void good_describe(struct sm_host *h, char *buf, size_t size)
{
	(void)h;
	called++;
	snprintf(buf, size, "it was good");
}

static uint64_t good_flight(struct sm_host *h,
			    const struct sm_device_agent *agent,
			    unsigned int lane)
{
	(void)h;
	(void)agent;
	(void)lane;
	called++;
	return 0x1000;
}

static const struct sm_backend good = {
	.name = "good",
	.attach = good_attach,
	.detach = good_detach,
	.agent_start = good_agent_start,
	.agent_stop = good_agent_stop,
	.agent_free = good_agent_free,
	.fault = good_fault,
	.snapshot = good_snapshot,
	.check = good_check,
	.stats = good_stats,
	.apply = good_apply,
	.rest = good_rest,
	.worker = good_worker,
	.describe = good_describe,
	.flight = good_flight,
};

/* ---- calling it ----------------------------------------------------------------- */

static int access_on(unsigned int lane)
{
	struct sm_access a = { .va = (uintptr_t)memory };

	return sm_call_access(&bed.host, bed.scene.mirrors, lane, &a, 1);
}

static int agent_start(unsigned int i)
{
	static const struct sm_ioc_agent_start how = { .ring_order = 6 };

	return sm_call_agent_start(&bed.host, bed.scene.mirrors, &how, &agents[i]);
}

static void attach(void)
{
	assert_int_equal(sm_call_attach(&bed.host), 0);
}

static inline void start_and_stop(void)
{
	attach();
	assert_int_equal(agent_start(0), 0);
	assert_int_equal(sm_call_agent_stop(&bed.host, &agents[0]), 0);
}

static int set_up(void **state)
{
	(void)state;
	wire = aligned_alloc(SM_WIRE_ALIGN, sizeof(*wire));
	assert_non_null(wire);
	memset(wire, 0, sizeof(*wire));
	memset(agents, 0, sizeof(agents));
	memset(&ring_0, 0, sizeof(ring_0));
	memset(&ring_1, 0, sizeof(ring_1));
	nr_agents = 0;
	called = 0;
	backend = good;
	backend.access = sm_template_backend.access;
	spec.backend = &backend;
	spec.threads = 1;
	host_bed_init(&bed, &spec, wire, &wire->result);
	turn.host = &bed.host;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	host_bed_destroy(&bed);
	free(bed.host.state);
	free(wire);
	return 0;
}

/* It is told at once, in these words, and nothing else is. */
static inline void call_bed_tell(void **state, void (*breach)(void),
				 const char *says)
{
	char line[192];

	set_up(state);
	breach();
	snprintf(line, sizeof(line),
		 "the contract of backend good was broken: %s", says);
	assert_string_equal(bed.end.why, line);
	assert_true(bed.end.broken);
	assert_false(sm_docket_found(&bed.docket));
	tear_down(state);
}

/* A breach of the contract, and what is said of it. */
struct call_breach {
	void (*breach)(void);
	const char *says;
};

static inline void call_bed_tell_all(void **state, const struct call_breach *b,
				     unsigned int nr)
{
	for (; nr; nr--, b++)
		call_bed_tell(state, b->breach, b->says);
}

#endif /* CALL_BED_H */
