// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device wrote survives reclaim. MADV_FREE leaves a page clean and
 * writable; a device that writes to it through such a translation must mark it
 * dirty before it lets go, or reclaim drops the page and the data with it.
 *
 * Half of the pages are never written to: they show that reclaim really came.
 */
#include <sys/mman.h>

#include "ksm.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define SIZE	KSM_HUGE
#define PAGES	64
#define HALF	(PAGES / 2)
#define LEN	(PAGES * KSM_PAGE)
#define SWAPPED	0x4000000000000000ULL

#define RECLAIM_MS	10000

static struct ksm k;
static __u32 id;

static char *begin(void)
{
	char *p;

	ksm_setup(&k, SIZE);
	id = ksm_mirror(&k, ksm_profile);
	p = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);
	ksm_fill(p, LEN);
	return p;
}

static void device_writes(char *p)
{
	__u64 i;

	ksm_need_writes();
	for (i = 0; i < HALF; i++)
		ASSERT_EQ(ksm_write(&k, id, p + i * KSM_PAGE + 8, i + 1000), 0);
}

static void expect_written(char *p)
{
	__u64 i, value;

	for (i = 0; i < HALF; i++) {
		char *page = p + i * KSM_PAGE;

		EXPECT_EQ(*(__u64 *)(page + 8), i + 1000);
		EXPECT_EQ(*(__u64 *)page, ksm_word(page));
		EXPECT_EQ(ksm_read(&k, id, page + 8, &value), 0);
		EXPECT_EQ(value, i + 1000);
	}
	ksm_expect_true_mirror(&k, id, p, PAGES);
}

/* Push them all out; true when none of the other half is in memory any more. */
static bool pushed_out(void *arg)
{
	__u64 i, ent[PAGES], resident = 0;
	char *p = arg;

	madvise(p, LEN, MADV_PAGEOUT);
	ksm_pagemap(p, PAGES, ent);
	for (i = HALF; i < PAGES; i++)
		resident += ent[i] >> 63;
	return !resident;
}

static void lazily_freed(void)
{
	char *p = begin();
	__u64 i, word, dropped = 0;

	ASSERT_EQ(madvise(p, LEN, MADV_FREE), 0);
	device_writes(p);
	if (!ksm_wait_until(pushed_out, p, RECLAIM_MS))
		ksm_skip("nothing was reclaimed");
	expect_written(p);
	/*
	 * The control: nobody wrote, so nobody is owed the old content. A page
	 * that somebody holds for a moment (a batch on its way to the LRU) is
	 * not dropped, but swapped out later.
	 */
	for (i = HALF; i < PAGES; i++) {
		word = *(__u64 *)(p + i * KSM_PAGE);
		dropped += !word;
		if (word)
			EXPECT_EQ(word, ksm_word(p + i * KSM_PAGE));
	}
	EXPECT_GT(dropped, 0);
}

static void swapped_out(void)
{
	__u64 i, swapped = 0, cpu[PAGES], mirror[PAGES];
	char *p = begin();

	device_writes(p);
	if (!ksm_wait_until(pushed_out, p, RECLAIM_MS))
		ksm_skip("no swap, or nothing was swapped out");
	ksm_snapshot(&k, id, p, PAGES, mirror);
	ksm_pagemap(p, PAGES, cpu);
	for (i = 0; i < PAGES; i++) {
		if (!(cpu[i] & SWAPPED))
			continue;
		swapped++;
		EXPECT_EQ(mirror[i], 0);
	}
	EXPECT_GE(swapped, HALF);
	expect_written(p);
	for (i = HALF; i < PAGES; i++)
		EXPECT_EQ(*(__u64 *)(p + i * KSM_PAGE),
			  ksm_word(p + i * KSM_PAGE));
}

/* The device itself brings a page back from swap. */
static void device_swaps_in(void)
{
	char *p = begin();
	__u64 i, value;

	ASSERT_EQ(ksm_fault(&k, id, ksm_use(), p, LEN), 0);
	if (ksm_info()->pinned)
		EXPECT_FALSE(pushed_out(p));
	else if (!ksm_wait_until(pushed_out, p, RECLAIM_MS))
		ksm_skip("no swap, or nothing was swapped out");
	for (i = 0; i < PAGES; i++) {
		EXPECT_EQ(ksm_read(&k, id, p + i * KSM_PAGE, &value), 0);
		EXPECT_EQ(value, ksm_word(p + i * KSM_PAGE));
	}
	ksm_expect_true_mirror(&k, id, p, PAGES);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_EACH(lazily_freed),
		KSM_EACH(swapped_out),
		KSM_EACH(device_swaps_in),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
