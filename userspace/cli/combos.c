// SPDX-License-Identifier: GPL-2.0-only
/* Which profiles share an arena, and in which order they run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "combos.h"
#include "session/status.h"

static int combos_find(const struct sm_combos *all, const struct sm_combo *c)
{
	unsigned int i;

	for (i = 0; i < all->nr; i++)
		if (!memcmp(&all->combos[i], c, sizeof(*c)))
			return i;
	return -1;
}

void sm_combos_add(struct sm_combos *all, const struct sm_combo *c)
{
	struct sm_combo *combos;

	if (combos_find(all, c) >= 0)
		return;
	combos = reallocarray(all->combos, all->nr + 1, sizeof(*combos));
	if (!combos) {
		perror("stalemate");
		exit(SM_EXIT_BROKEN);
	}
	combos[all->nr++] = *c;
	all->combos = combos;
}

void sm_combos_add_every(struct sm_combos *all)
{
	struct sm_combo c;
	unsigned int i;

	for (i = 0; i < SM_PROFILE_NR; i++) {
		memset(&c, 0, sizeof(c));
		c.profile[0] = i;
		c.nr = 1;
		sm_combos_add(all, &c);
	}
}

void sm_combos_remove(struct sm_combos *all, const struct sm_combo *c)
{
	int i = combos_find(all, c);

	if (i < 0)
		return;
	all->nr--;
	memmove(&all->combos[i], &all->combos[i + 1],
		(all->nr - i) * sizeof(*all->combos));
}

void sm_combos_free(struct sm_combos *all)
{
	free(all->combos);
}
