/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Victims: who gets the pages that the storm frees.
 *
 * The kernel hands a page that was just freed to whoever asks next on that
 * CPU, and in a storm that is the very mapping it was taken from: a device
 * that still uses it does no visible harm, even if its driver never heard of
 * the change. So others ask first. After each op the storm's thread itself
 * fills a few pages of a sink outside the arena, then drops its oldest ones;
 * and a process per CPU does the same with a larger pool, at random.
 *
 * All of their pages hold canaries. A device that reads one through a stale
 * translation reads what its page never held; one that writes is found out
 * when the canary is looked at, before the page is given up.
 */
#ifndef SM_VICTIM_H
#define SM_VICTIM_H

#include <stdint.h>
#include <sys/types.h>

#define SM_VICTIMS	4	/* processes, at most */

struct sm_engine;

/**
 * struct sm_sink - a storm thread's own victim
 * @words: its pages, NULL if there is none
 * @next: page that is filled next; the ones behind it are empty
 * @round: how many pages were filled
 * @e: the engine
 */
struct sm_sink {
	uint64_t *words;
	uint64_t next;
	uint64_t round;
	struct sm_engine *e;
};

struct sm_victim_report;

/**
 * struct sm_victims - the processes
 * @report: what they found, shared with them
 * @pids: the processes
 * @nr: how many
 */
struct sm_victims {
	struct sm_victim_report *report;
	pid_t pids[SM_VICTIMS];
	unsigned int nr;
};

int sm_sink_init(struct sm_sink *s, struct sm_engine *e, unsigned int index);
void sm_sink_take(struct sm_sink *s);
void sm_sink_free(struct sm_sink *s);

int sm_victim_start(struct sm_engine *e);
void sm_victim_poll(struct sm_engine *e);
uint64_t sm_victim_stop(struct sm_engine *e);

#endif /* SM_VICTIM_H */
