// SPDX-License-Identifier: GPL-2.0-only
/* What every discipline does to its mirror's table. */
#include <linux/kernel.h>

#include "compat/compat.h"
#include "ctx.h"
#include "defect.h"
#include "engine.h"
#include "mirror.h"
#include "page.h"
#include "trace.h"
#include "witness.h"

#define SM_DROP_WIDE_PAGES	64	/* defect drop-wide: on each side */

struct sm_asked sm_mirror_asked(const struct mmu_notifier_range *range)
{
	return (struct sm_asked){
		.event = sm_event_of(range),
		.start = range->start,
		.end = range->end,
	};
}

static void sm_mirror_tell(struct sm_mirror *m, u32 oracle,
			   const struct sm_line *use, u64 cpu, u32 detail)
{
	struct sm_violation v = {
		.oracle = oracle,
		.mirror = m->id,
		.va = use->pgno << PAGE_SHIFT,
		.entry = use->ent,
		.cpu = cpu,
		.gen = use->gen,
		.last_inval = sm_tlb_last_inval(&m->tlb, use->pgno),
		.detail = detail,
	};

	sm_report_add(&m->ctx->report, &v);
}

/* Report what is wrong with one entry of a mirror. */
void sm_mirror_report(struct sm_mirror *m, u32 oracle, unsigned long va,
		      u64 ent, u64 cpu, u32 detail)
{
	const struct sm_line use = {
		.pgno = va >> PAGE_SHIFT,
		.ent = ent,
		.gen = sm_tlb_gen(&m->tlb, va >> PAGE_SHIFT),
	};

	sm_mirror_tell(m, oracle, &use, cpu, detail);
}

/* The same of an entry as a device used it: the table may have another by now. */
void sm_mirror_report_use(struct sm_mirror *m, u32 oracle,
			  const struct sm_line *use, u32 detail)
{
	sm_mirror_tell(m, oracle, use, 0, detail);
}

/* Has an invalidation returned that was to end this use? */
bool sm_mirror_late(const struct sm_mirror *m, const struct sm_line *use)
{
	return use->gen < sm_tlb_last_inval(&m->tlb, use->pgno);
}

/* Does a driver with a defect keep it to itself that the device wrote there? */
static bool sm_mirror_withholds(const struct sm_mirror *m, struct page *page)
{
	return (sm_defect(m, DIRTY_HUGE) && PageCompound(page)) ||
	       (sm_defect(m, DIRTY_SHARED) && !PageAnon(page));
}

/*
 * May an entry that was used have outlived write-back of its page? Because it is
 * late, or may be and not look it: in a mirror that installs without asking, or in a
 * job that nobody waits for; or because it is pinned, where the kernel lets a driver
 * pin files for writing (up to Linux 6.4).
 */
static bool sm_mirror_outlived(const struct sm_mirror *m,
			       const struct sm_line *use)
{
	return (m->d->flags & SM_D_PINNED) || m->unproven ||
	       sm_defect(m, NO_FENCE_WAIT) || sm_mirror_late(m, use);
}

/*
 * Note that the device wrote to a page through an entry. To dirty a clean page of a
 * disk behind its file system's back is yet another bug, and one that the kernel
 * complains about. Only an entry that outlived write-back can do that: then the write
 * gets lost instead.
 *
 * First whether the page is clean, then whether the entry is late. Write-back
 * sends its event, which is noted in last_inval, before it cleans the page: who
 * finds what it cleaned finds the note as well. And if the page is dirty, it will
 * be cleaned after the write, and the write goes with it.
 */
void sm_mirror_wrote(const struct sm_mirror *m, const struct sm_line *use,
		     struct page *page)
{
	if (PageDirty(page) || sm_mirror_withholds(m, page))
		return;
	smp_rmb();	/* the flag before last_inval */
	if (sm_page_on_disk(page) && sm_mirror_outlived(m, use))
		return;
	sm_page_mark_dirty(page);
}

/* Hand over what the device wrote; the page may be gone if there is a defect. */
static void sm_mirror_clean_entry(const struct sm_mirror *m, u64 pgno)
{
	struct sm_line use = {
		.pgno = pgno,
		.ent = sm_tlb_peek(&m->tlb, pgno),
	};
	struct page *page = pfn_to_page(use.ent & SM_ENT_PFN);

	if (!(use.ent & SM_ENT_PRESENT) || !(use.ent & SM_ENT_WRITE))
		return;
	use.gen = sm_tlb_gen(&m->tlb, pgno);
	if (!m->defective) {
		sm_mirror_wrote(m, &use, page);
		return;
	}
	page = sm_page_hold(page);
	if (!page)
		return;
	sm_mirror_wrote(m, &use, page);
	sm_page_put(page);
}

/*
 * Before entries are dropped: pages they could be written through are dirty.
 * Entries of one huge block share a page's flag, so a part of it is enough.
 */
void sm_mirror_clean(struct sm_mirror *m, u64 first, u64 last)
{
	u64 pgno;

	if (!(m->d->flags & SM_D_DIRTY_AT_DROP) || sm_defect(m, DROP_DIRTY))
		return;
	first = max(first, m->tlb.first);
	last = min(last, m->tlb.last);
	for (pgno = first; pgno <= last; pgno++) {
		if (!sm_tlb_leaf(&m->tlb, pgno)) {
			pgno |= SM_LEAF_ENTRIES - 1;
			continue;
		}
		sm_mirror_clean_entry(m, pgno);
	}
}

/* The pages of what it is asked for. */
static struct sm_span sm_mirror_span(const struct sm_asked *asked)
{
	return (struct sm_span){
		.first = asked->start >> PAGE_SHIFT,
		.last = (asked->end - 1) >> PAGE_SHIFT,
	};
}

/* What the driver may drop of that, whatever its discipline makes of it. */
static struct sm_span sm_mirror_bounds(const struct sm_mirror *m,
				       const struct sm_asked *asked)
{
	const struct sm_span all = {
		.first = m->tlb.first,
		.last = m->tlb.last,
	};
	u64 object = 0;

	if (m->d->round == SM_ROUND_OBJECT)
		object = sm_mirror_object_size(m, m->d->object_size) >>
			 PAGE_SHIFT;

	return sm_round_span(m->d->round, sm_mirror_span(asked), all, object);
}

static void sm_mirror_remember(struct sm_mirror *m, struct sm_span span)
{
	struct sm_recent *r = &m->recent[m->events++ % SM_RECENT];

	r->first = span.first;
	r->last = span.last;
	r->gen = sm_witness_gen(m->ctx->witness);
	if (m->d->flags & SM_D_OWN_STAMP)
		r->gen--;
}

/* Report a drop of what no event asked for. */
static void sm_mirror_over(struct sm_mirror *m, const struct sm_asked *asked,
			   const struct sm_drop *drop)
{
	struct sm_violation v = {
		.oracle = SM_ORACLE_OVER,
		.mirror = m->id,
		.va = drop->over_pgno << PAGE_SHIFT,
		.entry = drop->over_ent,
		.start = asked->start,
		.end = asked->end,
	};

	sm_report_add(&m->ctx->report, &v);
}

/* What a driver with a defect has flushed of what it dropped. False: nothing. */
static noinline bool sm_mirror_misflush(const struct sm_mirror *m,
					struct sm_span *span)
{
	if (sm_defect(m, NO_FLUSH))
		return false;

	return !sm_defect(m, FLUSH_SHORT) || span->last-- > span->first;
}

/* What was dropped is gone from the table; have engines forget it, too. */
void sm_mirror_flush(struct sm_mirror *m, struct sm_span span,
		     const struct sm_drop *drop)
{
	if (list_empty(&m->engines))
		return;
	/* A huge block falls whole. */
	if (drop->dropped) {
		span.first = min(span.first, drop->first);
		span.last = max(span.last, drop->last);
	}
	if (unlikely(m->defective) && !sm_mirror_misflush(m, &span))
		return;
	if (m->d->flush)
		m->d->flush(m, span);
	else
		sm_engine_flush(&m->engines, span);
}

/* Drop @span, of which the driver may drop what is in @bounds. */
static void sm_mirror_take(struct sm_mirror *m, const struct sm_asked *asked,
			   struct sm_span span, struct sm_span bounds,
			   unsigned int flags)
{
	struct sm_drop drop = {};

	if (m->d->flags & SM_D_DIRTY_AT_DROP)
		sm_mirror_clean(m, span.first, span.last);
	if (m->d->drop)
		m->d->drop(m, span, bounds, &drop);
	else
		sm_tlb_drop(&m->tlb, span.first, span.last, bounds.first,
			    bounds.last, flags, &drop);
	sm_mirror_flush(m, span, &drop);
	m->dropped += drop.dropped;
	trace_sm_invalidate(m->id, asked->event, asked->start, asked->end,
			    drop.dropped);
	if (drop.over)
		sm_mirror_over(m, asked, &drop);
}

/* Is the driver deaf to this event? */
static bool sm_mirror_deaf(const struct sm_mirror *m, u32 event)
{
	switch (event) {
	case SM_EVENT_PROTECTION_VMA:
		return sm_defect(m, IGNORE_MPROTECT);
	case SM_EVENT_PROTECTION_PAGE:
		return sm_defect(m, IGNORE_FORK);
	case SM_EVENT_CLEAR:
		return sm_defect(m, IGNORE_CLEAR);
	case SM_EVENT_MIGRATE:
	case SM_EVENT_EXCLUSIVE:
		return sm_defect(m, IGNORE_MIGRATE);
	case SM_EVENT_SOFT_DIRTY:
		return sm_defect(m, IGNORE_SOFT_DIRTY);
	default:
		return false;
	}
}

/*
 * What no event asked for goes too. (Where all may fall with an event of two pages,
 * drop-wide and drop-all show in those of one.)
 */
static void sm_mirror_widen(const struct sm_mirror *m, struct sm_span *span)
{
	if (sm_defect(m, LONG_RANGE) && span->last < m->tlb.last)
		span->last++;
	if (sm_defect(m, DROP_WIDE)) {
		span->first -= min_t(u64, span->first, SM_DROP_WIDE_PAGES);
		span->last += SM_DROP_WIDE_PAGES;
	}
	if (sm_defect(m, DROP_ALL)) {
		span->first = m->tlb.first;
		span->last = m->tlb.last;
	}
}

/*
 * Make of what an event touches what a driver with a defect would. False: it
 * would drop nothing at all.
 */
static noinline bool sm_mirror_misjudge(struct sm_mirror *m, u32 event,
					struct sm_span *span)
{
	if (sm_defect(m, SPLAT) && !m->splatted) {
		m->splatted = true;
		WARN(1, "stalemate: seeded defect splat\n");
	}
	if (sm_mirror_deaf(m, event))
		return false;
	if (sm_defect(m, SHORT_RANGE) && span->last-- == span->first)
		return false;
	if (sm_defect(m, FIRST_PAGE_ONLY))
		span->last = span->first;
	sm_mirror_widen(m, span);

	return true;
}

/* What a driver with a defect drops: all that is seeded into drops is here. */
static void sm_mirror_take_wrong(struct sm_mirror *m,
				 const struct sm_asked *asked,
				 struct sm_span span, struct sm_span bounds)
{
	if (sm_mirror_misjudge(m, asked->event, &span))
		sm_mirror_take(m, asked, span, bounds,
			       sm_defect(m, THP_HEAD_ONLY) ?
			       SM_DROP_HEAD_ONLY : 0);
}

/*
 * Drop what an event touches: [@start, @end) is what the driver makes of the range
 * that it was @asked for, clamped or rounded to whatever it rounds to. The table's
 * lock is held for writing.
 */
void sm_mirror_drop(struct sm_mirror *m, const struct sm_asked *asked,
		    unsigned long start, unsigned long end)
{
	const struct sm_span span = {
		.first = start >> PAGE_SHIFT,
		.last = (end - 1) >> PAGE_SHIFT,
	};
	const struct sm_span bounds = sm_mirror_bounds(m, asked);

	lockdep_assert_held_write(&m->lock);

	sm_mirror_remember(m, sm_mirror_span(asked));
	sm_tlb_excuse(&m->tlb, bounds.first, bounds.last);
	if (unlikely(m->defective))
		sm_mirror_take_wrong(m, asked, span, bounds);
	else
		sm_mirror_take(m, asked, span, bounds, 0);
}

/* As above, of an event that the driver does not round. */
void sm_mirror_invalidate(struct sm_mirror *m,
			  const struct mmu_notifier_range *range)
{
	const struct sm_asked asked = sm_mirror_asked(range);

	sm_mirror_drop(m, &asked, range->start, range->end);
}

/* Everything, because the driver wants to: detach, release. Lock held. */
void sm_mirror_drop_all(struct sm_mirror *m)
{
	struct sm_drop drop = {};

	lockdep_assert_held_write(&m->lock);

	sm_tlb_excuse(&m->tlb, m->tlb.first, m->tlb.last);
	sm_mirror_clean(m, m->tlb.first, m->tlb.last);
	sm_tlb_drop(&m->tlb, m->tlb.first, m->tlb.last, 0, ~0ULL, 0, &drop);
	if (!sm_defect(m, EXIT_NO_FLUSH))
		sm_engine_flush(&m->engines, (struct sm_span){ 0, ~0ULL });
	m->dropped += drop.dropped;
}

/*
 * SM_D_OWN_STAMP: the callback takes a generation before it drops anything and
 * notes it in every entry's place afterwards. What was installed before that
 * is older and must be gone; what is installed later is not older. (Noted by
 * the witness, after the mirror, it would accuse entries that were rightly
 * installed between the two.)
 */
u64 sm_mirror_begin(struct sm_mirror *m)
{
	return sm_witness_next_gen(m->ctx->witness);
}

void sm_mirror_end(struct sm_mirror *m, unsigned long start, unsigned long end,
		   u64 gen)
{
	sm_tlb_stamp(&m->tlb, start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT,
		     gen);
}

/* Oracle blocking: what a callback is about to do is forbidden. */
void sm_mirror_blocking(struct sm_mirror *m, unsigned long va,
			unsigned int what)
{
	struct sm_violation v = {
		.oracle = SM_ORACLE_BLOCKING,
		.mirror = m->id,
		.va = va & PAGE_MASK,
		.detail = what,
	};

	sm_report_add(&m->ctx->report, &v);
}

/* The mm is gone: keep nothing, and install nothing any more. */
void sm_mirror_release(struct sm_mirror *m)
{
	write_lock(&m->lock);
	m->events++;
	if (!sm_defect(m, NO_RELEASE)) {
		sm_mirror_drop_all(m);
		m->dead = true;
	}
	write_unlock(&m->lock);
	trace_sm_invalidate(m->id, SM_EVENT_RELEASE, 0, ULONG_MAX, 0);
}
