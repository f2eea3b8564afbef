// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows of several pages that are pinned together: what the process may not
 * write to, the device may not either, in whatever page of a window.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	KSM_HUGE
#define PAGES	16		/* one window of profile scif */
#define LEN	(PAGES * KSM_PAGE)

static struct ksm k;

/* A page in the middle and the last one are read-only. */
static char *begin(void)
{
	char *p;

	ksm_setup(&k, SIZE);
	p = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);
	ksm_fill(p, LEN);
	ASSERT_EQ(mprotect(p + 5 * KSM_PAGE, KSM_PAGE, PROT_READ), 0);
	ASSERT_EQ(mprotect(p + LEN - KSM_PAGE, KSM_PAGE, PROT_READ), 0);
	return p;
}

static void all_of_a_window_is_looked_at(void)
{
	char *p = begin();
	__u32 bad = ksm_mirror_with(&k, SM_PROFILE_SCIF, SM_DEFECT_FORCE);
	struct sm_violation v[64];

	EXPECT_EQ(ksm_write(&k, bad, p + 8, 1), 0);
	EXPECT_EQ(ksm_stats(&k, bad).present, PAGES);
	ASSERT_EQ(ksm_violations(&k, v, ARRAY_SIZE(v)), 2);
	EXPECT_EQ(v[0].oracle, SM_ORACLE_PERM);
	EXPECT_EQ(v[0].va, (uintptr_t)p + 5 * KSM_PAGE);
	EXPECT_EQ(v[0].detail, SM_ACCESS_WRITE);
	EXPECT_EQ(v[1].oracle, SM_ORACLE_PERM);
	EXPECT_EQ(v[1].va, (uintptr_t)p + LEN - KSM_PAGE);
}

/* Nobody is blamed for reading all of it, or for writing to the rest. */
static void what_is_allowed_is_silent(void)
{
	char *p = begin();
	__u32 good = ksm_mirror(&k, SM_PROFILE_SCIF);
	struct sm_violation v[64];
	__u64 value;

	EXPECT_EQ(ksm_read(&k, good, p, &value), 0);
	EXPECT_EQ(ksm_stats(&k, good).present, PAGES);
	EXPECT_EQ(ksm_write(&k, good, p + 8, 1), 0);
	EXPECT_EQ(ksm_write(&k, good, p + 5 * KSM_PAGE, 1), -EPERM);
	EXPECT_EQ(ksm_violations(&k, v, ARRAY_SIZE(v)), 0);
}

/* A device reads, and then writes there: nothing was pinned for that. */
static void write_in_place(__u32 bad, char *p)
{
	struct sm_violation v[64];
	__u64 value;

	EXPECT_EQ(ksm_read(&k, bad, p, &value), 0);
	EXPECT_EQ(ksm_violations(&k, v, ARRAY_SIZE(v)), 0);
	EXPECT_EQ(ksm_write(&k, bad, p + 8, 1), 0);
	ASSERT_EQ(ksm_violations(&k, v, ARRAY_SIZE(v)), 1);
	EXPECT_EQ(v[0].oracle, SM_ORACLE_PERM);
	EXPECT_EQ(v[0].mirror, bad);
	EXPECT_EQ(v[0].va, (uintptr_t)p);
}

/* Whom nobody compares with the page table is seen when the device writes. */
static void tid_written_in_place(void)
{
	char *p = begin();
	__u32 good = ksm_mirror(&k, SM_PROFILE_HFI1_TID);
	struct sm_violation v[64];
	__u64 value;

	EXPECT_EQ(ksm_read(&k, good, p, &value), 0);
	EXPECT_EQ(ksm_write(&k, good, p + 8, 1), 0);
	EXPECT_EQ(ksm_violations(&k, v, ARRAY_SIZE(v)), 0);
	write_in_place(ksm_mirror_with(&k, SM_PROFILE_HFI1_TID,
				       SM_DEFECT_WRITE_IN_PLACE), p + KSM_PAGE);
}

/* What was pinned for reading is looked at when nobody pins anything any more. */
static void written_in_place(void)
{
	char *p = begin();
	__u32 bad = ksm_mirror_with(&k, SM_PROFILE_SCIF,
				    SM_DEFECT_WRITE_IN_PLACE);
	struct sm_violation v[64];

	EXPECT_EQ(ksm_check(&k, bad).violations, 0);
	write_in_place(bad, p);
	EXPECT_EQ(ksm_check(&k, bad).violations, 2);
	ASSERT_EQ(ksm_violations(&k, v, ARRAY_SIZE(v)), 2);
	EXPECT_EQ(v[0].oracle, SM_ORACLE_PERM);
	EXPECT_EQ(v[0].va, (uintptr_t)p + 5 * KSM_PAGE);
	EXPECT_EQ(v[1].va, (uintptr_t)p + LEN - KSM_PAGE);
}

/* Another process, which causes an event of all of this one's memory when told. */
static int stranger(int *tell)
{
	char path[64];
	int fds[2], fd, pid;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", getpid());
	ASSERT_EQ(pipe(fds), 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		fd = open(path, O_WRONLY);
		_exit(read(fds[0], path, 1) != 1 || fd < 0 ||
		      write(fd, "4", 1) != 1);
	}
	*tell = fds[1];
	return pid;
}

/* Who is deaf to that does not note it either: the witness does. */
static void foreign_events_are_noted(void)
{
	bool deaf = ksm_param == SM_DEFECT_FOREIGN_IGNORED;
	char *p = begin();
	__u32 id = ksm_mirror_with(&k, ksm_profile, ksm_param);
	int tell, pid = stranger(&tell);
	__u64 value;

	EXPECT_EQ(ksm_read(&k, id, p, &value), 0);
	EXPECT_EQ(write(tell, "", 1), 1);
	if (ksm_child(pid))
		ksm_skip("nobody clears soft-dirty bits");
	EXPECT_EQ(ksm_stats(&k, id).present != 0, deaf);
	EXPECT_EQ(ksm_read(&k, id, p, &value), 0);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_LATE), deaf);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(all_of_a_window_is_looked_at),
		KSM_CASE(what_is_allowed_is_silent),
		KSM_CASE(written_in_place),
		KSM_CASE(tid_written_in_place),
		KSM_EACH_WITH(FOREIGN_IGNORED, foreign_events_are_noted),
		KSM_EACH_WITH(BUSY_KEPT, foreign_events_are_noted),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
