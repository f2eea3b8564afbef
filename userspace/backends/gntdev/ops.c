// SPDX-License-Identifier: GPL-2.0-only
/* Ops on mappings. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "common.h"
#include "finish.h"
#include "map.h"
#include "op.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP	4
#endif

/* Some places of a map; those that are not its own are empty. */
struct ops_range {
	unsigned int first;
	unsigned int end;
	void *va;
	size_t len;
};

static struct ops_range ops_range(const struct gnt_map *m, unsigned int first,
				  unsigned int end)
{
	struct ops_range r = {
		.first = first,
		.end = end,
		.va = gnt_map_at(m, first),
		.len = (end - first) * SM_PAGE_SIZE,
	};

	return r;
}

/* All of it, some of it, or more than it. */
static struct ops_range ops_pick(struct gnt_thread *g, const struct gnt_map *m)
{
	unsigned int nr = m->end - m->first;
	unsigned int first = sm_rng_below(&g->rng, nr);
	unsigned int end = first + 1 + sm_rng_below(&g->rng, nr - first);

	switch (sm_rng_below(&g->rng, 8)) {
	case 0:
		return ops_range(m, m->first, m->end);
	case 1:
		return ops_range(m, 0, m->first + end);
	case 2:
		return ops_range(m, m->first + first, GNT_MAP_PAGES);
	default:
		return ops_range(m, m->first + first, m->first + end);
	}
}

/*
 * ... but only neighbours where gntdev has mappings, or also other mappings:
 * calls that stumble over a hole have done half of their work by then.
 */
static struct ops_range ops_pick_run(struct gnt_thread *g,
				     const struct gnt_map *m, bool other)
{
	struct ops_range r = ops_pick(g, m);
	unsigned int i, first = r.first, place;

	for (i = r.first; i < r.end; i++) {
		place = gnt_tag_place(m->committed[i]);
		if (place != GNT_NONE && (other || place != GNT_OTHER))
			continue;
		if (first < i)
			break;
		first = i + 1;
	}
	return ops_range(m, first, i);
}

/* Mapped pages become that; what else is there stays as it is. */
static void ops_announce_mapped(struct gnt_map *m, const struct ops_range *r,
				enum gnt_place place)
{
	unsigned int i;

	for (i = r->first; i < r->end; i++)
		if (gnt_map_holds(m, i))
			gnt_map_announce(m, i, i + 1, place);
}

static int ops_munmap(struct gnt_thread *g, struct gnt_map *m)
{
	struct ops_range r = ops_pick(g, m);

	gnt_map_announce(m, r.first, r.end, GNT_NONE);
	if (munmap(r.va, r.len) < 0)
		return -errno;
	return gnt_finish(g, m);
}

/* A page whose protection stays as it is stays mapped, too. */
static int ops_mprotect(struct gnt_thread *g, struct gnt_map *m)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
	};
	int prot = prots[sm_rng_below(&g->rng, SM_ARRAY_SIZE(prots))];
	struct ops_range r = ops_pick_run(g, m, false);

	if (r.first == r.end)
		return gnt_finish_refused(g, m);
	if (prot != (PROT_READ | (m->writable ? PROT_WRITE : 0)))
		ops_announce_mapped(m, &r, GNT_GONE);
	if (!mprotect(r.va, r.len, prot))
		return gnt_finish(g, m);
	/* Linux 6.12 or so refuses to make a private mapping writable. */
	if (errno != EACCES || m->shared)
		return -errno;
	gnt_map_retract(m);
	return gnt_finish(g, m);
}

static int ops_mmap_over(struct gnt_thread *g, struct gnt_map *m)
{
	struct ops_range r = ops_pick(g, m);
	uint64_t value;
	unsigned int i;

	gnt_map_announce(m, r.first, r.end, GNT_OTHER);
	if (mmap(r.va, r.len, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		 MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -errno;
	if (madvise(r.va, r.len, MADV_DONTFORK) < 0)
		return -errno;
	for (i = r.first; i < r.end; i++) {
		value = sm_read((uint64_t *)gnt_map_at(m, i));
		if (value)
			gnt_accuse(g->host, "content", SM_KIND_DAMAGED, g->op,
				   (uint64_t)gnt_map_at(m, i),
				   "reads %016llx in new anonymous memory",
				   (unsigned long long)value);
	}
	return gnt_finish(g, m);
}

static int ops_dontneed(struct gnt_thread *g, struct gnt_map *m)
{
	struct ops_range r = ops_pick_run(g, m, true);

	if (r.first == r.end)
		return gnt_finish_refused(g, m);
	ops_announce_mapped(m, &r, GNT_GONE);
	if (madvise(r.va, r.len, MADV_DONTNEED) < 0)
		return -errno;
	return gnt_finish(g, m);
}

/* Hints that split mappings, or are refused, but never cost a page. */
static int ops_advise(struct gnt_thread *g, struct gnt_map *m)
{
	static const int advice[] = {
		MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
		MADV_FREE, MADV_DONTFORK, MADV_DODUMP, MADV_DONTDUMP,
		MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE, MADV_REMOVE,
	};
	struct ops_range r = ops_pick_run(g, m, false);

	if (r.first == r.end)
		return gnt_finish_refused(g, m);
	madvise(r.va, r.len,
		advice[sm_rng_below(&g->rng, SM_ARRAY_SIZE(advice))]);
	return gnt_finish(g, m);
}

/* The grants do not follow a mapping that moves. */
static int ops_move(struct gnt_thread *g, struct gnt_map *m,
		    const struct ops_range *r)
{
	char *to = (char *)r->va + GNT_MAP_PAGES * SM_PAGE_SIZE;
	uint64_t value;

	gnt_map_announce(m, r->first, r->end, GNT_NONE);
	if (mremap(r->va, r->len, r->len, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	    MAP_FAILED)
		return errno == EFAULT ? gnt_finish_refused(g, m) : -errno;
	if (gnt_read(g, (uint64_t)to, &value))
		gnt_accuse(g->host, "content", SM_KIND_UNMAPPED, g->op,
			   (uint64_t)r->va,
			   "reads %016llx where its mapping was moved to",
			   (unsigned long long)value);
	if (munmap(to, r->len) < 0)
		return -errno;
	return gnt_finish(g, m);
}

static int ops_shrink(struct gnt_thread *g, struct gnt_map *m,
		      const struct ops_range *r)
{
	unsigned int left = sm_rng_below(&g->rng, r->end - r->first);

	if (!left)
		return gnt_finish_refused(g, m);
	gnt_map_announce(m, r->first + left, r->end, GNT_NONE);
	if (mremap(r->va, r->len, left * SM_PAGE_SIZE, 0) == MAP_FAILED)
		return errno == EFAULT ? gnt_finish_refused(g, m) : -errno;
	return gnt_finish(g, m);
}

static int ops_move_over(struct gnt_thread *g, struct gnt_map *m,
			 const struct ops_range *r)
{
	char *from = (char *)r->va + GNT_MAP_PAGES * SM_PAGE_SIZE;

	if (mmap(from, r->len, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		 MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		return -errno;
	gnt_map_announce(m, r->first, r->end, GNT_OTHER);
	if (mremap(from, r->len, r->len, MREMAP_MAYMOVE | MREMAP_FIXED,
		   r->va) == MAP_FAILED)
		return -errno;
	return gnt_finish(g, m);
}

static int ops_mremap(struct gnt_thread *g, struct gnt_map *m)
{
	struct ops_range r = ops_pick_run(g, m, false);
	uint64_t va = (uint64_t)r.va;
	void *p;

	if (r.first == r.end)
		return gnt_finish_refused(g, m);
	switch (sm_rng_below(&g->rng, 4)) {
	case 0:
		return ops_move(g, m, &r);
	case 1:
		return ops_shrink(g, m, &r);
	case 2:
		return ops_move_over(g, m, &r);
	}
	/* What grows, or stays behind, would have no grants: refused. */
	if (sm_rng_one_in(&g->rng, 2))
		p = mremap(r.va, r.len, r.len + SM_PAGE_SIZE, MREMAP_MAYMOVE);
	else
		p = mremap(r.va, r.len, r.len,
			   MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	if (p != MAP_FAILED)
		gnt_accuse(g->host, "perm", SM_KIND_FORBIDDEN, g->op, va,
			   "a mapping of grants grew, or was copied");
	return gnt_finish(g, m);
}

const struct gnt_op gnt_ops[] = {
	{
		.op = {
			.name = "grant-munmap",
			.class = "unmap",
			.about = "unmaps a map of grants, in whole or in part",
			.backend = "gntdev",
			.needs_root = true,
			.emitters = { "unmap_vmas", NULL },
		},
		.apply = ops_munmap,
	},
	{
		.op = {
			.name = "grant-mprotect",
			.class = "protect",
			.about = "changes the protection of a map, or does not",
			.backend = "gntdev",
			.needs_root = true,
			.emitters = { "change_pud_range", NULL },
		},
		.apply = ops_mprotect,
	},
	{
		.op = {
			.name = "grant-mmap-over",
			.class = "map",
			.about = "maps memory over a map (MAP_FIXED)",
			.backend = "gntdev",
			.needs_root = true,
			.emitters = { "unmap_vmas", NULL },
		},
		.apply = ops_mmap_over,
	},
	{
		.op = {
			.name = "grant-mremap",
			.class = "move",
			.about = "moves a map, shrinks it, moves memory over it",
			.backend = "gntdev",
			.needs_root = true,
			.emitters = { "move_page_tables", "unmap_vmas", NULL },
		},
		.apply = ops_mremap,
	},
	{
		.op = {
			.name = "grant-dontneed",
			.class = "advise",
			.about = "drops pages of a map (MADV_DONTNEED)",
			.backend = "gntdev",
			.needs_root = true,
			.emitters = { "zap_page_range_single", NULL },
		},
		.apply = ops_dontneed,
	},
	{
		.op = {
			.name = "grant-advise",
			.class = "advise",
			.about = "gives advice that must not cost a page",
			.backend = "gntdev",
			.needs_root = true,
			.silent = true,
		},
		.apply = ops_advise,
	},
	{ .op = { .name = NULL } }
};
