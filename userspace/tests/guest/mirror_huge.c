// SPDX-License-Identifier: GPL-2.0-only
/* Huge pages stay huge in the mirror, and fall as a whole. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "ksm.h"

#define SIZE	(4 * KSM_HUGE)
#define ORDER(e)	(((e) & SM_ENT_ORDER) >> SM_ENT_ORDER_SHIFT)

static struct ksm k;
static __u32 id;
static __u64 ent[512];

static char *begin(void)
{
	ksm_setup(&k, SIZE);
	id = ksm_mirror(&k, ksm_profile);
	return ksm_map_huge(&k, KSM_HUGE);
}

/* All of it, in one block or, of a profile that has no others, single entries. */
static void expect_whole(const char *p)
{
	unsigned int i;

	EXPECT_EQ(ksm_snapshot(&k, id, p, 512, ent), 512);
	EXPECT_EQ(ent[0] & 511, 0);
	for (i = 0; i < 512; i++) {
		ASSERT_EQ(ORDER(ent[i]), ksm_info()->small ? 0 : 9);
		ASSERT_EQ(ent[i] & ~SM_ENT_ACCESSED,
			  (ent[0] & ~SM_ENT_ACCESSED) + i);
	}
	ksm_expect_true_mirror(&k, id, p, 512);
}

/* One touch anywhere brings all of it. */
static void one_touch(void)
{
	unsigned int pages = ksm_info()->small ? ksm_info()->window ? : 1 : 512;
	char *p = begin();
	struct sm_ioc_stats st;
	__u64 value;

	EXPECT_EQ(ksm_read(&k, id, p + 300 * KSM_PAGE, &value), 0);
	EXPECT_EQ(value, ksm_word(p + 300 * KSM_PAGE));
	if (!ksm_info()->small)
		expect_whole(p);
	st = ksm_stats(&k, id);
	EXPECT_EQ(st.huge, !ksm_info()->small);
	EXPECT_EQ(st.installed, pages);
	EXPECT_EQ(st.present, pages);
	EXPECT_EQ(st.faults, 1);
	if (ksm_info()->small)
		EXPECT_EQ(ksm_fault(&k, id, 0, p, KSM_HUGE), 0);
	EXPECT_EQ(ksm_write(&k, id, p + 511 * KSM_PAGE, 5), ksm_wrote(0));
	if (!ksm_info()->reads)
		EXPECT_EQ(*(__u64 *)(p + 511 * KSM_PAGE), 5);
	EXPECT_EQ(ksm_check(&k, id).violations, 0);
	EXPECT_EQ(ksm_check(&k, id).pages, 512);
}

static void whole_range(void)
{
	char *p = begin();

	EXPECT_EQ(ksm_fault(&k, id, ksm_use(), p, KSM_HUGE), 0);
	expect_whole(p);
	EXPECT_EQ(ent[0] & SM_ENT_WRITE, ksm_use() ? SM_ENT_WRITE : 0);
	ASSERT_EQ(munmap(p, KSM_HUGE), 0);
	EXPECT_EQ(ksm_stats(&k, id).present, 0);
}

/* One page of it goes: the entry cannot stay, the other pages can come back. */
static void partial(int (*op)(void *p, size_t len), bool unmaps)
{
	bool told = unmaps || !ksm_info()->unmap_only;
	char *p = begin();
	__u64 value;
	unsigned int i;

	EXPECT_EQ(ksm_fault(&k, id, ksm_use(), p, KSM_HUGE), 0);
	expect_whole(p);
	ASSERT_EQ(op(p + 100 * KSM_PAGE, KSM_PAGE), 0);
	/* To split the huge page is an event of all of it, but no unmapping. */
	EXPECT_EQ(ksm_snapshot(&k, id, p, 512, ent),
		  ksm_info()->unmap_only ? 512 - told : 0);
	EXPECT_EQ(ent[100] >> 63, !told);
	for (i = 0; i < 512; i += 99) {
		EXPECT_EQ(ksm_read(&k, id, p + i * KSM_PAGE, &value), 0);
		EXPECT_EQ(value, ksm_word(p + i * KSM_PAGE));
		EXPECT_EQ(ORDER(ksm_entry(&k, id, p + i * KSM_PAGE).entry), 0);
	}
	if (told) {
		ksm_expect_true_mirror(&k, id, p, 512);
		EXPECT_EQ(ksm_check(&k, id).violations, 0);
	}
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_OVER), 0);
}

static int do_dontneed(void *p, size_t len)
{
	return madvise(p, len, MADV_DONTNEED);
}

static int do_protect(void *p, size_t len)
{
	return mprotect(p, len, PROT_NONE);
}

static void partial_munmap(void)
{
	partial(munmap, true);
}

static void partial_dontneed(void)
{
	partial(do_dontneed, false);
}

static void partial_mprotect(void)
{
	partial(do_protect, false);
}

/* The neighbours, huge and not, are none of its business. */
static void neighbours(void)
{
	char *p = begin(), *before, *after;

	before = ksm_map(&k, KSM_HUGE - KSM_PAGE, KSM_PAGE,
			 PROT_READ | PROT_WRITE);
	after = ksm_map(&k, 2 * KSM_HUGE, KSM_PAGE, PROT_READ | PROT_WRITE);
	ksm_fill(before, KSM_PAGE);
	ksm_fill(after, KSM_PAGE);
	EXPECT_EQ(ksm_fault(&k, id, 0, before, KSM_HUGE + 2 * KSM_PAGE), 0);
	expect_whole(p);
	ASSERT_EQ(madvise(p, KSM_PAGE, MADV_DONTNEED), 0);
	EXPECT_LEFT(ksm_stats(&k, id).present,
		    ksm_info()->unmap_only ? 512 + 2 : 2);
	if (ksm_info()->coarse)
		return;
	EXPECT_EQ(ksm_entry(&k, id, before).entry >> 63, 1);
	EXPECT_EQ(ksm_entry(&k, id, after).entry >> 63, 1);
}

/* A mirror that ends inside a huge page takes its part of it page by page. */
static void cut_by_the_mirror(void)
{
	struct sm_ioc_mirror_create c = {
		.size = sizeof(c),
		.profile = ksm_profile,
		.start = KSM_ARENA + KSM_HUGE + 5 * KSM_PAGE,
		.end = KSM_ARENA + KSM_HUGE + 9 * KSM_PAGE,
	};
	char *p = begin();
	__u64 value;

	ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_MIRROR_CREATE, &c), 0);
	EXPECT_EQ(ksm_read(&k, c.id, p + 6 * KSM_PAGE, &value), 0);
	EXPECT_EQ(value, ksm_word(p + 6 * KSM_PAGE));
	EXPECT_EQ(ksm_stats(&k, c.id).present, 1);
	EXPECT_EQ(ORDER(ksm_entry(&k, c.id, p + 6 * KSM_PAGE).entry), 0);
	EXPECT_EQ(ksm_fault(&k, c.id, 0, p + 5 * KSM_PAGE, 4 * KSM_PAGE), 0);
	EXPECT_EQ(ksm_stats(&k, c.id).present, 4);
	ASSERT_EQ(munmap(p, KSM_HUGE), 0);
	EXPECT_EQ(ksm_stats(&k, c.id).present, 0);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_EACH(one_touch),
		KSM_EACH(whole_range),
		KSM_EACH(partial_munmap),
		KSM_EACH(partial_dontneed),
		KSM_EACH(partial_mprotect),
		KSM_EACH(neighbours),
		KSM_EACH(cut_by_the_mirror),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
