/* SPDX-License-Identifier: GPL-2.0-only */
/* Watching a storm: how far it is, and whether all of its threads move. */
#ifndef SM_WATCH_H
#define SM_WATCH_H

#include <stdint.h>

#include "wire.h"

struct sm_engine;

/**
 * struct sm_watch - what the main thread remembers from tick to tick
 * @beats: of each storm thread, when last looked at
 * @same: looks since a thread's beats are these
 */
struct sm_watch {
	uint64_t beats[SM_WIRE_THREADS];
	unsigned int same[SM_WIRE_THREADS];
};

uint64_t sm_watch_accesses(const struct sm_engine *e);
void sm_watch_look(struct sm_engine *e, struct sm_watch *w, uint64_t now);

#endif /* SM_WATCH_H */
