// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may use a context: root with CAP_SYS_ADMIN opens it, the mm that opened
 * it acts, any holder of the file may query; see also release.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	(2 * KSM_HUGE)

static struct ksm k;
static __u32 mirror;

static void begin(void)
{
	char *p;

	ksm_setup(&k, SIZE);
	p = ksm_map(&k, 0, 4 * KSM_PAGE, PROT_READ | PROT_WRITE);
	ksm_fill(p, 4 * KSM_PAGE);
	mirror = ksm_mirror(&k, SM_PROFILE_KVM);
	ASSERT_EQ(ksm_fault(&k, mirror, 0, p, 4 * KSM_PAGE), 0);
}

/* What each ioctl but QUERY says, with arguments that would be right. */
static void expect_all(int err, int err_reading)
{
	static __u64 buf[8];
	const char *p = (const char *)(uintptr_t)KSM_ARENA;
	struct sm_ioc_setup setup = {
		.size = sizeof(setup), .ring_order = 6, .start = KSM_ARENA,
		.end = KSM_ARENA + SIZE,
	};
	struct sm_ioc_mirror_create c = {
		.size = sizeof(c), .start = KSM_ARENA, .end = KSM_ARENA + SIZE,
	};
	struct sm_ioc_snapshot s = {
		.size = sizeof(s), .start = KSM_ARENA, .buf = (uintptr_t)buf,
		.end = KSM_ARENA + KSM_PAGE,
	};
	struct sm_ioc_entry e = { .size = sizeof(e), .va = KSM_ARENA };
	struct sm_ioc_check check = {
		.size = sizeof(check), .start = KSM_ARENA,
		.end = KSM_ARENA + SIZE,
	};
	struct sm_ioc_agent_start a = {
		.size = sizeof(a), .ring_order = 6, .flags = SM_AGENT_READ,
		.start = KSM_ARENA, .end = KSM_ARENA + KSM_PAGE,
	};
	struct sm_ioc_violations v = {
		.size = sizeof(v), .buf = (uintptr_t)buf,
	};
	struct sm_ioc_stats st = { .size = sizeof(st) };
	struct sm_ioc_sabotage sabotage = {
		.size = sizeof(sabotage),
		.defects = KSM_BITS(SM_SABOTAGE_NO_INVALIDATE),
	};
	struct sm_ioc_peek peek = {
		.size = sizeof(peek), .driver = SM_DRIVER_UMEM_ODP, .fd = -1,
		.start = KSM_ARENA, .end = KSM_ARENA + KSM_PAGE,
		.buf = (uintptr_t)buf,
	};
	struct sm_ioc_age age = { .size = sizeof(age), .va = KSM_ARENA };

	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SETUP, &setup), err);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_MIRROR_CREATE, &c), err);
	EXPECT_EQ(ksm_read(&k, 0, p, buf), err);
	EXPECT_EQ(ksm_write(&k, 0, p, 1), err);
	EXPECT_EQ(ksm_fault(&k, 0, 0, p, KSM_PAGE), err);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_CHECK, &check), err);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_START, &a), err);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SABOTAGE, &sabotage), err);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_PEEK, &peek), err);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGE, &age), err);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SNAPSHOT, &s), err_reading);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_ENTRY, &e), err_reading);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_VIOLATIONS, &v), err_reading);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_STATS, &st), err_reading);
}

static void forked_child(void)
{
	struct sm_ioc_query q = { .size = sizeof(q) };
	struct sm_ioc_agent_stop stop = { .size = sizeof(stop) };
	__u64 value;
	int pid;

	begin();
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		expect_all(-EPERM, -EPERM);
		EXPECT_EQ(ksm_mirror_destroy(&k, mirror), -EPERM);
		EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_AGENT_STOP, &stop), -EPERM);
		EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_QUERY, &q), 0);
		EXPECT_EQ(q.mirrors, 1);
		ksm_end();
	}
	ksm_child(pid);
	EXPECT_EQ(ksm_read(&k, mirror, (char *)(uintptr_t)KSM_ARENA, &value),
		  0);
}

static int vforked_child(void *arg)
{
	__u64 value;

	EXPECT_EQ(ksm_read(&k, mirror, arg, &value), 0);
	EXPECT_EQ(value, ksm_word(arg));
	return 0;
}

/* The mm decides, not the process: CLONE_VM shares the context. */
static void vforked(void)
{
	static __u64 stack[8192];
	char *p = (char *)(uintptr_t)KSM_ARENA;
	__u64 value;
	int pid;

	begin();
	pid = clone(vforked_child, stack + ARRAY_SIZE(stack),
		    CLONE_VM | CLONE_VFORK | SIGCHLD, p);
	ASSERT_GE(pid, 0);
	EXPECT_EQ(ksm_child(pid), 0);
	/* Its exit was not the end of the mm. */
	EXPECT_EQ(ksm_read(&k, mirror, p, &value), 0);
	EXPECT_EQ(ksm_entry(&k, mirror, p).entry >> 63, 1);
}

/* One witness for an mm; a second file on it can still query. */
static void one_witness(void)
{
	struct sm_ioc_setup s = {
		.size = sizeof(s), .ring_order = 6, .start = KSM_ARENA,
		.end = KSM_ARENA + SIZE,
	};
	int fd;

	begin();
	fd = ksm_open();
	ASSERT_GE(fd, 0);
	EXPECT_EQ(ksm_ioctl(fd, SM_IOC_SETUP, &s), -EBUSY);
	close(fd);
}

static int drop_cap(unsigned int cap)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d))
		return -errno;
	d[cap / 32].effective &= ~(1U << cap % 32);
	d[cap / 32].permitted &= ~(1U << cap % 32);
	return syscall(SYS_capset, &h, d) ? -errno : 0;
}

static void without_cap(void)
{
	ASSERT_EQ(drop_cap(CAP_SYS_ADMIN), 0);
	ASSERT_EQ(geteuid(), 0);
	EXPECT_EQ(ksm_open(), -EPERM);
}

static void without_root(void)
{
	int err;

	ASSERT_EQ(setresgid(65534, 65534, 65534), 0);
	ASSERT_EQ(setresuid(65534, 65534, 65534), 0);
	err = ksm_open();
	EXPECT_EQ(err == -EACCES ? -EPERM : err, -EPERM);
}

/* Run this program again, see after_exec(). Returns what it exits with. */
static int run_again(int fd)
{
	char number[16];
	int pid;

	snprintf(number, sizeof(number), "%d", fd);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		execl("/proc/self/exe", "abi_owner", "after-exec", number,
		      (char *)NULL);
		_exit(127);
	}
	return ksm_child(pid);
}

/* In the new program: 0 if the file is closed, 1 if it is there. */
static int after_exec(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void cloexec(void)
{
	begin();
	EXPECT_EQ(run_again(k.fd), 0);
	ASSERT_EQ(fcntl(k.fd, F_SETFD, 0), 0);
	EXPECT_EQ(run_again(k.fd), 1);
}

/* In a program that exec'ed itself away from its own context. */
static int after_own_exec(int fd)
{
	struct sm_ioc_stats st = { .size = sizeof(st) };
	struct sm_ioc_query q = { .size = sizeof(q) };
	struct sm_ioc_access a = {
		.size = sizeof(a), .va = KSM_ARENA, .len = 8,
		.buf = (uintptr_t)&q,
	};

	if (ksm_ioctl(fd, SM_IOC_ACCESS, &a) != -ESRCH)
		return 10;
	if (ksm_ioctl(fd, SM_IOC_STATS, &st))
		return 11;
	if (st.present)
		return 12;
	if (ksm_ioctl(fd, SM_IOC_QUERY, &q) || q.contexts != 1)
		return 13;
	return 0;
}

/* exec() is the end of the mm, though not of the process or the file. */
static void exec_ends_mm(void)
{
	char number[16];
	int pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid) {
		begin();
		fcntl(k.fd, F_SETFD, 0);
		snprintf(number, sizeof(number), "%d", k.fd);
		execl("/proc/self/exe", "abi_owner", "own-exec", number,
		      (char *)NULL);
		_exit(127);
	}
	EXPECT_EQ(ksm_child(pid), 0);
}

int main(int argc, char **argv)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(forked_child),
		KSM_CASE(vforked),
		KSM_CASE(one_witness),
		KSM_CASE(without_cap),
		KSM_CASE(without_root),
		KSM_CASE(cloexec),
		KSM_CASE(exec_ends_mm),
	};

	if (argc == 3 && !strcmp(argv[1], "after-exec"))
		return after_exec(atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "own-exec"))
		return after_own_exec(atoi(argv[2]));
	return ksm_main(cases, ARRAY_SIZE(cases));
}
