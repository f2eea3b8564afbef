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
#include <sys/resource.h>
#include <unistd.h>

#include "gntdev_guard.h"
#include "gntdev_state.h"
#include "gntdev_word.h"

#define AGENT_NICE	5
#define AGENT_BATCH	256
#define AGENT_WORDS	8
#define AGENT_NAP_NS	(50 * SM_USEC)

/**
 * struct gnt_agent - an agent
 * @s: where the maps are
 * @e: the engine
 * @index: its number: it writes word GNT_WORD_AGENT + @index
 * @rng: random numbers
 * @thread: the thread
 * @wrote: by thread and page, the word that it wrote last; 0: not known
 */
struct gnt_agent {
	struct gnt_state *s;
	struct sm_engine *e;
	unsigned int index;
	struct sm_rng rng;
	pthread_t thread;
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
	struct sm_mirror_result *seen = &agent->e->result->mirrors[0];

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
	gnt_accuse(agent->e, "over", a->g->op, a->va,
		   "an agent cannot %s a page that is mapped", what);
}

static void agent_read_absent(struct gnt_agent *agent, struct agent_access *a)
{
	uint64_t value = 0;
	bool done = gnt_guard_read(a->va + 8 * GNT_WORD_STAMP, &value);

	if (agent_end(agent, a, done, done) && done)
		gnt_accuse(agent->e, "content", a->g->op, a->va,
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
		done = gnt_guard_read(a->va + 8 * word[i], &value[i]);
	if (!agent_end(agent, a, done ? i : i - 1, done))
		return;
	if (!done) {
		agent_faulted(agent, a, "read");
		return;
	}
	for (i = 0; i < AGENT_WORDS; i++)
		if (!gnt_word_between(value[i], word[i], id, i ? 0 : first,
				      i ? 0 : sm_read(&p->announced)))
			gnt_accuse(agent->e, "content", a->g->op, a->va,
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
	read = gnt_guard_read(a.va + 8 * word, &seen);
	done = read && gnt_guard_write(a.va + 8 * word, next);
	if (!agent_end(agent, &a, read + done, done)) {
		/* It may have gone to any page that came to be there. */
		memset(agent->wrote[a.g - agent->s->threads], 0,
		       sizeof(agent->wrote[0]));
		return;
	}
	if (!done)
		agent_faulted(agent, &a, read ? "write to" : "read");
	else if (gnt_word_id(*wrote) == gnt_word_id(next) && seen != *wrote)
		gnt_accuse(agent->e, "content", a.g->op, a.va,
			   "an agent wrote %016llx and reads %016llx",
			   (unsigned long long)*wrote,
			   (unsigned long long)seen);
	*wrote = done ? next : 0;
}

static void *agent_thread(void *arg)
{
	struct gnt_agent *agent = arg;
	unsigned int i;

	/* They shall not take the CPU from those who change the maps. */
	setpriority(PRIO_PROCESS, gettid(), AGENT_NICE);
	while (!sm_engine_stopping(agent->e)) {
		for (i = 0; i < AGENT_BATCH; i++) {
			if (sm_rng_one_in(&agent->rng, 3))
				agent_write(agent);
			else
				agent_read(agent);
		}
		sm_util_nap(AGENT_NAP_NS);
	}
	return NULL;
}

/* gnt_agent_run() - the backend's worker: starts the agents, ends with them. */
void *gnt_agent_run(void *engine)
{
	struct sm_engine *e = engine;
	static struct gnt_agent agents[SM_MAX_AGENTS];
	unsigned int i, nr = 0;
	int err = 0;

	for (i = 0; i < e->spec->agents && !err; i++) {
		struct gnt_agent *agent = &agents[i];

		memset(agent, 0, sizeof(*agent));
		agent->s = e->state;
		agent->e = e;
		agent->index = i;
		sm_rng_seed(&agent->rng, e->spec->seed, SM_STREAM_GRANT, i);
		err = sm_engine_thread(&agent->thread, "agent", agent_thread,
				       agent);
		nr += !err;
	}
	if (err)
		sm_engine_break(e, "cannot start an agent: %s", strerror(-err));
	for (i = 0; i < nr; i++)
		pthread_join(agents[i].thread, NULL);
	return NULL;
}
