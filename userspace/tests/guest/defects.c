// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seeded defects that need no race: each is found by the oracle that is there
 * for it, and the correct mirror beside it, on the same memory, by none.
 * Defect no-release is in release.c, the racing ones are left to storms.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ksm.h"

#define SIZE	(4 * KSM_HUGE)
#define PAGES	16
#define LEN	(PAGES * KSM_PAGE)
#define RW	(PROT_READ | PROT_WRITE)
#define BIT(d)	(1ULL << (d))

static struct ksm k;
static __u32 good, bad;
static __u64 ent[512];

static void begin(enum sm_defect defect)
{
	ksm_setup(&k, SIZE);
	good = ksm_mirror(&k, ksm_param, 0);
	bad = ksm_mirror(&k, ksm_param, BIT(defect));
}

static char *begin_pages(enum sm_defect defect)
{
	char *p;

	begin(defect);
	p = ksm_map(&k, 0, LEN, RW);
	ksm_fill(p, LEN);
	ASSERT_EQ(ksm_fault(&k, good, SM_FAULT_WRITE, p, LEN), 0);
	ASSERT_EQ(ksm_fault(&k, bad, SM_FAULT_WRITE, p, LEN), 0);
	return p;
}

/* Takes all violations: @nr of @oracle at @va, all of the bad mirror. */
static void expect_found(enum sm_oracle oracle, const char *va,
			 unsigned int nr)
{
	unsigned int i, n, found = 0;
	struct sm_violation v[64];

	n = ksm_violations(&k, v, ARRAY_SIZE(v));
	for (i = 0; i < n; i++) {
		EXPECT_EQ(v[i].mirror, bad);
		if (v[i].oracle != oracle)
			continue;
		if (!found++)
			EXPECT_EQ(v[i].va, (uintptr_t)va);
		EXPECT_EQ(v[i].entry >> 63, 1);
		EXPECT_NE(v[i].t_ns, 0);
	}
	EXPECT_EQ(found, nr);
}

/* A stale entry: found by looking, and by the device using it. */
static void expect_stale(const char *va, unsigned int nr, bool write)
{
	__u64 value = 0;

	EXPECT_EQ(ksm_check(&k, good).violations, 0);
	EXPECT_EQ(ksm_check(&k, bad).violations, nr);
	expect_found(SM_ORACLE_PERM, va, nr < 64 ? nr : 64);
	ksm_count(&k, SM_ORACLE_PERM);
	if (write)
		ksm_write(&k, bad, va + 16, 0xbad);
	else
		ksm_read(&k, bad, va, &value);
	expect_found(SM_ORACLE_LATE, va, 1);
}

static void ignore_mprotect(void)
{
	char *p = begin_pages(SM_DEFECT_IGNORE_MPROTECT);

	ASSERT_EQ(mprotect(p, KSM_PAGE, PROT_READ), 0);
	EXPECT_EQ(ksm_entry(&k, good, p).entry, 0);
	EXPECT_EQ(ksm_entry(&k, bad, p).entry & SM_ENT_WRITE, SM_ENT_WRITE);
	EXPECT_EQ(ksm_write(&k, good, p + 8, 1), -EPERM);
	expect_stale(p, 1, true);
	/* Other events it heeds. */
	ASSERT_EQ(munmap(p, LEN), 0);
	EXPECT_EQ(ksm_stats(&k, bad).present, 0);
}

static void short_range(void)
{
	char *p = begin_pages(SM_DEFECT_SHORT_RANGE);
	char *last = p + LEN - KSM_PAGE;

	ASSERT_EQ(munmap(p, LEN), 0);
	EXPECT_EQ(ksm_snapshot(&k, good, p, PAGES, ent), 0);
	EXPECT_EQ(ksm_snapshot(&k, bad, p, PAGES, ent), 1);
	EXPECT_EQ(ent[PAGES - 1] >> 63, 1);
	expect_stale(last, 1, false);
}

static void thp_head_only(void)
{
	char *p;

	begin(SM_DEFECT_THP_HEAD_ONLY);
	p = ksm_map_huge(&k, KSM_HUGE);
	ASSERT_EQ(ksm_fault(&k, good, SM_FAULT_WRITE, p, KSM_HUGE), 0);
	ASSERT_EQ(ksm_fault(&k, bad, SM_FAULT_WRITE, p, KSM_HUGE), 0);
	ASSERT_EQ(munmap(p, KSM_HUGE), 0);
	EXPECT_EQ(ksm_snapshot(&k, good, p, 512, ent), 0);
	EXPECT_EQ(ksm_snapshot(&k, bad, p, 512, ent), 511);
	EXPECT_EQ(ent[0], 0);
	expect_stale(p + KSM_PAGE, 511, false);
}

static void long_range(void)
{
	char *p = begin_pages(SM_DEFECT_LONG_RANGE);

	ASSERT_EQ(madvise(p, 4 * KSM_PAGE, MADV_DONTNEED), 0);
	EXPECT_EQ(ksm_snapshot(&k, good, p, PAGES, ent), PAGES - 4);
	EXPECT_EQ(ksm_snapshot(&k, bad, p, PAGES, ent), PAGES - 5);
	expect_found(SM_ORACLE_OVER, p + 4 * KSM_PAGE, 1);
	EXPECT_EQ(ksm_check(&k, bad).violations, 0);
}

static void forget(void)
{
	char *p = begin_pages(SM_DEFECT_FORGET);
	__u64 value;

	EXPECT_EQ(ksm_read(&k, good, p, &value), 0);
	EXPECT_EQ(ksm_read(&k, bad, p, &value), 0);
	EXPECT_EQ(value, ksm_word(p));
	EXPECT_EQ(ksm_entry(&k, good, p).entry >> 63, 1);
	EXPECT_EQ(ksm_entry(&k, bad, p).entry, 0);
	expect_found(SM_ORACLE_COVERAGE, p, 1);
}

/* Leaves a WARN in the log on purpose, which a strict guest counts as fatal. */
static void splat(void)
{
	char *p;

	if (!getenv("STALEMATE_TEST_SPLAT"))
		ksm_skip("wants STALEMATE_TEST_SPLAT=1: it leaves a WARN");
	p = begin_pages(SM_DEFECT_SPLAT);
	ASSERT_EQ(munmap(p, LEN), 0);
	EXPECT_EQ(ksm_stats(&k, bad).present, 0);
	EXPECT_GE(ksm_log_splats(), 1);
}

/* The same operations on correct mirrors only: silence. */
static void correct(void)
{
	struct sm_violation v[64];
	char *p, *huge;
	__u64 value;

	ksm_setup(&k, SIZE);
	good = ksm_mirror(&k, ksm_param, 0);
	p = ksm_map(&k, 0, LEN, RW);
	ksm_fill(p, LEN);
	huge = ksm_map_huge(&k, KSM_HUGE);
	ASSERT_EQ(ksm_fault(&k, good, SM_FAULT_WRITE, p, LEN), 0);
	ASSERT_EQ(ksm_fault(&k, good, SM_FAULT_WRITE, huge, KSM_HUGE), 0);
	ASSERT_EQ(mprotect(p, KSM_PAGE, PROT_READ), 0);
	EXPECT_EQ(ksm_write(&k, good, p, 1), -EPERM);
	ASSERT_EQ(madvise(p + KSM_PAGE, 4 * KSM_PAGE, MADV_DONTNEED), 0);
	EXPECT_EQ(ksm_read(&k, good, p + KSM_PAGE, &value), 0);
	ASSERT_EQ(munmap(huge, KSM_HUGE), 0);
	EXPECT_EQ(ksm_read(&k, good, huge, &value), -EFAULT);
	ASSERT_EQ(munmap(p, LEN), 0);
	EXPECT_EQ(ksm_read(&k, good, p, &value), -EFAULT);
	EXPECT_EQ(ksm_check(&k, good).violations, 0);
	EXPECT_EQ(ksm_violations(&k, v, ARRAY_SIZE(v)), 0);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_KVM(correct),
		KSM_HMM(correct),
		KSM_KVM(ignore_mprotect),
		KSM_HMM(ignore_mprotect),
		KSM_KVM(short_range),
		KSM_HMM(short_range),
		KSM_KVM(thp_head_only),
		KSM_HMM(thp_head_only),
		KSM_KVM(long_range),
		KSM_HMM(long_range),
		KSM_KVM(forget),
		KSM_HMM(forget),
		{ "splat.kvm", splat, SM_PROFILE_KVM, KSM_SPLATS },
		{ "splat.hmm", splat, SM_PROFILE_HMM, KSM_SPLATS },
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
