// SPDX-License-Identifier: GPL-2.0-only
/*
 * After a run: does everybody let go of the pages?
 *
 * The PFNs that the mirrors hold are noted, the mirrors destroyed, the arena
 * unmapped. A page is leaked if it then stays anonymous memory that nobody maps
 * and that is not in the swap cache. Raw page counts would be noise: per-CPU
 * lists of the LRU hold references for a while, which is why they are drained
 * and why the pages get time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine.h"
#include "oracle.h"
#include "refs.h"

#define REFS_PFNS	4096
#define REFS_WAIT_NS	(5 * SM_NSEC)
#define REFS_NAP_NS	(50 * SM_MSEC)

/* /proc/kpageflags */
#define REFS_MMAP	SM_BIT(11)
#define REFS_ANON	SM_BIT(12)
#define REFS_SWAPCACHE	SM_BIT(13)

struct refs {
	uint64_t pfn[REFS_PFNS];
	unsigned int nr;
};

static void refs_note(struct sm_engine *e, struct refs *r,
		      const struct sm_mirror *m, uint64_t va)
{
	uint64_t buf[SM_GRANULE_PAGES], present;
	unsigned int i;

	if (sm_device_snapshot(&e->dev, m->id, va, va + SM_GRANULE_SIZE, buf,
			       &present))
		return;
	for (i = 0; i < SM_GRANULE_PAGES && r->nr < REFS_PFNS; i++)
		if (buf[i] & SM_ENT_PRESENT)
			r->pfn[r->nr++] = buf[i] & SM_ENT_PFN;
}

/* Pages that are linked nowhere and yet not free; forgets all others. */
static void refs_filter(struct refs *r, int flags)
{
	unsigned int i, kept = 0;
	uint64_t word;

	for (i = 0; i < r->nr; i++) {
		if (pread(flags, &word, sizeof(word),
			  r->pfn[i] * sizeof(word)) != sizeof(word))
			continue;
		if ((word & (REFS_ANON | REFS_MMAP | REFS_SWAPCACHE)) ==
		    REFS_ANON)
			r->pfn[kept++] = r->pfn[i];
	}
	r->nr = kept;
}

/*
 * Compaction begins by draining the lists of all processors. Where that is not
 * to be had they may hold a page for as long as nobody else needs memory.
 */
static int refs_drain(void)
{
	int fd = open(SM_REFS_DRAIN, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, "1", 1) < 0 && errno != EINTR)
		err = -errno;
	close(fd);
	return err;
}

/* Only the module's own counters were judged: the result says so. */
static void refs_unjudged(struct sm_engine *e, const char *file, int err)
{
	snprintf(e->result->note, sizeof(e->result->note),
		 "whether pages were given back was not looked at: %s: %s",
		 file, strerror(-err));
}

static void refs_wait(struct sm_engine *e, struct refs *r)
{
	uint64_t until = sm_util_now() + REFS_WAIT_NS;
	struct sm_hit h = { .oracle = "refs" };
	int flags, err = 0;

	if (!r->nr)
		return;
	flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (flags < 0) {
		refs_unjudged(e, "/proc/kpageflags", -errno);
		return;
	}
	refs_filter(r, flags);
	while (r->nr && !err && sm_util_now() < until) {
		err = refs_drain();
		sm_util_nap(REFS_NAP_NS);
		refs_filter(r, flags);
	}
	close(flags);
	if (!r->nr)
		return;
	if (err) {
		refs_unjudged(e, SM_REFS_DRAIN, err);
		return;
	}
	h.mirror_entry = SM_ENT_PRESENT | r->pfn[0];
	sm_oracle_hit(e, &h,
		      "%u pages that a mirror held are neither used nor free 5 s later, PFN %llx first",
		      r->nr, (unsigned long long)r->pfn[0]);
}

static void refs_count(struct sm_engine *e)
{
	struct sm_hit h = { .oracle = "refs" };
	struct sm_ioc_query q;

	/* Another process's mirrors hold pages of their own. */
	if (sm_device_query(&e->dev, &q) || q.contexts > 1 || !q.pages)
		return;
	sm_oracle_hit(e, &h, "%llu page references are left of no mirror",
		      (unsigned long long)q.pages);
}

/*
 * sm_refs_check() - destroys the mirrors and unmaps the arena: the last thing
 * that is done to them. Their statistics must have been taken.
 */
void sm_refs_check(struct sm_engine *e)
{
	struct refs *r = calloc(1, sizeof(*r));
	uint64_t va;
	unsigned int i;

	for (i = 0; i < e->nr_mirrors; i++) {
		for (va = e->arena.start; r && va < e->arena.end;
		     va += SM_GRANULE_SIZE)
			refs_note(e, r, &e->mirrors[i], va);
		sm_device_mirror_destroy(&e->dev, e->mirrors[i].id);
	}
	e->nr_mirrors = 0;
	refs_count(e);
	munmap((void *)e->arena.start, e->arena.end - e->arena.start);
	if (r)
		refs_wait(e, r);
	free(r);
}
