// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's loads and stores: through the table's PFN, or that of an entry which
 * the device has kept of it, to that very page, as hardware would; never through the
 * CPU's page table.
 */
#include <linux/highmem.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "access.h"
#include "amplify.h"
#include "compat/compat.h"
#include "ctx.h"
#include "defect.h"
#include "denied.h"
#include "engine.h"
#include "fault.h"
#include "mirror.h"
#include "page.h"
#include "trace.h"

#define SM_COOKIE_OFFSET	(PAGE_SIZE - sizeof(u64))
#define SM_ACCESS_TRIES		4096
#define SM_ACCESS_AHEAD		8	/* pages */
#define SM_ACCESS_AHEAD_EVERY	8	/* misses */

/* What an access uses; the entry's pages are touched, whatever it says later. */
struct sm_use {
	struct sm_line line;
	bool kept;	/* by the device: the table was not asked */
	u32 excuses;	/* see sm_tlb_excuses() */
};

static void sm_access_copy(struct page *page, unsigned int off, void *buf,
			   unsigned int len, bool write)
{
	void *p = kmap_local_page(page);

	/* An aligned word is one transfer, as a device would make it. */
	if (len == sizeof(u64) && !(off % sizeof(u64))) {
		if (write)
			WRITE_ONCE(*(u64 *)(p + off), *(u64 *)buf);
		else
			*(u64 *)buf = READ_ONCE(*(u64 *)(p + off));
	} else if (write) {
		memcpy(p + off, buf, len);
	} else {
		memcpy(buf, p + off, len);
	}
	kunmap_local(p);
}

static bool sm_access_has_cookie(const struct sm_mirror *m, struct page *page)
{
	u64 cookie;

	return !copy_from_kernel_nofault(&cookie,
					 page_address(page) + SM_COOKIE_OFFSET,
					 sizeof(cookie)) &&
	       cookie == m->ctx->cookie;
}

/*
 * Before any invalidation of the page can return: MADV_FREE and write-back
 * leave a page clean that the CPU never wrote to, and a clean page is dropped
 * without being saved. (Some drivers leave it to that invalidation, see
 * sm_mirror_clean().)
 */
static void sm_access_dirty(const struct sm_mirror *m,
			    const struct sm_line *use, struct page *page)
{
	if (sm_defect(m, DROP_DIRTY) || (m->d->flags & SM_D_DIRTY_AT_DROP))
		return;
	smp_mb();	/* the write before the flag */
	sm_mirror_wrote(m, use, page);
}

/* May an entry be stale and yet not look old? */
static bool sm_access_unproven(const struct sm_mirror *m, u64 ent)
{
	return sm_defect_unproven(m->defects) || (ent & SM_ENT_RACED);
}

/*
 * An access of a mirror that has a defect, or whose entry proved late. The
 * page may be freed, or somebody else's, at any moment: hold it first. If the
 * entry is not late even then, no invalidation of it had returned when we got
 * hold of the page, so it is the process's; unless it was installed without asking
 * (defect no-retry), which is noted of it. If it is late, a device would write all the same;
 * we do only to a page that carries the cookie which userspace keeps in each of
 * its own.
 */
static void sm_access_guarded(struct sm_mirror *m, unsigned long va,
			      const struct sm_line *use, void *buf,
			      unsigned int len, bool write)
{
	struct page *page = pfn_to_page(use->ent & SM_ENT_PFN);
	struct page *held = sm_page_hold(page);
	bool late;

	smp_mb();	/* hold the page before looking at last_inval */
	late = sm_mirror_late(m, use);
	if (late)
		sm_mirror_report_use(m, SM_ORACLE_LATE, use,
				     write ? SM_ACCESS_WRITE : 0);
	if (!write) {
		if (copy_from_kernel_nofault(buf, page_address(page) +
					     offset_in_page(va), len))
			memset(buf, 0, len);
	} else if (held && ((!late && !sm_access_unproven(m, use->ent)) ||
			    sm_access_has_cookie(m, page))) {
		sm_access_copy(page, offset_in_page(va), buf, len, true);
		sm_access_dirty(m, use, page);
	}
	if (held)
		sm_page_put(held);
}

/*
 * Touch the page of a present entry; the table's lock is held for reading, so
 * no invalidation of this page can return meanwhile, and a correct mirror's
 * page stays the process's.
 */
static void sm_access_page(struct sm_mirror *m, unsigned long va,
			   const struct sm_line *use, void *buf,
			   unsigned int len, bool write)
{
	struct page *page = pfn_to_page(use->ent & SM_ENT_PFN);

	if (unlikely(m->defective || sm_mirror_late(m, use))) {
		sm_access_guarded(m, va, use, buf, len, write);
		return;
	}
	sm_access_copy(page, offset_in_page(va), buf, len, write);
	if (write)
		sm_access_dirty(m, use, page);
}

/* The device itself drops an entry, or the block that it is in. */
static void sm_access_drop(struct sm_mirror *m, u64 pgno)
{
	struct sm_drop drop = { .first = pgno, .last = pgno };

	sm_mirror_clean(m, pgno, pgno);
	sm_tlb_drop(&m->tlb, pgno, pgno, 0, ~0ULL, 0, &drop);
	sm_engine_flush(&m->engines, (struct sm_span){ drop.first, drop.last });
}

static void sm_access_forget(struct sm_mirror *m, unsigned long va)
{
	write_lock(&m->lock);
	sm_access_drop(m, va >> PAGE_SHIFT);
	write_unlock(&m->lock);
}

/*
 * After an access that walked the table the entry is there, unless an invalidation
 * came that may have taken it, or an agent evicted it. Both say so of its leaf before
 * they drop anything, see sm_tlb_excuse(): if the entry is gone and the count
 * unchanged, nobody asked for that.
 */
static void sm_access_covered(struct sm_mirror *m, const struct sm_use *use)
{
	u64 now;

	if (use->kept || likely(sm_tlb_peek(&m->tlb, use->line.pgno)))
		return;
	read_lock(&m->lock);
	now = sm_tlb_peek(&m->tlb, use->line.pgno);
	if (!now && sm_tlb_excuses(&m->tlb, use->line.pgno) == use->excuses)
		sm_mirror_report_use(m, SM_ORACLE_COVERAGE, &use->line, 0);
	read_unlock(&m->lock);
}

/*
 * A device TLB that runs out of room may drop any entry at any time. So does a cache
 * of pinned windows, of which an entry goes with all of its window.
 */
void sm_access_evict(struct sm_mirror *m, unsigned long va)
{
	u64 pgno = va >> PAGE_SHIFT;
	const struct sm_span page = { pgno, pgno }, all = { 0, ~0ULL };
	struct sm_drop drop = {};

	write_lock(&m->lock);
	sm_tlb_excuse(&m->tlb, pgno, pgno);
	if (m->d->flags & SM_D_PINNED)
		m->d->drop(m, page, all, &drop);
	else
		sm_access_drop(m, pgno);
	write_unlock(&m->lock);
}

/*
 * Touch the page without the table's lock: what keeps it is the job's, or a
 * reference. A page with neither may be gone, and that is what `late` says. (A
 * pinned page may have left the page table, and nobody minds.)
 */
static void sm_access_job(struct sm_mirror *m, unsigned long va,
			  const struct sm_line *use, void *buf,
			  unsigned int len, bool write)
{
	struct page *page = pfn_to_page(use->ent & SM_ENT_PFN);

	if (!(m->d->flags & SM_D_PINNED)) {
		sm_mirror_amplify(m);
		sm_access_page(m, va, use, buf, len, write);
		return;
	}
	sm_access_copy(page, offset_in_page(va), buf, len, write);
	if (write)
		sm_access_dirty(m, use, page);
}

/* Counted first: whoever finds the bit set finds the count changed. */
static void sm_access_touch(struct sm_mirror *m, u64 pgno)
{
	atomic_inc(sm_mirror_walks(m, pgno));
	smp_mb__after_atomic();	/* pairs with sm_age_again() */
	sm_tlb_touch(&m->tlb, pgno);
}

/*
 * What the device has kept, if that will do; else what the table says, which it
 * keeps. As in hardware, the accessed bit is set by the walk.
 */
static bool sm_access_translate(struct sm_mirror *m, struct sm_cache *cache,
				u64 pgno, bool write, struct sm_use *use)
{
	const struct sm_line *line = cache ? sm_cache_find(cache, pgno) : NULL;

	use->kept = line && (!write || (line->ent & SM_ENT_WRITE));
	if (use->kept) {
		use->line = *line;
		return true;
	}
	use->line.pgno = pgno;
	use->line.ent = sm_tlb_peek(&m->tlb, pgno);
	if (!use->line.ent || (write && !(use->line.ent & SM_ENT_WRITE)))
		return false;
	use->line.gen = sm_tlb_gen(&m->tlb, pgno);
	if (cache)
		sm_cache_fill(cache, pgno, use->line.ent, use->line.gen);
	if ((m->d->flags & SM_D_AGES) && !(use->line.ent & SM_ENT_ACCESSED))
		sm_access_touch(m, pgno);

	return true;
}

/* Which pages the rest of a job uses is decided with that of the access. */
static void sm_access_find_rest(const struct sm_mirror *m, struct sm_job *job)
{
	unsigned int i;

	for (i = 1; i < job->nr; i++) {
		u64 pgno = job->va[i] >> PAGE_SHIFT;

		job->ent[i] = sm_tlb_peek(&m->tlb, pgno);
		if (job->ent[i])
			job->gen[i] = sm_tlb_gen(&m->tlb, pgno);
	}
}

/* They are there if the device has used them before. Such a job takes longer. */
static void sm_access_rest(struct sm_mirror *m, const struct sm_job *job)
{
	unsigned int i;
	u64 word;

	for (i = 1; i < job->nr; i++) {
		const struct sm_line use = {
			.pgno = job->va[i] >> PAGE_SHIFT,
			.ent = job->ent[i],
			.gen = job->gen[i],
		};

		if (!use.ent)
			continue;
		sm_mirror_amplify(m);
		sm_access_page(m, job->va[i], &use, &word, sizeof(word), false);
	}
}

/* Look the page up and touch it. Returns 1 on a miss. */
static int sm_access_entry(struct sm_mirror *m, struct sm_cache *cache,
			   unsigned long va, void *buf, unsigned int len,
			   bool write, struct sm_job *job, struct sm_use *use)
{
	void *held = NULL;

	read_lock(&m->lock);
	if (m->dead) {
		read_unlock(&m->lock);
		return -ESRCH;
	}
	if (!sm_access_translate(m, cache, va >> PAGE_SHIFT, write, use)) {
		read_unlock(&m->lock);
		return 1;
	}
	if (write)
		sm_mirror_ask_granted(m, &use->line);
	use->excuses = sm_tlb_excuses(&m->tlb, va >> PAGE_SHIFT);
	if (!m->d->hold && !m->d->job_begin) {
		sm_access_page(m, va, &use->line, buf, len, write);
		read_unlock(&m->lock);
		return 0;
	}
	if (m->d->hold) {
		if (sm_mirror_late(m, &use->line))
			sm_mirror_report_use(m, SM_ORACLE_LATE, &use->line,
					     write ? SM_ACCESS_WRITE : 0);
		held = m->d->hold(m, va);
	}
	sm_access_find_rest(m, job);
	read_unlock(&m->lock);
	if (m->d->hold && !held)
		return 1;
	sm_access_job(m, va, &use->line, buf, len, write);
	sm_access_rest(m, job);
	if (held)
		m->d->put(m, held);

	return 0;
}

/* One try. Returns 1 on a miss. */
static int sm_access_try(struct sm_mirror *m, struct sm_cache *cache,
			 unsigned long va, void *buf, unsigned int len,
			 bool write, struct sm_job *job, u64 *entry)
{
	struct sm_use use;
	int ret;

	job->miss = 0;
	if (m->d->job_begin) {
		ret = m->d->job_begin(m, job);
		if (ret)
			return ret;
		sm_mirror_amplify(m);	/* it looks its pages up only now */
	}
	ret = sm_access_entry(m, cache, va, buf, len, write, job, &use);
	if (m->d->job_end)
		m->d->job_end(m, job);
	if (ret)
		return ret;

	*entry = use.line.ent;
	atomic64_inc(write ? &m->writes : &m->reads);
	trace_sm_access(m->id, va, len, write, *entry);
	if (sm_defect(m, FORGET))
		sm_access_forget(m, va);
	sm_access_covered(m, &use);

	return 0;
}

/*
 * In a storm some faults bring the pages that follow as well, if they are there: each
 * has to be asked about before it is installed, not only the one that was missed.
 */
static bool sm_access_ahead(struct sm_mirror *m, unsigned long va)
{
	unsigned long end = m->d->extent ? m->d->extent(m, va) : m->end;
	unsigned long pfns[SM_ACCESS_AHEAD];
	unsigned int n = min_t(u64, SM_ACCESS_AHEAD,
			       (min(end, m->end) - va) >> PAGE_SHIFT);

	if (!m->amplify_ns || m->d->fill || n < 2 ||
	    get_random_u32() % SM_ACCESS_AHEAD_EVERY)
		return false;

	return !sm_fault(m, va, n, 0, pfns);
}

/* A device page fault. A job that cannot have the rest does without. */
static int sm_access_miss(struct sm_mirror *m, struct sm_job *job, bool write)
{
	unsigned long pfn;
	int ret;

	if (!write && sm_access_ahead(m, job->va[job->miss]))
		return 0;
	ret = sm_fault(m, job->va[job->miss], 1,
		       write && !job->miss ? SM_FAULT_WRITE : 0, &pfn);
	if (!ret)
		return 0;
	if (m->d->job_failed)
		m->d->job_failed(m, job, ret);
	if (!job->miss)
		return ret;
	job->nr = 1;

	return 0;
}

/*
 * One access: at most one page. A miss is a device page fault, then the access
 * is tried again; an invalidation may take the entry away between the two. @cache is
 * that of the engine, which nobody else uses meanwhile, or NULL.
 *
 * Return: 0, or as sm_fault().
 */
int sm_access(struct sm_mirror *m, struct sm_cache *cache, unsigned long va,
	      void *buf, unsigned int len, bool write, u64 *entry)
{
	struct sm_job job;
	unsigned int tries;
	int ret;

	if (WARN_ON_ONCE(!sm_mirror_contains(m, va, va + len) ||
			 offset_in_page(va) + len > PAGE_SIZE))
		return -EFAULT;
	job.nr = 1;
	job.va[0] = va & PAGE_MASK;
	if (m->d->job_plan)
		m->d->job_plan(m, &job);
	for (tries = 0; tries < SM_ACCESS_TRIES; tries++) {
		ret = sm_access_try(m, cache, va, buf, len, write, &job, entry);
		if (ret <= 0)
			return ret;
		if (tries && sm_fault_cancelled())
			return -EINTR;
		ret = sm_access_miss(m, &job, write);
		if (sm_denied_counts(ret))
			sm_denied_ask(m, va, write);
		if (ret)
			return ret;
	}

	return -EBUSY;
}

/*
 * The cache of SM_IOC_ACCESS, for one call. Calls may come at once, but a cache is
 * used by one alone: the others go without.
 */
static struct sm_cache *sm_access_claim(struct sm_mirror *m)
{
	if (!(m->d->flags & SM_D_DEVICE_TLB) ||
	    test_and_set_bit_lock(0, &m->claimed))
		return NULL;

	return &m->own.cache;
}

static void sm_access_yield(struct sm_mirror *m, const struct sm_cache *cache)
{
	if (cache)
		clear_bit_unlock(0, &m->claimed);
}

/* SM_IOC_ACCESS: page by page through a bounce buffer. */
int sm_access_user(struct sm_mirror *m, struct sm_ioc_access *a)
{
	u8 __user *user = u64_to_user_ptr(a->buf);
	bool write = a->flags & SM_ACCESS_WRITE;
	struct sm_cache *cache;
	u64 word;
	void *bounce = &word;
	int ret = 0;

	if (a->len > sizeof(word)) {
		bounce = kmalloc(PAGE_SIZE, GFP_KERNEL_ACCOUNT);
		if (!bounce)
			return -ENOMEM;
	}
	cache = sm_access_claim(m);
	while (a->done < a->len) {
		u64 va = a->va + a->done;
		unsigned int n = min_t(u64, a->len - a->done,
				       PAGE_SIZE - offset_in_page(va));

		ret = -EFAULT;
		if (write && copy_from_user(bounce, user + a->done, n))
			break;
		ret = sm_access(m, cache, va, bounce, n, write, &a->entry);
		if (ret)
			break;
		ret = -EFAULT;
		if (!write && copy_to_user(user + a->done, bounce, n))
			break;
		ret = 0;
		a->done += n;
		if (signal_pending(current) && a->done < a->len) {
			ret = -EINTR;
			break;
		}
		cond_resched();
	}
	sm_access_yield(m, cache);
	if (bounce != &word)
		kfree(bounce);

	return ret;
}
