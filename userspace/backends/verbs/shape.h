/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shape of an access: how long, where, how it is cut into packets, and what
 * happened to the memory before. Nothing here needs a device.
 *
 * Content depends on the address and on a number, never on less: what comes
 * from another place, or from another time, shows.
 */
#ifndef SM_VERBS_SHAPE_H
#define SM_VERBS_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/util.h"

#define VERBS_SHAPE_SIZE	(6ULL << 20)	/* memory that shapes are in */
#define VERBS_SHAPE_MAX		(64U << 10)	/* longest access */

/**
 * enum verbs_kind - how data moves between memory on demand and ours
 * @VERBS_READ: RDMA READ of memory on demand, which is the remote side
 * @VERBS_WRITE: RDMA WRITE to it
 * @VERBS_SWAP: atomic compare and swap of a word of it
 * @VERBS_ADD: atomic addition to a word of it
 * @VERBS_GATHER: RDMA WRITE from it, which is the local side
 * @VERBS_SCATTER: RDMA READ into it, which is the local side
 * @VERBS_SEND: SEND from it
 * @VERBS_RECV: SEND into a receive buffer in it
 * @VERBS_KINDS: number of kinds
 */
enum verbs_kind {
	VERBS_READ,
	VERBS_WRITE,
	VERBS_SWAP,
	VERBS_ADD,
	VERBS_GATHER,
	VERBS_SCATTER,
	VERBS_SEND,
	VERBS_RECV,
	VERBS_KINDS,
};

/**
 * enum verbs_before - what happens to the pages before they are accessed
 * @VERBS_AS_IS: nothing
 * @VERBS_CPU: the CPU writes to them
 * @VERBS_DROPPED: MADV_DONTNEED: the device touches them first
 * @VERBS_ZERO: the same, and the CPU reads: zero pages
 * @VERBS_REMAPPED: another mapping takes their place
 * @VERBS_PAGED_OUT: MADV_PAGEOUT
 * @VERBS_FORKED: a child shares them
 * @VERBS_READ_ONLY: mprotect(PROT_READ)
 * @VERBS_NO_ACCESS: mprotect(PROT_NONE)
 * @VERBS_BEFORE_NR: number of them
 */
enum verbs_before {
	VERBS_AS_IS,
	VERBS_CPU,
	VERBS_DROPPED,
	VERBS_ZERO,
	VERBS_REMAPPED,
	VERBS_PAGED_OUT,
	VERBS_FORKED,
	VERBS_READ_ONLY,
	VERBS_NO_ACCESS,
	VERBS_BEFORE_NR,
};

/**
 * enum verbs_region - what a registration allows
 * @VERBS_RW: everything
 * @VERBS_RO: reading
 * @VERBS_WO: remote writing, and everything local
 * @VERBS_REGIONS: number of them
 */
enum verbs_region {
	VERBS_RW,
	VERBS_RO,
	VERBS_WO,
	VERBS_REGIONS,
};

/**
 * struct verbs_shape - an access
 * @kind: how data moves
 * @before: what happens to the pages before
 * @region: through which registration
 * @offset: first byte
 * @len: bytes
 * @mtu: bytes that a packet carries
 */
struct verbs_shape {
	enum verbs_kind kind;
	enum verbs_before before;
	enum verbs_region region;
	uint64_t offset;
	uint32_t len;
	unsigned int mtu;
};

/* Does data move into memory on demand? */
static inline bool verbs_kind_writes(enum verbs_kind kind)
{
	return kind == VERBS_WRITE || kind == VERBS_SWAP ||
	       kind == VERBS_ADD || kind == VERBS_SCATTER ||
	       kind == VERBS_RECV;
}

/* Is memory on demand on the side that starts the operation? */
static inline bool verbs_kind_local(enum verbs_kind kind)
{
	return kind == VERBS_GATHER || kind == VERBS_SCATTER ||
	       kind == VERBS_SEND;
}

static inline bool verbs_kind_atomic(enum verbs_kind kind)
{
	return kind == VERBS_SWAP || kind == VERBS_ADD;
}

/* The pages of a shape: first byte of the first, end of the last. */
static inline uint64_t verbs_shape_start(const struct verbs_shape *s)
{
	return s->offset & ~(SM_PAGE_SIZE - 1);
}

static inline uint64_t verbs_shape_end(const struct verbs_shape *s)
{
	return (s->offset + s->len + SM_PAGE_SIZE - 1) & ~(SM_PAGE_SIZE - 1);
}

void verbs_shape_pick(struct sm_rng *rng, unsigned int mtu, bool whole,
		      struct verbs_shape *s);
bool verbs_shape_allowed(const struct verbs_shape *s);
void verbs_shape_fill(uint8_t *buf, uint64_t offset, size_t len,
		      uint64_t number);
int64_t verbs_shape_differ(const uint8_t *a, const uint8_t *b, size_t len);

#endif /* SM_VERBS_SHAPE_H */
