// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared hugetlb of a GiB: see gib.h. In a process of its own, as an arena is full of
 * pages, and of this GiB only those that a mirror is on are there.
 *
 * The kernel has one page table for both mappings of it. As soon as a part of one becomes
 * another mapping, that has to have a table of its own, which begins empty
 * (hugetlb_unshare_pmds()): the event is about all of the GiB. What is read there later is
 * what the other mapping has.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/ops.h"
#include "base/util.h"
#include "gib.h"
#include "memory/arena.h"
#include "module/device.h"
#include "module/profiles.h"

#define GIB		(1ULL << 30)
#define GIB_OTHER	(SM_ARENA_START + GIB)
#define GIB_AWAY	(SM_ARENA_START + 2 * GIB)
#define GIB_ROUNDS	8
#define GIB_POOL	"/sys/kernel/mm/hugepages/hugepages-2048kB/"

static int gib_file;	/* of the child */

const char *sm_gib_lacks(const struct sm_need *n)
{
	(void)n;
	return sm_util_read_u64(GIB_POOL "free_hugepages", 0) <
			       sm_util_read_u64(GIB_POOL "resv_hugepages", 0) +
				       SM_OWN_BYTES / SM_GRANULE_SIZE ?
		       "no two free hugetlb pages of 2 MiB" : NULL;
}

/* Sparse, so nothing is reserved. */
static int gib_map(uint64_t va, int flags)
{
	void *p = mmap((void *)va, GIB, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_NORESERVE | flags, gib_file, 0);

	return p == MAP_FAILED ? -errno : 0;
}

/* sm_gib_make() - both mappings; 0: there is no room. */
uint64_t sm_gib_make(void)
{
	gib_file = memfd_create("stalemate-gib", MFD_CLOEXEC | MFD_HUGETLB |
				SM_GRANULE_SHIFT << MAP_HUGE_SHIFT);
	if (gib_file < 0 || ftruncate(gib_file, GIB) < 0 ||
	    fallocate(gib_file, 0, 0, SM_OWN_BYTES) < 0 ||
	    gib_map(SM_ARENA_START, MAP_FIXED_NOREPLACE) ||
	    gib_map(GIB_OTHER, MAP_FIXED_NOREPLACE))
		return 0;
	/* Who comes later takes the table of who has one. */
	sm_read((uint64_t *)GIB_OTHER);
	return SM_ARENA_START;
}

static int gib_advise(void *p)
{
	return madvise(p, SM_GRANULE_SIZE, MADV_DONTFORK);
}

static int gib_forbid(void *p)
{
	return mprotect(p, SM_GRANULE_SIZE, PROT_NONE);
}

static int gib_unmap(void *p)
{
	return munmap(p, SM_GRANULE_SIZE);
}

/* Before Linux 5.16 nothing of hugetlb is moved: then it goes at once. */
static int gib_move(void *p)
{
	void *away = mremap(p, SM_GRANULE_SIZE, SM_GRANULE_SIZE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, GIB_AWAY);

	if (away == MAP_FAILED && errno == EINVAL)
		return gib_unmap(p);
	return away == MAP_FAILED ? -1 : munmap(away, SM_GRANULE_SIZE);
}

/**
 * struct gib_way - how the second half of what the device has becomes a part
 * @stays: it can be used as before
 * @clears: other events of the kind that parting sends
 * @part: returns -1 and sets errno if it fails
 */
static const struct gib_way {
	bool stays;
	unsigned int clears;
	int (*part)(void *p);
} gib_ways[] = {
	{ .stays = true, .part = gib_advise },
	{ .part = gib_forbid },
	{ .part = gib_unmap },
	{ .clears = 1, .part = gib_move },	/* move_hugetlb_page_tables() */
};

static int gib_round(struct sm_device *d, const struct sm_own *r,
		     struct sm_look *l, unsigned int round)
{
	const struct gib_way *way = &gib_ways[round % SM_ARRAY_SIZE(gib_ways)];
	const __u64 *clears = &d->witness->events[SM_EVENT_CLEAR];
	const uint64_t half = SM_OWN_PAGES / 2;
	uint64_t before;
	bool fine;

	sm_look_stamp(r, 0, 2 * round);
	l->mapped = true;
	fine = sm_look_at(d, r, l, 0, SM_OWN_PAGES, 2 * round);
	before = sm_read(clears);
	if (way->part((void *)(r->start + half * SM_PAGE_SIZE)) < 0)
		return -errno;
	l->changed += sm_read(clears) - before > way->clears;
	sm_look_stamp(r, GIB_OTHER - SM_ARENA_START, 2 * round + 1);
	if (fine)
		fine = sm_look_at(d, r, l, 0, half, 2 * round + 1);
	if (fine) {
		l->mapped = way->stays;
		sm_look_at(d, r, l, half, SM_OWN_PAGES, 2 * round + 1);
	}
	return gib_map(r->start, MAP_FIXED);
}

/*
 * sm_gib_part() - through one mirror after the other, until something is wrong. Those
 * that pin their pages, or keep them until they are unmapped, may use what has gone.
 */
int sm_gib_part(const struct sm_run_spec *spec, struct sm_device *d,
		const struct sm_own *r, struct sm_look *l)
{
	const struct sm_profile_info *profile;
	unsigned int round;
	int err = 0;

	for (round = 1; round <= GIB_ROUNDS * r->nr && !err && !l->va; round++) {
		l->mirror = round / SM_ARRAY_SIZE(gib_ways) % r->nr;
		profile = &sm_profiles[spec->profiles[l->mirror]];
		l->judged = !profile->pinned && !profile->unmap_only;
		err = gib_round(d, r, l, round);
	}
	return err;
}
