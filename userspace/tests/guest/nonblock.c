// SPDX-License-Identifier: GPL-2.0-only
/*
 * Invalidations that must not block. A child exits under ptrace and is stopped
 * where its threads count as dying and its mm is still whole; then
 * process_mrelease() does what the OOM reaper does, on a mirror that is alive.
 * No profile may sleep then. One that does so by a seeded defect is reported,
 * and a debug kernel complains on its own: it does of interval callbacks only
 * because they are marked, see sm_mirror_enter().
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	KSM_HUGE
#define PAGES	16
#define AREAS	8		/* mappings apart from each other */
#define APART	(SIZE / AREAS)
#define REAPERS	4
#define REAPS	200
#define RW	(PROT_READ | PROT_WRITE)

static _Noreturn void child(unsigned int profile, unsigned int defect)
{
	unsigned int i;
	struct ksm k;
	__u32 id;
	char *p;

	ksm_setup(&k, SIZE);
	/* Nothing but the file holds the context: its end is the file's. */
	ksm_unmap_device(&k);
	id = ksm_mirror_with(&k, profile, defect);
	for (i = 0; i < AREAS; i++) {
		p = ksm_map(&k, i * APART, PAGES * KSM_PAGE, RW);
		ksm_fill(p, PAGES * KSM_PAGE);
		ASSERT_EQ(ksm_fault(&k, id, 0, p, PAGES * KSM_PAGE), 0);
	}
	ksm_await_death();
	_exit(k.fd);
}

static _Noreturn void reap_many_times(int pidfd, unsigned int *missing)
{
	int i, err = 0;

	__atomic_sub_fetch(missing, 1, __ATOMIC_SEQ_CST);
	while (KSM_LOAD(*missing))
		sched_yield();
	for (i = 0; i < REAPS && !err; i++)
		err = ksm_reap(pidfd);
	_exit(-err);
}

/* Several at a time, and each many times: the mappings stay. */
static int at_once(int pidfd)
{
	unsigned int *missing = mmap(NULL, KSM_PAGE, RW,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int i, pid[REAPERS], err = 0;

	ASSERT_TRUE(missing != MAP_FAILED);
	*missing = REAPERS;
	for (i = 0; i < REAPERS; i++) {
		pid[i] = fork();
		ASSERT_GE(pid[i], 0);
		if (!pid[i])
			reap_many_times(pidfd, missing);
	}
	for (i = 0; i < REAPERS; i++)
		err |= ksm_child(pid[i]);
	return err;
}

/* Let a child die as said above; returns what @reaper did. */
static int reap(struct ksm *k, unsigned int profile, unsigned int defect,
		int (*reaper)(int pidfd))
{
	int err, pidfd, pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid)
		child(profile, defect);
	ksm_adopt(k, pid, ksm_let_die(pid));
	pidfd = ksm_pidfd(pid);
	err = reaper(pidfd);
	close(pidfd);
	ksm_bury(pid);
	return err;
}

static void no_profile_sleeps(void)
{
	struct sm_ioc_query q;
	unsigned int i;

	ksm_need_reap();
	ASSERT_EQ(ksm_query(&q), 0);
	for (i = 0; i < 64 && !ksm_failed(); i++) {
		struct ksm k;
		int err;

		if (!(q.profiles & (1ULL << i)))
			continue;
		err = reap(&k, i, KSM_NO_DEFECT, ksm_reap);
		ksm_note("profile %u %s", i, err ? "refuses" : "obeys");
		/* One whose lock sleeps has to say no, and may. */
		if (err != -EAGAIN)
			EXPECT_EQ(err, 0);
		EXPECT_EQ(ksm_count(&k, SM_ORACLE_BLOCKING), 0);
		EXPECT_EQ(ksm_log_splats(), 0);
		close(k.fd);
	}
}

static void a_sleeper_is_seen(void)
{
	static const unsigned int sleepers[] = {
		SM_PROFILE_UMEM_ODP, SM_PROFILE_HFI1_TID,
	};
	unsigned int i, splats;
	struct ksm k;

	if (!getenv("STALEMATE_TEST_SPLAT"))
		ksm_skip("STALEMATE_TEST_SPLAT is not set");
	ksm_need_reap();
	for (i = 0; i < ARRAY_SIZE(sleepers); i++) {
		reap(&k, sleepers[i], SM_DEFECT_NONBLOCK_SLEEP, ksm_reap);
		EXPECT_GT(ksm_count(&k, SM_ORACLE_BLOCKING), 0);
		close(k.fd);
	}
	splats = ksm_log_splats();
	/* Our debug kernel has lockdep and CONFIG_DEBUG_ATOMIC_SLEEP. */
	if (access("/proc/lockdep", F_OK))
		EXPECT_EQ(splats, 0);
	else
		EXPECT_GT(splats, 0);
}

/* Each of those that sleep at once is seen, whoever comes first. */
static void all_sleepers_are_seen(void)
{
	struct sm_ioc_violations v = { .size = sizeof(v) };
	struct ksm k;

	if (!getenv("STALEMATE_TEST_SPLAT"))
		ksm_skip("STALEMATE_TEST_SPLAT is not set");
	if (!access("/proc/lockdep", F_OK))
		ksm_skip("this kernel complains of each of them");
	ksm_need_reap();
	EXPECT_EQ(reap(&k, SM_PROFILE_AMDGPU, SM_DEFECT_NONBLOCK_SLEEP,
		       at_once), 0);
	ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_VIOLATIONS, &v), 0);
	EXPECT_EQ(v.total, REAPERS * REAPS * AREAS);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(no_profile_sleeps),
		{ .name = "a_sleeper_is_seen", .run = a_sleeper_is_seen,
		  .flags = KSM_SPLATS },
		{ .name = "all_sleepers_are_seen",
		  .run = all_sleepers_are_seen, .flags = KSM_SPLATS },
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
