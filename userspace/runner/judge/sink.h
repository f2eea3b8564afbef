/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sinks: who asks first for the pages that a storm thread frees.
 *
 * The kernel hands a page that was just freed to whoever asks next on that
 * CPU, and in a storm that is the very mapping it was taken from: a device
 * that still uses it does no visible harm, even if its driver never heard of
 * the change. So after each op the storm's thread itself fills a few pages
 * outside the arena with canaries, then drops its oldest ones.
 */
#ifndef SM_SINK_H
#define SM_SINK_H

#include <stdint.h>

#define SM_SINK_HUGE	4	/* huge pages */

struct sm_docket;

/**
 * struct sm_sink - a storm thread's own victim
 * @words: its pages, NULL if there is none
 * @drop: advice that gives up some of them
 * @next: page that is filled next; the ones behind it are empty
 * @round: how many pages were filled
 * @huge: pages of hugetlb, NULL if the arena has none
 * @huge_round: how many of those were filled
 * @docket: for what is found in them
 */
struct sm_sink {
	uint64_t *words;
	int drop;
	uint64_t next;
	uint64_t round;
	uint64_t *huge;
	uint64_t huge_round;
	struct sm_docket *docket;
};

int sm_sink_init(struct sm_sink *s, struct sm_docket *docket,
		 unsigned int index);
int sm_sink_init_file(struct sm_sink *s, struct sm_docket *docket,
		      unsigned int index, int fd, uint64_t at);
int sm_sink_init_huge(struct sm_sink *s, unsigned int index);
void sm_sink_take(struct sm_sink *s);
void sm_sink_take_huge(struct sm_sink *s);
void sm_sink_free(struct sm_sink *s);

#endif /* SM_SINK_H */
