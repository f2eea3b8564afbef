// SPDX-License-Identifier: GPL-2.0-only
/* Ops that advise. */
#include <errno.h>
#include <sys/mman.h>

#include "judge/known.h"
#include "module/needs.h"
#include "op.h"
#include "storm/touch.h"

/* From now on each page is its stamp or zero, until the owner writes again. */
static int advise_free(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change c = { .set = SM_TAG_ZERO };
	int err;

	sm_span_announce(t, s, c);
	err = sm_span_advise(s, MADV_FREE);
	if (!err)
		sm_span_commit(t, s);
	return err;
}

/* Nothing may change: what devices wrote must survive write-out and return. */
static int advise_pageout(struct sm_storm_thread *t, const struct sm_span *s)
{
	(void)t;
	return sm_span_advise(s, MADV_PAGEOUT);
}

static int advise_populate(struct sm_storm_thread *t, const struct sm_span *s,
			   int advice)
{
	int err = sm_span_drop(t, s);

	return err ? err : sm_span_advise(s, advice);
}

static int advise_read(struct sm_storm_thread *t, const struct sm_span *s)
{
	return advise_populate(t, s, MADV_POPULATE_READ);
}

/*
 * Zero pages come first and devices may map them, read-only; then each is
 * replaced by a page of its own, which must make devices let go of it.
 */
static int advise_write(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err = advise_populate(t, s, MADV_POPULATE_READ);

	if (err)
		return err;
	sm_touch_read(t);
	return sm_span_advise(s, MADV_POPULATE_WRITE);
}

/*
 * Clean pages that stay writable: a device may write to one, and no page table
 * entry says so. What it wrote must survive reclaim (oracle dirty).
 */
static int advise_dirty(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err = advise_free(t, s);

	if (err)
		return err;
	sm_touch_write(t);
	err = sm_span_advise(s, MADV_PAGEOUT);
	if (!err)
		sm_touch_survived(t, "reclaim");
	return err;
}

/*
 * Guard pages: what was there goes, and nobody may touch them, until they are
 * ordinary empty pages again. The kernel drops pages first and guards then, and
 * a device may have an empty one in between: so they are empty before.
 */
static int advise_guard(struct sm_storm_thread *t, const struct sm_span *s)
{
	static const struct sm_change on = {
		.clear = SM_TAG_READ | SM_TAG_WRITE,
	};
	static const struct sm_change off = { .set = SM_TAG_ACCESS };
	int err = advise_populate(t, s, MADV_POPULATE_WRITE);

	if (err)
		return err;
	sm_touch_before(t);
	sm_span_announce(t, s, on);
	err = sm_span_advise(s, MADV_GUARD_INSTALL);
	if (err)
		return err;
	sm_span_commit(t, s);
	sm_touch_after(t);
	sm_span_announce(t, s, off);
	err = sm_span_advise(s, MADV_GUARD_REMOVE);
	if (!err)
		sm_span_commit(t, s);
	return err;
}

/* Else it would be mmap-over. */
static const char *advise_no_drop(const struct sm_need *n)
{
	(void)n;
	return sm_source_no_drop();
}

const struct sm_op sm_ops_advise[] = {
	{
		.name = "dontneed",
		.class = "advise",
		.about = "drops pages (MADV_DONTNEED)",
		.memory = SM_MEM_ANY,
		.emitters = { "zap_page_range_single", NULL },
		.needs = { {
			.memory = SM_MEM_ANY_HUGETLB,
			.lacks = advise_no_drop,
		} },
		.apply = sm_span_drop,
	},
	{
		.name = "free",
		.class = "advise",
		.about = "lets the kernel drop pages when it likes (MADV_FREE)",
		.memory = SM_MEM_ANY_ANON,
		.unused = true,
		.emitters = { "madvise_free_single_vma", NULL },
		.apply = advise_free,
	},
	{
		.name = "pageout",
		.class = "advise",
		.about = "reclaims pages (MADV_PAGEOUT); needs swap",
		.memory = SM_MEM_ANY & ~SM_MEM_KEPT,
		.emitters = { "try_to_unmap_one", "try_to_migrate_one",
			      "__split_huge_pmd", NULL },
		.apply = advise_pageout,
	},
	{
		.name = "dirty",
		.class = "advise",
		.about = "has the device write to clean pages, then reclaims",
		.memory = SM_MEM_ANY_ANON,
		.unused = true,
		.emitters = { "madvise_free_single_vma", NULL },
		.apply = advise_dirty,
	},
	{
		.name = "remove",
		.class = "advise",
		.about = "punches a hole into the file (MADV_REMOVE)",
		.memory = SM_MEM_ANY & ~SM_MEM_ANY_PRIVATE,
		.avoid = SM_BIT(SM_KNOWN_HUGETLB_RANGE),
		.avoid_on = SM_BIT(SM_MEM_HUGETLB_SHARED),
		.emitters = { "zap_page_range_single", "unmap_hugepage_range",
			      NULL },
		.apply = sm_span_empty,
	},
	{
		.name = "populate-read",
		.class = "advise",
		.about = "faults pages in for reading (MADV_POPULATE_READ)",
		.memory = SM_MEM_ANY_PAGES,
		.silent = true,
		.needs = { {
			.lacks = sm_needs_advice,
			.advice = MADV_POPULATE_READ,
			.why = "no MADV_POPULATE_READ (Linux 5.14)",
		} },
		.apply = advise_read,
	},
	{
		.name = "populate-write",
		.class = "advise",
		.about = "replaces zero pages (MADV_POPULATE_WRITE)",
		.memory = SM_MEM_ANY_ANON,
		.emitters = { "wp_page_copy", "__split_huge_pmd",
			      "do_huge_zero_wp_pmd", NULL },
		.needs = { {
			.lacks = sm_needs_advice,
			.advice = MADV_POPULATE_WRITE,
			.why = "no MADV_POPULATE_WRITE (Linux 5.14)",
		} },
		.apply = advise_write,
	},
	{
		.name = "guard",
		.class = "advise",
		.about = "puts guard pages in place of pages (MADV_GUARD_INSTALL)",
		.memory = SM_MEM_ANY_ANON,
		.emitters = { "zap_page_range_single", NULL },
		.needs = { {
			.lacks = sm_needs_advice,
			.advice = MADV_GUARD_INSTALL,
			.why = "no MADV_GUARD_INSTALL (Linux 6.13)",
		} },
		.apply = advise_guard,
	},
	{ .name = NULL }
};
