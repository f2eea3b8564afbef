/* SPDX-License-Identifier: GPL-2.0-only */
/* Who uses which page of the arena, where only one may. */
#ifndef SM_VERBS_HOLD_H
#define SM_VERBS_HOLD_H
#ifdef HAVE_IBVERBS

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

int verbs_hold_open(struct verbs_state *v);
void verbs_hold_close(struct verbs_state *v);
bool verbs_hold_take(struct verbs_state *v, uint64_t va, bool wait);
void verbs_hold_give(struct verbs_state *v, uint64_t va);

#endif /* HAVE_IBVERBS */
#endif /* SM_VERBS_HOLD_H */
