// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of the same content become one (KSM), and part again. Of the arena those are
 * alike that are empty: each other page has a stamp of its own. ksmd looks twice
 * before it merges, so nobody may write to them meanwhile: agents stay at one page.
 *
 * Whether the kernel itself loses what was written is asked of pages that no device
 * can reach, as in dirty.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/pagemap.h"
#include "judge/known.h"
#include "judge/oracle.h"
#include "module/needs.h"
#include "op.h"
#include "soft_dirty.h"
#include "storm/touch.h"

#define KSM		"/sys/kernel/mm/ksm/"
#define PAGEMAP		"/proc/self/pagemap"
#define KSM_PAGES	32	/* looked at */
#define KSM_LOOKS	400
#define KSM_NAP_NS	(5 * SM_MSEC)
#define KSM_FIRST	0x11	/* what is written to a page, and then again */
#define KSM_SECOND	0x5a

#define KSM_SWITCHES						\
	{ KSM "run=1", KSM "sleep_millisecs=2",			\
	  KSM "pages_to_scan=2000", NULL }

static const char *ksm_lacks(const struct sm_need *n)
{
	if (access(KSM "run", F_OK))
		return n->why;
	return access(KSM "run", W_OK) ? KSM "run is for root alone" : NULL;
}

static int ksm_advise(uint64_t va, uint64_t len, int advice)
{
	return madvise((void *)va, len, advice) < 0 ? -errno : 0;
}

/* Of the @nr pages at @a, how many are one with those at @b? */
static unsigned int ksm_merged(int pagemap, uint64_t a, uint64_t b,
			       unsigned int nr)
{
	uint64_t x[KSM_PAGES], y[KSM_PAGES];
	unsigned int i, merged = 0;

	if (sm_pagemap_read(pagemap, a, nr, x) ||
	    sm_pagemap_read(pagemap, b, nr, y))
		return 0;
	for (i = 0; i < nr; i++)
		merged += (x[i] & y[i] & SM_ENT_PRESENT) &&
			  !((x[i] ^ y[i]) & SM_ENT_PFN);
	return merged;
}

/* Give ksmd time. Returns how many of the pages at @a are one with those at @b. */
static unsigned int ksm_wait(struct sm_storm_thread *t, uint64_t a, uint64_t b,
			     unsigned int nr, unsigned int wanted)
{
	int pagemap = open(PAGEMAP, O_RDONLY | O_CLOEXEC);
	unsigned int i, merged = 0;

	for (i = 0; i < KSM_LOOKS && !sm_end_stopping(t->end); i++) {
		merged = ksm_merged(pagemap, a, b, nr);
		if (merged >= wanted)
			break;
		sm_storm_beat(t);
		sm_util_nap(KSM_NAP_NS);
	}
	close(pagemap);
	return merged;
}

/* Small pages of our own, and all empty. */
static void ksm_blank(const struct sm_span *s)
{
	uint64_t *words = (uint64_t *)s->start;
	uint64_t i;

	for (i = 0; i < s->nr; i++, words += SM_PAGE_WORDS)
		sm_write(&words[SM_WORD_STAMP], 0);
}

/*
 * Merged, read and written to by a device, then taken apart by the processor or the
 * kernel: what a device wrote to one page must not be seen in another.
 */
static int ksm_merge(struct sm_storm_thread *t, const struct sm_span *s)
{
	unsigned int nr = s->nr / 2 < KSM_PAGES ? s->nr / 2 : KSM_PAGES;
	uint64_t half = s->start + nr * SM_PAGE_SIZE;
	int err = nr ? sm_span_drop(t, s) : 0;

	t->counted = false;
	if (err || !nr)
		return err;
	sm_touch_aim(t, s->end - SM_PAGE_SIZE, s->end);
	ksm_blank(s);
	err = sm_span_advise(s, MADV_MERGEABLE);
	if (err)
		return err;
	t->counted = ksm_wait(t, s->start, half, nr, 1);
	sm_touch_aim(t, s->start, s->end);
	sm_touch_read(t);
	if (sm_rng_one_in(&t->rng, 2))
		sm_touch_before(t);
	if (sm_rng_one_in(&t->rng, 2))
		sm_span_stamp(t, s);
	sm_span_verify(t, s);
	err = sm_span_advise(s, MADV_UNMERGEABLE);
	return err == -EAGAIN ? 0 : err;
}

/* Each unlike the others: of two such places the pages are alike in pairs. */
static void ksm_fill(uint64_t va, unsigned int nr, int fill)
{
	uint8_t *page = (uint8_t *)va;
	unsigned int i;

	for (i = 0; i < nr; i++, page += SM_PAGE_SIZE) {
		memset(page, fill, SM_PAGE_SIZE);
		*(uint64_t *)page = i;
	}
}

static int ksm_make(uint64_t va, unsigned int nr, int fill)
{
	const uint64_t len = nr * SM_PAGE_SIZE;
	void *p = mmap((void *)va, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	int err;

	if (p == MAP_FAILED)
		return -errno;
	err = ksm_advise(va, len, MADV_NOHUGEPAGE);
	if (!err || err == -EINVAL)
		err = ksm_advise(va, len, MADV_DONTFORK);
	if (!err)
		ksm_fill(va, nr, fill);
	return err;
}

static void ksm_accuse(struct sm_storm_thread *t, enum sm_known known,
		       const char *what, unsigned int lost, unsigned int of)
{
	struct sm_hit h = {
		.oracle = "dirty",
		.kind = SM_KIND_KNOWN + known,
	};

	sm_docket_hit(t->host->docket, &h, "%s %u of %u pages that it merged (%s)",
		      what, lost, of, sm_known[known].page);
}

/* How many pages of the two places were merged, and how many bits got lost by it. */
static int ksm_count_bits(int pagemap, uint64_t a, uint64_t b, unsigned int *nr,
			  unsigned int *lost)
{
	uint64_t x[KSM_PAGES], y[KSM_PAGES];
	unsigned int i;
	int err = sm_pagemap_read(pagemap, a, KSM_PAGES, x);

	if (!err)
		err = sm_pagemap_read(pagemap, b, KSM_PAGES, y);
	for (i = 0; i < KSM_PAGES && !err; i++) {
		if ((x[i] ^ y[i]) & SM_ENT_PFN)
			continue;
		(*nr)++;
		*lost += !(x[i] & y[i] & SM_SOFT_DIRTY_BIT);
	}
	return err;
}

/*
 * Written to, and noted; then merged: the note has to stay. Before there were two
 * places of different pages, so that none is merged when the bits are cleared.
 */
static int ksm_note_and_merge(struct sm_storm_thread *t, int pagemap)
{
	const uint64_t a = t->scratch, b = a + KSM_PAGES * SM_PAGE_SIZE;
	unsigned int nr = 0, lost = 0;
	int err;

	err = ksm_make(a, 2 * KSM_PAGES, KSM_FIRST);
	if (!err)
		err = sm_soft_dirty_clear();
	if (err)
		return err;
	ksm_fill(a, KSM_PAGES, KSM_SECOND);
	ksm_fill(b, KSM_PAGES, KSM_SECOND);
	err = ksm_advise(a, 2 * KSM_PAGES * SM_PAGE_SIZE, MADV_MERGEABLE);
	if (err)
		return err;
	t->counted = ksm_wait(t, a, b, KSM_PAGES, KSM_PAGES);
	err = ksm_count_bits(pagemap, a, b, &nr, &lost);
	if (lost)
		ksm_accuse(t, SM_KNOWN_KSM_SOFT_DIRTY,
			   "KSM lost the soft-dirty bit of", lost, nr);
	return err;
}

static int ksm_soft_dirty(struct sm_storm_thread *t, const struct sm_span *s)
{
	int pagemap = open(PAGEMAP, O_RDONLY | O_CLOEXEC);
	int err;

	(void)s;
	if (pagemap < 0)
		return -errno;
	sm_soft_dirty_lock();
	err = ksm_note_and_merge(t, pagemap);
	sm_soft_dirty_unlock();
	close(pagemap);
	munmap((void *)t->scratch, 2 * KSM_PAGES * SM_PAGE_SIZE);
	return err;
}

static unsigned int ksm_changed(uint64_t va, unsigned int nr)
{
	unsigned int i, w, lost = 0;
	const uint8_t *page;

	for (i = 0; i < nr; i++) {
		page = (const uint8_t *)(va + i * SM_PAGE_SIZE);
		for (w = sizeof(uint64_t); w < SM_PAGE_SIZE; w++)
			if (page[w] != KSM_SECOND)
				break;
		lost += w < SM_PAGE_SIZE;
	}
	return lost;
}

/*
 *	a, b	the same content: merged; b goes
 *	a	may be freed (MADV_FREE): of the merged page that is noted for all
 *	d	the same content, and merged with a; a goes, d is reclaimed
 *
 * Nobody said that of d, and it has to be what it was.
 */
static int ksm_free_pages(struct sm_storm_thread *t, uint64_t a)
{
	const uint64_t len = KSM_PAGES * SM_PAGE_SIZE;
	const uint64_t b = a + len, d = b;
	unsigned int merged, lost;
	int err;

	err = ksm_make(a, KSM_PAGES, KSM_SECOND);
	if (!err)
		err = ksm_make(b, KSM_PAGES, KSM_SECOND);
	if (!err)
		err = ksm_advise(a, 2 * len, MADV_MERGEABLE);
	if (err)
		return err;
	merged = ksm_wait(t, a, b, KSM_PAGES, KSM_PAGES);
	munmap((void *)b, len);
	err = ksm_advise(a, len, MADV_FREE);
	if (!err)
		err = ksm_make(d, KSM_PAGES, KSM_SECOND);
	if (!err)
		err = ksm_advise(d, len, MADV_MERGEABLE);
	if (err)
		return err;
	t->counted = merged && ksm_wait(t, a, d, KSM_PAGES, KSM_PAGES);
	munmap((void *)a, len);
	err = ksm_advise(d, len, MADV_PAGEOUT);
	lost = err ? 0 : ksm_changed(d, KSM_PAGES);
	if (lost)
		ksm_accuse(t, SM_KNOWN_KSM_FREE,
			   "MADV_FREE of another mapping emptied", lost,
			   KSM_PAGES);
	return err;
}

static int ksm_free(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err = ksm_free_pages(t, t->scratch);

	(void)s;
	munmap((void *)t->scratch, 2 * KSM_PAGES * SM_PAGE_SIZE);
	return err;
}

static const char *ksm_no_bits(const struct sm_need *n)
{
	return sm_needs_why(n, sm_soft_dirty_try(),
			    "no permission to use /proc/self/pagemap and clear_refs");
}

#define KSM_NEEDED	{ .lacks = ksm_lacks, .why = "no KSM (CONFIG_KSM)" }

const struct sm_op sm_ops_ksm[] = {
	{
		.name = "ksm-merge",
		.class = "ksm",
		.about = "has empty pages become one, and parts them again (KSM)",
		.memory = SM_MEM_ANY_ANON,
		.slow = true,
		.rare = true,
		.machine = true,
		.needs_root = true,
		.switches = KSM_SWITCHES,
		.emitters = { "replace_page", "write_protect_page", NULL },
		.needs = { KSM_NEEDED },
		.apply = ksm_merge,
	},
	{
		.name = "ksm-soft-dirty",
		.class = "ksm",
		.about = "looks whether a write is still noted after a merge (KSM)",
		.memory = SM_MEM_ANY_ANON,
		.slow = true,
		.rare = true,
		.machine = true,
		.needs_root = true,
		.avoid = SM_BIT(SM_KNOWN_KSM_SOFT_DIRTY),
		.switches = KSM_SWITCHES,
		.emitters = { "replace_page", "write_protect_page", NULL },
		.needs = { KSM_NEEDED, {
			.lacks = ksm_no_bits,
			.why = "no soft-dirty bits (CONFIG_MEM_SOFT_DIRTY)",
		} },
		.apply = ksm_soft_dirty,
	},
	{
		.name = "ksm-free",
		.class = "ksm",
		.about = "frees a mapping of merged pages, reclaims another (KSM)",
		.memory = SM_MEM_ANY_ANON,
		.slow = true,
		.rare = true,
		.machine = true,
		.needs_root = true,
		.avoid = SM_BIT(SM_KNOWN_KSM_FREE),
		.switches = KSM_SWITCHES,
		.emitters = { "replace_page", "write_protect_page", NULL },
		.needs = { KSM_NEEDED },
		.apply = ksm_free,
	},
	{ .name = NULL }
};
