// SPDX-License-Identifier: GPL-2.0-only
/* Maps: making them, and looking at what is left of them. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "common.h"
#include "map.h"
#include "page.h"
#include "word.h"

#define MAP_LOOKS	3	/* pages of a map that are accessed at a time */

/* gnt_map_at() - address of a place. */
void *gnt_map_at(const struct gnt_map *m, unsigned int place)
{
	return (void *)(m->base + place * SM_PAGE_SIZE);
}

static uint64_t map_va(const struct gnt_map *m, unsigned int place)
{
	return m->base + place * SM_PAGE_SIZE;
}

static enum gnt_place map_place(const struct gnt_map *m, unsigned int i)
{
	return gnt_tag_place(m->committed[i]);
}

/* gnt_map_holds() - is a granted page there? */
bool gnt_map_holds(const struct gnt_map *m, unsigned int place)
{
	return map_place(m, place) == GNT_MAPPED;
}

/* gnt_map_alive() - is anything of it mapped? */
bool gnt_map_alive(const struct gnt_map *m)
{
	unsigned int i;

	for (i = m->first; i < m->end; i++)
		if (gnt_map_holds(m, i))
			return true;
	return false;
}

/* ---- tags ---------------------------------------------------------------- */

/* gnt_map_announce() - before a change: places from @first are to become that. */
void gnt_map_announce(struct gnt_map *m, unsigned int first, unsigned int end,
		      enum gnt_place place)
{
	uint64_t tag;
	unsigned int i;

	for (i = first; i < end; i++) {
		tag = (m->announced[i] & ~(GNT_TAG_EPOCH - 1)) + GNT_TAG_EPOCH;
		sm_write(&m->announced[i], tag | place);
	}
	sm_fence();
}

/* gnt_map_commit() - what was announced is done. */
void gnt_map_commit(struct gnt_map *m)
{
	unsigned int i;

	for (i = 0; i < GNT_MAP_PAGES; i++) {
		if (m->committed[i] == m->announced[i])
			continue;
		if (gnt_map_holds(m, i)) {
			gnt_page_put(m->page[i]);
			m->page[i] = NULL;
		}
		sm_store_release(&m->committed[i], m->announced[i]);
	}
}

/* gnt_map_retract() - what was announced was refused. */
void gnt_map_retract(struct gnt_map *m)
{
	unsigned int i;

	for (i = 0; i < GNT_MAP_PAGES; i++)
		sm_write(&m->announced[i], m->committed[i]);
}

static void map_announce_pages(struct gnt_thread *g, struct gnt_map *m)
{
	unsigned int i;

	gnt_map_announce(m, m->first, m->end, GNT_MAPPED);
	for (i = m->first; i < m->end; i++)
		sm_write(&m->announced[i], m->announced[i] |
			 (m->writable ? GNT_TAG_WRITE : 0) |
			 (uint64_t)(m->page[i] - g->pool.page) <<
				 GNT_TAG_PAGE_SHIFT);
	sm_fence();
}

/* ---- making and clearing ------------------------------------------------- */

static void map_roll(struct gnt_thread *g, struct gnt_map *m)
{
	unsigned int nr = 1 + sm_rng_below(&g->rng, GNT_MAP_PAGES);

	m->first = sm_rng_below(&g->rng, GNT_MAP_PAGES - nr + 1);
	m->end = m->first + nr;
	m->writable = !sm_rng_one_in(&g->rng, 4);
	m->shared = m->writable || sm_rng_one_in(&g->rng, 2);
	m->notify = -1;
	if (m->writable && !sm_rng_one_in(&g->rng, 8))
		m->notify = m->first + sm_rng_below(&g->rng, nr);
}

/* The driver lists the grants; nothing is mapped yet. */
static int map_list(struct gnt_thread *g, struct gnt_map *m)
{
	uint32_t refs[GNT_MAP_PAGES];
	unsigned int i;
	int err;

	for (i = m->first; i < m->end; i++) {
		m->page[i] = gnt_page_pick(g);
		if (!m->page[i])
			return -errno;
		refs[i - m->first] = m->page[i]->ref;
	}
	m->fd = g->fd;
	err = gnt_dev_list(m->fd, refs, m->end - m->first, &m->offset);
	m->listed = !err;
	return err;
}

static uint8_t *map_byte(const struct gnt_map *m)
{
	uint8_t *view = (uint8_t *)m->page[m->notify]->view;

	return view ? view + gnt_word_notify(m->slot) : NULL;
}

static int map_ask_notice(struct gnt_thread *g, struct gnt_map *m)
{
	m->byte = 1 + sm_rng_below(&g->rng, 255);
	sm_write(map_byte(m), m->byte);
	return gnt_dev_notify(m->fd, m->offset + gnt_word_notify(m->slot) +
				     (m->notify - m->first) * SM_PAGE_SIZE);
}

static int map_mmap(struct gnt_map *m)
{
	int prot = PROT_READ | (m->writable ? PROT_WRITE : 0);
	int flags = MAP_FIXED_NOREPLACE |
		    (m->shared ? MAP_SHARED : MAP_PRIVATE);
	void *p = mmap(gnt_map_at(m, m->first),
		       (m->end - m->first) * SM_PAGE_SIZE, prot, flags, m->fd,
		       m->offset);

	return p == MAP_FAILED ? -errno : 0;
}

/* gnt_map_make() - map random pages into an empty slot. */
int gnt_map_make(struct gnt_thread *g, struct gnt_map *m)
{
	bool early = sm_rng_one_in(&g->rng, 2);
	unsigned int i;
	int err;

	map_roll(g, m);
	err = map_list(g, m);
	if (!err && m->notify >= 0 && early)
		err = map_ask_notice(g, m);
	if (err)
		return err;
	map_announce_pages(g, m);
	err = map_mmap(m);
	if (err)
		return err;
	for (i = m->first; i < m->end; i++)
		m->page[i]->uses++;
	gnt_map_commit(m);
	g->maps++;
	if (m->notify >= 0 && !early)
		err = map_ask_notice(g, m);
	return err;
}

/* gnt_map_clear() - all that is left of it goes. */
int gnt_map_clear(struct gnt_thread *g, struct gnt_map *m)
{
	int err = 0;

	if (m->first == m->end)
		return 0;
	gnt_map_announce(m, 0, GNT_MAP_PAGES, GNT_NONE);
	if (munmap((void *)m->base, GNT_SLOT_SIZE) < 0)
		return -errno;
	gnt_map_verify(g, m);
	gnt_map_commit(m);
	if (m->listed)
		err = gnt_dev_unlist(m->fd, m->offset, m->end - m->first);
	m->listed = false;
	m->first = 0;
	m->end = 0;
	m->notify = -1;
	return err;
}

/* ---- looking ------------------------------------------------------------- */

static void map_verify_frame(struct gnt_thread *g, const struct gnt_map *m,
			     unsigned int i, uint64_t entry)
{
	bool present = entry & SM_ENT_PRESENT;
	uint64_t pfn = entry & SM_ENT_PFN;
	uint64_t va = map_va(m, i);

	switch (gnt_tag_place(m->announced[i])) {
	case GNT_MAPPED:
		if (!present)
			gnt_accuse(g->host, "over", SM_KIND_DROPPED, g->op, va,
				   "page %u of %u to %u was unmapped with its neighbours",
				   i, m->first, m->end - 1);
		else if (pfn != m->page[i]->pfn)
			gnt_accuse(g->host, "pagemap", SM_KIND_REPLACED, g->op,
				   va,
				   "PFN %llx is mapped there, not the granted page %llx",
				   (unsigned long long)pfn,
				   (unsigned long long)m->page[i]->pfn);
		break;
	case GNT_OTHER:
		break;
	default:
		if (present)
			gnt_accuse(g->host, "pagemap", SM_KIND_UNMAPPED, g->op,
				   va, "PFN %llx is still mapped there",
				   (unsigned long long)pfn);
	}
}

static void map_verify_frames(struct gnt_thread *g, const struct gnt_map *m)
{
	uint64_t entry[GNT_MAP_PAGES];
	unsigned int i, present = 0;

	if (gnt_pfn(g->s, m->base, entry, GNT_MAP_PAGES)) {
		sm_end_break(g->host->end, "cannot read pagemap");
		return;
	}
	for (i = 0; i < GNT_MAP_PAGES; i++) {
		present += !!(entry[i] & SM_ENT_PRESENT);
		map_verify_frame(g, m, i, entry[i]);
	}
	sm_add(&g->host->scene->result->mirrors[0].pages_compared, present);
	sm_add(&g->host->scene->result->mirrors[0].windows_accepted, 1);
}

/*
 * The driver clears the byte when it unmaps the page, and not before. Of an
 * orphan there is nobody to read it.
 */
static void map_verify_notice(struct gnt_thread *g, struct gnt_map *m)
{
	uint64_t va = map_va(m, m->notify);
	bool mapped;
	uint8_t *byte;

	if (m->notify < 0)
		return;
	byte = map_byte(m);
	mapped = gnt_tag_place(m->announced[m->notify]) == GNT_MAPPED;
	if (byte && mapped && sm_read(byte) != m->byte)
		gnt_accuse(g->host, "over", SM_KIND_TOLD_FALSE, g->op, va,
			   "the driver says that it unmapped a page that is mapped");
	if (byte && !mapped && sm_read(byte))
		gnt_accuse(g->host, "refs", SM_KIND_TOLD_FALSE, g->op, va,
			   "the driver did not unmap a page that is gone");
	if (mapped)
		return;
	if (byte)
		g->notified++;
	m->notify = -1;
}

/* Both sides of a page: what one writes the other reads. */
static void map_verify_page(struct gnt_thread *g, struct gnt_map *m,
			    unsigned int i)
{
	unsigned int word = GNT_WORD_FIXED +
			    sm_rng_below(&g->rng, GNT_WORD_HIGH - GNT_WORD_FIXED);
	struct gnt_page *p = m->page[i];
	uint64_t va = map_va(m, i), stamp = 0, fixed = 0;

	if (p->view && sm_rng_one_in(&g->rng, 2))
		gnt_page_stamp(p, 0);
	if (!gnt_read(g, va + 8 * GNT_WORD_STAMP, &stamp) ||
	    !gnt_read(g, va + 8 * word, &fixed)) {
		gnt_accuse(g->host, "over", SM_KIND_UNREACHABLE, g->op, va,
			   "a mapped page faults");
		return;
	}
	if (stamp != gnt_word_make(p->id, p->committed, GNT_WORD_STAMP))
		gnt_accuse(g->host, "content", SM_KIND_WRONG_DATA, g->op, va,
			   "reads %016llx where page %u has stamp %u",
			   (unsigned long long)stamp, p->id, p->committed);
	if (fixed != gnt_word_make(p->id, 0, word))
		gnt_accuse(g->host, "content", SM_KIND_DAMAGED, g->op, va,
			   "word %u reads %016llx, which page %u never held",
			   word, (unsigned long long)fixed, p->id);
}

static void map_verify_write(struct gnt_thread *g, struct gnt_map *m,
			     unsigned int i)
{
	struct gnt_page *p = m->page[i];
	uint64_t va = map_va(m, i) + 8 * GNT_WORD_DIRECT;
	uint64_t value = gnt_word_make(p->id, p->direct + 1, GNT_WORD_DIRECT);
	uint64_t seen = value;

	if (!m->writable)
		sm_add(&g->host->scene->result->mirrors[0].perm_pages, 1);
	if (!gnt_write(g, va, value)) {
		if (m->writable)
			gnt_accuse(g->host, "over", SM_KIND_UNREACHABLE, g->op,
				   va, "a page mapped for writing faults");
		return;
	}
	if (!m->writable)
		gnt_accuse(g->host, "perm", SM_KIND_FORBIDDEN, g->op, va,
			   "wrote to a page that is mapped read-only");
	p->direct++;
	if (p->view)
		seen = sm_read(&p->view[GNT_WORD_DIRECT]);
	if (seen != value)
		gnt_accuse(g->host, "content", SM_KIND_LOST, g->op, va,
			   "wrote %016llx, and its granter reads %016llx",
			   (unsigned long long)value, (unsigned long long)seen);
}

/* Where nothing is to be had, nothing is. */
static void map_verify_absent(struct gnt_thread *g, const struct gnt_map *m,
			      unsigned int i)
{
	uint64_t va = map_va(m, i), value = 0;

	if (gnt_read(g, va, &value))
		gnt_accuse(g->host, "content", SM_KIND_UNMAPPED, g->op, va,
			   "reads %016llx where nothing is mapped any more",
			   (unsigned long long)value);
	else if (sm_rng_one_in(&g->rng, 2) && gnt_write(g, va, ~value))
		gnt_accuse(g->host, "content", SM_KIND_UNMAPPED, g->op, va,
			   "wrote where nothing is mapped any more");
}

/* gnt_map_verify() - after a change, before its commit: is all as announced? */
void gnt_map_verify(struct gnt_thread *g, struct gnt_map *m)
{
	unsigned int look, i;

	map_verify_frames(g, m);
	map_verify_notice(g, m);
	for (look = 0; look < MAP_LOOKS; look++) {
		i = sm_rng_below(&g->rng, GNT_MAP_PAGES);
		switch (gnt_tag_place(m->announced[i])) {
		case GNT_MAPPED:
			map_verify_page(g, m, i);
			if (m->writable || sm_rng_one_in(&g->rng, 4))
				map_verify_write(g, m, i);
			break;
		case GNT_OTHER:
			break;
		default:
			if (!look)
				map_verify_absent(g, m, i);
		}
	}
}
