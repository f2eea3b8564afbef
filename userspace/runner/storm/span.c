// SPDX-License-Identifier: GPL-2.0-only
/* What ops are made of: mapping, protecting, stamping and checking a span. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "judge/verify.h"
#include "span.h"

#define SPAN_KNOWN	(SM_TAG_CONTENT | SM_TAG_BLURRED)

struct sm_span sm_span_make(const struct sm_storm_thread *t,
			    const struct sm_region *r, uint64_t start,
			    uint64_t end)
{
	return (struct sm_span){
		.start = start,
		.end = end,
		.first = (start - t->scene->arena.start) >> SM_PAGE_SHIFT,
		.nr = (end - start) >> SM_PAGE_SHIFT,
		.region = r,
	};
}

struct sm_span sm_span_part(const struct sm_span *s, uint64_t skip, uint64_t nr)
{
	return (struct sm_span){
		.start = s->start + (skip << SM_PAGE_SHIFT),
		.end = s->start + ((skip + nr) << SM_PAGE_SHIFT),
		.first = s->first + skip,
		.nr = nr,
		.region = s->region,
	};
}

void sm_span_announce(struct sm_storm_thread *t, const struct sm_span *s,
		      struct sm_change c)
{
	sm_model_announce(&t->scene->model, s->first, s->nr, c);
}

void sm_span_commit(struct sm_storm_thread *t, const struct sm_span *s)
{
	sm_model_commit(&t->scene->model, s->first, s->nr);
}

/* sm_span_blur() - an op failed half-way. The span must be replaced next. */
void sm_span_blur(struct sm_storm_thread *t, const struct sm_span *s)
{
	sm_model_blur(&t->scene->model, s->first, s->nr);
}

static uint64_t span_state(const struct sm_storm_thread *t,
			   const struct sm_span *s, uint64_t i)
{
	return sm_model_state(&t->scene->model, s->first + i);
}

/* Length of the run from page @i on in which (state & mask) == want. */
static uint64_t span_run(const struct sm_storm_thread *t,
			 const struct sm_span *s, uint64_t i, uint64_t mask,
			 uint64_t want)
{
	uint64_t from = i;

	while (i < s->nr && (span_state(t, s, i) & mask) == want)
		i++;
	return i - from;
}

/* What a fresh mapping shows: zero, or what the file holds. */
static struct sm_change span_fresh(const struct sm_span *s)
{
	struct sm_change c = { .set = SM_TAG_ACCESS };

	if (sm_span_anon(s)) {
		c.clear = SM_TAG_STAMP | SM_TAG_BLURRED;
		c.set |= SM_TAG_ZERO;
	}
	return c;
}

static int span_map(struct sm_storm_thread *t, const struct sm_span *s,
		    int flags)
{
	int err;

	sm_span_announce(t, s, span_fresh(s));
	err = sm_arena_map(&t->scene->arena, s->region->kind, s->start,
			   s->start, s->end - s->start, flags);
	if (!err)
		sm_span_commit(t, s);
	return err;
}

/* sm_span_replace() - map fresh memory over whatever is there. */
int sm_span_replace(struct sm_storm_thread *t, const struct sm_span *s)
{
	return span_map(t, s, MAP_FIXED);
}

/* sm_span_replace_inherited() - the same, and children have it, too */
int sm_span_replace_inherited(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err;

	sm_span_announce(t, s, span_fresh(s));
	err = sm_arena_map_inherited(&t->scene->arena, s->region->kind, s->start,
				     s->end - s->start);
	if (!err)
		sm_span_commit(t, s);
	return err;
}

/*
 * sm_span_fill() - map the holes of a span. Nobody else maps anything here, so
 * a hole that is not empty is an error worth stopping for.
 */
int sm_span_fill(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_span hole;
	uint64_t i, nr;
	int err;

	for (i = 0; i < s->nr; i += nr) {
		nr = span_run(t, s, i, SM_TAG_MAPPED, SM_TAG_MAPPED);
		if (nr)
			continue;
		nr = span_run(t, s, i, SM_TAG_MAPPED, 0);
		hole = sm_span_part(s, i, nr);
		err = span_map(t, &hole, MAP_FIXED_NOREPLACE);
		if (err)
			return err;
	}
	return 0;
}

static uint64_t span_access(int prot)
{
	uint64_t access = SM_TAG_MAPPED;

	if (prot & PROT_READ)
		access |= SM_TAG_READ;
	if (prot & PROT_WRITE)
		access |= SM_TAG_WRITE;
	return access;
}

/* sm_span_protect() - mprotect() a span without holes, if it needs it. */
int sm_span_protect(struct sm_storm_thread *t, const struct sm_span *s,
		    int prot)
{
	uint64_t access = span_access(prot);
	struct sm_change c = { .clear = SM_TAG_ACCESS, .set = access };

	if (span_run(t, s, 0, SM_TAG_ACCESS, access) == s->nr)
		return 0;
	sm_span_announce(t, s, c);
	if (mprotect((void *)s->start, s->end - s->start, prot) < 0)
		return -errno;
	sm_span_commit(t, s);
	return 0;
}

/* sm_span_advise() - madvise() that changes no content. */
int sm_span_advise(const struct sm_span *s, int advice)
{
	if (madvise((void *)s->start, s->end - s->start, advice) < 0)
		return -errno;
	return 0;
}

/* sm_span_empty() - a span without holes loses its content: all zero. */
int sm_span_empty(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change c = {
		.clear = SM_TAG_STAMP | SM_TAG_BLURRED,
		.set = SM_TAG_ZERO,
	};
	int err;

	if (sm_span_anon(s) && !sm_source_drops(s->region->kind))
		return sm_span_replace(t, s);
	sm_span_announce(t, s, c);
	err = sm_span_advise(s, sm_span_anon(s) ?
					sm_source_drop(s->region->kind) :
					MADV_REMOVE);
	if (!err)
		sm_span_commit(t, s);
	return err;
}

/*
 * sm_span_drop() - out of the page table (MADV_DONTNEED). Shared memory keeps its
 * content in the file: nothing changes, no word moves; where hugetlb cannot be dropped it
 * is mapped anew, and is as it was mapped first.
 */
int sm_span_drop(struct sm_storm_thread *t, const struct sm_span *s)
{
	if (sm_span_anon(s))
		return sm_span_empty(t, s);
	if (!sm_source_drops(s->region->kind))
		return sm_span_replace(t, s);
	return sm_span_advise(s, MADV_DONTNEED);
}

/* sm_span_stamp() - write a new stamp to every page of a writable span. */
void sm_span_stamp(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change c = {
		.clear = SM_TAG_ZERO | SM_TAG_BLURRED,
		.set = SM_TAG_STAMP,
		.stamps = 1,
	};
	enum sm_spent at = sm_clock_turn(&t->clock, SM_SPENT_STAMP);
	struct sm_model *m = &t->scene->model;
	uint64_t *words = (uint64_t *)s->start;
	uint32_t number;
	uint64_t i;

	sm_span_announce(t, s, c);
	for (i = 0; i < s->nr; i++, words += SM_PAGE_WORDS) {
		number = sm_model_number(sm_read(&m->tags[s->first + i].announced));
		sm_write(&words[SM_WORD_COOKIE], m->cookie);
		sm_write(&words[SM_WORD_STAMP],
			 sm_model_stamp(s->first + i, number));
	}
	sm_span_commit(t, s);
	sm_storm_beat(t);
	sm_clock_turn(&t->clock, at);
}

/* sm_span_next() - the stamp that a page gets next, for who writes it elsewhere. */
uint64_t sm_span_next(const struct sm_storm_thread *t, uint64_t page)
{
	uint64_t state = sm_model_state(&t->scene->model, page);

	return sm_model_stamp(page, sm_model_number(state) + 1);
}

/* sm_span_stamp_at() - write what it gets next to pages that are mapped elsewhere. */
void sm_span_stamp_at(struct sm_storm_thread *t, const struct sm_span *s,
		      uint64_t va)
{
	uint64_t *words = (uint64_t *)va;
	uint64_t i;

	for (i = 0; i < s->nr; i++, words += SM_PAGE_WORDS) {
		sm_write(&words[SM_WORD_COOKIE], t->scene->model.cookie);
		sm_write(&words[SM_WORD_STAMP], sm_span_next(t, s->first + i));
	}
	sm_storm_beat(t);
}

/* sm_span_ready() - every page mapped, writable, and holding just its stamp. */
int sm_span_ready(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_span part;
	uint64_t i, nr;
	int err;

	err = sm_span_fill(t, s);
	if (!err)
		err = sm_span_protect(t, s, PROT_READ | PROT_WRITE);
	if (err)
		return err;
	for (i = 0; i < s->nr; i += nr) {
		nr = span_run(t, s, i, SPAN_KNOWN, SM_TAG_STAMP);
		if (nr)
			continue;
		for (nr = 1; i + nr < s->nr; nr++)
			if ((span_state(t, s, i + nr) & SPAN_KNOWN) ==
			    SM_TAG_STAMP)
				break;
		part = sm_span_part(s, i, nr);
		sm_span_stamp(t, &part);
	}
	return 0;
}

/*
 * sm_span_renew() - one mapping without content: where huge pages are wanted,
 * the next write to an aligned span gets one.
 */
int sm_span_renew(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err = sm_span_replace(t, s);

	if (!err && !sm_span_anon(s))
		err = sm_span_empty(t, s);
	return err;
}

/* As long as it has to be. Memory that is in no file is in one of tmpfs for once. */
static int span_open(const struct sm_span *s)
{
	enum sm_memory kind = s->region->kind;
	int file, err;

	if (sm_arena_is(kind, SM_MEM_ANY_ANON))
		kind = SM_MEM_SHMEM;
	err = sm_source_open(kind, sm_span_at(s) + s->end - s->start, &file);
	if (err == -ENOMEM)
		return -ENOSPC;
	return err ? err : file;
}

/* Mapped as the arena's is. */
static int span_map_file(const struct sm_storm_thread *t, const struct sm_span *s,
			 int file)
{
	struct sm_arena own = t->scene->arena;

	own.start = s->start - sm_span_at(s);
	own.files[s->region->kind] = file;
	return sm_arena_map(&own, s->region->kind, s->start, s->start,
			    s->end - s->start, MAP_FIXED);
}

/* What is mapped there then, or again, is empty. */
static const struct sm_change span_anew = {
	.clear = SM_TAG_STAMP | SM_TAG_BLURRED,
	.set = SM_TAG_ZERO | SM_TAG_ACCESS,
};

/*
 * span_borrow() - a file of its own, and of its kind, in place of the span: all others
 * share the arena's, which is empty there meanwhile. Returns the file, in which the span
 * begins at sm_span_at(), or -ENOSPC if there is no room for one just now.
 */
static int span_borrow(struct sm_storm_thread *t, const struct sm_span *s)
{
	int file = span_open(s);
	int err;

	if (file < 0)
		return file;
	err = sm_span_anon(s) ? 0 : sm_span_empty(t, s);
	if (!err) {
		sm_span_announce(t, s, span_anew);
		err = span_map_file(t, s, file);
	}
	if (err) {
		close(file);
		return err;
	}
	sm_span_commit(t, s);
	return file;
}

/* span_give_back() - the arena's again; closes the file. */
static int span_give_back(struct sm_storm_thread *t, const struct sm_span *s,
			  int file)
{
	int err;

	close(file);
	sm_span_announce(t, s, span_anew);
	err = sm_arena_map(&t->scene->arena, s->region->kind, s->start,
			   s->start, s->end - s->start, MAP_FIXED);
	if (!err)
		sm_span_commit(t, s);
	return err;
}

/*
 * sm_span_in_file() - @apply to a span that is mapped from a file of its own. An op that
 * finds no room for that is not counted.
 */
int sm_span_in_file(struct sm_storm_thread *t, const struct sm_span *s,
		    int (*apply)(struct sm_storm_thread *t,
				 const struct sm_span *s, int file))
{
	int file = span_borrow(t, s);
	int err;

	if (file == -ENOSPC) {
		t->counted = false;
		return 0;
	}
	if (file < 0)
		return file;
	err = apply(t, s, file);
	if (!err)
		return span_give_back(t, s, file);
	close(file);
	return err;
}

/* sm_span_verify() - look at the ends of a span and one page in between. */
void sm_span_verify(struct sm_storm_thread *t, const struct sm_span *s)
{
	enum sm_spent at = sm_clock_turn(&t->clock, SM_SPENT_VERIFY);

	sm_verify_page(t->host->docket, s->first);
	sm_verify_page(t->host->docket, s->first + s->nr - 1);
	sm_verify_page(t->host->docket,
		       s->first + sm_rng_below(&t->rng, s->nr));
	sm_clock_turn(&t->clock, at);
}
