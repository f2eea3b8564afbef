/* SPDX-License-Identifier: GPL-2.0-only */
/* Agents that access pages through maps flat out. */
#ifndef SM_GNTDEV_AGENT_H
#define SM_GNTDEV_AGENT_H

struct sm_host;

void gnt_agent_run(struct sm_host *host);

#endif /* SM_GNTDEV_AGENT_H */
