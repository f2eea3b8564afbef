// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs: setting them up, and running them over what the storm left.
 *
 * An access to a page that is gone, or that may not be written, makes KVM_RUN
 * fail with EFAULT; one to a slot that is gone, or a write to a read-only one,
 * leaves as MMIO. Either is a refusal: the program is told, and goes on behind
 * the access.
 */
#ifdef __x86_64__

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "emulator.h"
#include "vcpu.h"

#define CPUID_MAX	256
#define CR0_START	0x80010033ULL	/* PG, WP, NE, ET, MP, PE */
#define CR4_START	0x20ULL		/* PAE */
#define EFER_START	0x500ULL	/* LMA, LME */
#define RFLAGS_START	2ULL

/* After a triple fault on the first processor of an emulated machine. */
static const char vcpu_emulated[] =
	": \"KVM in an emulated guest\" in docs/run.md may say why";

/* Where a program touches the arena, and where it goes on. */
static const struct {
	const char *at;
	const char *next;
} vcpu_accesses[] = {
	{ kvm_guest_batch_read, kvm_guest_batch_next },
	{ kvm_guest_batch_write, kvm_guest_batch_next },
	{ kvm_guest_batch_guard, kvm_guest_batch_next },
	{ kvm_guest_agent_read, kvm_guest_agent_next },
	{ kvm_guest_agent_write, kvm_guest_agent_next },
	{ kvm_guest_agent_guard, kvm_guest_agent_next },
};

static int vcpu_fail(struct kvm_vcpu *v, const char *what)
{
	int err = errno;

	snprintf(v->vm->why, sizeof(v->vm->why), "%s: %s", what, strerror(err));
	return -err;
}

/* ---- setting up ---------------------------------------------------------- */

static int vcpu_cpuid(struct kvm_vcpu *v)
{
	struct kvm_cpuid2 *c;
	int err = 0;

	c = calloc(1, sizeof(*c) + CPUID_MAX * sizeof(c->entries[0]));
	if (!c)
		return -ENOMEM;
	c->nent = CPUID_MAX;
	if (ioctl(v->vm->kvm, KVM_GET_SUPPORTED_CPUID, c) < 0 ||
	    ioctl(v->fd, KVM_SET_CPUID2, c) < 0)
		err = vcpu_fail(v, "KVM_SET_CPUID2");
	free(c);
	return err;
}

/* 64-bit mode at once, all segments flat. */
static int vcpu_mode(struct kvm_vcpu *v)
{
	static const struct kvm_segment data = {
		.limit = 0xffffffff, .selector = 16, .type = 3, .present = 1,
		.db = 1, .s = 1, .g = 1,
	};
	static const struct kvm_segment code = {
		.limit = 0xffffffff, .selector = 8, .type = 11, .present = 1,
		.l = 1, .s = 1, .g = 1,
	};
	struct kvm_sregs s;

	if (ioctl(v->fd, KVM_GET_SREGS, &s) < 0)
		return vcpu_fail(v, "KVM_GET_SREGS");
	s.cs = code;
	s.ds = data;
	s.es = data;
	s.fs = data;
	s.gs = data;
	s.ss = data;
	s.gdt.base = kvm_vm_va(v->vm, v->vm->gates->gdt);
	s.gdt.limit = sizeof(v->vm->gates->gdt) - 1;
	s.idt.base = kvm_vm_va(v->vm, v->vm->gates->idt);
	s.idt.limit = sizeof(v->vm->gates->idt) - 1;
	s.cr0 = CR0_START;
	s.cr3 = kvm_vm_gpa(v->vm, v->vm->tables);
	s.cr4 = CR4_START;
	s.efer = EFER_START;
	if (ioctl(v->fd, KVM_SET_SREGS, &s) < 0)
		return vcpu_fail(v, "KVM_SET_SREGS");
	return 0;
}

static int vcpu_init(struct kvm_vcpu *v)
{
	void *p = mmap(NULL, v->vm->run_size, PROT_READ | PROT_WRITE,
		       MAP_SHARED, v->fd, 0);
	int err;

	if (p == MAP_FAILED)
		return vcpu_fail(v, "mapping a vCPU");
	v->run = p;
	v->ctl = kvm_vm_alloc(v->vm, sizeof(*v->ctl));
	if (!v->ctl)
		return -ENOMEM;
	v->ctl->start = v->vm->start;
	v->ctl->end = v->vm->end;
	v->ctl->cookie = v->vm->cookie;
	v->ctl_va = kvm_vm_va(v->vm, v->ctl);
	err = vcpu_cpuid(v);
	return err ? err : vcpu_mode(v);
}

/* kvm_vcpu_create() - it lives as long as the machine. */
int kvm_vcpu_create(struct kvm_vm *vm, struct kvm_vcpu **out)
{
	struct kvm_vcpu *v;

	if (vm->nr_vcpus == KVM_VCPUS)
		return -ENOSPC;
	v = &vm->vcpus[vm->nr_vcpus];
	v->vm = vm;
	v->fd = ioctl(vm->fd, KVM_CREATE_VCPU, (unsigned long)vm->nr_vcpus);
	if (v->fd < 0)
		return vcpu_fail(v, "KVM_CREATE_VCPU");
	vm->nr_vcpus++;
	*out = v;
	return vcpu_init(v);
}

/* kvm_vcpu_enter() - choose the program that the next kvm_vcpu_run() runs. */
int kvm_vcpu_enter(struct kvm_vcpu *v, const struct kvm_entry *entry)
{
	struct kvm_regs r = {
		.rip = kvm_vm_va(v->vm, v->vm->pages) +
		       (entry->code - kvm_guest_start),
		.rflags = RFLAGS_START,
		.rsp = v->ctl_va + KVM_CTL_LIST,
		.rdi = v->ctl_va,
		.rbx = entry->rbx,
		.rbp = entry->rbp,
		.r14 = entry->r14,
	};

	if (ioctl(v->fd, KVM_SET_REGS, &r) < 0)
		return vcpu_fail(v, "KVM_SET_REGS");
	return 0;
}

/* ---- running ------------------------------------------------------------- */

/*
 * Tell the program that its access was refused; @skip: it still stands in
 * front of it. Whatever else it may stand at is a mistake of ours.
 */
static int vcpu_refuse(struct kvm_vcpu *v, bool skip)
{
	uint64_t base = kvm_vm_va(v->vm, v->vm->pages);
	const char *at;
	struct kvm_regs r;
	unsigned int i;

	if (ioctl(v->fd, KVM_GET_REGS, &r) < 0)
		return vcpu_fail(v, "KVM_GET_REGS");
	at = kvm_guest_start + (r.rip - base);
	for (i = 0; skip && i < SM_ARRAY_SIZE(vcpu_accesses); i++)
		if (vcpu_accesses[i].at == at)
			break;
	if (i == SM_ARRAY_SIZE(vcpu_accesses)) {
		snprintf(v->vm->why, sizeof(v->vm->why),
			 "a vCPU faulted at %llx, which is not in the arena",
			 (unsigned long long)r.rip);
		return -EFAULT;
	}
	if (skip)
		r.rip = base + (vcpu_accesses[i].next - kvm_guest_start);
	r.r15 = (uint32_t)-EFAULT;
	v->refused++;
	if (ioctl(v->fd, KVM_SET_REGS, &r) < 0)
		return vcpu_fail(v, "KVM_SET_REGS");
	return 0;
}

/* KVM finishes the instruction when it is entered again, and no other. */
static int vcpu_refuse_mmio(struct kvm_vcpu *v)
{
	int ret;

	if (v->run->mmio.phys_addr >= v->vm->end - v->vm->start) {
		snprintf(v->vm->why, sizeof(v->vm->why),
			 "a vCPU left the arena for %llx",
			 (unsigned long long)v->run->mmio.phys_addr);
		return -EFAULT;
	}
	memset(v->run->mmio.data, 0xff, sizeof(v->run->mmio.data));
	v->run->immediate_exit = 1;
	ret = ioctl(v->fd, KVM_RUN, 0);
	v->run->immediate_exit = 0;
	if (ret < 0 && errno != EINTR)
		return vcpu_fail(v, "finishing MMIO");
	return vcpu_refuse(v, false);
}

/* An exception: the machine is not what we set up, or KVM lost track of it. */
static int vcpu_trap(struct kvm_vcpu *v)
{
	const struct kvm_trap *t = &v->ctl->trap;

	snprintf(v->vm->why, sizeof(v->vm->why),
		 "a vCPU took exception %llu, error %llx, at +%llx (cr2 %llx, flight %llx)",
		 (unsigned long long)t->vector, (unsigned long long)t->error,
		 (unsigned long long)(t->rip - kvm_vm_va(v->vm, v->vm->pages)),
		 (unsigned long long)t->cr2, (unsigned long long)v->ctl->flight);
	return -EPROTO;
}

static int vcpu_exit(struct kvm_vcpu *v)
{
	switch (v->run->exit_reason) {
	case KVM_EXIT_IO:
		return v->run->io.port == KVM_PORT_TRAP ? vcpu_trap(v) :
							  v->run->io.port;
	case KVM_EXIT_MMIO:
		return vcpu_refuse_mmio(v);
	default:
		snprintf(v->vm->why, sizeof(v->vm->why),
			 "a vCPU left with exit reason %u (flight %llx)%s",
			 v->run->exit_reason,
			 (unsigned long long)v->ctl->flight,
			 v->run->exit_reason == KVM_EXIT_SHUTDOWN &&
				 kvm_emulator_harms() ? vcpu_emulated : "");
		return -EPROTO;
	}
}

/*
 * kvm_vcpu_run() - until it leaves by a port; returns the port. After an error it runs
 * no more: KVM may have reset it, and then it takes whatever the storm left at 0 for
 * its program, and that for accesses of ours.
 */
int kvm_vcpu_run(struct kvm_vcpu *v)
{
	int ret = v->error;

	while (!ret) {
		if (!ioctl(v->fd, KVM_RUN, 0))
			ret = vcpu_exit(v);
		else if (errno == EFAULT || errno == EHWPOISON)
			ret = vcpu_refuse(v, true);
		else if (errno != EINTR && errno != EAGAIN)
			ret = vcpu_fail(v, "KVM_RUN");
	}
	if (ret < 0)
		v->error = ret;
	return ret;
}

/* kvm_vcpu_access() - run a list; each element says how it ended. */
int kvm_vcpu_access(struct kvm_vcpu *v, struct sm_access *a, unsigned int nr)
{
	unsigned int part;
	int ret;

	for (; nr; nr -= part, a += part) {
		part = nr < KVM_CTL_LIST_MAX ? nr : KVM_CTL_LIST_MAX;
		memcpy(v->ctl->list, a, part * sizeof(*a));
		v->ctl->nr = part;
		sm_fence();
		ret = kvm_vcpu_run(v);
		if (ret < 0)
			return ret;
		memcpy(a, v->ctl->list, part * sizeof(*a));
	}
	return 0;
}

#endif /* __x86_64__ */
