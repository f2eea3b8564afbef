// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real drivers whose own tables the module can read (sm_host_peek()): beside the
 * sweep, which judges by content, a thread compares them with pagemap.
 */
#include "actor.h"
#include "backends/host.h"
#include "base/thread.h"
#include "compare.h"

#define PEEK_NAP_NS	SM_MSEC
#define PEEK_SHARE	8	/* naps last so many times longer than looks */

/*
 * Compare all granules, again and again; but the driver's
 * locks, the mm's and the processor are above all for the storm.
 */
static void peek_thread(struct sm_host *host, void *state)
{
	uint64_t granules = host->scene->model.pages / SM_GRANULE_PAGES;
	uint64_t g = 0, begun;

	sm_thread_give_way();
	if (!sm_gate_begun(host->gate))
		return;
	while (!sm_end_stopping(host->end)) {
		begun = sm_util_now();
		sm_compare_tables(host, state, g++ % granules, false);
		/* A look that took seconds is followed by a minute's nap. */
		sm_end_nap(host->end, PEEK_NAP_NS +
				      PEEK_SHARE * (sm_util_now() - begun));
	}
}

/* All of it; nobody changes memory any more. */
static void peek_at_rest(struct sm_host *host, void *state)
{
	uint64_t g;

	for (g = 0; g < host->scene->model.pages / SM_GRANULE_PAGES; g++) {
		if (host->end->broken || host->end->stuck)
			break;
		sm_compare_tables(host, state, g, true);
	}
}

static bool peek_wanted(const struct sm_host *host)
{
	return host->peek.on;
}

const struct sm_actor sm_actor_peeker = {
	.name = "peeker",
	.size = sizeof(struct sm_compare),
	.wanted = peek_wanted,
	.thread = peek_thread,
	.at_rest = peek_at_rest,
	.free = sm_compare_free,
};
