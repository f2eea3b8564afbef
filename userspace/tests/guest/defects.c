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
#define MANY	32	/* pages, of which an invalidation is a long one */
#define RW	(PROT_READ | PROT_WRITE)

/* Pages: the last of a leaf, a first one of a window less than 64 on, and one far on. */
#define AT	511
#define NEAR	544
#define FAR	1100

static struct ksm k;
static __u32 good, bad;
static __u64 ent[512];

static void begin(void)
{
	ksm_setup(&k, SIZE);
	good = ksm_mirror(&k, ksm_profile);
	bad = ksm_mirror_with(&k, ksm_profile, ksm_param);
}

static char *begin_pages(void)
{
	char *p;

	begin();
	p = ksm_map(&k, 0, LEN, RW);
	ksm_fill(p, LEN);
	ASSERT_EQ(ksm_fault(&k, good, ksm_use(), p, LEN), 0);
	ASSERT_EQ(ksm_fault(&k, bad, ksm_use(), p, LEN), 0);
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

static void expect_denied(const char *va)
{
	struct sm_violation v[64];

	ASSERT_EQ(ksm_violations(&k, v, ARRAY_SIZE(v)), 1);
	EXPECT_EQ(v[0].oracle, SM_ORACLE_DENIED);
	EXPECT_EQ(v[0].mirror, bad);
	EXPECT_EQ(v[0].va, (uintptr_t)va);
	EXPECT_EQ(v[0].cpu >> 63, 1);
}

static void ignore_mprotect(void)
{
	bool reads = ksm_info()->reads;
	char *p = begin_pages();

	/* Less than the device was allowed. */
	ASSERT_EQ(mprotect(p, KSM_PAGE, reads ? PROT_NONE : PROT_READ), 0);
	EXPECT_EQ(ksm_entry(&k, good, p).entry, 0);
	EXPECT_EQ(ksm_entry(&k, bad, p).entry & SM_ENT_WRITE,
		  reads ? 0 : SM_ENT_WRITE);
	EXPECT_EQ(ksm_write(&k, good, p + 8, 1), ksm_wrote(-EPERM));
	expect_stale(p, 1, !reads);
	/* Other events it heeds. */
	ASSERT_EQ(munmap(p, LEN), 0);
	EXPECT_EQ(ksm_stats(&k, bad).present, 0);
}

static void short_range(void)
{
	char *p = begin_pages();
	char *last = p + LEN - KSM_PAGE;

	ASSERT_EQ(munmap(p, LEN), 0);
	EXPECT_EQ(ksm_snapshot(&k, good, p, PAGES, ent), 0);
	/* It may round to more than these, of which the last one is short. */
	if (ksm_info()->coarse && !ksm_snapshot(&k, bad, p, PAGES, ent))
		return;
	EXPECT_EQ(ksm_snapshot(&k, bad, p, PAGES, ent), 1);
	EXPECT_EQ(ent[PAGES - 1] >> 63, 1);
	expect_stale(last, 1, false);
}

/* The table is right; what the device has kept of it, by having used it, is not. */
static char *begin_used(void)
{
	char *p = begin_pages();
	unsigned int i;
	__u64 value;

	for (i = 0; i < PAGES; i++) {
		EXPECT_EQ(ksm_read(&k, good, p + i * KSM_PAGE, &value), 0);
		EXPECT_EQ(ksm_read(&k, bad, p + i * KSM_PAGE, &value), 0);
	}
	ASSERT_EQ(munmap(p, LEN), 0);
	EXPECT_EQ(ksm_snapshot(&k, good, p, PAGES, ent), 0);
	EXPECT_EQ(ksm_stats(&k, bad).present, 0);
	return p;
}

/* Some take the entries out of the table when they want the object again. */
static void want_again(void)
{
	char *p;

	if (!ksm_info()->lazy)
		return;
	EXPECT_EQ(ksm_snapshot(&k, bad, (char *)KSM_ARENA, PAGES, ent), 0);
	p = ksm_map(&k, LEN, KSM_PAGE, RW);
	ksm_fill(p, KSM_PAGE);
	ASSERT_EQ(ksm_fault(&k, bad, 0, p, KSM_PAGE), 0);
}

static void no_flush(void)
{
	char *p = begin_used();

	want_again();
	EXPECT_EQ(ksm_snapshot(&k, bad, p, PAGES, ent), PAGES);
	expect_stale(p, PAGES, false);
}

static void flush_short(void)
{
	char *p = begin_used();

	want_again();
	/* It may round to more than these, of which the last one is short. */
	if (ksm_info()->coarse && !ksm_snapshot(&k, bad, p, PAGES, ent))
		return;
	EXPECT_EQ(ksm_snapshot(&k, bad, p, PAGES, ent), 1);
	EXPECT_EQ(ent[PAGES - 1] >> 63, 1);
	expect_stale(p + LEN - KSM_PAGE, 1, false);
}

/* Of many pages that go at once @nr stay. Which is the first? */
static unsigned int all_but(unsigned int nr)
{
	const size_t len = MANY * KSM_PAGE;
	unsigned int at;
	char *p;

	begin();
	p = ksm_map(&k, 0, len, RW);
	ksm_fill(p, len);
	for (at = 0; at < MANY; at++) {
		ASSERT_EQ(ksm_fault(&k, good, SM_FAULT_WRITE, p + at * KSM_PAGE,
				    KSM_PAGE), 0);
		ASSERT_EQ(ksm_fault(&k, bad, SM_FAULT_WRITE, p + at * KSM_PAGE,
				    KSM_PAGE), 0);
	}
	ASSERT_EQ(munmap(p, len), 0);
	EXPECT_EQ(ksm_snapshot(&k, good, p, MANY, ent), 0);
	ASSERT_EQ(ksm_snapshot(&k, bad, p, MANY, ent), nr);
	for (at = 0; !ent[at]; at++)
		;
	expect_stale(p + at * KSM_PAGE, nr, false);
	return at;
}

/* The one half way, where others were let in. */
static void yield_skips(void)
{
	EXPECT_EQ(all_but(1), MANY / 2);
}

/* Those that are caches', one in four. */
static void cache_unlisted(void)
{
	all_but(MANY / 4);
}

/*
 * Of some every fourth job, from the first on, uses a page more: the same if it is
 * stale. The next one that succeeds does not.
 */
static void use_once(const char *p)
{
	__u64 value;

	EXPECT_EQ(ksm_read(&k, bad, p, &value), 0);
}

static void thp_head_only(void)
{
	char *p;

	begin();
	p = ksm_map_huge(&k, KSM_HUGE);
	ASSERT_EQ(ksm_fault(&k, good, SM_FAULT_WRITE, p, KSM_HUGE), 0);
	ASSERT_EQ(ksm_fault(&k, bad, SM_FAULT_WRITE, p, KSM_HUGE), 0);
	use_once(p);
	ASSERT_EQ(munmap(p, KSM_HUGE), 0);
	EXPECT_EQ(ksm_snapshot(&k, good, p, 512, ent), 0);
	/* Or when the head is wanted again. */
	if (ksm_info()->lazy) {
		EXPECT_EQ(ksm_snapshot(&k, bad, p, 512, ent), 0);
		p = ksm_map(&k, KSM_HUGE, KSM_PAGE, RW);
		ksm_fill(p, KSM_PAGE);
		ASSERT_EQ(ksm_fault(&k, bad, 0, p, KSM_PAGE), 0);
		ksm_expect_true_mirror(&k, bad, p, 1);
	}
	EXPECT_EQ(ksm_snapshot(&k, bad, p, 512, ent),
		  ksm_info()->lazy ? 512 : 511);
	EXPECT_EQ(ent[0] >> 63, ksm_info()->lazy);
	expect_stale(p + KSM_PAGE, 511, false);
}

/* What else it had of the object is as old as before. */
static void part_renewed(void)
{
	char *p = begin_pages();
	__u64 value;

	ASSERT_EQ(munmap(p + KSM_PAGE, LEN - KSM_PAGE), 0);
	EXPECT_EQ(ksm_snapshot(&k, bad, p, PAGES, ent), 0);
	EXPECT_EQ(ksm_read(&k, good, p, &value), 0);
	EXPECT_EQ(ksm_read(&k, bad, p, &value), 0);
	EXPECT_EQ(ksm_snapshot(&k, good, p, PAGES, ent), 1);
	EXPECT_EQ(ksm_snapshot(&k, bad, p, PAGES, ent), PAGES);
	expect_stale(p + KSM_PAGE, PAGES - 1, false);
}

static void faulted_kept(void)
{
	char *p = begin_pages();
	__u64 value;

	use_once(p);
	ASSERT_EQ(munmap(p, LEN), 0);
	EXPECT_EQ(ksm_snapshot(&k, bad, p, PAGES, ent), 0);
	EXPECT_EQ(ksm_read(&k, good, p, &value), -EFAULT);
	EXPECT_EQ(ksm_read(&k, bad, p, &value), -EFAULT);
	EXPECT_EQ(ksm_snapshot(&k, good, p, PAGES, ent), 0);
	EXPECT_EQ(ksm_snapshot(&k, bad, p, PAGES, ent), PAGES);
	expect_stale(p, PAGES, false);
}

static void long_range(void)
{
	char *p = begin_pages();

	if (ksm_info()->unmap_only)
		ASSERT_EQ(munmap(p, 4 * KSM_PAGE), 0);
	else
		ASSERT_EQ(madvise(p, 4 * KSM_PAGE, MADV_DONTNEED), 0);
	EXPECT_LEFT(ksm_snapshot(&k, good, p, PAGES, ent), PAGES - 4);
	EXPECT_LEFT(ksm_snapshot(&k, bad, p, PAGES, ent), PAGES - 5);
	/* It may round to all that there is. */
	if (!ksm_info()->coarse)
		expect_found(SM_ORACLE_OVER, p + 4 * KSM_PAGE, 1);
	EXPECT_EQ(ksm_check(&k, bad).violations, 0);
}

/*
 * One page is asked for. Neither its neighbours nor what is far away have to do with
 * that, whatever object, block or window it is in.
 */
static void drops_others(const char *first, unsigned int left)
{
	static const size_t pages[] = { AT, NEAR, FAR };
	char *p = ksm_map(&k, 0, (FAR + 24) * KSM_PAGE, RW);
	unsigned int i;

	ksm_fill(p, (FAR + 24) * KSM_PAGE);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		char *va = p + pages[i] * KSM_PAGE;

		ASSERT_EQ(ksm_fault(&k, good, 0, va, KSM_PAGE), 0);
		ASSERT_EQ(ksm_fault(&k, bad, 0, va, KSM_PAGE), 0);
	}
	if (ksm_info()->unmap_only)
		ASSERT_EQ(munmap(p + AT * KSM_PAGE, KSM_PAGE), 0);
	else
		ASSERT_EQ(madvise(p + AT * KSM_PAGE, KSM_PAGE, MADV_DONTNEED), 0);
	EXPECT_EQ(ksm_entry(&k, good, p + AT * KSM_PAGE).entry, 0);
	EXPECT_NE(ksm_entry(&k, good, p + NEAR * KSM_PAGE).entry, 0);
	EXPECT_NE(ksm_entry(&k, good, p + FAR * KSM_PAGE).entry, 0);
	EXPECT_EQ(ksm_stats(&k, bad).present, left);
	expect_found(SM_ORACLE_OVER, first, 1);
}

static void drop_wide(void)
{
	begin();
	drops_others((char *)KSM_ARENA + NEAR * KSM_PAGE, ksm_info()->window ?: 1);
}

static void drop_all(void)
{
	begin();
	drops_others((char *)KSM_ARENA + NEAR * KSM_PAGE, 0);
}

static void forget(void)
{
	char *p = begin_pages();
	__u64 value;

	EXPECT_EQ(ksm_read(&k, good, p, &value), 0);
	EXPECT_EQ(ksm_read(&k, bad, p, &value), 0);
	EXPECT_EQ(value, ksm_word(p));
	EXPECT_EQ(ksm_entry(&k, good, p).entry >> 63, 1);
	EXPECT_EQ(ksm_entry(&k, bad, p).entry, 0);
	expect_found(SM_ORACLE_COVERAGE, p, 1);
}

/* The page comes, and the CPU uses it; a device that was refused before goes on. */
static void sticky_refusal(void)
{
	__u64 value;
	char *p;

	begin();
	p = ksm_map(&k, 0, LEN, PROT_NONE);
	EXPECT_EQ(ksm_read(&k, good, p, &value), -EFAULT);
	EXPECT_EQ(ksm_read(&k, bad, p, &value), -EFAULT);
	ASSERT_EQ(mprotect(p, LEN, RW), 0);
	/* Absent: it might be refused for any reason. */
	EXPECT_EQ(ksm_read(&k, bad, p, &value), -EFAULT);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_DENIED), 0);
	ksm_fill(p, LEN);
	EXPECT_EQ(ksm_read(&k, good, p, &value), 0);
	EXPECT_EQ(value, ksm_word(p));
	EXPECT_EQ(ksm_read(&k, bad, p, &value), -EFAULT);
	expect_denied(p);
	EXPECT_EQ(ksm_read(&k, bad, p + KSM_PAGE, &value), 0);
}

static void sticky_read_only(void)
{
	__u64 value;
	char *p;

	begin();
	p = ksm_map(&k, 0, LEN, RW);
	ksm_fill(p, LEN);
	ASSERT_EQ(mprotect(p, LEN, PROT_READ), 0);
	EXPECT_EQ(ksm_read(&k, good, p, &value), 0);
	EXPECT_EQ(ksm_read(&k, bad, p, &value), 0);
	EXPECT_EQ(ksm_write(&k, bad, p, 1), -EPERM);
	ASSERT_EQ(mprotect(p, LEN, RW), 0);
	ksm_fill(p, LEN);
	EXPECT_EQ(ksm_write(&k, good, p + 8, 1), 0);
	EXPECT_EQ(ksm_read(&k, bad, p, &value), 0);
	EXPECT_EQ(ksm_write(&k, bad, p + 8, 1), -EPERM);
	expect_denied(p);
	EXPECT_EQ(ksm_write(&k, bad, p + KSM_PAGE + 8, 1), 0);
}

/* Leaves a WARN in the log on purpose, which a strict guest counts as fatal. */
static void splat(void)
{
	char *p;

	if (!getenv("STALEMATE_TEST_SPLAT"))
		ksm_skip("wants STALEMATE_TEST_SPLAT=1: it leaves a WARN");
	p = begin_pages();
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
	good = ksm_mirror(&k, ksm_profile);
	p = ksm_map(&k, 0, LEN, RW);
	ksm_fill(p, LEN);
	huge = ksm_map_huge(&k, KSM_HUGE);
	ASSERT_EQ(ksm_fault(&k, good, ksm_use(), p, LEN), 0);
	ASSERT_EQ(ksm_fault(&k, good, ksm_use(), huge, KSM_HUGE), 0);
	ASSERT_EQ(mprotect(p, KSM_PAGE, PROT_READ), 0);
	EXPECT_EQ(ksm_write(&k, good, p, 1),
		  ksm_wrote(ksm_info()->unmap_only ? 0 : -EPERM));
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
		KSM_EACH(correct),
		KSM_EACH_WITH(IGNORE_MPROTECT, ignore_mprotect),
		KSM_EACH_WITH(SHORT_RANGE, short_range),
		KSM_EACH_WITH(NO_FLUSH, no_flush),
		KSM_EACH_WITH(FLUSH_SHORT, flush_short),
		KSM_EACH_WITH(YIELD_SKIPS, yield_skips),
		KSM_EACH_WITH(CACHE_UNLISTED, cache_unlisted),
		KSM_EACH_WITH(THP_HEAD_ONLY, thp_head_only),
		KSM_EACH_WITH(LONG_RANGE, long_range),
		KSM_EACH_WITH(DROP_WIDE, drop_wide),
		KSM_EACH_WITH(DROP_ALL, drop_all),
		KSM_EACH_WITH(PART_RENEWED, part_renewed),
		KSM_EACH_WITH(FAULTED_KEPT, faulted_kept),
		KSM_EACH_WITH(FORGET, forget),
		KSM_EACH_WITH(STICKY_REFUSAL, sticky_refusal),
		KSM_EACH_WITH(STICKY_READ_ONLY, sticky_read_only),
		{ "splat", splat, SM_DEFECT_SPLAT, KSM_PROFILES | KSM_DEFECTIVE |
		  KSM_ALONE | KSM_SPLATS },
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
