// SPDX-License-Identifier: GPL-2.0-only
/* Agents that are threads, for backends whose device has no engine. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "agent.h"
#include "backends/call.h"
#include "memory/agent_feed.h"

#define AGENT_WAIT	6	/* part of sm_await_naps */

/**
 * struct agent - a thread; it lies before the ring that it fills
 * @feed: what it does
 * @host: the run, and what the backend has of it
 * @mirror: what it goes through
 * @lane: whose queue it uses
 * @ring: samples
 */
struct agent {
	struct sm_agent_feed feed;
	struct sm_host *host;
	const struct sm_mirror *mirror;
	unsigned int lane;
	struct sm_agent_ring ring;
};

static struct agent *agent_of(struct sm_agent_ring *ring)
{
	return (struct agent *)((char *)ring - offsetof(struct agent, ring));
}

static int agent_access(struct sm_agent_feed *f, struct sm_access *a,
			unsigned int nr)
{
	struct agent *g = (struct agent *)f;
	int err = sm_call_access(g->host, g->mirror, g->lane, a, nr);

	if (err == -ETIMEDOUT)
		sm_host_hang(g->host, "an agent", NULL, g->lane);
	return err;
}

/* sm_agent_start() - start the agent that writes word @how->write_word. */
int sm_agent_start(struct sm_host *host, const struct sm_mirror *m,
		   const struct sm_ioc_agent_start *how,
		   struct sm_device_agent *out)
{
	struct agent *g = calloc(1, offsetof(struct agent, ring) +
				 sm_agent_feed_bytes(how->ring_order));
	unsigned int batch = host->scene->spec->backend->batch;
	int err;

	if (!g)
		return -ENOMEM;
	out->id = how->write_word - SM_WORD_AGENT;
	g->host = host;
	g->mirror = m;
	g->lane = SM_LANE_AGENT + out->id;
	g->feed.access = agent_access;
	g->feed.batch = batch ? batch : 1;
	g->feed.how = *how;
	g->feed.model = &host->scene->model;
	g->feed.ring = &g->ring;
	err = sm_agent_feed_start(&g->feed, out->id);
	if (err)
		free(g);
	else
		out->ring = &g->ring;
	return err;
}

/* sm_agent_stop() - -ETIMEDOUT if its last access does not come back. */
int sm_agent_stop(struct sm_host *host, struct sm_device_agent *out)
{
	struct sm_patience p = sm_end_patience(host->end, AGENT_WAIT);

	return sm_agent_thread_stop(&agent_of(out->ring)->feed.thread, &p);
}

void sm_agent_free(struct sm_host *host, struct sm_device_agent *out)
{
	(void)host;
	free(agent_of(out->ring));
	out->ring = NULL;
}
