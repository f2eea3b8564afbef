// SPDX-License-Identifier: GPL-2.0-only
/* Mappings that become smaller and larger again, and files under them that do. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "judge/known.h"
#include "module/needs.h"
#include "op.h"
#include "storm/touch.h"

static struct sm_span size_tail(const struct sm_span *s)
{
	return sm_span_part(s, s->nr / 2, s->nr - s->nr / 2);
}

/* mremap() wants one mapping; before it has changed anything it says so. */
static int size_remap(struct sm_storm_thread *t, const struct sm_span *s,
		      uint64_t from, uint64_t to)
{
	void *p = mremap((void *)s->start, from, to, 0);

	if (p != MAP_FAILED)
		return 0;
	if (errno != EFAULT)
		return -errno;
	t->counted = false;
	return -EFAULT;
}

/* The tail goes, and comes again: of private memory empty. */
static int size_shrink(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_change gone = { .clear = SM_TAG_ACCESS };
	struct sm_change back = { .set = SM_TAG_ACCESS };
	struct sm_span tail = size_tail(s);
	uint64_t len = s->end - s->start;
	int err = sm_span_renew(t, s);

	if (err || s->nr < 2)
		return err;
	sm_touch_before(t);
	if (sm_span_anon(s)) {
		gone.clear |= SM_TAG_STAMP;
		gone.set = SM_TAG_ZERO;
	}
	sm_span_announce(t, &tail, gone);
	err = size_remap(t, s, len, tail.start - s->start);
	if (err)
		return err == -EFAULT ? sm_span_replace(t, s) : err;
	sm_span_commit(t, &tail);
	sm_touch_after(t);
	sm_span_announce(t, &tail, back);
	err = size_remap(t, s, tail.start - s->start, len);
	if (!err)
		sm_span_commit(t, &tail);
	return err;
}

/* Of no length at all: shared memory is mapped once more, and all of it stays. */
static int size_twice(struct sm_storm_thread *t, const struct sm_span *s)
{
	uint64_t len = s->end - s->start;
	void *p = mremap((void *)s->start, 0, len,
			 MREMAP_MAYMOVE | MREMAP_FIXED, t->scratch);

	if (p == MAP_FAILED)
		return -errno;
	sm_touch_before(t);
	return munmap(p, len) < 0 ? -errno : 0;
}

/* A hole is punched through the file, and not through the mapping. */
static int size_punch(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change c = {
		.clear = SM_TAG_STAMP,
		.set = SM_TAG_ZERO,
	};
	const struct sm_arena *a = &t->scene->arena;

	sm_touch_before(t);
	sm_span_announce(t, s, c);
	if (fallocate(a->files[s->region->kind],
		      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      s->start - a->start, s->end - s->start) < 0)
		return -errno;
	sm_span_commit(t, s);
	return 0;
}

/* A huge page that the file ends in is mapped as a whole, and used behind the end. */
static struct sm_span size_lost(const struct sm_span *s)
{
	const unsigned int huge = SM_MEM_ANY_BLOCK | SM_MEM_ANY_THP |
				  SM_MEM_ANY_MTHP;

	return sm_arena_is(s->region->kind, huge) ? *s : size_tail(s);
}

/*
 * The kernel unmaps twice (truncate_pagecache() in mm/truncate.c, shmem_setattr() in
 * mm/shmem.c). Who has asked for a page before the file was cut may have it in between: of a
 * private mapping a copy of an empty one, which goes with the second ("to remove racily
 * COWed private pages"); of a large folio that is cut in two the part that is cleared
 * before it is unmapped (truncate_inode_partial_folio()). So what goes may be empty first.
 */
static void size_may_be_empty(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change c = { .set = SM_TAG_ZERO };

	sm_span_announce(t, s, c);
	sm_span_commit(t, s);
}

/* The file loses a part, which nobody can use then, and gets it again, empty. */
static int size_cut(struct sm_storm_thread *t, const struct sm_span *s, int file)
{
	static const struct sm_change gone = {
		.clear = SM_TAG_ACCESS | SM_TAG_STAMP,
		.set = SM_TAG_ZERO,
	};
	static const struct sm_change back = { .set = SM_TAG_ACCESS };
	const struct sm_span lost = size_lost(s);
	const uint64_t at = sm_span_at(s);

	sm_span_stamp(t, s);
	sm_touch_before(t);
	size_may_be_empty(t, &lost);
	sm_span_announce(t, &lost, gone);
	if (ftruncate(file, lost.nr < s->nr ? at + lost.start - s->start : 0) < 0)
		return -errno;
	sm_span_commit(t, &lost);
	sm_touch_after(t);
	sm_span_announce(t, &lost, back);
	if (ftruncate(file, at + s->end - s->start) < 0)
		return -errno;
	sm_span_commit(t, &lost);
	sm_touch_after(t);
	return 0;
}

static int size_truncate(struct sm_storm_thread *t, const struct sm_span *s)
{
	return sm_span_in_file(t, s, size_cut);
}

/* A segment of System V's in place of the span, which is no more once it is unmapped. */
static int size_attach(const struct sm_span *s)
{
	size_t len = s->end - s->start;
	int id = shmget(IPC_PRIVATE, len, SHM_NORESERVE | 0600);
	int err = 0;

	if (id < 0)
		return -errno;
	if (shmat(id, (void *)s->start, SHM_REMAP) == (void *)-1 ||
	    madvise((void *)s->start, len, MADV_DONTFORK) < 0)
		err = -errno;
	shmctl(id, IPC_RMID, NULL);
	return err;
}

static int size_detach(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change empty = {
		.clear = SM_TAG_STAMP,
		.set = SM_TAG_ZERO | SM_TAG_ACCESS,
	};
	static const struct sm_change gone = {
		.clear = SM_TAG_ACCESS | SM_TAG_STAMP,
		.set = SM_TAG_ZERO,
	};
	int err;

	sm_span_announce(t, s, empty);
	err = size_attach(s);
	if (err == -ENOSPC) {
		t->counted = false;
		return sm_span_replace(t, s);
	}
	if (err)
		return err;
	sm_span_commit(t, s);
	sm_span_stamp(t, s);
	sm_touch_before(t);
	sm_span_announce(t, s, gone);
	if (shmdt((void *)s->start) < 0)
		return -errno;
	sm_span_commit(t, s);
	sm_touch_after(t);
	return sm_span_replace(t, s);
}

/* There is a limit to segments, and to what is in them, for all of the machine. */
static const char *size_no_segment(const struct sm_need *n)
{
	int id = shmget(IPC_PRIVATE, SM_PAGE_SIZE, 0600);
	int err = id < 0 ? -errno : 0;

	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	if (err == -ENOSPC)
		return "no more shared memory is allowed (kernel.shmmni, kernel.shmall)";
	return sm_needs_why(n, err, SM_NEEDS_FORBIDDEN);
}

const struct sm_op sm_ops_size[] = {
	{
		.name = "mremap-shrink",
		.class = "size",
		.about = "makes a mapping smaller and larger again",
		.memory = SM_MEM_ANY_MEMORY | SM_BIT(SM_MEM_ANON_LOCKED),
		.rare = true,
		.slow = true,
		.emitters = { "unmap_vmas", NULL },
		.apply = size_shrink,
	},
	{
		.name = "mremap-twice",
		.class = "size",
		.about = "maps shared memory once more (mremap of no length)",
		.memory = SM_MEM_ANY_SHMEM | SM_MEM_ANY_FILE,
		.rare = true,
		.slow = true,
		.emitters = { "unmap_vmas", NULL },
		.apply = size_twice,
	},
	{
		.name = "punch",
		.class = "size",
		.about = "punches a hole into the file under a mapping (fallocate)",
		.memory = SM_MEM_ANY & ~SM_MEM_ANY_PRIVATE,
		.rare = true,
		.slow = true,
		.avoid = SM_BIT(SM_KNOWN_HUGETLB_RANGE),
		.avoid_on = SM_BIT(SM_MEM_HUGETLB_SHARED),
		.emitters = { "zap_page_range_single", "unmap_hugepage_range",
			      NULL },
		.apply = size_punch,
	},
	{
		.name = "truncate",
		.class = "size",
		.about = "cuts off the file under a mapping (ftruncate)",
		.memory = SM_MEM_ANY_MEMORY | SM_MEM_ANY_FILE |
			  SM_BIT(SM_MEM_FILE_PRIVATE) |
			  SM_BIT(SM_MEM_HUGETLB_SHARED),
		.rare = true,
		.slow = true,
		.avoid = SM_BIT(SM_KNOWN_HUGETLB_RANGE),
		.avoid_on = SM_BIT(SM_MEM_HUGETLB_SHARED),
		.emitters = { "zap_page_range_single", "unmap_hugepage_range",
			      NULL },
		.apply = size_truncate,
	},
	{
		.name = "shmdt",
		.class = "size",
		.about = "attaches a segment of shared memory, and detaches it",
		.memory = SM_MEM_ANY_ANON,
		.rare = true,
		.slow = true,
		.emitters = { "unmap_vmas", NULL },
		.needs = { {
			.lacks = size_no_segment,
			.why = "no shared memory of System V (CONFIG_SYSVIPC)",
		} },
		.apply = size_detach,
	},
	{ .name = NULL }
};
