/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Switches of the machine that ops and kinds of memory want otherwise. The session keeps
 * what they were and puts it back, whatever becomes of the runner.
 */
#ifndef SM_SWITCHES_H
#define SM_SWITCHES_H

#include <stdbool.h>

#include "base/blocks.h"
#include "base/set.h"
#include "base/swaps.h"

#define SM_SWITCHES		32
#define SM_SWITCHES_PATH	96
#define SM_SWITCHES_VALUE	64

/**
 * struct sm_switch - a file, and what was in it
 * @path: the file
 * @old: its first word, or of several the one in brackets
 */
struct sm_switch {
	char path[SM_SWITCHES_PATH];
	char old[SM_SWITCHES_VALUE];
};

/**
 * struct sm_switches - those that were changed
 * @kept: in the order in which they were
 * @nr: how many
 * @swaps: what the machine swapped to, if an op takes it away
 * @nr_swaps: how many
 * @takes_blocks: does an op take memory away?
 * @blocks: which was there, if so
 */
struct sm_switches {
	struct sm_switch kept[SM_SWITCHES];
	unsigned int nr;
	struct sm_swap swaps[SM_SWAPS];
	unsigned int nr_swaps;
	bool takes_blocks;
	struct sm_blocks blocks;
};

/**
 * sm_switches_set() - switch what some ops and kinds of memory want
 * @s: gets what was there before
 * @ops: rows of the op table
 * @memory: mask of enum sm_memory
 *
 * What cannot be switched stays what it is: the op, or the kind, says what it lacks.
 */
void sm_switches_set(struct sm_switches *s, const struct sm_set *ops,
		     unsigned int memory);

/**
 * sm_switches_restore() - put back what was there, last first
 * @s: filled in by sm_switches_set()
 */
void sm_switches_restore(struct sm_switches *s);

#endif /* SM_SWITCHES_H */
