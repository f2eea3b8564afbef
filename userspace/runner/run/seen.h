/* SPDX-License-Identifier: GPL-2.0-only */
/* What each oracle could see of a run, see judge/sight.h. */
#ifndef SM_SEEN_H
#define SM_SEEN_H

struct sm_engine;

/**
 * sm_seen_fill() - of all oracles of which nothing was said yet
 * @e: the engine; the storm is over
 */
void sm_seen_fill(struct sm_engine *e);

#endif /* SM_SEEN_H */
