// SPDX-License-Identifier: GPL-2.0-only
/* Granted pages, as their granter sees them. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "common.h"
#include "page.h"
#include "word.h"

#define ORPHAN_NS	(20 * SM_NSEC)	/* the kernel tries ten a second */

/* Its last owner must have left nothing, and nobody may write to it still. */
static void page_fill(struct gnt_thread *g, struct gnt_page *p)
{
	unsigned int i;

	for (i = 0; i < SM_PAGE_WORDS; i++)
		if (p->view[i])
			break;
	if (i < SM_PAGE_WORDS)
		gnt_accuse(g->host, "content", SM_KIND_DAMAGED, g->op, 0,
			   "word %u of a page fresh from gntalloc holds %016llx",
			   i, (unsigned long long)p->view[i]);
	for (i = 0; i < SM_PAGE_WORDS; i++)
		if (i < GNT_WORD_LOW ||
		    (i >= GNT_WORD_FIXED && i < GNT_WORD_HIGH))
			sm_write(&p->view[i], gnt_word_make(p->id, 0, i));
}

/* No process may be forked in between: it would keep the grant alive. */
static int page_view(struct gnt_thread *g, struct gnt_page *p)
{
	void *view = mmap(NULL, SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_SHARED, g->pool.fd, p->offset);

	if (view == MAP_FAILED)
		return -errno;
	p->view = view;
	return madvise(view, SM_PAGE_SIZE, MADV_DONTFORK) < 0 ? -errno : 0;
}

static int page_map(struct gnt_thread *g, struct gnt_page *p)
{
	uint64_t entry;
	int err;

	pthread_mutex_lock(&g->s->lock);
	err = page_view(g, p);
	pthread_mutex_unlock(&g->s->lock);
	if (err)
		return err;
	page_fill(g, p);
	if (gnt_pfn(g->s, (uint64_t)p->view, &entry, 1))
		return -EIO;
	p->pfn = entry & SM_ENT_PFN;
	return 0;
}

static int page_make(struct gnt_thread *g, struct gnt_page *p)
{
	int err;

	memset(p, 0, sizeof(*p));
	pthread_mutex_lock(&g->s->lock);
	err = gnt_dev_grant(g->pool.fd, &p->ref, &p->offset);
	/* No id is 0, not even when they begin again. */
	if (!err && !(++g->s->ids & GNT_WORD_MASK))
		g->s->ids++;
	if (!err)
		sm_write(&p->id, g->s->ids & GNT_WORD_MASK);
	pthread_mutex_unlock(&g->s->lock);
	return err ? err : page_map(g, p);
}

/*
 * gnt_page_pick() - any page that its granter has, or a new one
 *
 * Returns NULL, with errno set, if there is none to be had.
 */
struct gnt_page *gnt_page_pick(struct gnt_thread *g)
{
	unsigned int i, at = sm_rng_below(&g->rng, GNT_POOL_PAGES);
	struct gnt_page *p;
	int err = -ENOSPC;

	for (i = 0; i < GNT_POOL_PAGES; i++) {
		p = &g->pool.page[(at + i) % GNT_POOL_PAGES];
		if (p->view)
			return p;
		if (p->id)
			continue;
		err = page_make(g, p);
		if (!err)
			return p;
		break;
	}
	errno = -err;
	return NULL;
}

/*
 * Does the grant still exist? Only a grant can be mapped; and that it is this
 * one, and not a new one of the same name, is what the page says.
 */
static bool page_is_granted(struct gnt_thread *g, const struct gnt_page *p)
{
	uint64_t offset, value = 0;
	void *map;

	if (gnt_dev_list(g->fd, &p->ref, 1, &offset))
		return false;
	map = mmap(NULL, SM_PAGE_SIZE, PROT_READ, MAP_SHARED, g->fd, offset);
	if (map != MAP_FAILED) {
		value = sm_read((uint64_t *)map);
		munmap(map, SM_PAGE_SIZE);
	}
	gnt_dev_unlist(g->fd, offset, 1);
	return gnt_word_id(value) == p->id;
}

static void page_forget(struct gnt_page *p)
{
	sm_write(&p->id, 0);
	p->until = 0;
}

/*
 * gnt_page_give_up() - the granter wants it back. If nobody maps it the grant
 * ends at once; else the kernel looks again every second.
 */
int gnt_page_give_up(struct gnt_thread *g, struct gnt_page *p)
{
	bool granted = false;
	int err;

	if (munmap(p->view, SM_PAGE_SIZE) < 0)
		return -errno;
	p->view = NULL;
	pthread_mutex_lock(&g->s->lock);
	err = gnt_dev_revoke(g->pool.fd, p->offset);
	if (!err && !p->uses)
		granted = page_is_granted(g, p);
	pthread_mutex_unlock(&g->s->lock);
	if (err)
		return err;
	if (granted)
		gnt_accuse(g->host, "refs", SM_KIND_KEPT_PAGE, g->op, 0,
			   "grant %u (PFN %llx) is not free although everything was unmapped",
			   p->ref, (unsigned long long)p->pfn);
	if (p->uses)
		g->orphans++;
	else
		page_forget(p);
	return 0;
}

/* gnt_page_stamp() - the next number, written at @va or by the granter. */
void gnt_page_stamp(struct gnt_page *p, uint64_t va)
{
	uint32_t next = (p->committed + 1) & GNT_WORD_MASK;
	uint64_t *word = va ? (uint64_t *)va : p->view;

	sm_write(&p->announced, next);
	sm_fence();
	sm_write(&word[GNT_WORD_STAMP],
		 gnt_word_make(p->id, next, GNT_WORD_STAMP));
	sm_store_release(&p->committed, next);
}

/* gnt_page_put() - a map holds it no more. */
void gnt_page_put(struct gnt_page *p)
{
	if (!--p->uses && !p->view)
		p->until = sm_util_now() + ORPHAN_NS;
}

/* gnt_page_poll() - have the orphans that nobody maps been freed in time? */
void gnt_page_poll(struct gnt_thread *g)
{
	struct gnt_page *p;
	bool granted;

	for (p = g->pool.page; p < g->pool.page + GNT_POOL_PAGES; p++) {
		if (!p->until)
			continue;
		pthread_mutex_lock(&g->s->lock);
		granted = page_is_granted(g, p);
		pthread_mutex_unlock(&g->s->lock);
		if (granted && sm_util_now() < p->until)
			continue;
		if (granted)
			gnt_accuse(g->host, "refs", SM_KIND_KEPT_PAGE, g->op, 0,
				   "grant %u (PFN %llx) is still not free %llu s after the last map of it",
				   p->ref, (unsigned long long)p->pfn,
				   ORPHAN_NS / SM_NSEC);
		page_forget(p);
	}
}

/* gnt_page_orphans() - is there one that was given up and is not free yet? */
bool gnt_page_orphans(const struct gnt_thread *g)
{
	unsigned int i;

	for (i = 0; i < GNT_POOL_PAGES; i++)
		if (g->pool.page[i].id && !g->pool.page[i].view)
			return true;
	return false;
}
