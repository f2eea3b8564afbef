/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a vCPU runs: 64-bit code without interrupts or calls; the stack is for
 * exceptions, of which there ought to be none.
 *
 *	%rdi	struct kvm_ctl
 *	%r15d	errno of the current access: whoever handles the exit of a
 *		refused access sets it, and goes on behind the access
 *
 * x86 keeps the order of loads and of stores; mfence is for a store before a
 * load, and for readers who look for it.
 */
#include "guest.h"

#if defined(__x86_64__)

	.section .rodata
	.balign	16
	.globl	kvm_guest_start, kvm_guest_end, kvm_guest_traps
	.globl	kvm_guest_agent, kvm_guest_agent_read, kvm_guest_agent_write
	.globl	kvm_guest_agent_guard, kvm_guest_agent_next
	.globl	kvm_guest_batch, kvm_guest_batch_read, kvm_guest_batch_write
	.globl	kvm_guest_batch_guard, kvm_guest_batch_next

kvm_guest_start:

/* Go through the list once, then leave; from there, start over. */
kvm_guest_batch:
	lea	KVM_CTL_LIST(%rdi), %rbx
	mov	KVM_CTL_NR(%rdi), %r12
1:	test	%r12, %r12
	jz	4f
	mov	KVM_ACC_VA(%rbx), %rdx
	mov	KVM_ACC_VALUE(%rbx), %rax
	xor	%r15d, %r15d
	cmpl	$0, KVM_ACC_WRITE(%rbx)
	jne	2f
	mov	%rdx, KVM_CTL_FLIGHT(%rdi)
kvm_guest_batch_read:
	mov	(%rdx), %rax
	jmp	kvm_guest_batch_next
2:	lea	1(%rdx), %rcx
	mov	%rcx, KVM_CTL_FLIGHT(%rdi)
	mov	KVM_CTL_COOKIE(%rdi), %rcx
	test	%rcx, %rcx
	jz	kvm_guest_batch_write
	mov	%rdx, %rsi
	or	$0xff8, %rsi
kvm_guest_batch_guard:
	cmp	(%rsi), %rcx
	je	kvm_guest_batch_write
	mov	$-1, %r15d		/* -EPERM */
	jmp	kvm_guest_batch_next
kvm_guest_batch_write:
	mov	%rax, (%rdx)
kvm_guest_batch_next:
	mov	%rax, KVM_ACC_VALUE(%rbx)
	mov	%r15d, KVM_ACC_ERROR(%rbx)
	add	$KVM_ACC_SIZE, %rbx
	dec	%r12
	jmp	1b
4:	movq	$0, KVM_CTL_FLIGHT(%rdi)
	out	%al, $KVM_PORT_DONE
	jmp	kvm_guest_batch

/*
 * Access random pages and leave a sample of each access, until told to stop.
 *
 *	%rbx	struct sm_agent_ring	%rbp	struct sm_tag[]
 *	%r8	samples so far		%r14	state of the random numbers
 *	%rcx	the sample		%rsi	tag of the page
 *	%rdx	the word		%r10	committed, before the access
 *	%r13	flags of the sample	%r12	number of the page
 */
kvm_guest_agent:
	cmpq	$0, KVM_CTL_STOP(%rdi)
	jne	7f
	mov	KVM_RING_HEAD(%rbx), %r8
	mov	%r8, %rax
	sub	KVM_RING_TAIL(%rbx), %rax
	cmp	KVM_RING_SLOTS(%rbx), %rax
	jae	8f

	mov	$0x5851f42d4c957f2d, %rax
	imul	%rax, %r14
	mov	$0x14057b7ef767814f, %rax
	add	%rax, %r14

	/* Three in four go where something is at work, if that is valid. */
	mov	KVM_RING_AIM_START(%rbx), %r10
	mov	KVM_RING_AIM_END(%rbx), %r11
	mov	%r14, %rax
	shr	$62, %rax
	jz	1f
	cmp	%r11, %r10
	jae	1f
	cmp	KVM_CTL_START(%rdi), %r10
	jb	1f
	cmp	KVM_CTL_END(%rdi), %r11
	jbe	2f
1:	mov	KVM_CTL_START(%rdi), %r10
	mov	KVM_CTL_END(%rdi), %r11
2:	sub	%r10, %r11
	shr	$12, %r11
	mov	%r14, %rax
	shl	$4, %rax
	shr	$32, %rax
	xor	%edx, %edx
	div	%r11
	shl	$12, %rdx
	add	%r10, %rdx

	mov	%rdx, %r12
	sub	KVM_CTL_START(%rdi), %r12
	shr	$12, %r12
	mov	%r12, %rsi
	shl	$4, %rsi
	add	%rbp, %rsi
	mov	KVM_RING_SLOTS(%rbx), %rcx
	dec	%rcx
	and	%r8, %rcx
	imul	$KVM_SAM_SIZE, %rcx, %rcx
	lea	KVM_RING_SAMPLES(%rbx, %rcx), %rcx
	xor	%r15d, %r15d
	xor	%r13d, %r13d
	mov	%r14, %rax
	shl	$2, %rax
	shr	$62, %rax
	jz	3f

	add	KVM_CTL_READ(%rdi), %rdx
	mov	%rdx, KVM_CTL_FLIGHT(%rdi)
	mov	KVM_TAG_COMMITTED(%rsi), %r10
	mfence
kvm_guest_agent_read:
	mov	(%rdx), %rax
	jmp	kvm_guest_agent_next

3:	inc	%r13d
	add	KVM_CTL_WRITE(%rdi), %rdx
	lea	1(%rdx), %rax
	mov	%rax, KVM_CTL_FLIGHT(%rdi)
	incq	KVM_CTL_COUNT(%rdi)
	mov	KVM_CTL_COUNT(%rdi), %rax
	and	$0xffffff, %eax
	and	$0xffffff, %r12d
	shl	$24, %r12
	or	%r12, %rax
	or	KVM_CTL_STAMP(%rdi), %rax
	mov	KVM_TAG_COMMITTED(%rsi), %r10
	mfence
	mov	KVM_CTL_COOKIE(%rdi), %r11
	test	%r11, %r11
	jz	kvm_guest_agent_write
	mov	%rdx, %r9
	or	$0xff8, %r9
kvm_guest_agent_guard:
	cmp	(%r9), %r11
	je	kvm_guest_agent_write
	mov	$-1, %r15d		/* -EPERM */
	jmp	kvm_guest_agent_next
kvm_guest_agent_write:
	mov	%rax, (%rdx)

kvm_guest_agent_next:
	mfence
	mov	KVM_TAG_ANNOUNCED(%rsi), %r11
	mov	%rdx, KVM_SAM_VA(%rcx)
	mov	%rax, KVM_SAM_VALUE(%rcx)
	mov	%r10, KVM_SAM_BEFORE(%rcx)
	mov	%r11, KVM_SAM_AFTER(%rcx)
	movq	$0, KVM_SAM_T_NS(%rcx)
	mov	%r15d, KVM_SAM_ERROR(%rcx)
	mov	%r13d, KVM_SAM_FLAGS(%rcx)
	test	%r15d, %r15d
	jz	6f
	incq	KVM_RING_REFUSED(%rbx)
6:	inc	%r8
	mov	%r8, KVM_RING_ACCESSES(%rbx)
	mov	%r8, KVM_RING_HEAD(%rbx)
	jmp	kvm_guest_agent

7:	movq	$0, KVM_CTL_FLIGHT(%rdi)
	out	%al, $KVM_PORT_DONE
	jmp	kvm_guest_agent
8:	incq	KVM_RING_STALLED(%rbx)
	movq	$0, KVM_CTL_FLIGHT(%rdi)
	out	%al, $KVM_PORT_FULL
	jmp	kvm_guest_agent

/* Complete a struct kvm_trap, and leave for good. */
	.balign	KVM_TRAP_SIZE
kvm_guest_traps:
	.set	vector, 0
	.rept	KVM_TRAPS
	.balign	KVM_TRAP_SIZE
	.if	!((KVM_TRAPS_WITH_ERROR >> vector) & 1)
	push	$0
	.endif
	push	$vector
	jmp	9f
	.set	vector, vector + 1
	.endr
9:	mov	%cr2, %rax
	push	%rax
	out	%al, $KVM_PORT_TRAP
	jmp	9b
kvm_guest_end:

#endif /* __x86_64__ */

	.section .note.GNU-stack, "", %progbits
