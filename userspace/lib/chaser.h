/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The chaser makes devices fault exactly where an op is at work. A device that
 * roams over the arena meets an op once in many thousand accesses; races
 * between faulting and invalidating need them to meet all the time.
 */
#ifndef SM_CHASER_H
#define SM_CHASER_H

void *sm_chaser_thread(void *engine);

#endif /* SM_CHASER_H */
