// SPDX-License-Identifier: GPL-2.0-only
/* The table as userspace sees it: snapshot, entry, check, stats. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm.h"

#define SIZE	(4 * KSM_HUGE)
#define PAGES	(SIZE / KSM_PAGE)
#define RW	(PROT_READ | PROT_WRITE)

#define BIG	(4096 * KSM_HUGE)
#define COPY	(BIG / KSM_PAGE)	/* words */
#define UNTOUCHED (~0ULL)
#define TRIES	20

static struct ksm k;
static __u32 id;
static __u64 mirror[PAGES], cpu[PAGES];

static void begin(void)
{
	ksm_setup(&k, SIZE);
	id = ksm_mirror(&k, ksm_profile);
}

/* Every page, PFN by PFN, over several leaves and two batches that overlap. */
static void equals_pagemap(void)
{
	struct sm_ioc_check c;
	unsigned int i;
	char *p;

	begin();
	p = ksm_map(&k, 0, SIZE, RW);
	ksm_fill(p, SIZE);
	ASSERT_EQ(ksm_fault(&k, id, 0, p, SIZE), 0);
	ASSERT_EQ(ksm_fault(&k, id, ksm_use(), p + 7 * KSM_PAGE,
			    SIZE / 2), 0);
	EXPECT_EQ(ksm_snapshot(&k, id, p, PAGES, mirror), PAGES);
	ksm_pagemap(p, PAGES, cpu);
	for (i = 0; i < PAGES; i++) {
		ASSERT_EQ(mirror[i] & SM_ENT_COMPARE, cpu[i] & SM_ENT_COMPARE);
		ASSERT_EQ(mirror[i] & ~(SM_ENT_COMPARE | SM_ENT_WRITE), 0);
	}
	c = ksm_check(&k, id);
	EXPECT_EQ(c.pages, PAGES);
	EXPECT_EQ(c.accepted, SIZE / SM_GRANULE_SIZE);
	EXPECT_EQ(c.violations, 0);
}

/* Absent leaves, present ones, and a window into the middle of both. */
static void sparse(void)
{
	unsigned int pages = ksm_info()->window ? : 1;
	__u64 value;
	char *p;

	begin();
	p = ksm_map(&k, 0, SIZE, RW);
	memset(mirror, 0xff, sizeof(mirror));
	EXPECT_EQ(ksm_snapshot(&k, id, p, PAGES, mirror), 0);
	EXPECT_EQ(mirror[0], 0);
	EXPECT_EQ(mirror[PAGES - 1], 0);
	EXPECT_EQ(ksm_read(&k, id, p + KSM_HUGE, &value), 0);
	EXPECT_EQ(ksm_read(&k, id, p + SIZE - KSM_PAGE, &value), 0);
	memset(mirror, 0xff, sizeof(mirror));
	EXPECT_EQ(ksm_snapshot(&k, id, p, PAGES, mirror), 2 * pages);
	EXPECT_NE(mirror[512], 0);
	EXPECT_NE(mirror[PAGES - 1], 0);
	EXPECT_EQ(mirror[511], 0);
	EXPECT_EQ(mirror[512 + pages], 0);

	mirror[2] = 0x77;
	EXPECT_EQ(ksm_snapshot(&k, id, p + KSM_HUGE - KSM_PAGE, 2, mirror), 1);
	EXPECT_EQ(mirror[0], 0);
	EXPECT_EQ(mirror[1], ksm_entry(&k, id, p + KSM_HUGE).entry);
	EXPECT_EQ(mirror[2], 0x77);
	EXPECT_EQ(ksm_stats(&k, id).leaves, 2);
}

static void bad_buffer(void)
{
	struct sm_ioc_snapshot s = { .size = sizeof(s) };
	char *p, *end;
	__u64 value;

	begin();
	p = ksm_map(&k, 0, KSM_PAGE * 16, RW);
	end = p + 16 * KSM_PAGE;
	s.id = id;
	s.start = k.start;
	s.end = k.end;
	/* Of an absent leaf, then of a present one. */
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SNAPSHOT, &s), -EFAULT);
	EXPECT_EQ(ksm_read(&k, id, p, &value), 0);
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SNAPSHOT, &s), -EFAULT);
	s.buf = 0xffff888000000000;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SNAPSHOT, &s), -EFAULT);
	s.buf = (uintptr_t)end - 8;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SNAPSHOT, &s), -EFAULT);
	ASSERT_EQ(mprotect(p, 16 * KSM_PAGE, PROT_READ), 0);
	s.buf = (uintptr_t)p;
	s.end = s.start + KSM_HUGE;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_SNAPSHOT, &s), -EFAULT);
}

static _Noreturn void copy_all(__u64 *copy)
{
	struct sm_ioc_snapshot s = { .size = sizeof(s) };

	ksm_setup(&k, BIG);
	s.id = ksm_mirror(&k, SM_PROFILE_KVM);
	s.start = k.start;
	s.end = k.end;
	s.buf = (uintptr_t)copy;
	ASSERT_EQ(ksm_ioctl(k.fd, SM_IOC_SNAPSHOT, &s), 0);
	ksm_end();
}

/* Kill it when its copy has begun: is the last word untouched then? */
static bool is_cut_short(void)
{
	__u64 *copy = mmap(NULL, COPY * 8, RW, MAP_SHARED | MAP_ANONYMOUS, -1,
			   0);
	bool cut, gone;
	int pid;

	ASSERT_TRUE(copy != MAP_FAILED);
	copy[0] = UNTOUCHED;
	copy[COPY - 1] = UNTOUCHED;
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		copy_all(copy);
	do {
		gone = waitpid(pid, NULL, WNOHANG) == pid;
	} while (!gone && KSM_LOAD(copy[0]) == UNTOUCHED);
	if (!gone) {
		kill(pid, SIGKILL);
		ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	}
	cut = copy[0] != UNTOUCHED && copy[COPY - 1] == UNTOUCHED;
	munmap(copy, COPY * 8);
	return cut;
}

/* A copy of a big table is not finished for who is dead; it may be before. */
static void killed(void)
{
	unsigned int i = 0;

	while (i < TRIES && !is_cut_short())
		i++;
	EXPECT_LT(i, TRIES);
}

/* Permissions go down with the page table's, and up again on demand. */
static void permissions(void)
{
	__u64 value;
	char *p;

	ksm_need_writes();
	begin();
	p = ksm_map(&k, 0, KSM_PAGE, RW);
	ksm_fill(p, KSM_PAGE);
	EXPECT_EQ(ksm_read(&k, id, p, &value), 0);
	EXPECT_EQ(ksm_check(&k, id).violations, 0);
	EXPECT_EQ(ksm_write(&k, id, p, 2), 0);
	EXPECT_EQ(ksm_entry(&k, id, p).entry & SM_ENT_WRITE, SM_ENT_WRITE);
	if (ksm_info()->unmap_only)
		return;
	ASSERT_EQ(mprotect(p, KSM_PAGE, PROT_READ), 0);
	EXPECT_EQ(ksm_entry(&k, id, p).entry, 0);
	EXPECT_EQ(ksm_read(&k, id, p, &value), 0);
	EXPECT_EQ(value, 2);
	EXPECT_EQ(ksm_entry(&k, id, p).entry & SM_ENT_WRITE, 0);
	EXPECT_EQ(ksm_check(&k, id).violations, 0);
	EXPECT_EQ(ksm_check(&k, id).pages, 1);
}

static void statistics(void)
{
	struct sm_ioc_stats s;
	__u64 value, i;
	char *p;

	ksm_need_writes();
	begin();
	p = ksm_map(&k, 0, 8 * KSM_PAGE, RW);
	ksm_fill(p, 8 * KSM_PAGE);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(ksm_read(&k, id, p + i * KSM_PAGE, &value), 0);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(ksm_write(&k, id, p + i * KSM_PAGE, 1), 0);
	s = ksm_stats(&k, id);
	EXPECT_EQ(s.reads, 8);
	EXPECT_EQ(s.writes, 4);
	EXPECT_GE(s.faults, 8);
	EXPECT_GE(s.installed, 8);
	EXPECT_EQ(s.huge, 0);
	EXPECT_EQ(s.present, 8);
	EXPECT_EQ(s.leaves, 1);
	/* What was pinned for reading is pinned anew for writing. */
	EXPECT_EQ(s.dropped, ksm_info()->pinned ? 4 : 0);
	EXPECT_EQ(s.amplified, 0);

	ASSERT_EQ(munmap(p, 8 * KSM_PAGE), 0);
	s = ksm_stats(&k, id);
	EXPECT_EQ(s.dropped, ksm_info()->pinned ? 12 : 8);
	EXPECT_EQ(s.present, 0);
	EXPECT_GE(s.events, 1);
	EXPECT_EQ(s.leaves, 1);
}

/* A correct mirror under everything above has nothing to confess. */
static void violations(void)
{
	struct sm_ioc_violations v = { .size = sizeof(v), .nr = 64 };
	struct sm_violation buf[64];
	__u64 value;
	char *p;

	begin();
	p = ksm_map(&k, 0, KSM_PAGE, RW);
	EXPECT_EQ(ksm_read(&k, id, p, &value), 0);
	v.buf = (uintptr_t)buf;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_VIOLATIONS, &v), 0);
	EXPECT_EQ(v.nr, 0);
	EXPECT_EQ(v.total, 0);
	v.nr = ~0U;
	EXPECT_EQ(ksm_ioctl(k.fd, SM_IOC_VIOLATIONS, &v), 0);
	EXPECT_EQ(v.nr, 0);
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_EACH(equals_pagemap),
		KSM_EACH(sparse),
		KSM_EACH(bad_buffer),
		KSM_CASE(killed),
		KSM_EACH(permissions),
		KSM_EACH(statistics),
		KSM_EACH(violations),
	};

	return ksm_main(cases, ARRAY_SIZE(cases));
}
