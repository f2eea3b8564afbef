// SPDX-License-Identifier: GPL-2.0-only
/* A module that is pretended: agents, which are threads. See pretend.h. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/util.h"
#include "memory/agent_feed.h"
#include "pretend.h"

/**
 * struct agent - an agent
 * @live: it was started, and not stopped
 * @stop: it has to end
 * @thread: its thread
 * @how: what it was told
 * @mirror: what it goes through, in a mapping of its own
 * @p: the context
 * @tags: of the arena
 * @ring: its samples
 * @rng: its numbers
 * @count: words written
 */
static struct agent {
	bool live;
	bool stop;
	pthread_t thread;
	struct sm_ioc_agent_start how;
	struct pretend_mirror *mirror;
	const struct sm_tag *tags;
	uint64_t arena;
	struct sm_agent_ring *ring;
	struct sm_rng rng;
	uint64_t count;
} agents[PRETEND_AGENTS];

static struct pretend_mirror mirrors[PRETEND_AGENTS];

static void agent_access(struct agent *a, struct sm_sample *s)
{
	uint64_t va = sm_agent_feed_page(a->ring, &a->rng, a->how.start,
					 a->how.end);
	uint64_t page = (va - a->arena) >> SM_PAGE_SHIFT;
	bool write = sm_rng_one_in(&a->rng, 4);
	uint64_t value;

	s->va = va + 8 * (write ? a->how.write_word : a->how.read_word);
	value = (uint64_t)a->how.stamp << 48 | page << 24 | ++a->count;
	s->before = sm_read(&a->tags[page].committed);
	sm_fence();
	s->error = pretend_word(a->mirror, write, s->va, &value);
	sm_fence();
	s->value = value;
	s->after = sm_read(&a->tags[page].announced);
	s->flags = write ? SM_SAMPLE_WRITE : 0;
	s->t_ns = sm_util_now();
}

static void *agent_thread(void *arg)
{
	struct agent *a = arg;
	struct sm_agent_ring *r = a->ring;
	uint64_t head = 0;

	while (!sm_read(&a->stop)) {
		if (head - sm_load_acquire(&r->tail) >= r->slots) {
			sm_util_nap(200 * SM_USEC);
			continue;
		}
		agent_access(a, &r->samples[head & (r->slots - 1)]);
		sm_store_release(&r->head, ++head);
		sm_write(&r->accesses, head);
	}
	return NULL;
}

/* What it needs it maps itself: the caller's mapping of the context goes. */
int pretend_agent_start(struct pretend *p, int fd,
			struct sm_ioc_agent_start *s)
{
	struct agent *a = agents;

	while (a < agents + PRETEND_AGENTS && a->live)
		a++;
	if (a == agents + PRETEND_AGENTS)
		return -ENOSPC;
	s->agent = a - agents;
	s->map_size = sizeof(struct sm_agent_ring) +
		      (sizeof(struct sm_sample) << s->ring_order);
	mirrors[s->agent] = p->mirror[s->id];
	*a = (struct agent){
		.live = true,
		.how = *s,
		.mirror = &mirrors[s->agent],
		.tags = pretend_map(fd, SM_MAP_TAGS, p->setup.tags_size),
		.arena = p->setup.start,
		.ring = pretend_map(fd, SM_MAP_AGENT(s->agent), s->map_size),
	};
	a->ring->head = 0;
	a->ring->tail = 0;
	a->ring->slots = 1ULL << s->ring_order;
	a->ring->sample_size = sizeof(struct sm_sample);
	sm_rng_seed(&a->rng, s->seed, SM_STREAM_AGENT, s->agent);
	return -pthread_create(&a->thread, NULL, agent_thread, a);
}

int pretend_agent_stop(struct sm_ioc_agent_stop *s)
{
	struct agent *a = &agents[s->agent];

	if (s->agent >= PRETEND_AGENTS || !a->live)
		return -ENOENT;
	sm_write(&a->stop, true);
	pthread_join(a->thread, NULL);
	munmap(a->ring, a->how.map_size);
	a->live = false;
	return 0;
}
