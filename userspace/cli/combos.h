/* SPDX-License-Identifier: GPL-2.0-only */
/* Which profiles share an arena, and in which order they run. */
#ifndef SM_COMBOS_H
#define SM_COMBOS_H

#include "wire.h"

/**
 * struct sm_combo - profiles that share one arena
 * @profile: the profiles
 * @nr: how many
 *
 * All bytes of one are set, so that it can be compared as a whole.
 */
struct sm_combo {
	enum sm_profile profile[SM_MAX_PROFILES];
	unsigned int nr;
};

/**
 * struct sm_combos - profiles to run in turn
 * @combos: each of them once
 * @nr: how many
 */
struct sm_combos {
	struct sm_combo *combos;
	unsigned int nr;
};

/**
 * sm_combos_add() - add one, unless it is there
 * @all: the list
 * @c: what to add
 */
void sm_combos_add(struct sm_combos *all, const struct sm_combo *c);

/**
 * sm_combos_add_every() - add each profile by itself
 * @all: the list
 */
void sm_combos_add_every(struct sm_combos *all);

/**
 * sm_combos_remove() - take one away, if it is there
 * @all: the list
 * @c: what to take away
 */
void sm_combos_remove(struct sm_combos *all, const struct sm_combo *c);

/**
 * sm_combos_free() - forget them
 * @all: the list
 */
void sm_combos_free(struct sm_combos *all);

#endif /* SM_COMBOS_H */
