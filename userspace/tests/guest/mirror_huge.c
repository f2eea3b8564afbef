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
	id = ksm_mirror(&k, ksm_param, 0);
	return ksm_map_huge(&k, KSM_HUGE);
}

static void expect_huge(const char *p)
{
	unsigned int i;

	EXPECT_EQ(ksm_snapshot(&k, id, p, 512, ent), 512);
	EXPECT_EQ(ent[0] & 511, 0);
	for (i = 0; i < 512; i++) {
		ASSERT_EQ(ORDER(ent[i]), 9);
		ASSERT_EQ(ent[i] & ~SM_ENT_ACCESSED,
			  (ent[0] & ~SM_ENT_ACCESSED) + i);
	}
	ksm_expect_true_mirror(&k, id, p, 512);
}

/* One touch anywhere brings all of it. */
static void one_touch(void)
{
	char *p = begin();
	struct sm_ioc_stats st;
	__u64 value;

	EXPECT_EQ(ksm_read(&k, id, p + 300 * KSM_PAGE, &value), 0);
	EXPECT_EQ(value, ksm_word(p + 300 * KSM_PAGE));
	expect_huge(p);
	st = ksm_stats(&k, id);
	EXPECT_EQ(st.huge, 1);
	EXPECT_EQ(st.installed, 512);
	EXPECT_EQ(st.present, 512);
	EXPECT_EQ(st.faults, 1);
	EXPECT_EQ(ksm_write(&k, id, p + 511 * KSM_PAGE, 5), 0);
	EXPECT_EQ(*(__u64 *)(p + 511 * KSM_PAGE), 5);
	EXPECT_EQ(ksm_check(&k, id).violations, 0);
	EXPECT_EQ(ksm_check(&k, id).pages, 512);
}

static void whole_range(void)
{
	char *p = begin();

	EXPECT_EQ(ksm_fault(&k, id, SM_FAULT_WRITE, p, KSM_HUGE), 0);
	expect_huge(p);
	EXPECT_EQ(ent[0] & SM_ENT_WRITE, SM_ENT_WRITE);
	ASSERT_EQ(munmap(p, KSM_HUGE), 0);
	EXPECT_EQ(ksm_stats(&k, id).present, 0);
}

/* One page of it goes: the entry cannot stay, the other pages can come back. */
static void partial(int (*op)(void *p, size_t len))
{
	char *p = begin();
	__u64 value;
	unsigned int i;

	EXPECT_EQ(ksm_fault(&k, id, SM_FAULT_WRITE, p, KSM_HUGE), 0);
	expect_huge(p);
	ASSERT_EQ(op(p + 100 * KSM_PAGE, KSM_PAGE), 0);
	EXPECT_EQ(ksm_snapshot(&k, id, p, 512, ent), 0);
	for (i = 0; i < 512; i += 99) {
		EXPECT_EQ(ksm_read(&k, id, p + i * KSM_PAGE, &value), 0);
		EXPECT_EQ(value, ksm_word(p + i * KSM_PAGE));
		EXPECT_EQ(ORDER(ksm_entry(&k, id, p + i * KSM_PAGE).entry), 0);
	}
	ksm_expect_true_mirror(&k, id, p, 512);
	EXPECT_EQ(ksm_check(&k, id).violations, 0);
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
	partial(munmap);
}

static void partial_dontneed(void)
{
	partial(do_dontneed);
}

static void partial_mprotect(void)
{
	partial(do_protect);
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
	expect_huge(p);
	ASSERT_EQ(madvise(p, KSM_PAGE, MADV_DONTNEED), 0);
	EXPECT_EQ(ksm_entry(&k, id, before).entry >> 63, 1);
	EXPECT_EQ(ksm_entry(&k, id, after).entry >> 63, 1);
	EXPECT_EQ(ksm_stats(&k, id).present, 2);
}

/* A mirror that ends inside a huge page takes its part of it page by page. */
static void cut_by_the_mirror(void)
{
	struct sm_ioc_mirror_create c = {
		.size = sizeof(c),
		.profile = ksm_param,
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
		KSM_KVM(one_touch),
		KSM_HMM(one_touch),
		KSM_KVM(whole_range),
		KSM_HMM(whole_range),
		KSM_KVM(partial_munmap),
		KSM_HMM(partial_munmap),
		KSM_KVM(partial_dontneed),
		KSM_HMM(partial_dontneed),
		KSM_KVM(partial_mprotect),
		KSM_HMM(partial_mprotect),
		KSM_KVM(neighbours),
		KSM_HMM(neighbours),
		KSM_KVM(cut_by_the_mirror),
		KSM_HMM(cut_by_the_mirror),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
