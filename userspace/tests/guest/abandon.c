// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mirrors that cannot be detached, as the core has left a refused start open: what
 * they hold is let go, and the core's last calls find nothing. A process and one
 * that shares its memory exit under ptrace; process_mrelease() on the two is refused
 * by a driver. The first then goes, and its file with it, and after that the memory.
 *
 * The module stays loaded for good: not for a guest that has more to do.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	KSM_HUGE
#define PAGES	16
#define LEN	(PAGES * KSM_PAGE)
#define STACK	(16 * KSM_PAGE)
#define CLOSE_MS 10000

/* Those that have interval notifiers and obey: one that refuses is asked first. */
static const unsigned int profiles[] = {
	SM_PROFILE_HMM, SM_PROFILE_HFI1_TID,
};

static int sharer(void *fd)
{
	close(*(int *)fd);
	ksm_await_death();
	syscall(SYS_exit_group, 0);
	return 0;
}

static void make_mirrors(struct ksm *k)
{
	unsigned int i;
	char *p;

	ksm_setup(k, SIZE);
	ksm_unmap_device(k);
	p = ksm_map(k, 0, LEN, PROT_READ | PROT_WRITE);
	ksm_fill(p, LEN);
	for (i = 0; i < ARRAY_SIZE(profiles); i++)
		ASSERT_EQ(ksm_fault(k, ksm_mirror(k, profiles[i]),
				    SM_FAULT_WRITE, p, LEN), 0);
	ksm_mirror_with(k, SM_PROFILE_SCIF, SM_DEFECT_REFUSE_NONBLOCK);
}

static _Noreturn void owner(int out)
{
	struct ksm k;
	char *stack;
	int pid;

	make_mirrors(&k);
	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(stack != MAP_FAILED);
	pid = clone(sharer, stack + STACK, CLONE_VM | CLONE_PARENT | SIGCHLD,
		    &k.fd);
	ASSERT_EQ(write(out, &pid, sizeof(pid)), sizeof(pid));
	ksm_await_death();
	_exit(0);
}

/* Who holds the module when no file is open? */
static int module_users(void)
{
	FILE *f = fopen("/sys/module/stalemate/refcnt", "r");
	int n = -1;

	if (f && fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

static void what_they_hold_is_let_go(void)
{
	struct sm_ioc_query before, q;
	int pair[2], pid, with, pidfd;

	if (!getenv("STALEMATE_TEST_ABANDON"))
		ksm_skip("STALEMATE_TEST_ABANDON is not set");
	ksm_need_reap();
	ASSERT_EQ(ksm_query(&before), 0);
	if (!ksm_bit(before.defects, SM_DEFECT_REFUSE_NONBLOCK))
		ksm_skip("the defect cannot be armed here");
	ASSERT_EQ(pipe(pair), 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		owner(pair[1]);
	close(pair[1]);
	ASSERT_EQ(read(pair[0], &with, sizeof(with)), sizeof(with));
	ksm_let_die(with);
	ksm_let_die(pid);
	pidfd = ksm_pidfd(pid);
	EXPECT_EQ(ksm_reap(pidfd), -EAGAIN);
	close(pidfd);
	EXPECT_EQ(ksm_bury(pid), 0);
	/* Its file is closed, and the memory is there. */
	EXPECT_TRUE(ksm_idle(CLOSE_MS, true));
	EXPECT_EQ(ksm_bury(with), 0);
	ASSERT_EQ(ksm_query(&q), 0);
	if (q.closed == before.closed) {
		EXPECT_GT(module_users(), 0);
	} else {
		ksm_note("this kernel has closed what was refused");
		EXPECT_EQ(q.closed - before.closed, q.refused - before.refused);
		EXPECT_EQ(module_users(), 0);
	}
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(what_they_hold_is_let_go),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
