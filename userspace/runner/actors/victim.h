/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Victims: processes that get the pages that the storm frees.
 *
 * What a storm thread frees its own sink takes first (judge/sink.h). A process per
 * CPU does the same with a larger pool, at random. All pages hold canaries.
 */
#ifndef SM_VICTIM_H
#define SM_VICTIM_H

#include <stdint.h>
#include <sys/types.h>

#define SM_VICTIMS	4	/* processes, at most */

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

#endif /* SM_VICTIM_H */
