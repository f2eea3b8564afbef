// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each operation takes the pages it touches out of the mirror, and no others.
 *
 * Pages 4 to 7 of 16 are operated on. MADV_DONTFORK on the rest makes them
 * three mappings, so that fork() has one of its own to copy.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	(4 * KSM_HUGE)
#define PAGES	16
#define FIRST	4
#define NR	4
#define LEN	(PAGES * KSM_PAGE)
#define RW	(PROT_READ | PROT_WRITE)

static struct ksm k;
static __u32 id;

/* Does the profile hear of the event? */
static bool told(enum sm_event event)
{
	return !ksm_info()->unmap_only || event == SM_EVENT_UNMAP;
}

/* Notes itself when an event came, and the event of the witness comes later. */
static bool stamps(void)
{
	return ksm_info()->pinned || ksm_info()->flushed;
}

static int op_munmap(char *p, size_t len)
{
	return munmap(p, len);
}

static int op_mmap_over(char *p, size_t len)
{
	return mmap(p, len, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) != p;
}

static int op_mprotect_none(char *p, size_t len)
{
	return mprotect(p, len, PROT_NONE);
}

static int op_mprotect_ro(char *p, size_t len)
{
	return mprotect(p, len, PROT_READ);
}

static int op_dontneed(char *p, size_t len)
{
	return madvise(p, len, MADV_DONTNEED);
}

static int op_free(char *p, size_t len)
{
	return madvise(p, len, MADV_FREE);
}

/* To another place in the arena: nothing is said of the destination. */
static int op_mremap(char *p, size_t len)
{
	char *to = (char *)(uintptr_t)(k.start + 2 * KSM_HUGE);

	return mremap(p, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to;
}

static int op_fork(char *p, size_t len)
{
	int pid = fork();

	(void)p;
	(void)len;
	if (!pid)
		_exit(0);
	return pid < 0 || ksm_child(pid);
}

static const struct op {
	const char *name;
	int (*apply)(char *p, size_t len);
	enum sm_event event;
} ops[] = {
	{ "munmap", op_munmap, SM_EVENT_UNMAP },
	{ "mmap over", op_mmap_over, SM_EVENT_UNMAP },
	{ "mprotect none", op_mprotect_none, SM_EVENT_PROTECTION_VMA },
	{ "mprotect ro", op_mprotect_ro, SM_EVENT_PROTECTION_VMA },
	{ "dontneed", op_dontneed, SM_EVENT_CLEAR },
	{ "free", op_free, SM_EVENT_CLEAR },
	{ "mremap", op_mremap, SM_EVENT_UNMAP },
	{ "fork", op_fork, SM_EVENT_PROTECTION_PAGE },
};

static char *begin(__u64 *ent)
{
	char *p;

	ksm_setup(&k, SIZE);
	id = ksm_mirror(&k, ksm_profile);
	p = ksm_map(&k, 0, LEN, RW);
	ksm_fill(p, LEN);
	madvise(p, FIRST * KSM_PAGE, MADV_DONTFORK);
	madvise(p + (FIRST + NR) * KSM_PAGE,
		(PAGES - FIRST - NR) * KSM_PAGE, MADV_DONTFORK);
	ASSERT_EQ(ksm_fault(&k, id, ksm_use(), p, LEN), 0);
	ASSERT_EQ(ksm_snapshot(&k, id, p, PAGES, ent), PAGES);
	ksm_expect_true_mirror(&k, id, p, PAGES);
	return p;
}

static void expect_exactly(const char *p, const __u64 *before)
{
	__u64 i, ent[PAGES];

	EXPECT_LEFT(ksm_snapshot(&k, id, p, PAGES, ent), PAGES - NR);
	for (i = 0; i < PAGES; i++)
		if (ent[i] || !ksm_info()->coarse)
			EXPECT_EQ(ent[i], i >= FIRST && i < FIRST + NR ?
					  0 : before[i]);
	ksm_expect_true_mirror(&k, id, p, PAGES);
	EXPECT_EQ(ksm_check(&k, id).violations, 0);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_OVER), 0);
}

/* What is not heard of leaves all as it was. */
static void expect_kept(const char *p, const __u64 *before)
{
	__u64 ent[PAGES];

	ksm_snapshot(&k, id, p, PAGES, ent);
	EXPECT_EQ(memcmp(ent, before, sizeof(ent)), 0);
}

/* The op that ksm_param numbers. */
static void empties_exactly(void)
{
	const struct op *op = &ops[ksm_param];
	__u64 before[PAGES], events;
	struct sm_ioc_entry in, out, now;
	char *p;

	p = begin(before);
	in = ksm_entry(&k, id, p + FIRST * KSM_PAGE);
	out = ksm_entry(&k, id, p);
	events = KSM_LOAD(k.witness->events[op->event]);

	ASSERT_EQ(op->apply(p + FIRST * KSM_PAGE, NR * KSM_PAGE), 0);
	EXPECT_GT(KSM_LOAD(k.witness->events[op->event]), events);
	if (!told(op->event)) {
		expect_kept(p, before);
		return;
	}
	expect_exactly(p, before);

	/* The witness wrote down when, there and nowhere else. */
	now = ksm_entry(&k, id, p + FIRST * KSM_PAGE);
	EXPECT_GT(now.last_inval, in.last_inval);
	EXPECT_GT(now.last_inval, in.gen);
	if (!stamps())
		EXPECT_EQ(now.last_inval, KSM_LOAD(k.witness->gen));
	if (ksm_info()->flushed)
		return;
	now = ksm_entry(&k, id, p);
	EXPECT_EQ(now.last_inval, out.last_inval);
	EXPECT_EQ(now.gen, out.gen);
}

/* And what comes back is younger than what took it away. */
static void comes_back(void)
{
	__u64 before[PAGES], value;
	char *p = begin(before), *page = p + FIRST * KSM_PAGE;
	struct sm_ioc_entry now;

	if (ksm_info()->unmap_only) {
		ASSERT_EQ(munmap(page, KSM_PAGE), 0);
		ksm_map(&k, FIRST * KSM_PAGE, KSM_PAGE, RW);
	} else {
		ASSERT_EQ(madvise(page, KSM_PAGE, MADV_DONTNEED), 0);
	}
	EXPECT_EQ(ksm_read(&k, id, page, &value), 0);
	EXPECT_EQ(value, 0);
	now = ksm_entry(&k, id, page);
	EXPECT_GE(now.gen, now.last_inval);
	EXPECT_EQ(now.entry >> 63, 1);

	EXPECT_EQ(ksm_write(&k, id, page, 3), ksm_wrote(0));
	if (!ksm_info()->reads)
		EXPECT_EQ(*(__u64 *)page, 3);
	now = ksm_entry(&k, id, page);
	EXPECT_GE(now.gen, now.last_inval);
	ksm_expect_true_mirror(&k, id, p, PAGES);
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_LATE), 0);
}

/* After fork() the parent's write moves it to a copy; the device follows. */
static void copy_on_write(void)
{
	__u64 before[PAGES], value;
	char *p = begin(before), *page = p + FIRST * KSM_PAGE;
	int fds[2], pid;
	char byte;

	ASSERT_EQ(pipe(fds), 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		/* Holds the pages until the parent is through. */
		close(fds[1]);
		_exit(read(fds[0], &byte, 1) < 0);
	}
	EXPECT_EQ(ksm_read(&k, id, page, &value), 0);
	if (told(SM_EVENT_PROTECTION_PAGE))
		EXPECT_EQ(ksm_entry(&k, id, page).entry & SM_ENT_WRITE, 0);
	EXPECT_EQ(ksm_write(&k, id, page, 77), ksm_wrote(0));
	if (!ksm_info()->reads)
		EXPECT_EQ(*(__u64 *)page, 77);
	/* What is pinned is the child's to copy. */
	if (!ksm_info()->pinned)
		EXPECT_NE(ksm_entry(&k, id, page).entry & SM_ENT_PFN,
			  before[FIRST] & SM_ENT_PFN);
	/* This time the CPU breaks the sharing, under a read-only entry. */
	EXPECT_EQ(ksm_read(&k, id, page + KSM_PAGE, &value), 0);
	*(__u64 *)(page + KSM_PAGE) = 78;
	EXPECT_EQ(ksm_read(&k, id, page + KSM_PAGE, &value), 0);
	EXPECT_EQ(value, 78);
	ksm_expect_true_mirror(&k, id, p, PAGES);
	EXPECT_EQ(ksm_check(&k, id).violations, 0);
	close(fds[1]);
	EXPECT_EQ(ksm_child(pid), 0);
}

int main(void)
{
	static struct ksm_case cases[ARRAY_SIZE(ops) + 2] = {
		[ARRAY_SIZE(ops)] =
		KSM_EACH(comes_back),
		KSM_EACH(copy_on_write),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		cases[i].name = ops[i].name;
		cases[i].run = empties_exactly;
		cases[i].param = i;
		cases[i].flags = KSM_PROFILES;
	}
	return ksm_main(cases, ARRAY_SIZE(cases));
}
