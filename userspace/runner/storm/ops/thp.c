// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ops on huge pages. Their spans are whole aligned blocks of 2 MiB. Whether a
 * huge page is to be had is up to the kernel; without one these ops do with
 * small pages what they would do with a huge one.
 */
#include <errno.h>
#include <sys/mman.h>

#include "module/needs.h"
#include "op.h"
#include "storm/touch.h"

#define SPLIT_PAGES	64

/* A huge page, stamped, and held by a device. */
static int thp_huge(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err = sm_span_renew(t, s);

	if (err)
		return err;
	sm_span_stamp(t, s);
	sm_touch_before(t);
	return 0;
}

static int thp_fault(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err = thp_huge(t, s);

	if (!err)
		err = sm_span_empty(t, s);
	if (err)
		return err;
	sm_touch_after(t);
	sm_span_stamp(t, s);
	return 0;
}

/* Small pages first. The content stays: no word moves over the collapse. */
static int thp_small(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err = sm_span_renew(t, s);

	if (!err && sm_arena_is(s->region->kind, SM_MEM_ANY_MTHP)) {
		sm_span_stamp(t, s);
		return 0;
	}
	if (!err)
		err = sm_span_advise(s, MADV_NOHUGEPAGE);
	/* A device may have faulted a huge page in between the two. */
	if (!err)
		err = sm_span_empty(t, s);
	if (err)
		return err;
	sm_span_stamp(t, s);
	return sm_span_advise(s, MADV_HUGEPAGE);
}

/*
 * The kernel may refuse for the moment: pages isolated or referenced by
 * somebody (-EAGAIN), no huge page (-ENOMEM), or, in a word, -EINVAL.
 */
static int thp_collapse(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err = thp_small(t, s);

	if (err)
		return err;
	sm_touch_before(t);
	err = sm_span_advise(s, MADV_COLLAPSE);
	t->counted = !err;
	if (err == -EAGAIN || err == -EBUSY || err == -ENOMEM || err == -EINVAL)
		return 0;
	return err;
}

/* Protect or drop some pages of a huge page, its first or last ones too. */
static int thp_split(struct sm_storm_thread *t, const struct sm_span *s)
{
	uint64_t nr = 1 + sm_rng_below(&t->rng, SPLIT_PAGES);
	uint64_t skip = sm_rng_below(&t->rng, s->nr - nr + 1);
	struct sm_span part;
	int err = thp_huge(t, s);

	if (err)
		return err;
	if (sm_rng_one_in(&t->rng, 4))
		skip = sm_rng_one_in(&t->rng, 2) ? 0 : s->nr - nr;
	part = sm_span_part(s, skip, nr);
	if (sm_rng_one_in(&t->rng, 2))
		err = sm_span_protect(t, &part, PROT_READ);
	else
		err = sm_span_drop(t, &part);
	if (err)
		return err;
	sm_touch_after(t);
	sm_touch_pick(t, &part);
	return 0;
}

const struct sm_op sm_ops_thp[] = {
	{
		.name = "thp-fault",
		.class = "thp",
		.slow = true,
		.about = "drops a huge page and faults another in",
		.memory = SM_MEM_ANY_THP,
		.emitters = { "zap_page_range_single", NULL },
		.apply = thp_fault,
	},
	{
		.name = "thp-collapse",
		.class = "thp",
		.slow = true,
		.about = "makes a huge page of small ones (MADV_COLLAPSE)",
		.memory = SM_MEM_ANY_THP | SM_MEM_ANY_MTHP,
		.emitters = { "collapse_huge_page", "collapse_pte_mapped_thp",
			      "retract_page_tables", NULL },
		.needs = { {
			.lacks = sm_needs_advice,
			.advice = MADV_COLLAPSE,
			.why = "no MADV_COLLAPSE (Linux 6.1, CONFIG_TRANSPARENT_HUGEPAGE)",
		} },
		.apply = thp_collapse,
	},
	{
		.name = "thp-split",
		.class = "thp",
		.slow = true,
		.about = "changes a part of a huge page",
		.memory = SM_MEM_ANY_THP,
		.emitters = { "__split_huge_pmd", NULL },
		.apply = thp_split,
	},
	{ .name = NULL }
};
