/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory cgroups for a run whose ops want one: see base/cgroup.h. The session makes them
 * before there is a runner, and removes them when that is gone, killed or not.
 */
#ifndef SM_GROUPS_H
#define SM_GROUPS_H

#include <stdbool.h>

#include "base/memory.h"
#include "base/set.h"

/**
 * struct sm_groups - what was made
 * @dir: the cgroup that we were started in; "": nothing was made
 * @left: we have left it for a child of its
 */
struct sm_groups {
	char dir[SM_MEMORY_LIMIT];
	bool left;
};

/**
 * sm_groups_make() - make what some ops want
 * @g: gets what was made; where that is not possible, nothing, and the ops say so
 * @ops: rows of the op table
 */
void sm_groups_make(struct sm_groups *g, const struct sm_set *ops);

/**
 * sm_groups_enter() - for the runner: go there
 * @g: filled in by sm_groups_make()
 */
void sm_groups_enter(const struct sm_groups *g);

/**
 * sm_groups_remove() - go back, and remove them
 * @g: filled in by sm_groups_make()
 *
 * That of a runner which cannot be killed stays.
 */
void sm_groups_remove(struct sm_groups *g);

#endif /* SM_GROUPS_H */
