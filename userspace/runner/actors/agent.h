/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Agents for devices that have no engine of their own: threads that access
 * random pages through sm_backend.access(), each on a lane of its own.
 */
#ifndef SM_AGENT_H
#define SM_AGENT_H

struct sm_device_agent;
struct sm_host;
struct sm_ioc_agent_start;
struct sm_mirror;

int sm_agent_start(struct sm_host *host, const struct sm_mirror *m,
		   const struct sm_ioc_agent_start *how,
		   struct sm_device_agent *out);
int sm_agent_stop(struct sm_host *host, struct sm_device_agent *out);
void sm_agent_free(struct sm_host *host, struct sm_device_agent *out);

#endif /* SM_AGENT_H */
