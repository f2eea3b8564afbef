/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comparing a mirror whose table cannot be read: by what it lets through.
 *
 * While the storm rests between two ops, the device reads a word of every page
 * and is made to try each write that is forbidden. The model says what must
 * come of it, exactly: no op is at work that could excuse anything.
 */
#ifndef SM_SWEEP_H
#define SM_SWEEP_H

struct sm_engine;

void *sm_sweep_thread(void *engine);
void sm_sweep_at_rest(struct sm_engine *e);

#endif /* SM_SWEEP_H */
