/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arena: the memory that storms churn and devices mirror.
 *
 * It lies at 1 TiB, or where --with-arena of configure has it, far below where
 * the kernel places mappings of its own choice, so that no malloc or stack of
 * another thread ever lands in a hole.
 * It is cut into slices, one per storm thread, and a slice into regions, one
 * per kind of memory. Regions start and end on granules (2 MiB), so that huge
 * pages fit.
 *
 * Shared memory is mapped at its own offset in the arena: what a page of it
 * holds survives unmapping.
 */
#ifndef SM_ARENA_H
#define SM_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "source.h"
#include "wire.h"

#ifndef SM_ARENA_START
#define SM_ARENA_START		0x10000000000ULL
#endif
#define SM_ARENA_SCRATCH	(SM_ARENA_START + 0x10000000000ULL)
#define SM_ARENA_SCRATCH_STEP	0x40000000ULL
#define SM_ARENA_SINK		(SM_ARENA_SCRATCH + 0x8000000000ULL)

/**
 * struct sm_region - neighbouring granules of one slice and one kind
 * @start: first byte
 * @end: end, exclusive
 * @kind: kind of memory
 */
struct sm_region {
	uint64_t start;
	uint64_t end;
	enum sm_memory kind;
};

/**
 * struct sm_arena - layout and files
 * @start: first byte
 * @end: end, exclusive
 * @memory: mask of the kinds that are in use
 * @files: shared memory by kind; -1 if it needs none
 * @regions: all regions, ascending
 * @first: by slice, index of its first region; one past the last slice too
 * @mapped: there may be mappings to remove
 */
struct sm_arena {
	uint64_t start;
	uint64_t end;
	unsigned int memory;
	int files[SM_MEM_NR];
	struct sm_region *regions;
	unsigned int first[17];
	bool mapped;
};

/**
 * struct sm_span - neighbouring pages of one region
 * @start: first byte
 * @end: end, exclusive
 * @first: number of the first page in the arena
 * @nr: pages
 * @region: where it lies
 */
struct sm_span {
	uint64_t start;
	uint64_t end;
	uint64_t first;
	uint64_t nr;
	const struct sm_region *region;
};

int sm_arena_init(struct sm_arena *a, uint64_t bytes, unsigned int slices,
		  unsigned int memory, char *why, size_t size);
void sm_arena_free(struct sm_arena *a);
int sm_arena_map(const struct sm_arena *a, enum sm_memory kind, uint64_t va,
		 uint64_t page_va, uint64_t len, int flags);
int sm_arena_map_inherited(const struct sm_arena *a, enum sm_memory kind,
			   uint64_t va, uint64_t len);

/* Of a byte in the arena: regions leave nothing out. */
static inline enum sm_memory sm_arena_kind(const struct sm_arena *a, uint64_t va)
{
	const struct sm_region *r = a->regions;

	while (r->end <= va)
		r++;
	return r->kind;
}

static inline bool sm_arena_is(enum sm_memory kind, unsigned int mask)
{
	return mask >> kind & 1;
}

#endif /* SM_ARENA_H */
