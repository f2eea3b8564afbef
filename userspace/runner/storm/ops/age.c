// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ageing: reclaim takes what was not used, and asks drivers what their devices
 * have used, as no page table entry says so. Here all of them are asked, as reclaim
 * asks, right after the device has used a page. Nothing promises that a use is seen
 * for which the device still has a translation at hand. So it is flushed before, as
 * it is when it has to forget a use, or the page is taken from it.
 *
 * A use that nobody has seen may have been undone: by an event, by another who ages
 * pages, by a device that forgot the page. Then it is tried again; and as it is about
 * a moment, three that nothing has undone have to say the same.
 */
#include <errno.h>
#include <sys/mman.h>

#include "judge/oracle.h"
#include "module/needs.h"
#include "op.h"
#include "storm/touch.h"

#define AGE_TRIES	12
#define AGE_PROOFS	3

enum age_verdict { AGE_SEEN, AGE_UNSEEN, AGE_UNDONE };

/* What was known before the use, and must still be so after it. */
struct age_before {
	struct sm_window window;
	bool quiet;
	uint64_t cleared;
	uint64_t excused;
	uint64_t forgets;
};

static int age_ask(struct sm_storm_thread *t, uint64_t page, uint32_t flags,
		   struct sm_ioc_age *a)
{
	*a = (struct sm_ioc_age){
		.flags = flags,
		.va = t->scene->arena.start + (page << SM_PAGE_SHIFT),
	};
	return sm_device_age(&t->scene->dev, a);
}

static uint64_t age_granule(uint64_t page)
{
	return page >> (SM_GRANULE_SHIFT - SM_PAGE_SHIFT);
}

/* From the page table, so from every mirror, and back. */
static int age_take(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err = sm_span_protect(t, s, PROT_NONE);

	return err ? err : sm_span_protect(t, s, PROT_READ | PROT_WRITE);
}

/*
 * A real device may keep a translation when it is told to age its page, and of
 * several mirrors nobody knows which has been used.
 */
static int age_begin(struct sm_storm_thread *t, const struct sm_span *s,
		     struct age_before *b)
{
	bool flush = t->mirror->profile && t->scene->nr_mirrors == 1 &&
		     sm_rng_one_in(&t->rng, 2);
	struct sm_ioc_age a;
	int err = age_ask(t, s->first, flush ? SM_AGE_FLUSH : SM_AGE_CLEAR, &a);

	b->forgets = sm_read(&t->host->forgets);
	b->cleared = a.cleared;
	if (!err && !(flush && a.young)) {
		err = age_take(t, s);
		if (!err)
			err = age_ask(t, s->first, SM_AGE_CLEAR, &a);
		b->cleared++;	/* that was ours */
	}
	b->excused = a.excused;
	b->quiet = sm_window_open(&t->scene->dev, age_granule(s->first),
				  &b->window);
	return err;
}

static bool age_undone(const struct sm_storm_thread *t, const struct sm_span *s,
		       const struct age_before *b, const struct sm_ioc_age *a)
{
	sm_fence();
	return a->cleared != b->cleared || a->excused != b->excused ||
	       b->forgets % 2 || sm_read(&t->host->forgets) != b->forgets ||
	       !b->quiet ||
	       !sm_window_close(&t->scene->dev, age_granule(s->first),
				&b->window);
}

/* The device uses the page. Do those who age pages know? Or a negative errno. */
static int age_try(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct age_before b;
	struct sm_ioc_age a;
	int err = age_begin(t, s, &b);

	if (err)
		return err;
	if (!sm_touch_use(t, s->first))
		return AGE_UNDONE;
	err = age_ask(t, s->first, 0, &a);
	if (err)
		return err;
	if (a.young)
		return AGE_SEEN;
	return age_undone(t, s, &b, &a) ? AGE_UNDONE : AGE_UNSEEN;
}

static int age_page(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_hit h = {
		.oracle = "young",
		.kind = SM_KIND_UNSEEN,
		.mirror = t->mirror,
		.va = s->start,
	};
	unsigned int i, unseen = 0;
	int ret = AGE_UNDONE;

	for (i = 0; i < AGE_TRIES && ret > AGE_SEEN && unseen < AGE_PROOFS;
	     i++) {
		ret = age_try(t, s);
		unseen += ret == AGE_UNSEEN;
	}
	if (ret < 0)
		return ret;
	if (ret == AGE_SEEN || unseen == AGE_PROOFS)
		sm_add(&sm_scene_seen(t->scene, t->mirror)->young_pages, 1);
	if (unseen == AGE_PROOFS)
		sm_docket_hit(t->host->docket, &h,
			      "a device used the page at %llx, and who ages it is told that none has: %u times",
			      (unsigned long long)s->start, AGE_PROOFS);
	return 0;
}

/*
 * It has to forget the page, and is asked again before anybody uses it. A real device
 * may be using it, and nobody would know.
 */
static int age_unused(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_hit h = {
		.oracle = "young",
		.kind = SM_KIND_IMAGINED,
		.mirror = t->mirror,
		.va = s->start,
	};
	uint32_t how = sm_rng_one_in(&t->rng, 2) ? SM_AGE_FLUSH : SM_AGE_CLEAR;
	struct sm_ioc_age a;
	int err = age_ask(t, s->first, how | SM_AGE_AGAIN, &a);

	if (err || !a.unused)
		return err;
	sm_add(&sm_scene_seen(t->scene, t->mirror)->young_pages, 1);
	if (a.young)
		sm_docket_hit(t->host->docket, &h,
			      "no device has used the page at %llx, and who ages it is told that one has",
			      (unsigned long long)s->start);
	return 0;
}

/* Others are asked as well: they have to put up with it. */
static int age_others(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_ioc_age a;
	int err = age_ask(t, s->first, SM_AGE_CLEAR, &a);

	return err ? err : age_take(t, s);
}

static int age(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_span page;
	unsigned int i;
	int err = 0;

	t->counted = t->scene->dev.witness;
	/* Agents that are aimed at a page evict it all the time. */
	sm_touch_aim(t, 0, 0);
	for (i = 0; t->counted && i < t->nr_touched && !err; i++) {
		page = sm_span_part(s, t->touched[i] - s->first, 1);
		if (t->mirror->ages)
			err = age_page(t, &page);
		if (!err && t->mirror->ages && t->mirror->profile)
			err = age_unused(t, &page);
		/* Who forgot a use still has a translation, to be flushed. */
		if (!err && (!t->mirror->ages || sm_rng_one_in(&t->rng, 2)))
			err = age_others(t, &page);
	}
	return err;
}

const struct sm_op sm_ops_age[] = {
	{
		.name = "age",
		.class = "track",
		.about = "asks drivers which pages their devices have used",
		.memory = SM_MEM_ANY_PAGES,
		.needs_root = true,
		.unused = true,
		.emitters = { "change_pud_range", NULL },
		.needs = { {
			.lacks = sm_needs_feature,
			.feature = SM_FEATURE_AGE,
			.why = "nobody tells what a device has used (x86-64, CONFIG_KPROBES)",
		} },
		.apply = age,
	},
	{ .name = NULL }
};
