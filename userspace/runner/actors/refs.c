// SPDX-License-Identifier: GPL-2.0-only
/*
 * After a run: does everybody let go of the pages?
 *
 * The PFNs that the mirrors hold are noted, the mirrors destroyed, the arena
 * unmapped and its files truncated. A page is leaked if it then stays
 *
 *   anonymous memory that nobody maps and that is not in the swap cache; or
 *   a page of a file that holds what ours held: all pages of our files are gone,
 *   and who gets a page that was freed reads something else into it.
 *
 * Raw page counts would be noise: per-CPU lists of the LRU hold references for a
 * while, which is why they are drained and why the pages get time. What else may
 * hold them a control shows: pages that no mirror ever held go the same way, and
 * as long as one of those stays nobody is accused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "actor.h"
#include "backends/host.h"
#include "base/pagemap.h"
#include "base/physmem.h"
#include "base/rng.h"
#include "judge/lacks.h"
#include "judge/sight.h"

#define REFS_PAGES	16384	/* looked at, of all mirrors together */
#define REFS_GRANULES	1024	/* in which they are looked for */
#define REFS_CONTROL	64	/* for each kind of memory */
#define REFS_TRIES	100
#define REFS_NAP_NS	(50 * SM_MSEC)	/* between tries */

/* Where no thread of the storm has its scratch memory. */
#define REFS_VA		(SM_ARENA_SCRATCH + 16 * SM_ARENA_SCRATCH_STEP)

/* /proc/kpageflags */
#define REFS_FLAGS	"/proc/kpageflags"
#define REFS_UPTODATE	SM_BIT(3)
#define REFS_LRU	SM_BIT(5)
#define REFS_SLAB	SM_BIT(7)
#define REFS_BUDDY	SM_BIT(10)
#define REFS_MMAP	SM_BIT(11)
#define REFS_ANON	SM_BIT(12)
#define REFS_SWAPCACHE	SM_BIT(13)
#define REFS_TAIL	SM_BIT(16)	/* of a huge page: older kernels say nothing of its LRU */

/* Of the last look at it: @flags. */
struct refs_page {
	uint64_t pfn;
	uint64_t flags;
	bool file;
};

struct refs_set {
	struct refs_page *page;
	unsigned int room;
	unsigned int nr;
};

/**
 * struct refs - what is judged
 * @host: the run, and what the backend has of it
 * @mem: memory, to see what a page of a file holds
 * @no_mem: why that cannot be seen, a negative errno
 * @flags: REFS_FLAGS
 * @held: pages that mirrors held
 * @control: pages that none ever held
 * @uncontrolled: there are none of some kind
 * @others: have mirrors, whose references nobody tells from those that are lost
 */
struct refs {
	struct sm_host *host;
	struct sm_physmem mem;
	int no_mem;
	int flags;
	struct refs_set held;
	struct refs_set control;
	bool uncontrolled;
	bool others;
};

/* ---- which pages --------------------------------------------------------- */

static void refs_add(struct refs_set *s, uint64_t entry, bool file)
{
	if (!(entry & SM_ENT_PRESENT) || s->nr == s->room)
		return;
	s->page[s->nr++] = (struct refs_page){
		.pfn = entry & SM_ENT_PFN,
		.file = file,
	};
}

/* Regions begin and end on granules. */
static enum sm_memory refs_kind(const struct sm_arena *a, uint64_t va)
{
	const struct sm_region *r = a->regions;

	while (va >= r->end)
		r++;
	return r->kind;
}

static void refs_note(struct refs *r, struct sm_rng *rng,
		      const struct sm_mirror *m, uint64_t va, uint64_t share)
{
	uint64_t buf[SM_GRANULE_PAGES], present;
	enum sm_memory kind = refs_kind(&r->host->scene->arena, va);
	bool file = !sm_arena_is(kind, SM_MEM_ANY_PRIVATE);
	unsigned int i;

	if ((file && r->no_mem) || sm_arena_is(kind, SM_MEM_ANY_POOL) ||
	    sm_device_snapshot(&r->host->scene->dev, m->id, va,
			       va + SM_GRANULE_SIZE, buf, &present))
		return;
	for (i = 0; i < SM_GRANULE_PAGES; i++)
		if (sm_rng_below(rng, SM_GRANULE_PAGES) < share)
			refs_add(&r->held, buf[i], file);
}

/* Pages anywhere in the arena; all of them if it is small. */
static void refs_note_all(struct refs *r)
{
	const struct sm_host *host = r->host;
	uint64_t granules =
		(host->scene->arena.end - host->scene->arena.start) >>
		SM_GRANULE_SHIFT;
	uint64_t step = granules / REFS_GRANULES + 1;
	uint64_t g,
		share = REFS_PAGES / host->scene->nr_mirrors * step / granules;
	struct sm_rng rng;
	unsigned int i;

	sm_rng_seed(&rng, host->scene->spec->seed, SM_STREAM_REFS, 0);
	for (i = 0; i < host->scene->nr_mirrors; i++)
		for (g = sm_rng_below(&rng, step); g < granules; g += step) {
			sm_end_beat(r->host->end);
			refs_note(r, &rng, &host->scene->mirrors[i],
				  host->scene->arena.start +
					  (g << SM_GRANULE_SHIFT),
				  share);
		}
}

/* They lie in the files of the arena, behind all that was ever mapped. */
static bool refs_write(const struct sm_host *host, int fd)
{
	uint64_t page[SM_PAGE_WORDS] = { 0 };
	uint64_t at = host->scene->arena.end - host->scene->arena.start;
	unsigned int i;

	page[SM_WORD_COOKIE] = host->scene->model.cookie;
	for (i = 0; i < REFS_CONTROL; i++)
		if (pwrite(fd, page, sizeof(page), at + i * sizeof(page)) !=
		    sizeof(page))
			return false;
	return true;
}

static int refs_control(struct refs *r, enum sm_memory kind)
{
	const struct sm_arena *a = &r->host->scene->arena;
	const uint64_t len = REFS_CONTROL * SM_PAGE_SIZE;
	bool file = !sm_arena_is(kind, SM_MEM_ANY_PRIVATE);
	uint64_t entry[REFS_CONTROL];
	unsigned int i;
	int err;

	/* Of a private mapping, too, there has to be something of the file. */
	if (a->files[kind] >= 0 && !refs_write(r->host, a->files[kind]))
		return -EIO;
	err = sm_arena_map(a, kind, REFS_VA, a->end, len, MAP_FIXED_NOREPLACE);
	if (err)
		return err;
	for (i = 0; i < REFS_CONTROL; i++)
		sm_write((uint64_t *)(REFS_VA + i * SM_PAGE_SIZE) +
				 SM_WORD_COOKIE,
			 r->host->scene->model.cookie);
	err = sm_pagemap_read(r->host->scene->pagemap, REFS_VA, REFS_CONTROL,
			      entry);
	for (i = 0; i < REFS_CONTROL && !err; i++)
		refs_add(&r->control, entry[i], file);
	munmap((void *)REFS_VA, len);
	return err;
}

static void refs_control_all(struct refs *r)
{
	unsigned int kind;

	for (kind = 0; kind < SM_MEM_NR; kind++)
		if (sm_arena_is(kind, r->host->scene->arena.memory &
					      ~SM_MEM_ANY_POOL) &&
		    refs_control(r, kind))
			r->uncontrolled = true;
}

/* ---- letting go ---------------------------------------------------------- */

/* What is being written back is held until that is done. */
static int refs_empty(int fd)
{
	return fsync(fd) < 0 || ftruncate(fd, 0) < 0 ? -errno : 0;
}

/* A file that does not let go of its pages keeps those of the control too. */
static void refs_let_go(struct refs *r)
{
	const struct sm_arena *a = &r->host->scene->arena;
	unsigned int i;

	munmap((void *)a->start, a->end - a->start);
	for (i = 0; i < SM_MEM_NR; i++) {
		sm_end_beat(r->host->end);
		if (a->files[i] >= 0 && refs_empty(a->files[i]))
			r->uncontrolled = true;
	}
}

/*
 * Compaction begins by draining the lists of all processors. Where that is not
 * to be had they may hold a page for as long as nobody else needs memory.
 */
static int refs_drain(void)
{
	int fd = open(SM_LACKS_DRAIN, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, "1", 1) < 0 && errno != EINTR)
		err = -errno;
	close(fd);
	return err;
}

/* ---- who stays ----------------------------------------------------------- */

/*
 * A page that somebody has lost a reference of stays on its list of the LRU, and is there
 * when the lists are @drained. One that is on none then was freed, and serves the kernel
 * itself; and a slab looks like anonymous memory whenever it has a number or a pointer that
 * is odd where a page has its mapping.
 */
static bool refs_stays(const struct refs *r, struct refs_page *p, bool drained)
{
	uint64_t word, value;

	if (pread(r->flags, &word, sizeof(word), p->pfn * sizeof(word)) !=
	    sizeof(word))
		return false;
	p->flags = word;
	if ((word & (REFS_MMAP | REFS_SWAPCACHE | REFS_BUDDY | REFS_SLAB)) ||
	    (drained && !(word & (REFS_LRU | REFS_TAIL))))
		return false;
	if (!p->file || (word & REFS_ANON))
		return !p->file && (word & REFS_ANON);
	return (word & REFS_UPTODATE) &&
	       sm_physmem_word(&r->mem, p->pfn, SM_WORD_COOKIE, &value) &&
	       value == r->host->scene->model.cookie;
}

/* Forgets all that do not. */
static void refs_filter(struct refs *r, struct refs_set *s, bool drained)
{
	unsigned int i, kept = 0;

	for (i = 0; i < s->nr; i++) {
		sm_end_beat(r->host->end);
		if (refs_stays(r, &s->page[i], drained))
			s->page[kept++] = s->page[i];
	}
	s->nr = kept;
}

static void refs_accuse(struct refs *r)
{
	struct sm_hit h = {
		.oracle = "refs",
		.kind = SM_KIND_KEPT_PAGE,
		.mirror_entry = SM_ENT_PRESENT | r->held.page[0].pfn,
	};

	sm_docket_hit(r->host->docket, &h,
		      "%u pages that a mirror held are neither used nor free 5 s later, PFN %llx first (%s: %llx)",
		      r->held.nr, (unsigned long long)r->held.page[0].pfn,
		      REFS_FLAGS, (unsigned long long)r->held.page[0].flags);
}

/* Only the module's own counters were judged, if those: the result says so. */
static void refs_unjudged(struct refs *r, const char *file, int err)
{
	sm_sight_set(r->host->scene->result, "refs", SM_SIGHT_OFF,
		     "references are %scounted, but whether pages come free is not seen: %s: %s",
		     r->others ? "not " : "", file, strerror(-err));
}

static void refs_wait(struct refs *r)
{
	unsigned int tries;
	int err = 0;

	refs_filter(r, &r->held, false);
	for (tries = 0; r->held.nr && !err && tries < REFS_TRIES; tries++) {
		err = refs_drain();
		sm_util_nap(REFS_NAP_NS);
		refs_filter(r, &r->held, !err);
	}
	refs_filter(r, &r->control, tries && !err);
	if (!r->held.nr)
		return;
	if (err)
		refs_unjudged(r, SM_LACKS_DRAIN, err);
	else if (r->control.nr || r->uncontrolled)
		sm_sight_set(r->host->scene->result, "refs", SM_SIGHT_IDLE,
			     "%u pages stay, but so do %u that no mirror ever held%s",
			     r->held.nr, r->control.nr,
			     r->uncontrolled ? ", as far as known" : "");
	else
		refs_accuse(r);
}

/* ---- all of it ----------------------------------------------------------- */

/* They have, or had as the run began, pages that count as well. */
static bool refs_have_others(struct sm_host *host)
{
	struct sm_device *d = &host->scene->dev;
	struct sm_ioc_query q;

	return d->pages == UINT64_MAX ||
	       (!sm_device_query(d, &q) && q.contexts > 1);
}

static void refs_count(const struct refs *r)
{
	struct sm_hit h = { .oracle = "refs", .kind = SM_KIND_KEPT_COUNT };
	struct sm_device *d = &r->host->scene->dev;
	struct sm_ioc_query q;

	/*
	 * Another process's mirrors hold pages of their own; and what a run before
	 * this one has lost is counted for as long as the module is loaded.
	 */
	if (r->others || sm_device_query(d, &q) || q.contexts > 1 ||
	    q.pages <= d->pages)
		return;
	sm_docket_hit(r->host->docket, &h,
		      "%llu page references are left of no mirror",
		      (unsigned long long)(q.pages - d->pages));
}

/* What it sees but a part of. */
static void refs_limits(const struct refs *r)
{
	unsigned int memory = r->host->scene->arena.memory;
	const char *pages = "", *others = "";

	if (r->others)
		others = "references of no mirror are not counted, as others have mirrors";
	if (r->no_mem && (memory & ~SM_MEM_ANY_PRIVATE))
		pages = "anonymous pages alone are seen to stay, without " SM_PHYSMEM;
	else if (memory & SM_MEM_ANY_POOL)
		pages = "pages of hugetlb and DAX are not seen to stay";
	if (*pages || *others)
		sm_sight_set(r->host->scene->result, "refs", SM_SIGHT_ON,
			     "%s%s%s", pages, *pages && *others ? "; " : "",
			     others);
}

static struct refs *refs_new(struct sm_host *host)
{
	struct refs *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->host = host;
	r->others = refs_have_others(host);
	r->held.room = REFS_PAGES;
	r->held.page = calloc(r->held.room, sizeof(*r->held.page));
	r->control.room = SM_MEM_NR * REFS_CONTROL;
	r->control.page = calloc(r->control.room, sizeof(*r->control.page));
	r->no_mem = sm_physmem_open(&r->mem);
	r->flags = open(REFS_FLAGS, O_RDONLY | O_CLOEXEC);
	if (r->flags < 0)
		refs_unjudged(r, REFS_FLAGS, -errno);
	refs_limits(r);
	if (!r->held.page || !r->control.page)
		r->held.room = 0;
	return r;
}

static void refs_free(struct refs *r)
{
	sm_physmem_close(&r->mem);
	if (r->flags >= 0)
		close(r->flags);
	free(r->held.page);
	free(r->control.page);
	free(r);
}

/*
 * Destroys the mirrors and unmaps the arena: the last thing
 * that is done to them. Their statistics must have been taken.
 */
static void refs_bury(struct sm_host *host, void *state)
{
	struct refs *r = refs_new(host);
	unsigned int i;

	(void)state;
	if (!r)
		return;
	refs_note_all(r);
	for (i = 0; i < host->scene->nr_mirrors; i++) {
		sm_end_beat(host->end);
		sm_device_mirror_destroy(&host->scene->dev,
					 host->scene->mirrors[i].id);
	}
	host->scene->nr_mirrors = 0;
	refs_count(r);
	if (!r->held.nr)
		sm_sight_set(host->scene->result, "refs", SM_SIGHT_IDLE,
			     "no mirror held a page in the end that can be judged");
	else
		refs_control_all(r);
	refs_let_go(r);
	if (r->flags >= 0)
		refs_wait(r);
	refs_free(r);
}

static bool refs_wanted(const struct sm_host *host)
{
	return host->scene->profiled;
}

const struct sm_actor sm_actor_refs = {
	.name = "refs",
	.wanted = refs_wanted,
	.bury = refs_bury,
};
