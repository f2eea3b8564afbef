/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the kvm backend share. */
#ifndef SM_KVM_STATE_H
#define SM_KVM_STATE_H

#include <sched.h>

#include "backends/host.h"
#include "memory/agent_feed.h"
#include "slots.h"
#include "vm.h"

/**
 * struct kvm_agent - a vCPU that runs flat out
 * @thread: who runs it
 * @host: the run, and what the backend has of it
 * @v: the vCPU
 * @ring: where it leaves its samples
 */
struct kvm_agent {
	struct sm_agent_thread thread;
	struct sm_host *host;
	struct kvm_vcpu *v;
	struct sm_agent_ring *ring;
};

/**
 * struct kvm_state - what the backend keeps in sm_host.state
 * @vm: the machine
 * @lanes: vCPUs, by who uses them
 * @agents: agents
 * @nr_agents: how many
 * @slots: who changes slots
 * @cpus: where the caller of attach ran, if @spared
 * @spared: see kvm_emulator_spare()
 */
struct kvm_state {
	struct kvm_vm vm;
	struct kvm_vcpu *lanes[SM_LANES];
	struct kvm_agent agents[SM_MAX_AGENTS];
	unsigned int nr_agents;
	struct kvm_slots slots;
	cpu_set_t cpus;
	bool spared;
};

#endif /* SM_KVM_STATE_H */
