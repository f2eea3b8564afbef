// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose page may a broken mirror mark dirty, after it wrote? That of a true entry,
 * as a correct one does: otherwise the write could get lost, and the defect would
 * be found for that. But no page of a disk that write-back has cleaned since.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE		KSM_HUGE
#define KPF_DIRTY	4
#define RW		(PROT_READ | PROT_WRITE)

static struct ksm k;

static __u64 pfn_of(const char *p)
{
	__u64 ent;

	ksm_pagemap(p, 1, &ent);
	ASSERT_EQ(ent >> 63, 1);
	return ent & SM_ENT_PFN;
}

static bool is_dirty(__u64 pfn)
{
	int fd = open("/proc/kpageflags", O_RDONLY);
	__u64 flags = 0;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(pread(fd, &flags, sizeof(flags), pfn * sizeof(flags)),
		  sizeof(flags));
	close(fd);
	return flags >> KPF_DIRTY & 1;
}

static void begin(void)
{
	if (ksm_info()->pinned)
		ksm_skip("not every kernel lets it pin such pages");
	ksm_setup(&k, SIZE);
}

static char *map_at(__u64 off, int fd, __u64 where)
{
	char *p = mmap((void *)(k.start + off), KSM_PAGE, RW,
		       MAP_SHARED | MAP_FIXED, fd, where);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

/*
 * A page that is nobody's file, and that the CPU maps writable without marking it:
 * one of the device's own, which nothing looks at here.
 */
static void a_true_entry(void)
{
	__u32 bad;
	__u64 pfn;
	char *p;

	begin();
	p = map_at(0, k.fd, SM_MAP_TAGS);
	bad = ksm_mirror_with(&k, ksm_profile, ksm_param);
	pfn = pfn_of(p);
	EXPECT_FALSE(is_dirty(pfn));
	ASSERT_EQ(ksm_write(&k, bad, p + 8, 1), 0);
	EXPECT_EQ(*(__u64 *)(p + 8), 1);
	/* Some drivers leave the marking to the invalidation. */
	ASSERT_EQ(munmap(p, KSM_PAGE), 0);
	EXPECT_TRUE(is_dirty(pfn));
}

/* On a disk; write-back tells that it takes the permission away. */
static void a_late_one(void)
{
	char path[] = "/var/tmp/dirty-XXXXXX";
	int fd = mkstemp(path);
	__u32 bad;
	__u64 pfn;
	char *p;

	if (fd < 0)
		ksm_skip("no file in /var/tmp");
	unlink(path);
	ASSERT_EQ(ftruncate(fd, KSM_PAGE), 0);
	begin();
	p = map_at(0, fd, 0);
	*(__u64 *)(p + KSM_PAGE - 8) = KSM_COOKIE;
	bad = ksm_mirror_with(&k, ksm_profile, ksm_param);
	ASSERT_EQ(ksm_write(&k, bad, p + 8, 1), 0);
	pfn = pfn_of(p);
	EXPECT_TRUE(is_dirty(pfn));
	ASSERT_EQ(msync(p, KSM_PAGE, MS_SYNC), 0);
	if (is_dirty(pfn))
		ksm_skip("nothing writes that back");
	EXPECT_EQ(ksm_write(&k, bad, p + 8, 2), 0);
	EXPECT_EQ(*(__u64 *)(p + 8), 2);
	EXPECT_FALSE(is_dirty(pfn));
	EXPECT_EQ(ksm_count(&k, SM_ORACLE_LATE), 1);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_EACH_WITH(IGNORE_FORK, a_true_entry),
		KSM_EACH_WITH(IGNORE_FORK, a_late_one),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
