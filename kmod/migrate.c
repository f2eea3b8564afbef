// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migrating memory as a driver does that has memory of its own, with the same
 * functions, events and owners. There is no such memory here: pages go from
 * ordinary memory to ordinary memory, which MIGRATE_VMA_SELECT_SYSTEM allows
 * even without CONFIG_DEVICE_PRIVATE.
 *
 *	migrate_vma_setup()	MIGRATE start, end: pages are locked, isolated
 *				and unmapped everywhere
 *	we			copy them
 *	migrate_vma_pages()	MIGRATE once more where nothing was mapped
 *	migrate_vma_finalize()	the CPU's page table shows the new pages, or the
 *				old ones again; nobody is told: none -> present
 *
 * A driver that filters these events by their owner has stopped its own device
 * before. No mirror here has, so a correct one heeds them, whoever the owner is.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/migrate.h>
#include <linux/rmap.h>
#include <linux/sched/signal.h>

#include "compat/compat.h"
#include "ctx.h"
#include "migrate.h"

#define SM_MIGRATE_BATCH	32	/* pages, and so events of that length */

u64 sm_migrate_features(void)
{
	u64 features = 0;

#ifdef SM_HAVE_MIGRATE_VMA
	features |= SM_FEATURE_MIGRATE;
#endif
#ifdef SM_HAVE_MAKE_EXCLUSIVE
	features |= SM_FEATURE_EXCLUSIVE;
#endif

	return features;
}

/* Only its address counts. */
static const char sm_migrate_foreigner;

static __maybe_unused void *sm_migrate_owner(struct sm_ctx *ctx,
					     const struct sm_ioc_migrate *g)
{
	return g->flags & SM_MIGRATE_FOREIGN ? (void *)&sm_migrate_foreigner :
					       ctx;
}

#ifdef SM_HAVE_MIGRATE_VMA

/*
 * A locked page with what @src has: the page there, or none. 0: leave it, as
 * migrate_vma_pages() must not be given what is being written out.
 */
static unsigned long sm_migrate_copy(unsigned long src)
{
	struct page *from = migrate_pfn_to_page(src), *to;

	if (!(src & MIGRATE_PFN_MIGRATE) || (from && PageWriteback(from)))
		return 0;
	/* Who touches the page waits for us: do not reclaim meanwhile. */
	to = alloc_page((GFP_HIGHUSER_MOVABLE & ~__GFP_DIRECT_RECLAIM) |
			__GFP_ZERO | __GFP_NOWARN);
	if (!to)
		return 0;
	lock_page(to);
	if (from)
		copy_highpage(to, from);

	return migrate_pfn(page_to_pfn(to));
}

/* Pages of one mapping. */
static int sm_migrate_batch(struct vm_area_struct *vma, unsigned long start,
			    unsigned long end, void *owner, u64 *done)
{
	unsigned long src[SM_MIGRATE_BATCH], dst[SM_MIGRATE_BATCH];
	struct migrate_vma args = {
		.vma = vma,
		.src = src,
		.dst = dst,
		.start = start,
		.end = end,
		.pgmap_owner = owner,
		.flags = MIGRATE_VMA_SELECT_SYSTEM,
	};
	unsigned long i, nr = (end - start) >> PAGE_SHIFT;
	int ret;

	memset(dst, 0, sizeof(dst));
	ret = migrate_vma_setup(&args);
	if (ret)
		return ret;
	for (i = 0; i < nr; i++)
		dst[i] = sm_migrate_copy(src[i]);
	migrate_vma_pages(&args);
	for (i = 0; i < nr; i++)
		*done += dst[i] && (src[i] & MIGRATE_PFN_MIGRATE);
	migrate_vma_finalize(&args);

	return 0;
}

static bool sm_migrate_fits(struct vm_area_struct *vma)
{
	return vma_is_anonymous(vma) && !(vma->vm_flags & VM_SPECIAL);
}

/* What there is to migrate in [@start, @end), which may have holes. */
static int sm_migrate_range(struct sm_ctx *ctx, struct sm_ioc_migrate *g,
			    unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma;
	unsigned long stop;
	int ret = 0;

	if (mmap_read_lock_killable(ctx->mm))
		return -EINTR;
	for (; start < end && !ret; start = stop) {
		vma = find_vma(ctx->mm, start);
		if (!vma || vma->vm_start >= end)
			break;
		start = max(start, vma->vm_start);
		stop = min(end, vma->vm_end);
		if (sm_migrate_fits(vma))
			ret = sm_migrate_batch(vma, start, stop,
					       sm_migrate_owner(ctx, g),
					       &g->done);
	}
	mmap_read_unlock(ctx->mm);

	return ret;
}

static int sm_migrate_page(struct vm_area_struct *vma)
{
	unsigned long src, dst = 0;
	struct migrate_vma args = {
		.vma = vma,
		.src = &src,
		.dst = &dst,
		.start = vma->vm_start,
		.end = vma->vm_start + PAGE_SIZE,
		.pgmap_owner = (void *)&sm_migrate_foreigner,
		.flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
	};
	int ret = migrate_vma_setup(&args);

	if (!ret) {
		migrate_vma_pages(&args);
		migrate_vma_finalize(&args);
	}

	return ret;
}

/*
 * MIGRATE of one page that stays where it is: where something is mapped that is not
 * device memory, nothing is selected, and where nothing is, nothing is given. (A huge
 * page there may be split, until 6.12, or lost: docs/found/migrate-leak.md.) Not in
 * [@start, @end) if there is something else; what does not lend itself to that, as DAX,
 * is passed over. Who is not @patient waits for the mm's lock until he is killed.
 */
int sm_migrate_nothing(struct mm_struct *mm, unsigned long start,
		       unsigned long end, bool patient)
{
	struct vm_area_struct *vma, *inside = NULL;
	int ret = -ENODATA;

	if (patient)
		mmap_read_lock(mm);
	else if (mmap_read_lock_killable(mm))
		return -EINTR;
	for (vma = find_vma(mm, 0); vma && ret; vma = find_vma(mm, vma->vm_end)) {
		if (vma->vm_start < end && vma->vm_end > start)
			inside = vma;
		else
			ret = sm_migrate_page(vma);
	}
	if (ret && inside)
		ret = sm_migrate_page(inside);
	mmap_read_unlock(mm);

	return ret;
}

#else

int sm_migrate_nothing(struct mm_struct *mm, unsigned long start,
		       unsigned long end, bool patient)
{
	return -EOPNOTSUPP;
}

static int sm_migrate_range(struct sm_ctx *ctx, struct sm_ioc_migrate *g,
			    unsigned long start, unsigned long end)
{
	return -EOPNOTSUPP;
}

#endif /* SM_HAVE_MIGRATE_VMA */

#ifdef SM_HAVE_MAKE_EXCLUSIVE

/* Faults the pages in, writable; those that it cannot have stay as they are. */
static int sm_exclusive_range(struct sm_ctx *ctx, struct sm_ioc_migrate *g,
			      unsigned long start, unsigned long end)
{
	struct folio *folio;
	struct page *page;

	if (mmap_read_lock_killable(ctx->mm))
		return -EINTR;
	for (; start < end && !fatal_signal_pending(current);
	     start += PAGE_SIZE) {
		page = make_device_exclusive(ctx->mm, start,
					     sm_migrate_owner(ctx, g), &folio);
		if (IS_ERR(page))
			continue;
		folio_unlock(folio);
		folio_put(folio);
		g->done++;
	}
	mmap_read_unlock(ctx->mm);

	return 0;
}

#else

static int sm_exclusive_range(struct sm_ctx *ctx, struct sm_ioc_migrate *g,
			      unsigned long start, unsigned long end)
{
	return -EOPNOTSUPP;
}

#endif /* SM_HAVE_MAKE_EXCLUSIVE */

/* SM_IOC_MIGRATE: batch by batch. In the caller's own mm, which is alive. */
int sm_migrate(struct sm_ctx *ctx, struct sm_ioc_migrate *g)
{
	const u64 step = SM_MIGRATE_BATCH * PAGE_SIZE;
	u64 va;
	int ret;

	for (va = g->start; va < g->end; va += step) {
		u64 end = min(va + step, g->end);

		if (g->flags & SM_MIGRATE_EXCLUSIVE)
			ret = sm_exclusive_range(ctx, g, va, end);
		else
			ret = sm_migrate_range(ctx, g, va, end);
		if (ret)
			return ret;
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}

	return 0;
}
