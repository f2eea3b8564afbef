// SPDX-License-Identifier: GPL-2.0-only
/* Lanes that are used flat out: all of them share a file. */
#ifdef HAVE_DRM

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "lane.h"
#include "state.h"

#define AGENT_WAIT	6	/* part of sm_await_naps */

static int agent_access(struct sm_agent_feed *f, struct sm_access *a,
			unsigned int nr)
{
	struct gpu_agent *g = (struct gpu_agent *)f;
	struct gpu_state *s = g->lane.s;
	struct sm_device_agent self = { .id = g - s->agents };
	int err = gpu_lane_access(&g->lane, a, nr);

	if (err == -ETIMEDOUT)
		sm_host_hang(s->host, "an agent", &self, 0);
	else if (err)
		sm_end_break(s->host->end, "agent: %s", strerror(-err));
	return err;
}

int gpu_agent_start(struct sm_host *host, const struct sm_mirror *m,
		    const struct sm_ioc_agent_start *how,
		    struct sm_device_agent *out)
{
	struct gpu_state *s = host->state;
	struct gpu_agent *g = &s->agents[s->nr_agents];
	int err;

	(void)m;
	out->id = s->nr_agents++;
	g->feed.access = agent_access;
	g->feed.batch = GPU_DEPTH;
	g->feed.wary = true;
	err = gpu_lane_create(s, &g->lane, &s->files[0], SM_LANES + out->id);
	if (!err)
		err = sm_agent_feed_begin(&g->feed, how, &host->scene->model,
					  out->id);
	if (!err)
		out->ring = g->feed.ring;
	return err;
}

/* One that does not come back hangs in the device: nothing may be freed. */
int gpu_agent_stop(struct sm_host *host, struct sm_device_agent *out)
{
	struct gpu_state *s = host->state;
	struct sm_patience p = sm_end_patience(host->end, AGENT_WAIT);

	return sm_agent_thread_stop(&s->agents[out->id].feed.thread, &p);
}

void gpu_agent_free(struct sm_host *host, struct sm_device_agent *out)
{
	(void)host;
	free(out->ring);
	out->ring = NULL;
}

#endif /* HAVE_DRM */
