// SPDX-License-Identifier: GPL-2.0-only
/* Ops that move pages. */
#include <errno.h>
#include <sys/mman.h>

#include "judge/oracle.h"
#include "op.h"
#include "storm/touch.h"

/* Same offset in its 2 MiB, so that whole huge pages can move. */
static uint64_t move_scratch(const struct sm_storm_thread *t,
			     const struct sm_span *s)
{
	return t->scratch + (s->start & (SM_GRANULE_SIZE - 1));
}

static int move_pages(uint64_t from, uint64_t to, uint64_t len, int flags)
{
	void *p = mremap((void *)from, len, len,
			 MREMAP_MAYMOVE | MREMAP_FIXED | flags, to);

	return p == MAP_FAILED ? -errno : 0;
}

/*
 * Announce, and move the span to @to. mremap() moves one mapping, and the span
 * may be several that cannot merge: it says -EFAULT then, before it changed
 * anything. Make it one and try again: that announces anew from the committed
 * words, and until then the pages are what those say.
 */
static int move_from_span(struct sm_storm_thread *t, const struct sm_span *s,
			  struct sm_change c, uint64_t to, int flags)
{
	uint64_t len = s->end - s->start;
	int err;

	sm_span_announce(t, s, c);
	err = move_pages(s->start, to, len, flags);
	if (err != -EFAULT)
		return err;
	err = sm_span_replace(t, s);
	if (err)
		return err;
	sm_span_stamp(t, s);
	sm_span_announce(t, s, c);
	return move_pages(s->start, to, len, flags);
}

/*
 * Away, and a device must find nothing; and back, and it must find everything
 * that was there, its own writes included.
 */
static int move_out(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change out = { .clear = SM_TAG_ACCESS };
	static const struct sm_change back = { .set = SM_TAG_ACCESS };
	uint64_t to = move_scratch(t, s);
	int err = move_from_span(t, s, out, to, 0);

	if (err)
		return err;
	sm_span_commit(t, s);
	sm_touch_after(t);
	sm_span_announce(t, s, back);
	err = move_pages(to, s->start, s->end - s->start, 0);
	if (!err)
		sm_span_commit(t, s);
	return err;
}

/*
 * Nobody may write to pages that no device was ever given: a device that still
 * uses freed memory, recycled for these, shows here.
 */
static void move_verify_fresh(struct sm_storm_thread *t,
			      const struct sm_span *s, const uint64_t *words)
{
	struct sm_hit h = {
		.oracle = "content",
		.kind = SM_KIND_MISPLACED,
		.va = s->start,
	};
	uint64_t i, w, v;

	for (i = 0; i < s->nr; i++, words += SM_PAGE_WORDS) {
		for (w = 1; w < SM_WORD_AGENT + SM_MAX_AGENTS; w++) {
			v = sm_read(&words[w]);
			if (!v)
				continue;
			sm_docket_hit(t->host->docket, &h,
				      "%016llx was written to a page that was given to no device (meant for %llx)",
				      (unsigned long long)v,
				      (unsigned long long)(t->scene->arena.start +
							   (v >> 24 & 0xffffff) *
								   SM_PAGE_SIZE));
			return;
		}
	}
}

/* Pages outside the arena that already hold what the span will hold next. */
static int move_prepare(struct sm_storm_thread *t, const struct sm_span *s,
			uint64_t from)
{
	uint64_t *words = (uint64_t *)from;
	uint64_t i;
	int err;

	err = sm_arena_map(&t->scene->arena, s->region->kind, from, s->start,
			   s->end - s->start, MAP_FIXED);
	if (err || !sm_span_anon(s))
		return err;
	for (i = 0; i < s->nr; i++, words += SM_PAGE_WORDS) {
		sm_write(&words[SM_WORD_COOKIE], t->scene->model.cookie);
		sm_write(&words[SM_WORD_STAMP], sm_span_next(t, s->first + i));
	}
	move_verify_fresh(t, s, (const uint64_t *)from);
	return 0;
}

/* Shared memory comes from the same place in the file: the same content. */
static int move_over(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_change c = { .set = SM_TAG_ACCESS };
	uint64_t from = move_scratch(t, s);
	int err = move_prepare(t, s, from);

	if (err)
		return err;
	if (sm_span_anon(s)) {
		c.clear = SM_TAG_ZERO;
		c.set |= SM_TAG_STAMP;
		c.stamps = 1;
	}
	sm_span_announce(t, s, c);
	err = move_pages(from, s->start, s->end - s->start, 0);
	if (!err)
		sm_span_commit(t, s);
	return err;
}

/* The mapping stays and is empty, although the kernel says UNMAP. */
static int move_away(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_change c = { .set = SM_TAG_ACCESS };
	uint64_t to = move_scratch(t, s);
	int err;

	if (sm_span_anon(s)) {
		c.clear = SM_TAG_STAMP;
		c.set |= SM_TAG_ZERO;
	}
	err = move_from_span(t, s, c, to, MREMAP_DONTUNMAP);
	if (err)
		return err;
	sm_span_commit(t, s);
	if (munmap((void *)to, s->end - s->start) < 0)
		return -errno;
	return 0;
}

/* MREMAP_DONTUNMAP was for private anonymous memory only, at first. */
static const char *move_shared(const struct sm_need *n)
{
	void *from, *to;

	from = mmap(NULL, SM_PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	if (from == MAP_FAILED)
		return NULL;
	to = mremap(from, SM_PAGE_SIZE, SM_PAGE_SIZE,
		    MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	munmap(from, SM_PAGE_SIZE);
	if (to == MAP_FAILED)
		return n->why;
	munmap(to, SM_PAGE_SIZE);
	return NULL;
}

/* Nor was it for hugetlb to be moved. A page that is not there will do to ask. */
static const char *move_hugetlb(const struct sm_need *n)
{
	char *from = mmap(NULL, 2 * SM_GRANULE_SIZE, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
				  MAP_HUGETLB | SM_GRANULE_SHIFT << MAP_HUGE_SHIFT,
			  -1, 0);
	void *to;

	if (from == MAP_FAILED)
		return NULL;
	to = mremap(from, SM_GRANULE_SIZE, SM_GRANULE_SIZE,
		    MREMAP_MAYMOVE | MREMAP_FIXED, from + SM_GRANULE_SIZE);
	munmap(from, 2 * SM_GRANULE_SIZE);
	return to == MAP_FAILED ? n->why : NULL;
}

#define MOVE_NO_HUGETLB	"no mremap() of hugetlb (Linux 5.16)"

const struct sm_op sm_ops_move[] = {
	{
		.name = "mremap-out",
		.class = "move",
		.about = "moves pages away and back",
		.memory = SM_MEM_ANY,
		.emitters = { "move_page_tables",
			      "move_hugetlb_page_tables", NULL },
		.needs = { {
			.lacks = move_hugetlb,
			.memory = SM_MEM_ANY_HUGETLB,
			.why = MOVE_NO_HUGETLB,
		} },
		.apply = move_out,
	},
	{
		.name = "mremap-over",
		.class = "move",
		.about = "moves other pages over a mapping",
		.memory = SM_MEM_ANY,
		.emitters = { "unmap_vmas", NULL },
		.needs = { {
			.lacks = move_hugetlb,
			.memory = SM_MEM_ANY_HUGETLB,
			.why = MOVE_NO_HUGETLB,
		} },
		.apply = move_over,
	},
	{
		.name = "mremap-dontunmap",
		.class = "move",
		.about = "moves pages away and leaves the mapping empty",
		/* What is left is no longer locked. */
		.memory = SM_MEM_ANY_PAGES & ~SM_BIT(SM_MEM_ANON_LOCKED),
		.emitters = { "move_page_tables", NULL },
		.needs = { {
			.lacks = move_shared,
			.memory = SM_MEM_ANY_PAGES & ~SM_MEM_ANY_ANON,
			.why = "no MREMAP_DONTUNMAP of shared memory (Linux 5.13)",
		} },
		.apply = move_away,
	},
	{ .name = NULL }
};
