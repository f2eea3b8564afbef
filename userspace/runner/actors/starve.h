/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process runs out of memory, alone: in a memory cgroup of its own (base/cgroup.h), which
 * allows less than it wants. The kernel kills it, and if its memory is still there two
 * seconds later (at once before Linux 5.18) the OOM reaper takes that away.
 */
#ifndef SM_STARVE_H
#define SM_STARVE_H

#include <stdbool.h>
#include <sys/types.h>

struct sm_need;
struct sm_own;

const char *sm_starve_lacks(const struct sm_need *n);

int sm_starve_begin(pid_t child);
void sm_starve_last(const struct sm_own *own);
bool sm_starve_reaped(pid_t child);

#endif /* SM_STARVE_H */
