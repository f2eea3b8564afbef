// SPDX-License-Identifier: GPL-2.0-only
/* A context, and memory in its arena: see ksm.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ksm.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* Returns 0 or a negative errno. */
int ksm_ioctl(int fd, unsigned int cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? -errno : 0;
}

int ksm_open(void)
{
	int fd = open(KSM_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Through a file of its own. */
int ksm_query(struct sm_ioc_query *q)
{
	int err, fd = ksm_open();

	if (fd < 0)
		return fd;
	memset(q, 0, sizeof(*q));
	q->size = sizeof(*q);
	err = ksm_ioctl(fd, SM_IOC_QUERY, q);
	close(fd);
	return err;
}

/* An arena of @size bytes at KSM_ARENA, with nothing mapped in it. */
void ksm_setup(struct ksm *k, __u64 size)
{
	ksm_setup_ring(k, size, 12);
}

void ksm_setup_ring(struct ksm *k, __u64 size, unsigned int ring_order)
{
	void *p;

	memset(k, 0, sizeof(*k));
	k->fd = ksm_open();
	ASSERT_GE(k->fd, 0);
	k->start = KSM_ARENA;
	k->end = KSM_ARENA + size;
	k->setup.size = sizeof(k->setup);
	k->setup.ring_order = ring_order;
	k->setup.start = k->start;
	k->setup.end = k->end;
	k->setup.cookie = KSM_COOKIE;
	ASSERT_EQ(ksm_ioctl(k->fd, SM_IOC_SETUP, &k->setup), 0);
	p = mmap(NULL, k->setup.witness_size, PROT_READ, MAP_SHARED, k->fd,
		 SM_MAP_WITNESS);
	ASSERT_TRUE(p != MAP_FAILED);
	k->witness = p;
	p = mmap(NULL, k->setup.tags_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		 k->fd, SM_MAP_TAGS);
	ASSERT_TRUE(p != MAP_FAILED);
	k->tags = p;
}

/* Without this a close() leaves the context alive: a mapping is a user. */
void ksm_unmap_device(struct ksm *k)
{
	munmap((void *)k->witness, k->setup.witness_size);
	munmap((void *)k->tags, k->setup.tags_size);
	k->witness = NULL;
	k->tags = NULL;
}

/* Take over a file of another process, which can no longer be trusted to live. */
void ksm_adopt(struct ksm *k, int pid, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);

	memset(k, 0, sizeof(*k));
	ASSERT_GE(pidfd, 0);
	k->fd = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	ASSERT_GE(k->fd, 0);
	close(pidfd);
}

__u32 ksm_mirror(struct ksm *k, unsigned int profile)
{
	return ksm_mirror_with(k, profile, KSM_NO_DEFECT);
}

/* A mirror of the whole arena. Skips the case if it is not to be had here. */
__u32 ksm_mirror_with(struct ksm *k, unsigned int profile, unsigned int defect)
{
	struct sm_ioc_mirror_create c = {
		.size = sizeof(c),
		.profile = profile,
		.start = k->start,
		.end = k->end,
	};
	struct sm_ioc_query q;

	ASSERT_EQ(ksm_query(&q), 0);
	if (!(q.profiles >> profile & 1))
		ksm_skip("this kernel cannot do the profile");
	if (defect != KSM_NO_DEFECT) {
		if (!ksm_bit(q.defects, defect))
			ksm_skip("defects cannot be armed here");
		c.defects[defect / 64] = 1ULL << defect % 64;
	}
	ASSERT_EQ(ksm_ioctl(k->fd, SM_IOC_MIRROR_CREATE, &c), 0);
	return c.id;
}

int ksm_mirror_destroy(struct ksm *k, __u32 id)
{
	struct sm_ioc_mirror_destroy d = { .size = sizeof(d), .id = id };

	return ksm_ioctl(k->fd, SM_IOC_MIRROR_DESTROY, &d);
}

int ksm_access(struct ksm *k, __u32 id, __u32 flags, const void *va,
	       void *buf, size_t len, __u64 *done)
{
	struct sm_ioc_access a = {
		.size = sizeof(a),
		.id = id,
		.flags = flags,
		.va = (uintptr_t)va,
		.len = len,
		.buf = (uintptr_t)buf,
	};
	int err = ksm_ioctl(k->fd, SM_IOC_ACCESS, &a);

	if (done)
		*done = a.done;
	return err;
}

int ksm_read(struct ksm *k, __u32 id, const void *va, __u64 *value)
{
	return ksm_access(k, id, 0, va, value, sizeof(*value), NULL);
}

int ksm_write(struct ksm *k, __u32 id, const void *va, __u64 value)
{
	return ksm_access(k, id, SM_ACCESS_WRITE, va, &value, sizeof(value),
			  NULL);
}

/* For a case that is about what a device writes. */
void ksm_need_writes(void)
{
	if (ksm_info()->reads)
		ksm_skip("this device only reads");
}

int ksm_fault(struct ksm *k, __u32 id, __u32 flags, const void *va,
	      size_t len)
{
	struct sm_ioc_fault f = {
		.size = sizeof(f),
		.id = id,
		.flags = flags,
		.batch = 64,
		.start = (uintptr_t)va,
		.end = (uintptr_t)va + len,
	};
	int err = ksm_ioctl(k->fd, SM_IOC_FAULT, &f);

	if (!err)
		EXPECT_EQ(f.done, len);
	return err;
}

/* Returns the number of present entries. */
__u64 ksm_snapshot(struct ksm *k, __u32 id, const void *va, size_t pages,
		   __u64 *ent)
{
	struct sm_ioc_snapshot s = {
		.size = sizeof(s),
		.id = id,
		.start = (uintptr_t)va,
		.end = (uintptr_t)va + pages * KSM_PAGE,
		.buf = (uintptr_t)ent,
	};
	__u64 present = 0;
	size_t i;

	ASSERT_EQ(ksm_ioctl(k->fd, SM_IOC_SNAPSHOT, &s), 0);
	for (i = 0; i < pages; i++)
		present += ent[i] >> 63;
	EXPECT_EQ(s.present, present);
	return s.present;
}

struct sm_ioc_entry ksm_entry(struct ksm *k, __u32 id, const void *va)
{
	struct sm_ioc_entry e = {
		.size = sizeof(e),
		.id = id,
		.va = (uintptr_t)va,
	};

	ASSERT_EQ(ksm_ioctl(k->fd, SM_IOC_ENTRY, &e), 0);
	return e;
}

struct sm_ioc_check ksm_check(struct ksm *k, __u32 id)
{
	struct sm_ioc_check c = {
		.size = sizeof(c),
		.id = id,
		.start = k->start,
		.end = k->end,
	};

	ASSERT_EQ(ksm_ioctl(k->fd, SM_IOC_CHECK, &c), 0);
	return c;
}

struct sm_ioc_stats ksm_stats(struct ksm *k, __u32 id)
{
	struct sm_ioc_stats s = { .size = sizeof(s), .id = id };

	ASSERT_EQ(ksm_ioctl(k->fd, SM_IOC_STATS, &s), 0);
	return s;
}

/* Takes up to @room violations; returns how many. */
unsigned int ksm_violations(struct ksm *k, struct sm_violation *v,
			    unsigned int room)
{
	struct sm_ioc_violations q = {
		.size = sizeof(q),
		.nr = room,
		.buf = (uintptr_t)v,
	};

	ASSERT_EQ(ksm_ioctl(k->fd, SM_IOC_VIOLATIONS, &q), 0);
	EXPECT_LE(q.nr, room);
	return q.nr;
}

/* Takes all violations and counts those of one oracle. */
unsigned int ksm_count(struct ksm *k, enum sm_oracle oracle)
{
	struct sm_violation v[64];
	unsigned int i, n, count = 0;

	while ((n = ksm_violations(k, v, ARRAY_SIZE(v))))
		for (i = 0; i < n; i++)
			count += v[i].oracle == oracle;
	return count;
}

const struct sm_granule *ksm_granule(struct ksm *k, const void *va)
{
	const char *w = (const void *)k->witness;
	const struct sm_granule *g;

	g = (const void *)(w + k->witness->granule_off);
	return g + (((uintptr_t)va - k->start) >> SM_GRANULE_SHIFT);
}

/* Private anonymous memory in 4 KiB pages. */
char *ksm_map(struct ksm *k, size_t off, size_t len, int prot)
{
	char *p = mmap((void *)(k->start + off), len, prot,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		       0);

	ASSERT_EQ((uintptr_t)p, k->start + off);
	madvise(p, len, MADV_NOHUGEPAGE);
	return p;
}

/* 2 MiB of private anonymous memory in one huge page, or the case skips. */
char *ksm_map_huge(struct ksm *k, size_t off)
{
	char *p = mmap((void *)(k->start + off), KSM_HUGE,
		       PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		       0);
	__u64 ent[512];
	size_t i;

	ASSERT_EQ((uintptr_t)p, k->start + off);
	if (madvise(p, KSM_HUGE, MADV_HUGEPAGE))
		ksm_skip("this kernel has no transparent huge pages");
	ksm_fill(p, KSM_HUGE);
	madvise(p, KSM_HUGE, MADV_COLLAPSE);
	ksm_pagemap(p, 512, ent);
	if (ent[0] & 511)
		ksm_skip("no huge page to be had");
	for (i = 1; i < 512; i++)
		if ((ent[i] & SM_ENT_PFN) != (ent[0] & SM_ENT_PFN) + i)
			ksm_skip("no huge page to be had");
	return p;
}

/* The first word of a page names its address; the last one is the cookie. */
void ksm_fill(char *p, size_t len)
{
	size_t off;

	for (off = 0; off < len; off += KSM_PAGE) {
		*(__u64 *)(p + off) = ksm_word(p + off);
		*(__u64 *)(p + off + KSM_PAGE - 8) = KSM_COOKIE;
	}
}

__u64 ksm_word(const char *p)
{
	return (uintptr_t)p * 0x9e3779b97f4a7c15ULL | 1;
}

void ksm_pagemap(const void *va, size_t pages, __u64 *ent)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(pread(fd, ent, pages * 8, (uintptr_t)va / KSM_PAGE * 8),
		  pages * 8);
	close(fd);
}

/* No entry that is present may differ from the CPU's page table. */
void ksm_expect_true_mirror(struct ksm *k, __u32 id, const char *va,
			    size_t pages)
{
	__u64 mirror[512], cpu[512];
	size_t i;

	ASSERT_TRUE(pages <= ARRAY_SIZE(cpu));
	ksm_snapshot(k, id, va, pages, mirror);
	ksm_pagemap(va, pages, cpu);
	for (i = 0; i < pages; i++)
		if (mirror[i] & SM_ENT_PRESENT)
			ASSERT_EQ(mirror[i] & SM_ENT_COMPARE,
				  cpu[i] & SM_ENT_COMPARE);
}
