// SPDX-License-Identifier: GPL-2.0-only
/* Agents that are threads, for backends whose device has no engine. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "engine.h"
#include "rng.h"

#define AGENT_NICE	5
#define AGENT_FULL_NS	(200 * SM_USEC)
#define AGENT_WAIT_NS	(10 * SM_NSEC)

/**
 * struct agent - a thread; it lies before the ring that it fills
 * @e: the engine
 * @mirror: what it goes through
 * @how: what it was told
 * @lane: whose queue it uses
 * @thread: the thread
 * @rng: its numbers
 * @count: words written
 * @stop: it returns
 * @ring: samples
 */
struct agent {
	struct sm_engine *e;
	const struct sm_mirror *mirror;
	struct sm_ioc_agent_start how;
	unsigned int lane;
	pthread_t thread;
	struct sm_rng rng;
	uint64_t count;
	bool stop;
	struct sm_agent_ring ring;
};

static struct agent *agent_of(struct sm_agent_ring *ring)
{
	return (struct agent *)((char *)ring - offsetof(struct agent, ring));
}

/* Three in four go where an op is at work; that changes while we look. */
static uint64_t agent_page(struct agent *a)
{
	uint64_t start = sm_read(&a->ring.aim_start);
	uint64_t end = sm_read(&a->ring.aim_end);

	if (sm_rng_one_in(&a->rng, 4) || start >= end ||
	    start < a->how.start || end > a->how.end) {
		start = a->how.start;
		end = a->how.end;
	}
	return start + sm_rng_below(&a->rng, (end - start) >> SM_PAGE_SHIFT) *
		       SM_PAGE_SIZE;
}

static int agent_access(struct agent *a, struct sm_sample *s)
{
	uint64_t va = agent_page(a);
	uint64_t page = (va - a->how.start) >> SM_PAGE_SHIFT;
	const struct sm_tag *tag = &a->e->model.tags[page];
	struct sm_access acc = { .write = sm_rng_one_in(&a->rng, 4) };
	int err;

	acc.va = va + 8 * (acc.write ? a->how.write_word : a->how.read_word);
	if (acc.write)
		acc.value = sm_model_mark(a->how.stamp, page, ++a->count);
	s->before = sm_read(&tag->committed);
	sm_fence();	/* see struct sm_tag */
	err = a->e->spec->backend->access(a->e, a->mirror, a->lane, &acc, 1);
	sm_fence();
	s->after = sm_read(&tag->announced);
	s->va = acc.va;
	s->value = acc.value;
	s->error = acc.error;
	s->flags = acc.write ? SM_SAMPLE_WRITE : 0;
	s->t_ns = sm_util_now();
	return err;
}

static void *agent_thread(void *arg)
{
	struct agent *a = arg;
	struct sm_agent_ring *r = &a->ring;
	uint64_t head = 0;
	int err;

	/* A device does not take the CPU from those who change the memory. */
	setpriority(PRIO_PROCESS, gettid(), AGENT_NICE);
	while (!sm_read(&a->stop)) {
		/* Acquire: the reader is done with the slots before its tail. */
		if (head - sm_load_acquire(&r->tail) >= r->slots) {
			sm_count((uint64_t *)&r->stalled, 1);
			sm_util_nap(AGENT_FULL_NS);
			continue;
		}
		err = agent_access(a, &r->samples[head & (r->slots - 1)]);
		if (err == -ETIMEDOUT)
			sm_engine_hang(a->e, "an agent", NULL, a->lane);
		if (err) {
			sm_write(&r->ended, err);
			break;
		}
		if (r->samples[head & (r->slots - 1)].error)
			sm_count((uint64_t *)&r->refused, 1);
		sm_store_release(&r->head, ++head);
		sm_write(&r->accesses, head);
	}
	return NULL;
}

/* sm_agent_start() - start agent number sm_sampler.nr - 1. */
int sm_agent_start(struct sm_engine *e, const struct sm_mirror *m,
		   const struct sm_ioc_agent_start *how,
		   struct sm_device_agent *out)
{
	size_t bytes = sizeof(struct agent) +
		       (sizeof(struct sm_sample) << how->ring_order);
	struct agent *a = calloc(1, bytes);
	int err;

	if (!a)
		return -ENOMEM;
	out->id = e->sampler.nr - 1;
	a->e = e;
	a->mirror = m;
	a->how = *how;
	a->lane = SM_LANE_AGENT + out->id;
	a->ring.slots = 1ULL << how->ring_order;
	sm_rng_seed(&a->rng, how->seed, SM_STREAM_AGENT, out->id);
	err = sm_engine_thread(&a->thread, "agent", agent_thread, a);
	if (err) {
		free(a);
		return err;
	}
	out->ring = &a->ring;
	return 0;
}

/* sm_agent_stop() - -ETIMEDOUT if its last access does not come back. */
int sm_agent_stop(struct sm_engine *e, struct sm_device_agent *out)
{
	struct agent *a = agent_of(out->ring);
	uint64_t until = sm_util_now() + AGENT_WAIT_NS;
	struct timespec deadline = {
		.tv_sec = until / SM_NSEC,
		.tv_nsec = until % SM_NSEC,
	};

	(void)e;
	sm_write(&a->stop, true);
	return -pthread_clockjoin_np(a->thread, NULL, CLOCK_MONOTONIC,
				     &deadline);
}

void sm_agent_free(struct sm_engine *e, struct sm_device_agent *out)
{
	(void)e;
	free(agent_of(out->ring));
	out->ring = NULL;
}
