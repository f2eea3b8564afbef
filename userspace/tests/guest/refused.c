// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts that a notifier refuses, as it legally may, beside interval notifiers: is
 * the start closed for them, or left open? A kernel that leaves it open is to be
 * found out, and one that does not is not to be accused; with either, nothing waits
 * for ever. A child exits under ptrace, and process_mrelease() on it is refused.
 *
 * Where it is left open the module stays loaded for good: not for a guest that has
 * more to do, unless that is known not to happen.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	KSM_HUGE
#define PAGES	16
#define LEN	(PAGES * KSM_PAGE)
#define REAPS	20
#define CLOSE_MS 10000

static const unsigned int profiles[] = { SM_PROFILE_HMM, SM_PROFILE_UMEM_ODP };

/*
 * @shared: the reaper leaves the arena alone, so no interval of a mirror is
 * touched; it finds the heap and the stack.
 */
static _Noreturn void child(bool shared)
{
	unsigned int i;
	struct ksm k;
	char *p;

	ksm_setup(&k, SIZE);
	ksm_unmap_device(&k);
	if (shared)
		p = mmap((void *)k.start, LEN, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	else
		p = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);
	ASSERT_TRUE(p != MAP_FAILED);
	ksm_fill(p, LEN);
	for (i = 0; i < ARRAY_SIZE(profiles); i++)
		ASSERT_EQ(ksm_fault(&k, ksm_mirror(&k, profiles[i]),
				    SM_FAULT_WRITE, p, LEN), 0);
	ksm_mirror_with(&k, SM_PROFILE_SCIF, SM_DEFECT_REFUSE_NONBLOCK);
	ksm_await_death();
	_exit(k.fd);
}

/* Each is refused; how many were, on the way through the mappings, may vary. */
static void refuse(int pidfd, unsigned int nr)
{
	while (nr--)
		ASSERT_EQ(ksm_reap(pidfd), -EAGAIN);
}

static void refuse_two_at_once(int pidfd)
{
	int pid = fork();

	ASSERT_GE(pid, 0);
	refuse(pidfd, REAPS);
	if (!pid)
		_exit(ksm_failed());
	ASSERT_EQ(ksm_child(pid), 0);
}

/* Lets a child die, refused as @two says; its file is ours then. */
static void let_die(struct ksm *k, bool shared, bool two)
{
	int pidfd, pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid)
		child(shared);
	ksm_adopt(k, pid, ksm_let_die(pid));
	pidfd = ksm_pidfd(pid);
	if (two)
		refuse_two_at_once(pidfd);
	else
		refuse(pidfd, 1);
	close(pidfd);
	ksm_bury(pid);
}

static void need_refusals(struct sm_ioc_query *q)
{
	if (!getenv("STALEMATE_TEST_ABANDON"))
		ksm_skip("STALEMATE_TEST_ABANDON is not set");
	ksm_need_reap();
	ASSERT_EQ(ksm_query(q), 0);
	if (!ksm_bit(q->defects, SM_DEFECT_REFUSE_NONBLOCK))
		ksm_skip("the defect cannot be armed here");
	if (!(q->features & SM_FEATURE_MIGRATE))
		ksm_skip("no event can be sent in the memory of another process");
}

/*
 * Either the core was seen to close all that was refused, and nobody is accused,
 * or it is accused; and the file can be closed.
 */
static void found_out(bool shared, bool two)
{
	struct sm_ioc_query before, q;
	unsigned int accused;
	struct ksm k;

	need_refusals(&before);
	let_die(&k, shared, two);
	accused = ksm_count(&k, SM_ORACLE_CONTRACT);
	ASSERT_EQ(ksm_query(&q), 0);
	EXPECT_GT(q.refused, before.refused);
	if (q.closed == before.closed)
		EXPECT_EQ(accused, 1);
	else
		EXPECT_EQ(accused, 0);
	if (!accused)
		EXPECT_EQ(q.refused - before.refused, q.closed - before.closed);
	ksm_note("%llu refused, %s", q.refused - before.refused,
		 accused ? "left open" : "closed");
	close(k.fd);
	EXPECT_TRUE(ksm_idle(CLOSE_MS, true));
}

static void inside_of_a_mirror(void)
{
	found_out(false, false);
}

static void outside_of_all_mirrors(void)
{
	found_out(true, false);
}

static void two_at_once(void)
{
	found_out(false, true);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(inside_of_a_mirror),
		KSM_CASE(outside_of_all_mirrors),
		KSM_CASE(two_at_once),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
