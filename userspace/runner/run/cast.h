/* SPDX-License-Identifier: GPL-2.0-only */
/* The actors of a run: going through their table, see actors/actor.h. */
#ifndef SM_CAST_H
#define SM_CAST_H

#include <pthread.h>
#include <stdbool.h>

#include "actors/actor.h"
#include "base/await.h"

struct sm_role;

/**
 * struct sm_cast - the actors of a run
 * @host: the device
 * @roles: one for each row of the table
 * @nr: how many
 */
struct sm_cast {
	struct sm_host *host;
	struct sm_role *roles;
	unsigned int nr;
};

int sm_cast_init(struct sm_cast *cast, struct sm_host *host);
bool sm_cast_prepare(struct sm_cast *cast);
int sm_cast_threads(struct sm_cast *cast);
int sm_cast_start(struct sm_cast *cast);
void sm_cast_tick(struct sm_cast *cast);
bool sm_cast_join(struct sm_cast *cast, struct sm_patience *p, bool storm);
bool sm_cast_stop(struct sm_cast *cast);
void sm_cast_at_rest(struct sm_cast *cast);
void sm_cast_bury(struct sm_cast *cast);
void sm_cast_count(struct sm_cast *cast);
void sm_cast_free(struct sm_cast *cast);
void sm_cast_destroy(struct sm_cast *cast);

#endif /* SM_CAST_H */
