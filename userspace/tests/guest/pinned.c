// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows of several pages that are pinned together: what the process may not
 * write to, the device may not either, in whatever page of a window.
 */
#include <sys/mman.h>

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
	__u32 bad = ksm_mirror(&k, SM_PROFILE_SCIF, 1ULL << SM_DEFECT_FORCE);
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
	__u32 good = ksm_mirror(&k, SM_PROFILE_SCIF, 0);
	struct sm_violation v[64];
	__u64 value;

	EXPECT_EQ(ksm_read(&k, good, p, &value), 0);
	EXPECT_EQ(ksm_stats(&k, good).present, PAGES);
	EXPECT_EQ(ksm_write(&k, good, p + 8, 1), 0);
	EXPECT_EQ(ksm_write(&k, good, p + 5 * KSM_PAGE, 1), -EPERM);
	EXPECT_EQ(ksm_violations(&k, v, ARRAY_SIZE(v)), 0);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(all_of_a_window_is_looked_at),
		KSM_CASE(what_is_allowed_is_silent),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
