/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Granted pages, as their granter sees them.
 *
 * Each storm thread has a pool of its own. A page that its granter gives up
 * while it is mapped is an orphan: it must keep what it holds until the last
 * map of it is gone, and must be free soon after.
 */
#ifndef SM_GNTDEV_PAGE_H
#define SM_GNTDEV_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "rng.h"

#define GNT_POOL_PAGES	48	/* gntalloc has 1024 for everybody */

struct gnt_thread;

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

struct gnt_page *gnt_page_pick(struct gnt_thread *g);
int gnt_page_give_up(struct gnt_thread *g, struct gnt_page *p);
void gnt_page_stamp(struct gnt_page *p, uint64_t va);
void gnt_page_put(struct gnt_page *p);
void gnt_page_poll(struct gnt_thread *g);
bool gnt_page_orphans(const struct gnt_thread *g);

#endif /* SM_GNTDEV_PAGE_H */
