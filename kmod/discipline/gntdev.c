// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline gntdev: mappings of grants. A map is made as a whole, and what an
 * invalidation takes from it is gone for good: nothing faults it in again.
 *
 * Stands for drivers/xen/gntdev.c, v5.10 to v7.3: gntdev_invalidate(),
 * unmap_grant_pages(), gntdev_mmap(), in a paravirtualized domain; no other has the
 * notifier. There is an interval notifier for each map. It refuses what is not
 * blockable, clamps the range to the map, without rounding it, and unmaps that part,
 * whatever kind of event it is, unless it is gone already (being_removed).
 *
 * What would be the race is none there. A map is made by mmap() and nothing is made
 * later. Its pages are on no list of reclaim or migration, so that events of them come
 * from the process's own calls, munmap() and the like, which hold mmap_lock as mmap()
 * does. So the callback takes no lock and sets no sequence, and gntdev_mmap() calls
 * mmu_interval_read_begin(), but nobody looks at what it returns.
 *
 *	owner				event
 *
 *	mmap(): mmap_lock
 *	  inserts the notifier
 *	  maps all grants
 *	unlock
 *					munmap(), of a part: mmap_lock
 *					  invalidate()
 *					    unmaps the part's grants
 *					  the page table changes
 *					unlock
 *	the device uses the part
 *			[Required: it is not there, and does not come back]
 *	the device uses the rest
 *			[Required: it is there]
 *
 * Simplified: here the pages are the arena's, which others move without mmap_lock.
 * So a map has a mutex instead and follows the sequence like any other. When
 * the device meets a page that is gone, its owner tears the rest of the map down and
 * makes a new one. Pages of a map are entered as they are first used. All of a part is
 * gone when the callback returns, where the driver leaves it to a worker as long as
 * somebody else has a page of it (gnttab_unmap_refs_async()).
 */
#include <linux/mutex.h>

#include "amplify.h"
#include "compat/compat.h"
#include "defect.h"
#include "discipline/object.h"
#include "mirror.h"
#include "witness.h"

#define SM_GNTDEV_MAP_SIZE	(16 * PAGE_SIZE)

struct sm_gntdev {
	struct sm_objects maps;
	struct mutex lock;	/* maps and unmaps, as mmap_lock does there */
};

static unsigned long sm_gntdev_bits(const struct sm_object *o,
				    unsigned long start, unsigned long end)
{
	unsigned long per_bit = (o->end - o->start + BITS_PER_LONG - 1) /
				BITS_PER_LONG;

	per_bit = max(per_bit, PAGE_SIZE);

	return GENMASK((end - 1 - o->start) / per_bit,
		       (start - o->start) / per_bit);
}

static bool sm_gntdev_invalidate(struct mmu_interval_notifier *mni,
				 const struct mmu_notifier_range *range,
				 unsigned long cur_seq)
{
	struct sm_object *o = container_of(mni, struct sm_object, mni);
	const struct sm_asked asked = sm_mirror_asked(range);
	unsigned long start = max(range->start, o->start);
	unsigned long end = min(range->end, o->end);
	struct sm_mirror *m = o->m;
	struct sm_gntdev *g = m->state;

	if (!mmu_notifier_range_blockable(range) &&
	    !sm_defect(m, NONBLOCK_SLEEP))
		return sm_defect(m, NONBLOCK_LIE);
	if (sm_defect(m, SPLIT_IGNORED) &&
	    (start != o->start || end != o->end))
		return true;

	sm_mirror_enter(range);
	sm_mirror_sleeps(m, range, start);
	mutex_lock(&g->lock);
	mmu_interval_set_seq(mni, cur_seq);
	write_lock(&m->lock);
	o->gone |= sm_gntdev_bits(o, start, end);
	sm_mirror_drop(m, &asked, start, end);
	if (range->event == MMU_NOTIFY_RELEASE)
		m->dead = true;
	write_unlock(&m->lock);
	mutex_unlock(&g->lock);
	sm_mirror_leave(range);
	if (mmu_notifier_range_blockable(range))
		sm_mirror_amplify(m);

	return true;
}

static const struct mmu_interval_notifier_ops sm_gntdev_ops = {
	.invalidate = sm_gntdev_invalidate,
};

static int sm_gntdev_attach(struct sm_mirror *m)
{
	struct sm_gntdev *g = m->state;

	mutex_init(&g->lock);

	return sm_objects_attach(&g->maps, m, SM_GNTDEV_MAP_SIZE);
}

static void sm_gntdev_detach(struct sm_mirror *m)
{
	struct sm_gntdev *g = m->state;

	sm_objects_detach(&g->maps);
	mutex_destroy(&g->lock);
}

static unsigned long sm_gntdev_extent(struct sm_mirror *m, unsigned long va)
{
	struct sm_gntdev *g = m->state;

	return sm_object_of(&g->maps, va)->end;
}

/* Unmap what is left of a map of which this part is gone, and map anew. */
static void sm_gntdev_renew(struct sm_mirror *m, struct sm_object *o,
			    unsigned long start, unsigned long end)
{
	struct sm_drop drop = {};

	write_lock(&m->lock);
	if (o->gone & sm_gntdev_bits(o, start, end)) {
		sm_tlb_excuse(&m->tlb, o->start >> PAGE_SHIFT,
			      (o->end - 1) >> PAGE_SHIFT);
		sm_tlb_drop(&m->tlb, o->start >> PAGE_SHIFT,
			    (o->end - 1) >> PAGE_SHIFT, 0, ~0ULL, 0, &drop);
		o->gone = 0;
	}
	write_unlock(&m->lock);
}

static unsigned long sm_gntdev_read_begin(struct sm_mirror *m,
					  struct hmm_range *range)
{
	struct sm_gntdev *g = m->state;
	struct sm_object *o = sm_object_of(&g->maps, range->start);

	sm_gntdev_renew(m, o, range->start, range->end);
	range->notifier = &o->mni;
	range->notifier_seq = mmu_interval_read_begin(&o->mni);

	return range->notifier_seq;
}

static void sm_gntdev_lock(struct sm_mirror *m)
{
	struct sm_gntdev *g = m->state;

	mutex_lock(&g->lock);
}

static void sm_gntdev_unlock(struct sm_mirror *m)
{
	struct sm_gntdev *g = m->state;

	mutex_unlock(&g->lock);
}

static bool sm_gntdev_read_retry(struct sm_mirror *m, unsigned long seq,
				 unsigned long start, unsigned long end)
{
	struct sm_gntdev *g = m->state;
	struct sm_object *o = sm_object_of(&g->maps, start);

	lockdep_assert_held(&g->lock);

	/* Gone for good, in this life of the map. */
	if (o->gone & sm_gntdev_bits(o, start, end))
		return true;

	return mmu_interval_read_retry(&o->mni, seq);
}

const struct sm_discipline sm_discipline_gntdev = {
	.name = "gntdev",
	.defects = {
		sm_defect_common, sm_defect_event, sm_defect_seq,
		sm_defect_writes,
		SM_DEFECT_LIST(SM_DEFECT_SPLIT_IGNORED, SM_DEFECT_NONBLOCK_LIE,
			       SM_DEFECT_NONBLOCK_SLEEP),
	},
	.flags = SM_D_SMALL,
	.state_size = sizeof(struct sm_gntdev),
	.interval = &sm_gntdev_ops,
	.attach = sm_gntdev_attach,
	.detach = sm_gntdev_detach,
	.read_begin = sm_gntdev_read_begin,
	.read_retry = sm_gntdev_read_retry,
	.lock = sm_gntdev_lock,
	.unlock = sm_gntdev_unlock,
	.extent = sm_gntdev_extent,
};
