// SPDX-License-Identifier: GPL-2.0-only
/* The arena: layout, shared memory files, and mapping pages of a kind. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "base/util.h"
#include "source.h"

/* Younger than the oldest C library that this is built with. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

static void arena_note(char *why, size_t size, enum sm_memory kind, int err)
{
	size_t used = strlen(why);

	snprintf(why + used, size - used, "%sno %s memory: %s",
		 used ? "; " : "", sm_memory_names[kind],
		 sm_source_why(kind, err));
}

/* Regions begin and end on granules, and where one kind is alone with the slices. */
static bool arena_suits(const struct sm_arena *a, enum sm_memory kind,
			unsigned int memory, unsigned int slices)
{
	uint64_t block = 1ULL << sm_source_shift(kind);

	return block == SM_GRANULE_SIZE ||
	       (memory == SM_BIT(kind) && !(a->start % block) &&
		!((a->end - a->start) % (slices * block)));
}

static int arena_open(struct sm_arena *a, unsigned int memory,
		      unsigned int slices, char *why, size_t size)
{
	unsigned int kind;
	int err;

	for (kind = 0; kind < SM_MEM_NR; kind++) {
		if (!sm_arena_is(kind, memory))
			continue;
		err = arena_suits(a, kind, memory, slices) ?
			      sm_source_open(kind, a->end - a->start,
					     &a->files[kind]) :
			      -EDOM;
		if (err)
			arena_note(why, size, kind, err);
		else
			a->memory |= 1U << kind;
	}
	return a->memory ? 0 : -EOPNOTSUPP;
}

static enum sm_memory arena_nth_kind(unsigned int memory, unsigned int n)
{
	unsigned int kind;

	n %= __builtin_popcount(memory);
	for (kind = 0; kind < SM_MEM_NR; kind++)
		if (sm_arena_is(kind, memory) && !n--)
			break;
	return kind;
}

/*
 * Kind of granule @i of the @nr in a slice: blocks in turn, or, if there are
 * fewer granules than kinds, single granules that go on in the next slice.
 */
static enum sm_memory arena_kind_of(const struct sm_arena *a,
				    unsigned int slice, uint64_t i, uint64_t nr)
{
	unsigned int kinds = __builtin_popcount(a->memory);

	if (nr >= kinds)
		return arena_nth_kind(a->memory, slice + i * kinds / nr);
	return arena_nth_kind(a->memory, slice * nr + i);
}

static void arena_lay_out(struct sm_arena *a, unsigned int slices)
{
	uint64_t granules = (a->end - a->start) >> SM_GRANULE_SHIFT;
	uint64_t g, from, to;
	struct sm_region *r = NULL;
	unsigned int s, n = 0;

	for (s = 0; s < slices; s++) {
		from = granules * s / slices;
		to = granules * (s + 1) / slices;
		a->first[s] = n;
		for (g = from; g < to; g++) {
			enum sm_memory kind = arena_kind_of(a, s, g - from,
							    to - from);

			if (g == from || r->kind != kind) {
				r = &a->regions[n++];
				r->start = a->start + (g << SM_GRANULE_SHIFT);
				r->kind = kind;
			}
			r->end = a->start + ((g + 1) << SM_GRANULE_SHIFT);
		}
	}
	a->first[slices] = n;
}

/*
 * sm_arena_init() - open the files and lay out the regions; maps nothing.
 * Kinds that the system does not have are left out and named in @why, which
 * the caller has initialised; if none is left the result is -EOPNOTSUPP.
 */
int sm_arena_init(struct sm_arena *a, uint64_t bytes, unsigned int slices,
		  unsigned int memory, char *why, size_t size)
{
	unsigned int i;
	int err;

	memset(a, 0, sizeof(*a));
	for (i = 0; i < SM_MEM_NR; i++)
		a->files[i] = -1;
	a->start = SM_ARENA_START;
	a->end = a->start + bytes;
	err = arena_open(a, memory, slices, why, size);
	if (err)
		return err;
	a->regions = calloc(bytes >> SM_GRANULE_SHIFT, sizeof(*a->regions));
	if (!a->regions)
		return -ENOMEM;
	arena_lay_out(a, slices);
	return 0;
}

void sm_arena_free(struct sm_arena *a)
{
	unsigned int i;

	if (a->mapped)
		munmap((void *)a->start, a->end - a->start);
	for (i = 0; i < SM_MEM_NR; i++)
		if (a->files[i] >= 0)
			close(a->files[i]);
	free(a->regions);
	memset(a, 0, sizeof(*a));
	for (i = 0; i < SM_MEM_NR; i++)
		a->files[i] = -1;
}

static int arena_advise(uint64_t va, uint64_t len, int advice)
{
	return madvise((void *)va, len, advice) < 0 ? -errno : 0;
}

/* A kernel without huge pages does not know either advice. */
static int arena_advise_thp(uint64_t va, uint64_t len, bool wanted)
{
	int err = arena_advise(va, len,
			       wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);

	return err == -EINVAL && !wanted ? 0 : err;
}

/*
 * A fault takes the largest page that fits between what is there. With a small page at
 * the end of each granule that is 1 MiB in its first half, then 512 KiB, and so on: each
 * size there is. Where the small page cannot be had, sizes are what they come to.
 */
static int arena_advise_mthp(uint64_t va, uint64_t len)
{
	uint64_t last = (va | (SM_GRANULE_SIZE - 1)) + 1 - SM_PAGE_SIZE;
	int err = arena_advise_thp(va, len, false);

	for (; !err && last < va + len; last += SM_GRANULE_SIZE)
		arena_advise(last, SM_PAGE_SIZE, MADV_POPULATE_WRITE);
	return err ? err : arena_advise_thp(va, len, true);
}

static int arena_advise_pages(enum sm_memory kind, uint64_t va, uint64_t len)
{
	if (sm_arena_is(kind, SM_MEM_ANY_HUGETLB))
		return 0;
	if (sm_arena_is(kind, SM_MEM_ANY_MTHP))
		return arena_advise_mthp(va, len);
	return arena_advise_thp(va, len, sm_arena_is(kind, SM_MEM_ANY_THP));
}

/* A page is locked when it is there: none is made to be. */
static int arena_lock(uint64_t va, uint64_t len)
{
	return mlock2((void *)va, len, MLOCK_ONFAULT) < 0 ? -errno : 0;
}

static int arena_map_pages(const struct sm_arena *a, enum sm_memory kind,
			   uint64_t va, uint64_t page_va, uint64_t len,
			   int flags)
{
	bool own = sm_arena_is(kind, SM_MEM_ANY_PRIVATE);
	bool huge = sm_arena_is(kind, SM_MEM_ANY_HUGETLB);
	void *p;
	int err;

	flags |= own ? MAP_PRIVATE : MAP_SHARED;
	flags |= a->files[kind] < 0 ? MAP_ANONYMOUS : 0;
	flags |= huge ? 0 : MAP_NORESERVE;
	if (huge && own)
		flags |= MAP_HUGETLB | sm_source_shift(kind) << MAP_HUGE_SHIFT;
	p = mmap((void *)va, len, PROT_READ | PROT_WRITE, flags, a->files[kind],
		 a->files[kind] < 0 ? 0 : page_va - a->start);
	if (p == MAP_FAILED)
		return -errno;
	if ((uint64_t)p != va) {
		munmap(p, len);
		return -EEXIST;
	}
	err = arena_advise_pages(kind, va, len);
	if (!err && kind == SM_MEM_ANON_LOCKED)
		err = arena_lock(va, len);
	return err;
}

/*
 * sm_arena_map() - map memory of a kind at @va, as it belongs at @page_va
 *
 * The two differ only outside the arena. @flags says MAP_FIXED or
 * MAP_FIXED_NOREPLACE. Private memory is not inherited: a fork copies only
 * what the fork op asks for, else every fork would write protect it all. Pages of
 * hugetlb are reserved: a write that there is none for kills.
 */
int sm_arena_map(const struct sm_arena *a, enum sm_memory kind, uint64_t va,
		 uint64_t page_va, uint64_t len, int flags)
{
	int err = arena_map_pages(a, kind, va, page_va, len, flags);

	if (!err && sm_arena_is(kind, SM_MEM_ANY_PRIVATE))
		err = arena_advise(va, len, MADV_DONTFORK);
	return err;
}

/* sm_arena_map_inherited() - the same where it belongs, and children have it, too */
int sm_arena_map_inherited(const struct sm_arena *a, enum sm_memory kind,
			   uint64_t va, uint64_t len)
{
	return arena_map_pages(a, kind, va, va, len, MAP_FIXED);
}
