// SPDX-License-Identifier: GPL-2.0-only
/* What a backend does beside the storm, in a thread of its own. */
#include "actor.h"
#include "backends/call.h"

static bool backend_wanted(const struct sm_host *host)
{
	const struct sm_backend *b = host->scene->spec->backend;

	return b->worker || b->apply;
}

static void backend_thread(struct sm_host *host, void *state)
{
	const struct sm_backend *b = host->scene->spec->backend;

	(void)state;
	if (b->worker)
		sm_call_worker(host);
}

/* Where the memory is the backend's own, nobody else can look at it. */
static void backend_at_rest(struct sm_host *host, void *state)
{
	const struct sm_backend *b = host->scene->spec->backend;

	(void)state;
	if (b->apply)
		sm_call_rest(host);
}

const struct sm_actor sm_actor_backend = {
	.name = "backend",
	.lane = SM_LANE_BACKEND,
	.user = "the backend's thread",
	.wanted = backend_wanted,
	.thread = backend_thread,
	.at_rest = backend_at_rest,
};
