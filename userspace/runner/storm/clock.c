// SPDX-License-Identifier: GPL-2.0-only
/* Where a storm thread's time goes: see clock.h. */
#include <stdio.h>
#include <string.h>

#include "clock.h"

#define SCHEDSTAT	"/proc/thread-self/schedstat"

/* Kernels without CONFIG_SCHED_INFO say nothing, or nothing but zeroes. */
static void clock_processor(uint64_t *running, uint64_t *ready)
{
	unsigned long long run, wait;
	char buf[80];

	*running = 0;
	*ready = 0;
	if (sm_util_read_file(SCHEDSTAT, buf, sizeof(buf)) <= 0 ||
	    sscanf(buf, "%llu %llu", &run, &wait) != 2)
		return;
	*running = run;
	*ready = wait;
}

void sm_clock_start(struct sm_clock *c)
{
	memset(&c->time, 0, sizeof(c->time));
	clock_processor(&c->running, &c->ready);
	c->at = SM_SPENT_GATE;
	c->since = sm_util_now();
}

void sm_clock_begin(struct sm_clock *c)
{
	sm_clock_turn(c, SM_SPENT_CHOOSE);
	c->begun = c->since;
}

void sm_clock_end(struct sm_clock *c, unsigned int row)
{
	sm_clock_turn(c, SM_SPENT_GATE);
	sm_count(&c->time.op[row], c->since - c->begun);
}

void sm_clock_stop(struct sm_clock *c)
{
	uint64_t running, ready;

	sm_clock_turn(c, SM_SPENT_GATE);
	clock_processor(&running, &ready);
	sm_write(&c->time.running, running - c->running);
	sm_write(&c->time.ready, ready - c->ready);
}

void sm_clock_add(struct sm_time *to, const struct sm_clock *c)
{
	unsigned int i;

	for (i = 0; i < SM_SPENT_NR; i++)
		to->spent[i] += sm_read(&c->time.spent[i]);
	for (i = 0; i < SM_MAX_OPS; i++)
		to->op[i] += sm_read(&c->time.op[i]);
	to->running += sm_read(&c->time.running);
	to->ready += sm_read(&c->time.ready);
}
