// SPDX-License-Identifier: GPL-2.0-only
/* Agents: starting them, and judging what they saw. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "actor.h"
#include "agent.h"
#include "backends/call.h"
#include "base/thread.h"
#include "judge/legal.h"
#include "judge/oracle.h"
#include "judge/verify.h"
#include "sampler.h"

#define AGENT_INTERVAL_NS	0	/* flat out */
#define SAMPLER_NAP_NS		(4 * SM_MSEC)

static size_t sampler_bytes(const struct sm_host *host)
{
	return host->scene->model.pages * sizeof(struct sm_agent_write);
}

/* Storm threads tell it where they are at work. */
static void sampler_show(struct sm_scene *scene, struct sm_agent *a)
{
	scene->agents[scene->nr_agents++] = (struct sm_scene_agent){
		.mirror = a->mirror,
		.aim_start = &a->dev.ring->aim_start,
		.aim_end = &a->dev.ring->aim_end,
	};
}

static int sampler_start_one(struct sm_sampler *s, struct sm_host *host,
			     const struct sm_mirror *m)
{
	const struct sm_backend *backend = host->scene->spec->backend;
	int (*start)(struct sm_host *host, const struct sm_mirror *m,
		     const struct sm_ioc_agent_start *how,
		     struct sm_device_agent *agent);
	struct sm_agent *a = &s->agents[s->nr];
	struct sm_ioc_agent_start how = {
		.flags = SM_AGENT_READ | SM_AGENT_EVICT |
			 (sm_mirror_reads(m) ? 0 : SM_AGENT_WRITE),
		.ring_order = SM_AGENT_RING_ORDER,
		.start = host->scene->arena.start,
		.end = host->scene->arena.end,
		.seed = host->scene->spec->seed + s->nr,
		.interval_ns = AGENT_INTERVAL_NS,
		.read_word = SM_WORD_STAMP,
		.write_word = SM_WORD_AGENT + s->nr,
		.stamp = SM_MARK_AGENT + s->nr,
	};
	void *p;
	int err;

	p = mmap(NULL, sampler_bytes(host), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	a->writes = p;
	a->mirror = m;
	snprintf(a->name, sizeof(a->name), "agent %u", s->nr);
	s->nr++;
	start = backend->agent_start ? sm_call_agent_start : sm_agent_start;
	err = start(host, m, &how, &a->dev);
	a->running = !err;
	if (!err)
		sampler_show(host->scene, a);
	return err;
}

/* sm_sampler_start() - start all agents of all mirrors. */
int sm_sampler_start(struct sm_sampler *s, struct sm_host *host)
{
	unsigned int i, k;
	int err;

	s->host = host;
	if (host->scene->spec->backend->apply)
		return 0;
	for (i = 0; i < host->scene->nr_mirrors; i++) {
		for (k = 0; k < host->scene->spec->agents; k++) {
			err = sampler_start_one(s, host,
						&host->scene->mirrors[i]);
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
	int (*stop)(struct sm_host *host, struct sm_device_agent *agent);
	bool all = true;
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		struct sm_agent *a = &s->agents[i];

		if (!a->running)
			continue;
		a->running = false;
		stop = s->host->scene->spec->backend->agent_stop ?
			       sm_call_agent_stop :
			       sm_agent_stop;
		if (stop(s->host, &a->dev) == -ETIMEDOUT) {
			sm_host_hang(s->host, a->name, &a->dev, 0);
			all = false;
			continue;
		}
		/* One that gave up has seen nothing since. */
		if (sm_read(&a->dev.ring->ended))
			sm_end_break(s->host->end, "%s gave up: %s", a->name,
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
	struct sm_host *host = s->host;
	struct sm_mirror_result *seen = sm_scene_seen(host->scene, a->mirror);
	uint64_t page = (v->va - host->scene->arena.start) >> SM_PAGE_SHIFT;
	bool write = v->flags & SM_SAMPLE_WRITE;

	if (page >= host->scene->model.pages) {
		sm_end_break(host->end, "%s left the arena", a->name);
		return;
	}
	if (write)
		sampler_remember(a, page, v);
	sm_add(v->error ? &seen->refused : &seen->accesses, 1);
	if (v->error)
		return;
	if (write)
		sm_oracle_judge_write(host->docket, a->mirror, a->name, v->va,
				      v->before, v->after, v->t_ns);
	else
		sm_oracle_judge_read(host->docket, a->mirror, a->name, v->va,
				     v->value, v->before, v->after, v->t_ns);
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

/* Drain all rings until the run ends. */
static void sampler_thread(struct sm_host *host, void *state)
{
	sm_thread_give_way();
	while (!sm_end_stopping(host->end)) {
		sm_sampler_drain(state);
		sm_util_nap(SAMPLER_NAP_NS);
	}
}

static void sampler_look_for(struct sm_sampler *s, struct sm_agent *a,
			     unsigned int index, uint64_t page)
{
	const struct sm_agent_write *w = &a->writes[page];
	struct sm_host *host = s->host;
	struct sm_hit h = {
		.oracle = "content",
		.kind = SM_KIND_LOST,
		.mirror = a->mirror,
	};
	const uint64_t *word;
	uint64_t seen;

	if (sm_legal_mirror(SM_LEGAL_PINNED, a->mirror) || !w->state ||
	    w->state != sm_model_state(&host->scene->model, page) ||
	    !(w->state & SM_TAG_READ))
		return;
	word = (const uint64_t *)(host->scene->arena.start +
				  (page << SM_PAGE_SHIFT));
	word += SM_WORD_AGENT + index;
	seen = sm_read(word);
	if (seen == w->value)
		return;
	h.va = (uint64_t)word;
	sm_docket_hit(host->docket, &h,
		      "%s wrote %016llx to %llx, the CPU reads %016llx: lost",
		      a->name, (unsigned long long)w->value,
		      (unsigned long long)h.va, (unsigned long long)seen);
}

/*
 * Every write whose page has not changed since must still be there. Agents are
 * stopped and their rings empty.
 */
static void sampler_at_rest(struct sm_host *host, void *state)
{
	struct sm_sampler *s = state;
	uint64_t page, pages = host->scene->model.pages;
	unsigned int i;

	if (host->scene->spec->backend->apply)
		return;
	for (page = 0; page < pages; page++) {
		sm_end_beat(host->end);
		sm_verify_page(host->docket, page);
	}
	for (i = 0; i < s->nr; i++)
		for (page = 0; page < pages; page++) {
			sm_end_beat(host->end);
			sampler_look_for(s, &s->agents[i], i, page);
		}
}

void sm_sampler_free(struct sm_sampler *s)
{
	void (*put)(struct sm_host *host, struct sm_device_agent *agent);
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		put = s->host->scene->spec->backend->agent_free ?
			      sm_call_agent_free :
			      sm_agent_free;
		if (s->agents[i].dev.ring)
			put(s->host, &s->agents[i].dev);
		if (s->agents[i].writes)
			munmap(s->agents[i].writes, sampler_bytes(s->host));
	}
	s->nr = 0;
}

static int sampler_start(struct sm_host *host, void *state)
{
	return sm_sampler_start(state, host);
}

static bool sampler_stop(struct sm_host *host, void *state)
{
	bool all = sm_sampler_stop(state);

	(void)host;
	sm_sampler_drain(state);
	return all;
}

static void sampler_free(struct sm_host *host, void *state)
{
	(void)host;
	sm_sampler_free(state);
}

const struct sm_actor sm_actor_sampler = {
	.name = "sampler",
	.absent = SM_ABSENT_DEVICE,
	.size = sizeof(struct sm_sampler),
	.thread = sampler_thread,
	.start = sampler_start,
	.stop = sampler_stop,
	.at_rest = sampler_at_rest,
	.free = sampler_free,
};
