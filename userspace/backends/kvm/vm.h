/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine whose memory is the arena, and its vCPUs.
 *
 * All functions return 0 or a negative errno; kvm_vm.why says more.
 */
#ifndef SM_KVM_VM_H
#define SM_KVM_VM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest.h"

#define KVM_DEVICE	"/dev/kvm"
#define KVM_SLOTS	16	/* that the arena is cut into, at most */
#define KVM_VCPUS	64

/**
 * struct kvm_vcpu - a vCPU; one thread at a time may run it
 * @vm: whose it is
 * @fd: descriptor, -1 if there is none
 * @run: shared with KVM
 * @ctl: shared with the program it runs
 * @ctl_va: where that is inside the VM
 * @refused: accesses that ended in an error exit
 * @error: negative errno of what ended it, 0 as long as it runs
 */
struct kvm_vcpu {
	struct kvm_vm *vm;
	int fd;
	struct kvm_run *run;
	struct kvm_ctl *ctl;
	uint64_t ctl_va;
	uint64_t refused;
	int error;
};

/**
 * struct kvm_gates - where a vCPU finds its segments, and what handles exceptions
 * @idt: gates, of two words each
 * @gdt: none, code, data
 */
struct kvm_gates {
	uint64_t idt[KVM_TRAPS][2];
	uint64_t gdt[3];
};

/**
 * struct kvm_vm - the virtual machine
 * @start: first byte of the arena
 * @end: end of the arena, exclusive
 * @cookie: see struct kvm_ctl
 * @tags: struct sm_tag[], which vCPUs read
 * @tags_size: bytes of @tags
 * @pages_size: bytes of @pages; page tables are added to that
 * @kvm: /dev/kvm
 * @fd: the machine
 * @run_size: bytes of a struct kvm_run
 * @slot_size: bytes of a slot of the arena, but for the last
 * @nr_slots: slots of the arena
 * @pages: memory for programs, page tables, struct kvm_ctl and rings
 * @tables: page tables, inside @pages
 * @gates: inside @pages
 * @used: bytes of @pages that are given out
 * @vcpus: vCPUs
 * @nr_vcpus: how many
 * @why: what failed
 */
struct kvm_vm {
	uint64_t start;
	uint64_t end;
	uint64_t cookie;
	void *tags;
	size_t tags_size;
	size_t pages_size;
	int kvm;
	int fd;
	size_t run_size;
	uint64_t slot_size;
	unsigned int nr_slots;
	char *pages;
	uint64_t *tables;
	struct kvm_gates *gates;
	size_t used;
	struct kvm_vcpu vcpus[KVM_VCPUS];
	unsigned int nr_vcpus;
	char why[160];
};

int kvm_vm_create(struct kvm_vm *vm);
void kvm_vm_destroy(struct kvm_vm *vm);
void *kvm_vm_alloc(struct kvm_vm *vm, size_t size);
uint64_t kvm_vm_va(const struct kvm_vm *vm, const void *p);
uint64_t kvm_vm_gpa(const struct kvm_vm *vm, const void *p);
uint64_t kvm_vm_tags_va(void);
int kvm_vm_slot(struct kvm_vm *vm, unsigned int slot, uint32_t flags,
		bool present, uint64_t move);
uint64_t kvm_vm_slot_start(const struct kvm_vm *vm, unsigned int slot);
uint64_t kvm_vm_slot_bytes(const struct kvm_vm *vm, unsigned int slot);

#endif /* SM_KVM_VM_H */
