// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is at work beside the storm: see actor.h. The order is that in which they are
 * asked and joined: who waits for the device comes before who waits for nobody.
 */
#include "actor.h"

const struct sm_actor *const sm_actors[] = {
	&sm_actor_release, &sm_actor_victims, &sm_actor_comparer,
	&sm_actor_sweeper, &sm_actor_backend, &sm_actor_peeker,
	&sm_actor_chaser,  &sm_actor_churn,   &sm_actor_sampler,
	&sm_actor_witness, &sm_actor_refs,    NULL,
};
