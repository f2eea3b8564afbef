// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading KVM's nested page tables: they are what the vCPU has touched, they
 * agree with the page table of the process, and who breaks KVM sees it there.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm.h"

#define PAGES	16
#define CODE	1	/* page of the program */
#define READ	2	/* pages that it reads ... */
#define WRITTEN	4	/* ... and writes */

/* In real mode: two reads, a write, halt. */
static const unsigned char program[] = {
	0xa0, 0x00, 0x20,		/* mov 0x2000,%al */
	0xa0, 0x00, 0x30,		/* mov 0x3000,%al */
	0xc6, 0x06, 0x00, 0x40, 0x01,	/* movb $1,0x4000 */
	0xf4,				/* hlt */
};

static struct ksm k;
static char *memory;
static int kvm, vm, vcpu;
static struct kvm_run *run;
static bool any_paging;		/* not only nested */

static int peek(int fd, __u32 table, __u64 start, __u64 end, __u64 *ent,
		struct sm_ioc_peek *out)
{
	struct sm_ioc_peek p = {
		.size = sizeof(p),
		.driver = SM_DRIVER_KVM,
		.fd = fd,
		.table = table,
		.start = start,
		.end = end,
		.buf = (uintptr_t)ent,
	};
	int err = ksm_ioctl(k.fd, SM_IOC_PEEK, &p);

	if (err == -EOPNOTSUPP)
		ksm_skip("KVM's tables cannot be read in this kernel");
	if (!err && p.unread && !any_paging)
		ksm_skip("shadow paging cannot be read");
	if (out)
		*out = p;
	return err;
}

static void make_machine(void)
{
	struct kvm_userspace_memory_region slot = {
		.memory_size = PAGES * KSM_PAGE,
	};

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		ksm_skip("no /dev/kvm: modprobe kvm-amd or kvm-intel");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	ASSERT_GE(vm, 0);
	/* Shared: what leaves the page table is not free for that. */
	memory = mmap((void *)k.start, PAGES * KSM_PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ASSERT_EQ((uintptr_t)memory, k.start);
	ksm_fill(memory, PAGES * KSM_PAGE);
	memcpy(memory + CODE * KSM_PAGE, program, sizeof(program));
	slot.userspace_addr = (uintptr_t)memory;
	ASSERT_EQ(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), 0);
}

/* From the start of the program. */
static void run_again(void)
{
	struct kvm_regs regs = { .rip = CODE * KSM_PAGE, .rflags = 2 };

	ASSERT_EQ(ioctl(vcpu, KVM_SET_REGS, &regs), 0);
	ASSERT_EQ(ioctl(vcpu, KVM_RUN, 0), 0);
	ASSERT_EQ(run->exit_reason, KVM_EXIT_HLT);
}

/* Not on the first processor: "KVM in an emulated guest" in docs/run.md. */
static void leave_first_cpu(void)
{
	cpu_set_t cpus;

	ASSERT_EQ(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	if (CPU_COUNT(&cpus) < 2)
		return;
	CPU_CLR(0, &cpus);
	ASSERT_EQ(sched_setaffinity(0, sizeof(cpus), &cpus), 0);
}

static void run_vcpu(void)
{
	struct kvm_sregs sregs;
	int size;

	leave_first_cpu();
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	ASSERT_GE(vcpu, 0);
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	ASSERT_NE(run, MAP_FAILED);
	ASSERT_EQ(ioctl(vcpu, KVM_GET_SREGS, &sregs), 0);
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	ASSERT_EQ(ioctl(vcpu, KVM_SET_SREGS, &sregs), 0);
	run_again();
}

/* Present pages; those that differ from the page table are counted, too. */
static unsigned int look(unsigned int *wrong)
{
	__u64 ent[PAGES], cpu[PAGES];
	struct sm_ioc_peek p;
	unsigned int i, mask = 0;

	*wrong = 0;
	ASSERT_EQ(peek(vm, 0, 0, sizeof(ent) / 8 * KSM_PAGE, ent, &p), 0);
	EXPECT_EQ(p.tables, 1);
	ksm_pagemap(memory, PAGES, cpu);
	for (i = 0; i < PAGES; i++) {
		if (!(ent[i] & SM_ENT_PRESENT)) {
			EXPECT_EQ(ent[i], 0);
			continue;
		}
		mask |= 1U << i;
		*wrong += !!((ent[i] ^ cpu[i]) & SM_ENT_COMPARE);
	}
	EXPECT_EQ(p.present, __builtin_popcount(mask));
	return mask;
}

static void arguments(void)
{
	const __u64 end = PAGES * KSM_PAGE;
	__u64 ent[PAGES];
	int file;

	ksm_setup(&k, KSM_HUGE);
	make_machine();
	file = eventfd(0, EFD_CLOEXEC);
	ASSERT_GE(file, 0);
	EXPECT_EQ(peek(vm, 0, 0, end, ent, NULL), 0);
	EXPECT_EQ(peek(vm, 0, end, end, ent, NULL), 0);
	EXPECT_EQ(peek(vm, ~0U, SM_PEEK_END - end, SM_PEEK_END, ent, NULL), 0);
	EXPECT_EQ(peek(vm, 0, end, SM_PEEK_END + KSM_PAGE, ent, NULL), -EINVAL);
	EXPECT_EQ(peek(vm, 0, 0, SM_PEEK_MAX + KSM_PAGE, ent, NULL), -EINVAL);
	EXPECT_EQ(peek(vm, 0, end, 0, ent, NULL), -EINVAL);
	EXPECT_EQ(peek(vm, 0, 1, end, ent, NULL), -EINVAL);
	EXPECT_EQ(peek(vm, 0, 0, end - 1, ent, NULL), -EINVAL);
	EXPECT_EQ(peek(vm, 0, 0, end, NULL, NULL), -EFAULT);
	EXPECT_EQ(peek(kvm, 0, 0, end, ent, NULL), -EINVAL);
	EXPECT_EQ(peek(file, 0, 0, end, ent, NULL), -EINVAL);
	EXPECT_EQ(peek(k.fd, 0, 0, end, ent, NULL), -EINVAL);
	EXPECT_EQ(peek(-1, 0, 0, end, ent, NULL), -EBADF);
	EXPECT_EQ(peek(12345, 0, 0, end, ent, NULL), -EBADF);
	run_vcpu();
	EXPECT_EQ(peek(vcpu, 0, 0, end, ent, NULL), -EINVAL);
}

/* No vCPU has run, so there is no table; then there is, as of one page. */
static void comes(void)
{
	__u64 ent[PAGES];
	struct sm_ioc_peek p;
	unsigned int wrong;

	ksm_setup(&k, KSM_HUGE);
	make_machine();
	memset(ent, 0xff, sizeof(ent));
	ASSERT_EQ(peek(vm, 0, 0, sizeof(ent) / 8 * KSM_PAGE, ent, &p), 0);
	EXPECT_EQ(p.tables, 0);
	EXPECT_EQ(p.present, 0);
	EXPECT_EQ(ent[0], 0);
	run_vcpu();
	EXPECT_EQ(look(&wrong) & 0x1f, 0x1e);
	EXPECT_EQ(wrong, 0);
	ASSERT_EQ(peek(vm, 0, WRITTEN * KSM_PAGE, (WRITTEN + 1) * KSM_PAGE, ent,
		       &p), 0);
	EXPECT_TRUE(ent[0] & SM_ENT_WRITE);
	ASSERT_EQ(peek(vm, 1, 0, KSM_PAGE, ent, &p), 0);
	EXPECT_EQ(p.present, 0);
	EXPECT_EQ(p.tables, 1);
}

/* What the process loses, a KVM that is told of it loses, and no other. */
static void goes(bool broken)
{
	struct sm_ioc_sabotage s = {
		.size = sizeof(s),
		.defects = KSM_BITS(SM_SABOTAGE_NO_INVALIDATE),
	};
	unsigned int wrong, before;

	ksm_setup(&k, KSM_HUGE);
	if (broken && ksm_ioctl(k.fd, SM_IOC_SABOTAGE, &s))
		ksm_skip("this kernel has no dynamic ftrace");
	make_machine();
	run_vcpu();
	before = look(&wrong);
	EXPECT_EQ(wrong, 0);
	ASSERT_EQ(madvise(memory + READ * KSM_PAGE, KSM_PAGE, MADV_DONTNEED),
		  0);
	EXPECT_EQ(look(&wrong), broken ? before : before & ~(1U << READ));
	EXPECT_EQ(wrong, broken);
}

static void follows(void)
{
	goes(false);
}

static void broken(void)
{
	goes(true);
}

/* One huge page, seen through any of its small ones. */
static void large(void)
{
	struct kvm_userspace_memory_region slot = {
		.slot = 1,
		.guest_phys_addr = KSM_HUGE,
		.memory_size = KSM_HUGE,
	};
	__u64 ent[512], cpu[512];
	unsigned int i;
	char *p;

	ksm_setup(&k, 2 * KSM_HUGE);
	make_machine();
	p = ksm_map_huge(&k, KSM_HUGE);
	memcpy(p + CODE * KSM_PAGE, program, sizeof(program));
	slot.userspace_addr = (uintptr_t)p;
	slot.guest_phys_addr = 0;
	slot.slot = 0;
	ASSERT_EQ(ioctl(vm, KVM_SET_USER_MEMORY_REGION,
			&(struct kvm_userspace_memory_region){}), 0);
	ASSERT_EQ(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), 0);
	run_vcpu();
	ASSERT_EQ(peek(vm, 0, 0, KSM_HUGE, ent, NULL), 0);
	ksm_pagemap(p, 512, cpu);
	if ((ent[CODE] & SM_ENT_ORDER) >> SM_ENT_ORDER_SHIFT != 9)
		ksm_skip("KVM made no huge entry");
	for (i = 0; i < 512; i++)
		ASSERT_EQ((ent[i] ^ cpu[i]) & SM_ENT_COMPARE, 0);
}

/* A child cannot look into the machine of its parent. */
static void stranger(void)
{
	__u64 ent[PAGES];
	int pid;

	any_paging = true;
	ksm_setup(&k, KSM_HUGE);
	make_machine();
	run_vcpu();
	ASSERT_EQ(peek(vm, 0, 0, KSM_PAGE, ent, NULL), 0);
	pid = fork();
	if (!pid) {
		close(k.fd);
		munmap((void *)k.start, k.end - k.start);
		ksm_setup(&k, KSM_HUGE);
		EXPECT_EQ(peek(vm, 0, 0, sizeof(ent) / 8 * KSM_PAGE, ent, NULL),
			  -EPERM);
		_exit(ksm_failed());
	}
	EXPECT_EQ(ksm_child(pid), 0);
}

/* A vCPU that cannot be read is told of, and keeps nobody from reading others. */
static void shadow(void)
{
	__u64 ent[PAGES];
	struct sm_ioc_peek p;

	any_paging = true;
	ksm_setup(&k, KSM_HUGE);
	make_machine();
	run_vcpu();
	ASSERT_EQ(peek(vm, 0, 0, sizeof(ent) / 8 * KSM_PAGE, ent, &p), 0);
	if (p.tables)
		ksm_skip("nested paging: modprobe kvm-amd npt=0");
	EXPECT_EQ(p.unread, 1);
	EXPECT_EQ(p.present, 0);
}

static void *peek_all_the_time(void *arg)
{
	__u64 ent[PAGES];

	while (!KSM_LOAD(*(int *)arg))
		peek(vm, 0, 0, sizeof(ent) / 8 * KSM_PAGE, ent, NULL);
	return NULL;
}

/* Slots and machines come and go under who looks on. */
static void races(void)
{
	struct kvm_userspace_memory_region slot = {};
	pthread_t thread;
	int stop = 0;
	unsigned int i;

	ksm_setup(&k, KSM_HUGE);
	make_machine();
	slot.userspace_addr = (uintptr_t)memory;
	run_vcpu();
	ASSERT_EQ(pthread_create(&thread, NULL, peek_all_the_time, &stop), 0);
	for (i = 0; i < 50; i++) {
		slot.memory_size = 0;
		ASSERT_EQ(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), 0);
		slot.memory_size = PAGES * KSM_PAGE;
		ASSERT_EQ(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), 0);
		run_again();
	}
	close(vcpu);
	close(vm);
	KSM_STORE(stop, 1);
	pthread_join(thread, NULL);
}

static bool unloaded(void *arg)
{
	(void)arg;
	return !ksm_module_unload();
}

/* Killed while it looks. */
static void killed(void)
{
	int pipes[2], pid, stop = 0;
	char ready;

	ASSERT_EQ(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		ksm_setup(&k, KSM_HUGE);
		make_machine();
		run_vcpu();
		if (write(pipes[1], "", 1) == 1)
			peek_all_the_time(&stop);
		_exit(1);
	}
	close(pipes[1]);
	if (read(pipes[0], &ready, 1) != 1)
		ksm_skip("KVM's tables cannot be read here");
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	EXPECT_TRUE(ksm_wait_until(unloaded, NULL, 10000));
	ASSERT_EQ(ksm_module_load(), 0);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(arguments),
		KSM_CASE(comes),
		KSM_CASE(follows),
		KSM_CASE(broken),
		KSM_CASE(large),
		KSM_CASE(shadow),
		KSM_CASE(stranger),
		KSM_CASE(races),
		KSM_CASE(killed),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
