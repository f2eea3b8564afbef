// SPDX-License-Identifier: GPL-2.0-only
/* Device reads and writes: what they see, what they change, what is refused. */
#include <string.h>
#include <sys/mman.h>

#include "ksm.h"

#define SIZE	(2 * KSM_HUGE)
#define PAGES	16
#define LEN	(PAGES * KSM_PAGE)
#define RO	PROT_READ
#define RW	(PROT_READ | PROT_WRITE)

static struct ksm k;
static __u32 id;

static char *begin(int prot)
{
	ksm_setup(&k, SIZE);
	id = ksm_mirror(&k, ksm_profile);
	return ksm_map(&k, 0, LEN, prot);
}

static void device_sees_cpu(void)
{
	char *p = begin(RW);
	static char buf[LEN];
	__u64 i, value, done;

	ksm_fill(p, LEN);
	for (i = 0; i < PAGES; i++) {
		EXPECT_EQ(ksm_read(&k, id, p + i * KSM_PAGE, &value), 0);
		EXPECT_EQ(value, ksm_word(p + i * KSM_PAGE));
	}
	/* The translation is there now; the CPU goes on writing. */
	*(__u64 *)p = 42;
	EXPECT_EQ(ksm_read(&k, id, p, &value), 0);
	EXPECT_EQ(value, 42);
	/* All of it, and an odd piece across pages. */
	EXPECT_EQ(ksm_access(&k, id, 0, p, buf, LEN, &done), 0);
	EXPECT_EQ(done, LEN);
	EXPECT_EQ(memcmp(buf, p, LEN), 0);
	memset(buf, 0, sizeof(buf));
	EXPECT_EQ(ksm_access(&k, id, 0, p + 4091, buf, 4105, &done), 0);
	EXPECT_EQ(done, 4105);
	EXPECT_EQ(memcmp(buf, p + 4091, 4105), 0);
	EXPECT_EQ(buf[4105], 0);
}

static void cpu_sees_device(void)
{
	static char buf[LEN];
	__u64 i, done;
	char *p;

	ksm_need_writes();
	p = begin(RW);
	ksm_fill(p, LEN);
	for (i = 0; i < PAGES; i++) {
		EXPECT_EQ(ksm_write(&k, id, p + i * KSM_PAGE + 8, i + 7), 0);
		EXPECT_EQ(*(__u64 *)(p + i * KSM_PAGE + 8), i + 7);
		EXPECT_EQ(*(__u64 *)(p + i * KSM_PAGE),
			  ksm_word(p + i * KSM_PAGE));
	}
	memset(buf, 0x5a, sizeof(buf));
	EXPECT_EQ(ksm_access(&k, id, SM_ACCESS_WRITE, p + 4091, buf, 4105,
			     &done), 0);
	EXPECT_EQ(done, 4105);
	EXPECT_EQ(memcmp(p + 4091, buf, 4105), 0);
	EXPECT_NE(p[4090], 0x5a);
	EXPECT_NE(p[4091 + 4105], 0x5a);
}

/* Memory that the CPU has never touched. */
static void miss_faults_in(void)
{
	__u64 value = 1, ent[2];
	char *p;

	ksm_need_writes();
	p = begin(RW);
	EXPECT_EQ(ksm_read(&k, id, p, &value), 0);
	EXPECT_EQ(value, 0);
	EXPECT_EQ(ksm_write(&k, id, p + KSM_PAGE, 99), 0);
	ksm_pagemap(p, 2, ent);
	EXPECT_EQ(ent[0] >> 63, 1);
	EXPECT_EQ(ent[1] >> 63, 1);
	EXPECT_EQ(*(__u64 *)(p + KSM_PAGE), 99);
	EXPECT_EQ(ksm_entry(&k, id, p + KSM_PAGE).entry & SM_ENT_WRITE,
		  SM_ENT_WRITE);
	if (!ksm_info()->window) {
		EXPECT_EQ(ksm_entry(&k, id, p).entry & SM_ENT_WRITE, 0);
		EXPECT_EQ(ksm_entry(&k, id, p + 2 * KSM_PAGE).entry, 0);
	}
	ksm_expect_true_mirror(&k, id, p, PAGES);

	/* From the zero page, read only, to a page of its own. */
	EXPECT_EQ(ksm_write(&k, id, p, 98), 0);
	EXPECT_EQ(*(__u64 *)p, 98);
	ksm_expect_true_mirror(&k, id, p, PAGES);
	EXPECT_LEFT(ksm_stats(&k, id).present, ksm_info()->window ? : 2);
}

static void write_to_read_only(void)
{
	__u64 value, word;
	char *p;

	ksm_need_writes();
	p = begin(RW);
	ksm_fill(p, LEN);
	word = *(__u64 *)p;
	ASSERT_EQ(mprotect(p, LEN, RO), 0);
	EXPECT_EQ(ksm_write(&k, id, p, 1), -EPERM);
	EXPECT_EQ(*(__u64 *)p, word);
	EXPECT_EQ(ksm_read(&k, id, p, &value), 0);
	EXPECT_EQ(value, word);
	EXPECT_EQ(ksm_write(&k, id, p, 1), -EPERM);
	EXPECT_EQ(ksm_fault(&k, id, SM_FAULT_WRITE, p, KSM_PAGE), -EPERM);
	EXPECT_EQ(ksm_entry(&k, id, p).entry & SM_ENT_WRITE, 0);

	ASSERT_EQ(mprotect(p, LEN, RW), 0);
	EXPECT_EQ(ksm_write(&k, id, p, 1), 0);
	EXPECT_EQ(*(__u64 *)p, 1);
	ASSERT_EQ(mprotect(p, LEN, RO), 0);
	/* What it may do goes on for one that is not told of this. */
	EXPECT_EQ(ksm_write(&k, id, p, 2), ksm_info()->unmap_only ? 0 : -EPERM);
	EXPECT_EQ(*(__u64 *)p, ksm_info()->unmap_only ? 2 : 1);
	if (ksm_info()->unmap_only)
		return;
	EXPECT_EQ(ksm_check(&k, id).violations, 0);
}

static void nothing_there(void)
{
	int err = ksm_info()->unmap_only ? 0 : -EFAULT;
	char *p = begin(RW);
	static char buf[LEN];
	__u64 value, done;

	ksm_fill(p, LEN);
	ASSERT_EQ(ksm_fault(&k, id, ksm_use(), p, LEN), 0);
	ASSERT_EQ(munmap(p + 4 * KSM_PAGE, KSM_PAGE), 0);
	ASSERT_EQ(mprotect(p + 8 * KSM_PAGE, KSM_PAGE, PROT_NONE), 0);

	EXPECT_EQ(ksm_read(&k, id, p + 4 * KSM_PAGE, &value), -EFAULT);
	EXPECT_EQ(ksm_write(&k, id, p + 4 * KSM_PAGE, 1), ksm_wrote(-EFAULT));
	EXPECT_EQ(ksm_read(&k, id, p + 8 * KSM_PAGE, &value), err);
	EXPECT_EQ(ksm_write(&k, id, p + 8 * KSM_PAGE, 1), ksm_wrote(err));
	EXPECT_EQ(ksm_fault(&k, id, 0, p + 4 * KSM_PAGE, KSM_PAGE), -EFAULT);
	EXPECT_EQ(ksm_read(&k, id, p + SIZE - 8, &value), -EFAULT);

	/* As far as it goes, and it says how far that is. */
	EXPECT_EQ(ksm_access(&k, id, 0, p + 100, buf, LEN - 100, &done),
		  -EFAULT);
	EXPECT_EQ(done, 4 * KSM_PAGE - 100);
	EXPECT_EQ(memcmp(buf, p + 100, done), 0);
	EXPECT_LEFT(ksm_stats(&k, id).present,
		    PAGES - (ksm_info()->unmap_only ? 1 : 2));
}

static void bad_buffer(void)
{
	char *p = begin(RW);
	char *end = p + LEN;
	__u64 done, value;

	ksm_fill(p, LEN);
	EXPECT_EQ(ksm_access(&k, id, 0, p, NULL, 8, &done), -EFAULT);
	EXPECT_EQ(ksm_access(&k, id, SM_ACCESS_WRITE, p, NULL, 8, &done),
		  -EFAULT);
	EXPECT_EQ(ksm_access(&k, id, 0, p,
			     (void *)(uintptr_t)0xffff888000000000, 8, &done),
		  -EFAULT);
	EXPECT_EQ(*(__u64 *)p, ksm_word(p));

	/* Room for one page of two. */
	EXPECT_EQ(ksm_access(&k, id, 0, p, end - KSM_PAGE, 2 * KSM_PAGE, &done),
		  -EFAULT);
	EXPECT_EQ(done, KSM_PAGE);

	/* A buffer behind the same mirror, not faulted in: no deadlock. */
	ASSERT_EQ(madvise(end - KSM_PAGE, KSM_PAGE, MADV_DONTNEED), 0);
	EXPECT_EQ(ksm_access(&k, id, 0, p, end - KSM_PAGE, KSM_PAGE, &done), 0);
	EXPECT_EQ(*(__u64 *)(end - KSM_PAGE), ksm_word(p));
	ASSERT_EQ(mprotect(end - KSM_PAGE, KSM_PAGE, RO), 0);
	EXPECT_EQ(ksm_access(&k, id, 0, p, end - KSM_PAGE, 8, &done), -EFAULT);
	EXPECT_EQ(ksm_read(&k, id, p, &value), 0);
}

/* A walk that installs nothing. */
static void dry(void)
{
	char *p = begin(RW);

	ksm_fill(p, LEN);
	EXPECT_EQ(ksm_fault(&k, id, SM_FAULT_DRY, p, LEN), 0);
	EXPECT_EQ(ksm_stats(&k, id).present, 0);
	EXPECT_EQ(ksm_stats(&k, id).installed, 0);
	EXPECT_EQ(ksm_fault(&k, id, SM_FAULT_DRY | ksm_use(), p, LEN), 0);
	EXPECT_EQ(ksm_fault(&k, id, 0, p, LEN), 0);
	EXPECT_EQ(ksm_stats(&k, id).present, PAGES);
}

/* Two mirrors, two disciplines, one memory. */
static void both_profiles(void)
{
	__u64 i, ent[PAGES], value;
	char *p = begin(RW);
	__u32 other = ksm_mirror(&k, ksm_profile == SM_PROFILE_KVM ?
				     SM_PROFILE_HMM : SM_PROFILE_KVM);

	ksm_fill(p, LEN);
	for (i = 0; i < PAGES; i++) {
		bool here = i & 1 && !ksm_info()->reads;

		EXPECT_EQ(ksm_write(&k, here ? id : other, p + i * KSM_PAGE,
				    i), 0);
		EXPECT_EQ(ksm_read(&k, i & 1 ? other : id, p + i * KSM_PAGE,
				   &value), 0);
		EXPECT_EQ(value, i);
	}
	ksm_expect_true_mirror(&k, id, p, PAGES);
	ksm_expect_true_mirror(&k, other, p, PAGES);
	ASSERT_EQ(munmap(p, LEN), 0);
	EXPECT_EQ(ksm_snapshot(&k, id, p, PAGES, ent), 0);
	EXPECT_EQ(ksm_snapshot(&k, other, p, PAGES, ent), 0);
	/* One goes, the other stays. */
	EXPECT_EQ(ksm_mirror_destroy(&k, id), 0);
	ksm_map(&k, 0, LEN, RW);
	EXPECT_EQ(ksm_write(&k, other, p, 5), 0);
	EXPECT_EQ(*(__u64 *)p, 5);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_EACH(device_sees_cpu),
		KSM_EACH(cpu_sees_device),
		KSM_EACH(miss_faults_in),
		KSM_EACH(write_to_read_only),
		KSM_EACH(nothing_there),
		KSM_EACH(bad_buffer),
		KSM_EACH(dry),
		KSM_EACH(both_profiles),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
