// SPDX-License-Identifier: GPL-2.0-only
/* Reads the witness's record ring before it is overwritten. */
#include "actor.h"
#include "backends/host.h"

#define WITNESS_NAP_NS (5 * SM_MSEC)

static bool witness_wanted(const struct sm_host *host)
{
	return host->scene->dev.witness;
}

static void witness_thread(struct sm_host *host, void *state)
{
	(void)state;
	while (!sm_end_stopping(host->end)) {
		sm_witness_drain(&host->scene->witness);
		sm_util_nap(WITNESS_NAP_NS);
	}
}

const struct sm_actor sm_actor_witness = {
	.name = "witness",
	.wanted = witness_wanted,
	.thread = witness_thread,
};
