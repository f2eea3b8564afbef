/* SPDX-License-Identifier: GPL-2.0-only */
/* Agents: kernel threads that use a mirror as a device engine would. */
#ifndef SM_AGENT_H
#define SM_AGENT_H

#include <linux/mm.h>

#include "uapi/stalemate.h"

struct sm_agent;
struct sm_mirror;

struct sm_agent *sm_agent_start(struct sm_mirror *m,
				const struct sm_ioc_agent_start *args);
void sm_agent_stop(struct sm_agent *a);
bool sm_agent_uses(const struct sm_agent *a, const struct sm_mirror *m);
size_t sm_agent_map_size(const struct sm_agent *a);
int sm_agent_mmap(struct sm_agent *a, struct vm_area_struct *vma);

#endif /* SM_AGENT_H */
