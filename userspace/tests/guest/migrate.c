// SPDX-License-Identifier: GPL-2.0-only
/* SM_IOC_MIGRATE: memory that a driver migrates, or takes for itself. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "ksm.h"

#define SIZE	(4 * KSM_HUGE)
#define PAGES	64
#define LEN	(PAGES * KSM_PAGE)

static struct ksm k;
static __u32 kvm, hmm;

static int migrate(const void *p, size_t len, __u32 flags, __u64 *done)
{
	struct sm_ioc_migrate g = {
		.size = sizeof(g),
		.flags = flags,
		.start = (uintptr_t)p,
		.end = (uintptr_t)p + len,
	};
	int err = ksm_ioctl(k.fd, SM_IOC_MIGRATE, &g);

	*done = g.done;
	return err;
}

static void begin(__u64 feature)
{
	struct sm_ioc_query q;

	ASSERT_EQ(ksm_query(&q), 0);
	if (!(q.features & feature))
		ksm_skip("this kernel does not export what it takes");
	ksm_setup(&k, SIZE);
	kvm = ksm_mirror(&k, SM_PROFILE_KVM);
	hmm = ksm_mirror(&k, SM_PROFILE_HMM);
}

static char *held(void)
{
	char *p = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);

	ksm_fill(p, LEN);
	EXPECT_EQ(ksm_fault(&k, kvm, SM_FAULT_WRITE, p, LEN), 0);
	EXPECT_EQ(ksm_fault(&k, hmm, SM_FAULT_WRITE, p, LEN), 0);
	return p;
}

static void expect_content(const char *p)
{
	__u64 i, value;

	for (i = 0; i < PAGES; i++) {
		EXPECT_EQ(ksm_read(&k, kvm, p + i * KSM_PAGE, &value), 0);
		EXPECT_EQ(value, ksm_word(p + i * KSM_PAGE));
		EXPECT_EQ(ksm_read(&k, hmm, p + i * KSM_PAGE, &value), 0);
		EXPECT_EQ(value, ksm_word(p + i * KSM_PAGE));
	}
	ksm_expect_true_mirror(&k, kvm, p, PAGES);
	ksm_expect_true_mirror(&k, hmm, p, PAGES);
}

static void arguments(void)
{
	__u64 done;

	ksm_setup(&k, SIZE);
	EXPECT_EQ(migrate((void *)(k.end - KSM_PAGE), 2 * KSM_PAGE, 0, &done),
		  -ERANGE);
	EXPECT_EQ(migrate((void *)(k.start - KSM_PAGE), KSM_PAGE, 0, &done),
		  -ERANGE);
	EXPECT_EQ(migrate((void *)k.start, 0, 0, &done), -ERANGE);
	EXPECT_EQ(migrate((void *)k.start, KSM_PAGE - 1, 0, &done), -EINVAL);
	EXPECT_EQ(migrate((void *)k.start, KSM_PAGE, 4, &done), -EINVAL);
}

/* All pages are others, hold what they held, and no mirror has the old ones. */
static void moved(__u32 flags)
{
	__u64 before[PAGES], after[PAGES], done, i;
	char *p;

	begin(SM_FEATURE_MIGRATE);
	p = held();
	ksm_pagemap(p, PAGES, before);
	EXPECT_EQ(migrate(p, LEN, flags, &done), 0);
	EXPECT_EQ(done, PAGES);
	EXPECT_EQ(ksm_snapshot(&k, kvm, p, PAGES, after), 0);
	EXPECT_EQ(ksm_snapshot(&k, hmm, p, PAGES, after), 0);
	ksm_pagemap(p, PAGES, after);
	for (i = 0; i < PAGES; i++)
		EXPECT_NE(before[i] & SM_ENT_PFN, after[i] & SM_ENT_PFN);
	EXPECT_GE(KSM_LOAD(k.witness->events[SM_EVENT_MIGRATE]), 2);
	expect_content(p);
}

static void own(void)
{
	moved(0);
}

static void foreign(void)
{
	moved(SM_MIGRATE_FOREIGN);
}

/* A second event of the same kind, from where pages are put into holes. */
static void holes(void)
{
	__u64 ent[PAGES], done, i, events;
	char *p;

	begin(SM_FEATURE_MIGRATE);
	p = ksm_map(&k, 0, LEN, PROT_READ | PROT_WRITE);
	p[0] = 1;	/* there is a page table */
	EXPECT_EQ(ksm_fault(&k, kvm, 0, p, LEN), 0);
	EXPECT_EQ(madvise(p, LEN, MADV_DONTNEED), 0);
	events = KSM_LOAD(k.witness->events[SM_EVENT_MIGRATE]);
	EXPECT_EQ(migrate(p, LEN, 0, &done), 0);
	EXPECT_EQ(done, PAGES);
	EXPECT_EQ(KSM_LOAD(k.witness->events[SM_EVENT_MIGRATE]), events + 4);
	ksm_pagemap(p, PAGES, ent);
	for (i = 0; i < PAGES; i++)
		EXPECT_TRUE(ent[i] & SM_ENT_PRESENT);
	for (i = 0; i < LEN; i++)
		if (p[i])
			EXPECT_EQ(p[i], 0);
	ksm_expect_true_mirror(&k, kvm, p, PAGES);
}

/* What is shared, or not mapped, is not touched. */
static void others(void)
{
	__u64 before[PAGES], after[PAGES], done;
	char *p;

	begin(SM_FEATURE_MIGRATE);
	p = mmap((void *)k.start, LEN, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ASSERT_TRUE(p == (void *)k.start);
	memset(p, 1, LEN);
	ksm_pagemap(p, PAGES, before);
	EXPECT_EQ(migrate(p, SIZE, 0, &done), 0);
	EXPECT_EQ(done, 0);
	ksm_pagemap(p, PAGES, after);
	EXPECT_EQ(memcmp(before, after, sizeof(before)), 0);
}

/* A page that a device has pinned stays where it is. */
static void pinned(void)
{
	__u64 before[PAGES], after[PAGES], done;
	__u32 hfi1;
	char *p;

	begin(SM_FEATURE_MIGRATE);
	p = held();
	hfi1 = ksm_mirror(&k, SM_PROFILE_HFI1_TID);
	EXPECT_EQ(ksm_fault(&k, hfi1, SM_FAULT_WRITE, p, KSM_PAGE), 0);
	ksm_pagemap(p, PAGES, before);
	EXPECT_EQ(migrate(p, LEN, 0, &done), 0);
	EXPECT_EQ(done, PAGES - 1);
	ksm_pagemap(p, PAGES, after);
	EXPECT_EQ(before[0] & SM_ENT_PFN, after[0] & SM_ENT_PFN);
	expect_content(p);
}

/* The CPU's entries are gone, so are the mirrors'; a touch brings them back. */
static void exclusive(void)
{
	__u64 ent[PAGES], done, i;
	char *p;

	begin(SM_FEATURE_EXCLUSIVE);
	p = held();
	EXPECT_EQ(migrate(p, LEN, SM_MIGRATE_EXCLUSIVE, &done), 0);
	EXPECT_EQ(done, PAGES);
	EXPECT_EQ(KSM_LOAD(k.witness->events[SM_EVENT_EXCLUSIVE]), PAGES);
	EXPECT_EQ(ksm_snapshot(&k, kvm, p, PAGES, ent), 0);
	EXPECT_EQ(ksm_snapshot(&k, hmm, p, PAGES, ent), 0);
	ksm_pagemap(p, PAGES, ent);
	for (i = 0; i < PAGES; i++)
		EXPECT_FALSE(ent[i] & SM_ENT_PRESENT);
	expect_content(p);
}

/* A driver that does not listen: the oracles see it. */
static void ignored(void)
{
	__u64 done, value;
	__u32 deaf;
	char *p;

	begin(SM_FEATURE_MIGRATE);
	p = held();
	deaf = ksm_mirror_with(&k, SM_PROFILE_KVM, SM_DEFECT_IGNORE_MIGRATE);
	EXPECT_EQ(ksm_fault(&k, deaf, 0, p, LEN), 0);
	EXPECT_EQ(migrate(p, LEN, SM_MIGRATE_FOREIGN, &done), 0);
	ksm_read(&k, deaf, p, &value);
	EXPECT_GE(ksm_count(&k, SM_ORACLE_LATE), 1);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(arguments),
		KSM_CASE(own),
		KSM_CASE(foreign),
		KSM_CASE(holes),
		KSM_CASE(others),
		KSM_CASE(pinned),
		KSM_CASE(exclusive),
		KSM_CASE(ignored),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
