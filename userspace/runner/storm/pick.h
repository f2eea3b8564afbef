/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the next op of a storm thread is, and where: from its number and the seed
 * alone.
 */
#ifndef SM_PICK_H
#define SM_PICK_H

#include "hand.h"

/**
 * sm_pick_fill() - make the menu of a thread
 * @menu: zeroed
 * @ops: rows of the op table to apply
 * @lacks: by row, the kinds of memory on which this kernel cannot do it
 */
void sm_pick_fill(struct sm_menu *menu, const struct sm_set *ops,
		  const unsigned int *lacks);

/**
 * sm_pick_op() - what the current op is, from &sm_storm_thread.rng alone
 * @t: the thread
 * @s: gets the span
 * @row: gets the row of the op table; SM_MAX_OPS if no op works on this slice
 */
void sm_pick_op(struct sm_storm_thread *t, struct sm_span *s,
		unsigned int *row);

/**
 * sm_pick_own() - the same where the memory is the backend's, and so the place
 * @t: the thread, which has such ops
 *
 * Return: the row of the op table.
 */
unsigned int sm_pick_own(struct sm_storm_thread *t);

#endif /* SM_PICK_H */
