// SPDX-License-Identifier: GPL-2.0-only
/* Lanes that are used flat out. */
#ifdef HAVE_IBVERBS

#include <errno.h>
#include <stdlib.h>

#include "agent.h"
#include "lane.h"
#include "state.h"

#define AGENT_WAIT	6	/* part of sm_await_naps */
#define AGENT_BATCH_HELD 8	/* storm threads wait for the pages of all of them */

/* What comes after one that was refused is left out, see verbs_pair.brief. */
static int agent_access(struct sm_agent_feed *f, struct sm_access *a,
			unsigned int nr)
{
	struct verbs_agent *g = (struct verbs_agent *)f;
	struct sm_device_agent self = { .id = g - g->lane.v->agents };
	int err = verbs_lane_access(&g->lane, a, nr);

	if (err == -ETIMEDOUT)
		sm_host_hang(g->lane.v->host, "an agent", &self, 0);
	return err;
}

int verbs_agent_start(struct sm_host *host, const struct sm_mirror *m,
		      const struct sm_ioc_agent_start *how,
		      struct sm_device_agent *out)
{
	struct verbs_state *v = host->state;
	struct verbs_agent *g = &v->agents[v->nr_agents];
	int err;

	(void)m;
	out->id = v->nr_agents++;
	g->feed.access = agent_access;
	g->feed.batch = host->peek.holds ? AGENT_BATCH_HELD : SM_AGENT_BATCH;
	g->feed.wary = true;
	g->lane.pair.brief = true;
	err = verbs_lane_create(v, &g->lane, SM_LANES + out->id);
	if (!err)
		err = sm_agent_feed_begin(&g->feed, how, &host->scene->model,
					  out->id);
	if (!err)
		out->ring = g->feed.ring;
	return err;
}

/* One that does not come back hangs in the device: nothing may be freed. */
int verbs_agent_stop(struct sm_host *host, struct sm_device_agent *out)
{
	struct verbs_state *v = host->state;
	struct sm_patience p = sm_end_patience(host->end, AGENT_WAIT);

	return sm_agent_thread_stop(&v->agents[out->id].feed.thread, &p);
}

void verbs_agent_free(struct sm_host *host, struct sm_device_agent *out)
{
	(void)host;
	free(out->ring);
	out->ring = NULL;
}

#endif /* HAVE_IBVERBS */
