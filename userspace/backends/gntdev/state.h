/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the gntdev backend share: pages that are granted, maps of
 * them, and the storm threads that have both. No functions but what reads a tag.
 *
 * Each storm thread has a pool of pages. One that its granter gives up while it
 * is mapped is an orphan: it must keep what it holds until the last map of it is
 * gone, and must be free soon after.
 *
 * A slot is 32 pages of a thread's slice of the arena. The first half takes
 * one map at a time, anywhere in it; pages are moved to the second half.
 *
 * The driver makes a map as a whole, and what an invalidation takes from it is
 * gone for good. What is in a place is a tag, announced before a change and
 * committed after it, as in model.h: agents access pages in the middle of it.
 */
#ifndef SM_GNTDEV_STATE_H
#define SM_GNTDEV_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "backends/host.h"
#include "base/rng.h"
#include "base/util.h"
#include "dev.h"

#define GNT_POOL_PAGES	48	/* gntalloc has 1024 for everybody */

/**
 * struct gnt_page - a granted page
 * @id: what its words are marked with; 0: the slot is empty
 * @committed: newest number of word GNT_WORD_STAMP that was surely written
 * @announced: ... that may have been
 * @direct: newest number of word GNT_WORD_DIRECT
 * @ref: name of the grant
 * @offset: where gntalloc maps it
 * @view: the granter's mapping; NULL: an orphan
 * @pfn: its frame
 * @uses: entries of maps that hold it
 * @until: an orphan without uses: when it must be free at the latest
 *
 * Agents read @id, @committed and @announced; only the owner writes.
 */
struct gnt_page {
	uint32_t id;
	uint32_t committed;
	uint32_t announced;
	uint32_t direct;
	uint32_t ref;
	uint64_t offset;
	uint64_t *view;
	uint64_t pfn;
	unsigned int uses;
	uint64_t until;
};

/**
 * struct gnt_pool - the pages of one storm thread
 * @fd: gntalloc
 * @page: pages
 */
struct gnt_pool {
	int fd;
	struct gnt_page page[GNT_POOL_PAGES];
};

#define GNT_SLOTS	12
#define GNT_SLOT_SIZE	(2 * GNT_MAP_PAGES * SM_PAGE_SIZE)

/**
 * enum gnt_place - what is in one place of a slot
 * @GNT_NONE: no mapping
 * @GNT_MAPPED: a granted page
 * @GNT_GONE: a mapping of gntdev that has lost its grant
 * @GNT_OTHER: anonymous memory
 */
enum gnt_place {
	GNT_NONE,
	GNT_MAPPED,
	GNT_GONE,
	GNT_OTHER,
};

/*
 * A tag: the place in bits 0-1, whether it may be written in bit 2, the page's
 * index in its pool in bits 8-15, how often it changed in bits 32-63.
 */
#define GNT_TAG_WRITE		SM_BIT(2)
#define GNT_TAG_PAGE_SHIFT	8
#define GNT_TAG_EPOCH		SM_BIT(32)

static inline enum gnt_place gnt_tag_place(uint64_t tag)
{
	return tag & 3;
}

static inline unsigned int gnt_tag_page(uint64_t tag)
{
	return tag >> GNT_TAG_PAGE_SHIFT & 0xff;
}

/**
 * struct gnt_map - a slot, and the map in it
 * @slot: its number
 * @base: address of the slot
 * @first: first place of the map
 * @end: end of its places, exclusive
 * @fd: descriptor through which it was mapped
 * @offset: its name there
 * @listed: it can still be named
 * @shared: MAP_SHARED
 * @writable: mapped for reading and writing
 * @notify: place of the page with a byte that is cleared when it is unmapped;
 *	-1: none
 * @byte: what the byte holds until then
 * @page: pages, by place
 * @committed: tags
 * @announced: tags
 */
struct gnt_map {
	unsigned int slot;
	uint64_t base;
	unsigned int first;
	unsigned int end;
	int fd;
	uint64_t offset;
	bool listed;
	bool shared;
	bool writable;
	int notify;
	uint8_t byte;
	struct gnt_page *page[GNT_MAP_PAGES];
	uint64_t committed[GNT_MAP_PAGES];
	uint64_t announced[GNT_MAP_PAGES];
};

#define GNT_THREADS	16

/**
 * struct gnt_thread - what one storm thread has
 * @s: all of them
 * @host: the run, and what the backend has of it
 * @t: the storm thread's turn, NULL before its first op
 * @op: name of the op at work
 * @rng: random numbers: the storm thread's, by the op
 * @fd: gntdev
 * @pool: granted pages
 * @map: maps, by slot
 * @maps: maps made
 * @refused: maps that the driver had to refuse, and did
 * @notified: bytes that it cleared
 * @orphans: pages that were given up while mapped
 * @children: processes that mapped on their own
 */
struct gnt_thread {
	struct gnt_state *s;
	struct sm_host *host;
	struct sm_turn *t;
	const char *op;
	struct sm_rng rng;
	int fd;
	struct gnt_pool pool;
	struct gnt_map map[GNT_SLOTS];
	uint64_t maps;
	uint64_t refused;
	uint64_t notified;
	uint64_t orphans;
	uint64_t children;
};

/**
 * struct gnt_state - what the backend keeps in sm_host.state
 * @threads: by storm thread
 * @nr: how many
 * @pagemap: /proc/self/pagemap
 * @lock: no grant is made while it is held, so that the name of one that ended
 *	names no other; and no process
 * @ids: newest id of a page
 * @agent_late: accesses of agents while an op changed the place
 */
struct gnt_state {
	struct gnt_thread threads[GNT_THREADS];
	unsigned int nr;
	int pagemap;
	pthread_mutex_t lock;
	uint32_t ids;
	uint64_t agent_late;
};

#endif /* SM_GNTDEV_STATE_H */
