/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a storm thread's time goes. It is always at exactly one thing: who begins
 * another says so, and in the end what it was at before.
 */
#ifndef SM_CLOCK_H
#define SM_CLOCK_H

#include <stdint.h>

#include "base/util.h"
#include "wire.h"

/**
 * struct sm_clock - what one thread spent its time on; only the thread writes it
 * @at: what it is at
 * @since: since when
 * @begun: when the current op was begun
 * @running: on a processor before the storm began, in nanoseconds
 * @ready: waiting for one before that
 * @time: what came of it, which others read
 */
struct sm_clock {
	enum sm_spent at;
	uint64_t since;
	uint64_t begun;
	uint64_t running;
	uint64_t ready;
	struct sm_time time;
};

/**
 * sm_clock_turn() - begin something else
 * @c: the thread's own
 * @to: what it is at from now on
 *
 * Return: what it was at.
 */
static inline enum sm_spent sm_clock_turn(struct sm_clock *c, enum sm_spent to)
{
	enum sm_spent from = c->at;
	uint64_t now = sm_util_now();

	sm_count(&c->time.spent[from], now - c->since);
	c->since = now;
	c->at = to;
	return from;
}

/* The thread's first op follows; or an op; or its last one has ended. */
void sm_clock_start(struct sm_clock *c);
void sm_clock_begin(struct sm_clock *c);
void sm_clock_end(struct sm_clock *c, unsigned int row);
void sm_clock_stop(struct sm_clock *c);

/**
 * sm_clock_add() - add up what threads spent
 * @to: the sum
 * @c: of one thread, which may be still at work
 */
void sm_clock_add(struct sm_time *to, const struct sm_clock *c);

#endif /* SM_CLOCK_H */
