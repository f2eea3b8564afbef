// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breaking a real driver: KVM, if there is /dev/kvm. What is broken pins the
 * module until it is gone, however that happens, and no longer.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	(2 * KSM_HUGE)
#define WAIT_MS	10000

static struct ksm k;

static int arm(__u64 defects, __u32 reserved)
{
	struct sm_ioc_sabotage s = {
		.size = sizeof(s), .defects = defects, .reserved = reserved,
	};

	return ksm_ioctl(k.fd, SM_IOC_SABOTAGE, &s);
}

static void begin_armed(void)
{
	int err;

	ksm_setup(&k, SIZE);
	err = arm(1ULL << SM_DEFECT_NO_INVALIDATE, 0);
	if (err == -EOPNOTSUPP)
		ksm_skip("this kernel has no kprobes");
	ASSERT_EQ(err, 0);
}

static int make_machine(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm;

	if (kvm < 0)
		ksm_skip("no /dev/kvm: modprobe kvm-amd or kvm-intel");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	close(kvm);
	ASSERT_GE(vm, 0);
	return vm;
}

static void arguments(void)
{
	ksm_setup(&k, SIZE);
	EXPECT_EQ(arm(0, 0), -EOPNOTSUPP);
	EXPECT_EQ(arm(1ULL << SM_DEFECT_NO_RETRY, 0), -EOPNOTSUPP);
	EXPECT_EQ(arm(3ULL << SM_DEFECT_NO_RETRY, 0), -EOPNOTSUPP);
	EXPECT_EQ(arm(1ULL << SM_DEFECT_NO_INVALIDATE, 1), -EINVAL);
}

static void once(void)
{
	begin_armed();
	EXPECT_EQ(arm(1ULL << SM_DEFECT_NO_INVALIDATE, 0), -EBUSY);
}

/* Our own mirrors are no real drivers: they still hear of everything. */
static void mirrors_are_spared(void)
{
	__u32 mirror;
	char *p;

	begin_armed();
	mirror = ksm_mirror(&k, SM_PROFILE_KVM, 0);
	p = ksm_map(&k, 0, 4 * KSM_PAGE, PROT_READ | PROT_WRITE);
	ksm_fill(p, 4 * KSM_PAGE);
	ASSERT_EQ(ksm_fault(&k, mirror, 0, p, 4 * KSM_PAGE), 0);
	ASSERT_EQ(ksm_stats(&k, mirror).present, 4);
	ASSERT_EQ(munmap(p, 4 * KSM_PAGE), 0);
	EXPECT_EQ(ksm_stats(&k, mirror).present, 0);
}

static bool unloaded(void *arg)
{
	(void)arg;
	return !ksm_module_unload();
}

static void expect_unloads(void)
{
	EXPECT_TRUE(ksm_wait_until(unloaded, NULL, WAIT_MS));
	ASSERT_EQ(ksm_module_load(), 0);
}

/*
 * Run @body in a child of its own mm, and wait until it says that it is ready.
 * A child that cannot go on (no KVM) ends without that.
 */
static int start(void (*body)(void))
{
	int pipes[2], pid;
	char ready;

	ASSERT_EQ(pipe(pipes), 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pipes[0]);
		body();
		if (write(pipes[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(pipes[1]);
	if (read(pipes[0], &ready, 1) != 1) {
		waitpid(pid, NULL, 0);
		ksm_skip("no /dev/kvm, or no kprobes");
	}
	close(pipes[0]);
	return pid;
}

static void broken_machine(void)
{
	begin_armed();
	make_machine();
}

/* Killed in the middle of it all. */
static void killed(void)
{
	int pid = start(broken_machine);

	EXPECT_EQ(ksm_module_unload(), -EWOULDBLOCK);
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	expect_unloads();
}

static void machine_outlives(void)
{
	static int pid;

	begin_armed();
	make_machine();
	pid = fork();
	if (pid)
		return;
	/* Holds the machine, and the context no longer. */
	close(k.fd);
	prctl(PR_SET_PDEATHSIG, 0);
	sleep(2);
	_exit(0);
}

/* The context is gone and the machine is not: it still has our callbacks. */
static void outlived(void)
{
	int pid = start(machine_outlives);

	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	EXPECT_TRUE(ksm_idle(WAIT_MS, true));
	EXPECT_EQ(ksm_module_unload(), -EWOULDBLOCK);
	expect_unloads();
}

/* The machine is gone and the context is not. */
static void machine_first(void)
{
	int vm;

	begin_armed();
	vm = make_machine();
	ASSERT_EQ(close(vm), 0);
	ksm_unmap_device(&k);
	ASSERT_EQ(close(k.fd), 0);
	expect_unloads();
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(arguments),
		KSM_CASE(once),
		KSM_CASE(mirrors_are_spared),
		KSM_CASE(killed),
		KSM_CASE(outlived),
		KSM_CASE(machine_first),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
