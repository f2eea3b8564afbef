/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a vCPU runs, and what it shares with us. Read by guest.S too.
 *
 * Virtual addresses inside the VM are ours for the arena, so that what a vCPU
 * is told, and what it reports, needs no translation. Guest physical addresses
 * are offsets into the arena; our own pages lie far above it.
 */
#ifndef SM_KVM_GUEST_H
#define SM_KVM_GUEST_H

/* Where a vCPU leaves to us: an OUT to one of these ports. */
#define KVM_PORT_DONE		0x10	/* the list is done, or the agent stops */
#define KVM_PORT_FULL		0x11	/* no room in the ring of samples */
#define KVM_PORT_TRAP		0x12	/* an exception: see struct kvm_trap */

/* Offsets in struct kvm_ctl. */
#define KVM_CTL_STOP		0
#define KVM_CTL_FLIGHT		8
#define KVM_CTL_NR		16
#define KVM_CTL_START		24
#define KVM_CTL_END		32
#define KVM_CTL_READ		40
#define KVM_CTL_WRITE		48
#define KVM_CTL_STAMP		56
#define KVM_CTL_COUNT		64
#define KVM_CTL_COOKIE		72
#define KVM_CTL_LIST		4096
#define KVM_CTL_LIST_MAX	512
#define KVM_CTL_SIZE		16384

/* Exceptions that can be told: KVM_TRAP_SIZE bytes of code each, and which have an error code. */
#define KVM_TRAPS		32
#define KVM_TRAP_SIZE		16
#define KVM_TRAPS_WITH_ERROR	0x60227d00

/* Offsets in struct sm_access. */
#define KVM_ACC_VA		0
#define KVM_ACC_VALUE		8
#define KVM_ACC_ERROR		16
#define KVM_ACC_WRITE		20
#define KVM_ACC_SIZE		24

/* Offsets in struct sm_agent_ring. */
#define KVM_RING_HEAD		0
#define KVM_RING_TAIL		8
#define KVM_RING_SLOTS		16
#define KVM_RING_STALLED	24
#define KVM_RING_ACCESSES	32
#define KVM_RING_REFUSED	40
#define KVM_RING_AIM_START	48
#define KVM_RING_AIM_END	56
#define KVM_RING_SAMPLES	128

/* Offsets in struct sm_sample. */
#define KVM_SAM_VA		0
#define KVM_SAM_VALUE		8
#define KVM_SAM_BEFORE		16
#define KVM_SAM_AFTER		24
#define KVM_SAM_T_NS		32
#define KVM_SAM_ERROR		40
#define KVM_SAM_FLAGS		44
#define KVM_SAM_SIZE		48

/* Offsets in struct sm_tag. */
#define KVM_TAG_ANNOUNCED	0
#define KVM_TAG_COMMITTED	8

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "memory/access.h"

/**
 * struct kvm_trap - what an exception leaves on the stack; programs have no other use
 *	of it, and none of their instructions ought to raise one
 * @cr2: address, if it was a page fault
 * @vector: which
 * @error: its error code, 0 if it has none
 * @rip: the instruction
 * @frame: the rest: %cs, %rflags, %rsp, %ss
 */
struct kvm_trap {
	uint64_t cr2;
	uint64_t vector;
	uint64_t error;
	uint64_t rip;
	uint64_t frame[4];
};

/**
 * struct kvm_ctl - what a vCPU is told, in memory that it can read and write
 * @stop: the agent leaves by KVM_PORT_DONE
 * @flight: address of the access at work; bit 0: it is a write
 * @nr: elements of @list
 * @start: first byte of the arena
 * @end: its end, exclusive
 * @read: offset in a page of the word that the agent reads
 * @write: offset of the word that it writes
 * @stamp: what it writes has these bits
 * @count: its writes
 * @cookie: if not 0, a write goes only to pages whose last word is this
 * @pad: up to the trap
 * @trap: the stack, to its end
 * @list: what to access
 */
struct kvm_ctl {
	uint64_t stop;
	uint64_t flight;
	uint64_t nr;
	uint64_t start;
	uint64_t end;
	uint64_t read;
	uint64_t write;
	uint64_t stamp;
	uint64_t count;
	uint64_t cookie;
	uint64_t pad[494];
	struct kvm_trap trap;
	struct sm_access list[KVM_CTL_LIST_MAX];
};

/* The two programs, and the instructions of theirs that touch the arena. */
extern const char kvm_guest_start[], kvm_guest_end[], kvm_guest_traps[];
extern const char kvm_guest_agent[], kvm_guest_agent_read[];
extern const char kvm_guest_agent_write[], kvm_guest_agent_guard[];
extern const char kvm_guest_agent_next[];
extern const char kvm_guest_batch[], kvm_guest_batch_read[];
extern const char kvm_guest_batch_write[], kvm_guest_batch_guard[];
extern const char kvm_guest_batch_next[];

#endif /* __ASSEMBLER__ */
#endif /* SM_KVM_GUEST_H */
