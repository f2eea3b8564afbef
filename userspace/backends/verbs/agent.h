/* SPDX-License-Identifier: GPL-2.0-only */
/* Lanes that are used flat out. */
#ifndef SM_VERBS_AGENT_H
#define SM_VERBS_AGENT_H
#ifdef HAVE_IBVERBS

struct sm_device_agent;
struct sm_host;
struct sm_ioc_agent_start;
struct sm_mirror;

int verbs_agent_start(struct sm_host *host, const struct sm_mirror *m,
		      const struct sm_ioc_agent_start *how,
		      struct sm_device_agent *out);
int verbs_agent_stop(struct sm_host *host, struct sm_device_agent *out);
void verbs_agent_free(struct sm_host *host, struct sm_device_agent *out);

#endif /* HAVE_IBVERBS */
#endif /* SM_VERBS_AGENT_H */
