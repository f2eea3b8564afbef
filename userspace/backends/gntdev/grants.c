// SPDX-License-Identifier: GPL-2.0-only
/* Ops on grants and on what the driver lists, and not on mappings. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"
#include "finish.h"
#include "judge/sink.h"
#include "op.h"
#include "page.h"

#define MAX_ORPHANS	8

/* Returns a list that cannot be mapped, as one of its grants does not exist. */
static int grants_list_bad(struct gnt_thread *g, uint32_t *refs, unsigned int nr)
{
	struct gnt_page *p;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		p = gnt_page_pick(g);
		if (!p)
			return -errno;
		refs[i] = p->ref;
	}
	refs[sm_rng_below(&g->rng, nr)] = GNT_BAD_REF;
	return 0;
}

/* A map fails as a whole; that nothing stays mapped shows when pages go. */
static int grants_fail(struct gnt_thread *g, struct gnt_map *m)
{
	unsigned int nr = 1 + sm_rng_below(&g->rng, GNT_MAP_PAGES);
	void *to = (void *)(m->base + GNT_SLOT_SIZE / 2);
	uint32_t refs[GNT_MAP_PAGES];
	uint64_t offset;
	int err = grants_list_bad(g, refs, nr);
	void *p;

	if (!err)
		err = gnt_dev_list(g->fd, refs, nr, &offset);
	if (err)
		return err;
	p = mmap(to, nr * SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED_NOREPLACE, g->fd, offset);
	if (p != MAP_FAILED) {
		gnt_accuse(g->host, "perm", SM_KIND_UNASKED, g->op, m->base,
			   "mapped grants one of which does not exist");
		munmap(p, nr * SM_PAGE_SIZE);
	}
	g->refused++;
	return gnt_dev_unlist(g->fd, offset, nr);
}

static int grants_index(struct gnt_thread *g, uint32_t ref, uint64_t *offset)
{
	int err = gnt_dev_list(g->fd, &ref, 1, offset);

	return err ? err : gnt_dev_unlist(g->fd, *offset, 1);
}

/*
 * A list that the driver could not give a name to must be gone: what is listed
 * next gets the name that was free before.
 */
static int grants_unseen(struct gnt_thread *g, struct gnt_map *m)
{
	struct gnt_page *p = gnt_page_pick(g);
	uint64_t before, after;
	int err;

	if (!p)
		return -errno;
	err = grants_index(g, p->ref, &before);
	if (err)
		return err;
	err = gnt_dev_list_unseen(g->fd, p->ref);
	if (err != -EFAULT)
		return err ? err : -EPROTO;
	err = grants_index(g, p->ref, &after);
	if (!err && before != after)
		gnt_accuse(g->host, "refs", SM_KIND_KEPT_COUNT, g->op, m->base,
			   "a list whose name could not be told is still there");
	g->refused++;
	return err;
}

/* Maps that must be refused. */
static int grants_refuse(struct gnt_thread *g, struct gnt_map *m)
{
	void *to = (void *)(m->base + GNT_SLOT_SIZE / 2);
	unsigned int nr = m->end - m->first;
	int flags = MAP_SHARED;
	void *p;
	int err = 0;

	if (sm_rng_one_in(&g->rng, 2) || !m->listed) {
		err = sm_rng_one_in(&g->rng, 3) ? grants_unseen(g, m) :
						  grants_fail(g, m);
		return err ? err : gnt_finish(g, m);
	}
	/* Mapped already, longer than it is, or private but writable. */
	switch (sm_rng_below(&g->rng, 3)) {
	case 0:
		nr++;
		break;
	case 1:
		flags = MAP_PRIVATE;
		break;
	}
	p = mmap(to, nr * SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
		 flags | MAP_FIXED_NOREPLACE, m->fd, m->offset);
	if (p != MAP_FAILED) {
		gnt_accuse(g->host, "perm", SM_KIND_UNASKED, g->op, m->base,
			   "mapped again what is mapped already");
		munmap(p, nr * SM_PAGE_SIZE);
	}
	g->refused++;
	return gnt_finish(g, m);
}

/* Neither the list nor the file is needed by what is mapped. */
static int grants_forget(struct gnt_thread *g, struct gnt_map *m)
{
	unsigned int i;
	int err = 0;

	if (sm_rng_one_in(&g->rng, 4)) {
		close(g->fd);
		for (i = 0; i < GNT_SLOTS; i++)
			g->map[i].listed = false;
		g->fd = gnt_dev_open(GNT_DEVICE);
		err = g->fd < 0 ? g->fd : 0;
	} else if (m->listed) {
		err = gnt_dev_unlist(m->fd, m->offset, m->end - m->first);
		m->listed = false;
	}
	return err ? err : gnt_finish(g, m);
}

static unsigned int grants_orphans(const struct gnt_thread *g)
{
	unsigned int i, nr = 0;

	for (i = 0; i < GNT_POOL_PAGES; i++)
		nr += g->pool.page[i].id && !g->pool.page[i].view;
	return nr;
}

/* A page is given up. */
static int grants_revoke(struct gnt_thread *g, struct gnt_map *m)
{
	struct gnt_page *p = gnt_page_pick(g);
	unsigned int tries;
	int err;

	/* Mostly one that nobody maps. */
	for (tries = 0; p && p->uses && tries < 8; tries++)
		p = gnt_page_pick(g);
	if (!p)
		return -errno;
	gnt_page_poll(g);
	if (p->uses && grants_orphans(g) >= MAX_ORPHANS)
		return gnt_finish_refused(g, m);
	err = gnt_page_give_up(g, p);
	if (err)
		return err;
	sm_sink_take(g->t->sink);
	return gnt_finish(g, m);
}

const struct gnt_op gnt_grants[] = {
	{
		.op = {
			.name = "grant-refuse",
			.class = "grant",
			.about = "asks for maps that must be refused",
			.backend = "gntdev",
			.needs_root = true,
			.silent = true,
		},
		.apply = grants_refuse,
	},
	{
		.op = {
			.name = "grant-forget",
			.class = "grant",
			.about = "has gntdev forget grants that stay mapped",
			.backend = "gntdev",
			.needs_root = true,
			.silent = true,
		},
		.apply = grants_forget,
	},
	{
		.op = {
			.name = "grant-revoke",
			.class = "grant",
			.about = "gives granted pages up, mapped ones among them",
			.backend = "gntdev",
			.needs_root = true,
			.silent = true,
		},
		.apply = grants_revoke,
	},
	{ .op = { .name = NULL } }
};
