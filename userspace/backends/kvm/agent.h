/* SPDX-License-Identifier: GPL-2.0-only */
/* vCPUs that run flat out. */
#ifndef SM_KVM_AGENT_H
#define SM_KVM_AGENT_H

struct sm_device_agent;
struct sm_host;
struct sm_ioc_agent_start;
struct sm_mirror;

int kvm_agent_start(struct sm_host *host, const struct sm_mirror *m,
		    const struct sm_ioc_agent_start *how,
		    struct sm_device_agent *out);
int kvm_agent_stop(struct sm_host *host, struct sm_device_agent *out);
void kvm_agent_free(struct sm_host *host, struct sm_device_agent *out);

#endif /* SM_KVM_AGENT_H */
