/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vCPUs: setting them up, and running them over what the storm left.
 *
 * All functions return 0 or a negative errno; kvm_vm.why says more.
 */
#ifndef SM_KVM_VCPU_H
#define SM_KVM_VCPU_H

#include <stdint.h>

#include "vm.h"

/**
 * struct kvm_entry - registers that a program begins with
 * @code: the program
 * @rbx: see guest.S
 * @rbp: see guest.S
 * @r14: see guest.S
 */
struct kvm_entry {
	const char *code;
	uint64_t rbx;
	uint64_t rbp;
	uint64_t r14;
};

int kvm_vcpu_create(struct kvm_vm *vm, struct kvm_vcpu **out);
int kvm_vcpu_enter(struct kvm_vcpu *v, const struct kvm_entry *entry);
int kvm_vcpu_run(struct kvm_vcpu *v);
int kvm_vcpu_access(struct kvm_vcpu *v, struct sm_access *a, unsigned int nr);

#endif /* SM_KVM_VCPU_H */
