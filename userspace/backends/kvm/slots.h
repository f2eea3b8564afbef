/* SPDX-License-Identifier: GPL-2.0-only */
/* Slots that come, go and change while vCPUs use them. */
#ifndef SM_KVM_SLOTS_H
#define SM_KVM_SLOTS_H

#include <stdint.h>

#include "base/rng.h"

struct kvm_vcpu;
struct kvm_vm;
struct sm_host;

/**
 * struct kvm_slots - what the thread that changes slots works with
 * @host: the run, and what the backend has of it
 * @vm: the machine
 * @v: its own vCPU
 * @rng: its own numbers
 * @writes: words written
 * @deleted: slots deleted and made again
 * @moved: slots moved away and back
 * @read_only: slots made read-only and writable again
 * @logged: slots whose dirty log was taken
 * @logged_writes: writes looked for in a dirty log
 */
struct kvm_slots {
	struct sm_host *host;
	struct kvm_vm *vm;
	struct kvm_vcpu *v;
	struct sm_rng rng;
	uint64_t writes;
	uint64_t deleted;
	uint64_t moved;
	uint64_t read_only;
	uint64_t logged;
	uint64_t logged_writes;
};

void kvm_slots_run(struct kvm_slots *s);

#endif /* SM_KVM_SLOTS_H */
