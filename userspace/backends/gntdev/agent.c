// SPDX-License-Identifier: GPL-2.0-only
/*
 * Agents: they access pages through maps flat out, in the middle of the ops.
 *
 *	agent				storm thread
 *	before = committed
 *					announced = new tag
 *					full barrier
 *	accesses the page		changes the mapping
 *	after = announced
 *					committed = new tag
 *
 * If both tags are the same nothing was at work: the access must have worked,
 * or faulted, as the tag says. Else it may fault; but what it reads, if it
 * reads a word of a granted page, must be the word of one of the two pages.
 */
#include <string.h>

#include "agent.h"
#include "base/guard.h"
#include "common.h"
#include "map.h"
#include "memory/agent_thread.h"
#include "word.h"

#define AGENT_BATCH	256
#define AGENT_WORDS	8
#define AGENT_NAP_NS	(50 * SM_USEC)
#define WORKER_NAP_NS	(10 * SM_MSEC)
#define AGENT_WAIT	12	/* part of sm_await_naps: less than the worker has */

/**
 * struct gnt_agent - an agent
 * @thread: the thread
 * @s: where the maps are
 * @host: the run, and what the backend has of it
 * @index: its number: it writes word GNT_WORD_AGENT + @index
 * @rng: random numbers
 * @wrote: by thread and page, the word that it wrote last; 0: not known
 */
struct gnt_agent {
	struct sm_agent_thread thread;
	struct gnt_state *s;
	struct sm_host *host;
	unsigned int index;
	struct sm_rng rng;
	uint64_t wrote[GNT_THREADS][GNT_POOL_PAGES];
};

/* One access: where it goes, and what was said of the place around it. */
struct agent_access {
	struct gnt_thread *g;
	struct gnt_map *m;
	unsigned int place;
	uint64_t va;
	uint64_t before;
	uint64_t after;
};

static const struct gnt_page *agent_page(const struct agent_access *a,
					 uint64_t tag)
{
	return gnt_tag_place(tag) == GNT_MAPPED ?
		       &a->g->pool.page[gnt_tag_page(tag)] :
		       NULL;
}

static void agent_begin(struct gnt_agent *agent, struct agent_access *a)
{
	a->g = &agent->s->threads[sm_rng_below(&agent->rng, agent->s->nr)];
	a->m = &a->g->map[sm_rng_below(&agent->rng, GNT_SLOTS)];
	a->place = sm_rng_below(&agent->rng, GNT_MAP_PAGES);
	a->va = (uint64_t)gnt_map_at(a->m, a->place);
	a->before = sm_load_acquire(&a->m->committed[a->place]);
}

/*
 * Returns whether the place stayed as it was, during @nr accesses that succeeded
 * and, if not @done, one that did not.
 */
static bool agent_end(struct gnt_agent *agent, struct agent_access *a,
		      unsigned int nr, bool done)
{
	struct sm_mirror_result *seen = &agent->host->scene->result->mirrors[0];

	sm_rmb();
	a->after = sm_read(&a->m->announced[a->place]);
	sm_add(&seen->accesses, nr);
	sm_add(&seen->refused, !done);
	if (a->before == a->after)
		return true;
	sm_add(&agent->s->agent_late, 1);
	return false;
}

static void agent_faulted(struct gnt_agent *agent, const struct agent_access *a,
			  const char *what)
{
	gnt_accuse(agent->host, "over", SM_KIND_UNREACHABLE, a->g->op, a->va,
		   "an agent cannot %s a page that is mapped", what);
}

static void agent_read_absent(struct gnt_agent *agent, struct agent_access *a)
{
	uint64_t value = 0;
	bool done = sm_guard_read(a->va + 8 * GNT_WORD_STAMP, &value);

	if (agent_end(agent, a, done, done) && done)
		gnt_accuse(agent->host, "content", SM_KIND_UNMAPPED, a->g->op,
			   a->va,
			   "an agent read %016llx where nothing is mapped",
			   (unsigned long long)value);
}

/* The stamp, and some of the words that never change. */
static void agent_read_page(struct gnt_agent *agent, struct agent_access *a,
			    const struct gnt_page *p)
{
	uint32_t first = sm_load_acquire(&p->committed), id = sm_read(&p->id);
	unsigned int word[AGENT_WORDS] = { GNT_WORD_STAMP };
	uint64_t value[AGENT_WORDS];
	unsigned int i;
	bool done = true;

	for (i = 1; i < AGENT_WORDS; i++)
		word[i] = GNT_WORD_FIXED +
			  sm_rng_below(&agent->rng,
				       GNT_WORD_HIGH - GNT_WORD_FIXED);
	for (i = 0; i < AGENT_WORDS && done; i++)
		done = sm_guard_read(a->va + 8 * word[i], &value[i]);
	if (!agent_end(agent, a, done ? i : i - 1, done))
		return;
	if (!done) {
		agent_faulted(agent, a, "read");
		return;
	}
	for (i = 0; i < AGENT_WORDS; i++)
		if (!gnt_word_between(value[i], word[i], id, i ? 0 : first,
				      i ? 0 : sm_read(&p->announced)))
			gnt_accuse(agent->host, "content", SM_KIND_WRONG_DATA,
				   a->g->op, a->va,
				   "an agent read %016llx in word %u of page %u, stamp %u",
				   (unsigned long long)value[i], word[i], id,
				   first);
}

static void agent_read(struct gnt_agent *agent)
{
	const struct gnt_page *p;
	struct agent_access a;

	agent_begin(agent, &a);
	p = agent_page(&a, a.before);
	if (p)
		agent_read_page(agent, &a, p);
	/* A fault costs more than a hundred accesses: not too many of them. */
	else if (gnt_tag_place(a.before) != GNT_OTHER &&
		 sm_rng_one_in(&agent->rng, 1024))
		agent_read_absent(agent, &a);
}

/* Its own word it knows, as long as nothing gets lost. */
static void agent_write(struct gnt_agent *agent)
{
	const unsigned int word = GNT_WORD_AGENT + agent->index;
	const struct gnt_page *p;
	struct agent_access a;
	uint64_t seen = 0, next, *wrote;
	bool done, read;

	agent_begin(agent, &a);
	p = agent_page(&a, a.before);
	if (!p || !(a.before & GNT_TAG_WRITE))
		return;
	wrote = &agent->wrote[a.g - agent->s->threads][p - a.g->pool.page];
	next = gnt_word_make(sm_read(&p->id), gnt_word_number(*wrote) + 1, word);
	read = sm_guard_read(a.va + 8 * word, &seen);
	done = read && sm_guard_write(a.va + 8 * word, next);
	if (!agent_end(agent, &a, read + done, done)) {
		/* It may have gone to any page that came to be there. */
		memset(agent->wrote[a.g - agent->s->threads], 0,
		       sizeof(agent->wrote[0]));
		return;
	}
	if (!done)
		agent_faulted(agent, &a, read ? "write to" : "read");
	else if (gnt_word_id(*wrote) == gnt_word_id(next) && seen != *wrote)
		gnt_accuse(agent->host, "content", SM_KIND_LOST, a.g->op, a.va,
			   "an agent wrote %016llx and reads %016llx",
			   (unsigned long long)*wrote,
			   (unsigned long long)seen);
	*wrote = done ? next : 0;
}

static int agent_step(struct sm_agent_thread *t)
{
	struct gnt_agent *agent = (struct gnt_agent *)t;
	unsigned int i;

	for (i = 0; i < AGENT_BATCH; i++) {
		if (sm_rng_one_in(&agent->rng, 3))
			agent_write(agent);
		else
			agent_read(agent);
	}
	return sm_end_stopping(agent->host->end) ? SM_AGENT_DONE : SM_AGENT_NAP;
}

static int agent_start(struct sm_host *host, struct gnt_agent *agent,
		       unsigned int index)
{
	memset(agent, 0, sizeof(*agent));
	agent->s = host->state;
	agent->host = host;
	agent->index = index;
	agent->thread.step = agent_step;
	agent->thread.nap_ns = AGENT_NAP_NS;
	sm_rng_seed(&agent->rng, host->scene->spec->seed, SM_STREAM_GRANT,
		    index);
	return sm_agent_thread_start(&agent->thread);
}

/* gnt_agent_run() - the backend's worker: starts the agents, ends with them. */
void gnt_agent_run(struct sm_host *host)
{
	static struct gnt_agent agents[SM_MAX_AGENTS];
	struct sm_patience p = { .naps = sm_await_naps / AGENT_WAIT };
	unsigned int i, nr = 0;
	int err = 0;

	for (i = 0; i < host->scene->spec->agents && !err; i++) {
		err = agent_start(host, &agents[i], i);
		nr += !err;
	}
	if (err)
		sm_end_break(host->end, "cannot start an agent: %s",
			     strerror(-err));
	while (!sm_end_stopping(host->end))
		sm_util_nap(WORKER_NAP_NS);
	for (i = 0; i < nr; i++)
		if (sm_agent_thread_stop(&agents[i].thread, &p))
			sm_host_hang(host, "an agent", NULL, SM_LANE_BACKEND);
}
