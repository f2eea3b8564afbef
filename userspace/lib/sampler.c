// SPDX-License-Identifier: GPL-2.0-only
/* Agents: starting them, and judging what they saw. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "agent.h"
#include "engine.h"
#include "oracle.h"
#include "sampler.h"

#define AGENT_INTERVAL_NS	0	/* flat out */
#define SAMPLER_NAP_NS		(4 * SM_MSEC)

static size_t sampler_bytes(const struct sm_engine *e)
{
	return e->model.pages * sizeof(struct sm_agent_write);
}

static int sampler_start_one(struct sm_engine *e, const struct sm_mirror *m)
{
	struct sm_sampler *s = &e->sampler;
	const struct sm_backend *backend = e->spec->backend;
	struct sm_agent *a = &s->agents[s->nr];
	struct sm_ioc_agent_start how = {
		.flags = SM_AGENT_READ | SM_AGENT_WRITE | SM_AGENT_EVICT,
		.ring_order = SM_AGENT_RING_ORDER,
		.start = e->arena.start,
		.end = e->arena.end,
		.seed = e->spec->seed + s->nr,
		.interval_ns = AGENT_INTERVAL_NS,
		.read_word = SM_WORD_STAMP,
		.write_word = SM_WORD_AGENT + s->nr,
		.stamp = SM_MARK_AGENT + s->nr,
	};
	void *p;
	int err;

	p = mmap(NULL, sampler_bytes(e), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	a->writes = p;
	a->mirror = m;
	snprintf(a->name, sizeof(a->name), "agent %u", s->nr);
	s->nr++;
	err = (backend->agent_start ?: sm_agent_start)(e, m, &how, &a->dev);
	a->running = !err;
	return err;
}

/* sm_sampler_start() - start all agents of all mirrors. */
int sm_sampler_start(struct sm_engine *e)
{
	unsigned int i, k;
	int err;

	e->sampler.e = e;
	if (e->spec->backend->apply)
		return 0;
	for (i = 0; i < e->nr_mirrors; i++) {
		for (k = 0; k < e->spec->agents; k++) {
			err = sampler_start_one(e, &e->mirrors[i]);
			if (err)
				return err;
		}
	}
	return 0;
}

/*
 * sm_sampler_stop() - stop the agents; their last samples stay in the rings.
 * Returns false if one hangs: what it uses cannot be freed then.
 */
bool sm_sampler_stop(struct sm_sampler *s)
{
	int (*stop)(struct sm_engine *e, struct sm_device_agent *agent);
	bool all = true;
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		struct sm_agent *a = &s->agents[i];

		if (!a->running)
			continue;
		a->running = false;
		stop = s->e->spec->backend->agent_stop ?: sm_agent_stop;
		if (stop(s->e, &a->dev) == -ETIMEDOUT) {
			sm_engine_hang(s->e, a->name, &a->dev, 0);
			all = false;
			continue;
		}
		/* One that gave up has seen nothing since. */
		if (sm_read(&a->dev.ring->ended))
			sm_engine_break(s->e, "%s gave up: %s", a->name,
					strerror(-sm_read(&a->dev.ring->ended)));
	}
	return all;
}

/*
 * Remember a write, to look for it at rest. If the page's state moved while it
 * was written, there is no telling whether it should have survived.
 */
static void sampler_remember(struct sm_agent *a, uint64_t page,
			     const struct sm_sample *v)
{
	a->writes[page].value = v->value;
	a->writes[page].state = v->before == v->after && !v->error ? v->before :
								     0;
}

static void sampler_judge(struct sm_sampler *s, struct sm_agent *a,
			  const struct sm_sample *v)
{
	struct sm_engine *e = s->e;
	struct sm_mirror_result *seen = sm_engine_seen(e, a->mirror);
	uint64_t page = (v->va - e->arena.start) >> SM_PAGE_SHIFT;
	bool write = v->flags & SM_SAMPLE_WRITE;

	if (page >= e->model.pages) {
		sm_engine_break(e, "%s left the arena", a->name);
		return;
	}
	if (write)
		sampler_remember(a, page, v);
	sm_add(v->error ? &seen->refused : &seen->accesses, 1);
	if (v->error)
		return;
	if (write)
		sm_oracle_judge_write(e, a->mirror, a->name, v->va, v->before,
				      v->after, v->t_ns);
	else
		sm_oracle_judge_read(e, a->mirror, a->name, v->va, v->value,
				     v->before, v->after, v->t_ns);
}

static unsigned int sampler_drain_one(struct sm_sampler *s, struct sm_agent *a)
{
	struct sm_agent_ring *r = a->dev.ring;
	uint64_t head, tail;
	unsigned int nr = 0;

	if (!r)
		return 0;
	head = sm_load_acquire(&r->head);
	tail = sm_read(&r->tail);
	for (; tail != head; tail++, nr++)
		sampler_judge(s, a, &r->samples[tail & (r->slots - 1)]);
	/* The agent may reuse the slots: all reads of them are done. */
	sm_store_release(&r->tail, tail);
	return nr;
}

/* sm_sampler_drain() - judge what came since the last call. */
unsigned int sm_sampler_drain(struct sm_sampler *s)
{
	unsigned int i, nr = 0;

	for (i = 0; i < s->nr; i++)
		nr += sampler_drain_one(s, &s->agents[i]);
	return nr;
}

/* sm_sampler_thread() - drain all rings until the engine stops. */
void *sm_sampler_thread(void *engine)
{
	struct sm_engine *e = engine;

	while (!sm_engine_stopping(e)) {
		sm_sampler_drain(&e->sampler);
		sm_util_nap(SAMPLER_NAP_NS);
	}
	return NULL;
}

static void sampler_look_for(struct sm_sampler *s, struct sm_agent *a,
			     unsigned int index, uint64_t page)
{
	const struct sm_agent_write *w = &a->writes[page];
	struct sm_engine *e = s->e;
	struct sm_hit h = { .oracle = "content", .mirror = a->mirror };
	const uint64_t *word;
	uint64_t seen;

	if (sm_mirror_pinned(a->mirror) || !w->state ||
	    w->state != sm_model_state(&e->model, page) ||
	    !(w->state & SM_TAG_READ))
		return;
	word = (const uint64_t *)(e->arena.start + (page << SM_PAGE_SHIFT));
	word += SM_WORD_AGENT + index;
	seen = sm_read(word);
	if (seen == w->value)
		return;
	h.va = (uint64_t)word;
	sm_oracle_hit(e, &h,
		      "%s wrote %016llx to %llx, the CPU reads %016llx: lost",
		      a->name, (unsigned long long)w->value,
		      (unsigned long long)h.va, (unsigned long long)seen);
}

/*
 * sm_sampler_at_rest() - every write whose page has not changed since must
 * still be there. Agents are stopped and their rings empty.
 */
void sm_sampler_at_rest(struct sm_sampler *s)
{
	uint64_t page;
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		for (page = 0; page < s->e->model.pages; page++)
			sampler_look_for(s, &s->agents[i], i, page);
}

void sm_sampler_free(struct sm_sampler *s)
{
	void (*put)(struct sm_engine *e, struct sm_device_agent *agent);
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		put = s->e->spec->backend->agent_free ?: sm_agent_free;
		if (s->agents[i].dev.ring)
			put(s->e, &s->agents[i].dev);
		if (s->agents[i].writes)
			munmap(s->agents[i].writes, sampler_bytes(s->e));
	}
	s->nr = 0;
}
