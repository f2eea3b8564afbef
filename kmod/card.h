/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What modules that play a card have for us (fixtures/guest/cards). We need none of
 * them: they are asked for when they are wanted.
 */
#ifndef SM_CARD_H
#define SM_CARD_H

struct sm_look;

/* sm_rv100: see its buffers.c. Locks are only tried, so it never waits. */
int sm_rv100_look(struct sm_look *p);

#endif /* SM_CARD_H */
