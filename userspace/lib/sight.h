/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each oracle could see of a run. One that saw nothing is no proof of
 * anything: the result says which, and why.
 */
#ifndef SM_SIGHT_H
#define SM_SIGHT_H

#include "run.h"

struct sm_engine;

/**
 * sm_sight_set() - say what an oracle cannot see, or what it missed
 * @r: the result; no other thread sets anything of the same oracle
 * @oracle: its name
 * @sight: what it could see. Once it is not SM_SIGHT_ON it stays what it is, and
 *	so does its reason
 * @fmt: why, in a few words
 */
void sm_sight_set(struct sm_run_result *r, const char *oracle,
		  enum sm_sight sight, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * sm_sight_fill() - of all oracles of which nothing was said yet
 * @e: the engine; the storm is over
 */
void sm_sight_fill(struct sm_engine *e);

#endif /* SM_SIGHT_H */
