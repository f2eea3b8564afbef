/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps: what gntdev mapped, and what is left of it.
 *
 * A slot is 32 pages of a thread's slice of the arena. The first half takes
 * one map at a time, anywhere in it; pages are moved to the second half.
 *
 * The driver makes a map as a whole, and what an invalidation takes from it is
 * gone for good. What is in a place is a tag, announced before a change and
 * committed after it, as in model.h: agents access pages in the middle of it.
 */
#ifndef SM_GNTDEV_MAP_H
#define SM_GNTDEV_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "gntdev_dev.h"
#include "gntdev_page.h"
#include "util.h"

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

int gnt_map_make(struct gnt_thread *g, struct gnt_map *m);
int gnt_map_clear(struct gnt_thread *g, struct gnt_map *m);
void gnt_map_announce(struct gnt_map *m, unsigned int first, unsigned int end,
		      enum gnt_place place);
void gnt_map_commit(struct gnt_map *m);
void gnt_map_retract(struct gnt_map *m);
void gnt_map_verify(struct gnt_thread *g, struct gnt_map *m);
bool gnt_map_alive(const struct gnt_map *m);
void *gnt_map_at(const struct gnt_map *m, unsigned int place);

#endif /* SM_GNTDEV_MAP_H */
