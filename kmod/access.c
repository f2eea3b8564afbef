// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's loads and stores: through the table's PFN, to that very page,
 * as hardware would; never through the CPU's page table.
 */
#include <linux/highmem.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "access.h"
#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "fault.h"
#include "oracle.h"
#include "trace.h"

#define SM_COOKIE_OFFSET	(PAGE_SIZE - sizeof(u64))
#define SM_ACCESS_TRIES		4096

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

static bool sm_access_late(const struct sm_mirror *m, unsigned long va)
{
	const struct sm_leaf *leaf = sm_tlb_leaf(&m->tlb, va >> PAGE_SHIFT);
	unsigned int slot = sm_tlb_slot(va >> PAGE_SHIFT);

	return leaf->gen[slot] < sm_tlb_last_inval(&m->tlb, va >> PAGE_SHIFT);
}

/* Hold a page that may be free by now. */
struct page *sm_page_hold(struct page *page)
{
	struct page *head = compound_head(page);

	if (!get_page_unless_zero(head))
		return NULL;
	atomic64_inc(&sm_counts.pages);
	if (compound_head(page) == head)
		return head;
	sm_page_put(head);	/* split meanwhile */

	return NULL;
}

void sm_page_put(struct page *head)
{
	put_page(head);
	atomic64_dec(&sm_counts.pages);
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
 * May the entry of @va have outlived write-back of its page? Because it is late,
 * or may be and not look it: in a mirror that installs without asking, in a job
 * that nobody waits for, whose entry may have been replaced by a younger one; or
 * because it is pinned, where the kernel lets a driver pin files for writing (up
 * to Linux 6.4).
 */
static bool sm_access_outlived(const struct sm_mirror *m, unsigned long va)
{
	return (m->d->flags & SM_D_PINNED) || m->unproven ||
	       sm_defect(m, NO_FENCE_WAIT) || sm_access_late(m, va);
}

/*
 * Note that the device wrote to a page through the entry of @va. To dirty a clean
 * page of a disk behind its file system's back is yet another bug, and one that
 * the kernel complains about. Only an entry that outlived write-back can do that:
 * then the write gets lost instead.
 *
 * First whether the page is clean, then whether the entry is late. Write-back
 * sends its event, which is noted in last_inval, before it cleans the page: who
 * finds what it cleaned finds the note as well. And if the page is dirty, it will
 * be cleaned after the write, and the write goes with it.
 */
void sm_access_wrote(const struct sm_mirror *m, unsigned long va,
		     struct page *page)
{
	if (PageDirty(page))
		return;
	smp_rmb();	/* the flag before last_inval */
	if (!PageAnon(page) && !sm_page_swapbacked(page) &&
	    sm_access_outlived(m, va))
		return;
	sm_page_mark_dirty(page);
}

/*
 * Before any invalidation of the page can return: MADV_FREE and write-back
 * leave a page clean that the CPU never wrote to, and a clean page is dropped
 * without being saved. (Some drivers leave it to that invalidation, see
 * sm_mirror_clean().)
 */
static void sm_access_dirty(const struct sm_mirror *m, unsigned long va,
			    struct page *page)
{
	if (sm_defect(m, DROP_DIRTY) || (m->d->flags & SM_D_DIRTY_AT_DROP))
		return;
	smp_mb();	/* the write before the flag */
	sm_access_wrote(m, va, page);
}

/*
 * An access of a mirror that has a defect, or whose entry proved late. The
 * page may be freed, or somebody else's, at any moment: hold it first. If the
 * entry is not late even then, no invalidation of it had returned when we got
 * hold of the page, so it is the process's; unless the mirror installs without
 * asking (defect no-retry). If it is late, a device would write all the same;
 * we do only to a page that carries the cookie which userspace keeps in each of
 * its own.
 */
static void sm_access_guarded(struct sm_mirror *m, unsigned long va, u64 ent,
			      void *buf, unsigned int len, bool write)
{
	struct page *page = pfn_to_page(ent & SM_ENT_PFN);
	struct page *held = sm_page_hold(page);
	bool late;

	smp_mb();	/* hold the page before looking at last_inval */
	late = sm_access_late(m, va);
	if (late)
		sm_oracle_entry(m, SM_ORACLE_LATE, va, ent, 0,
				write ? SM_ACCESS_WRITE : 0);
	if (!write) {
		if (copy_from_kernel_nofault(buf, page_address(page) +
					     offset_in_page(va), len))
			memset(buf, 0, len);
	} else if (held && ((!late && !m->unproven) ||
			    sm_access_has_cookie(m, page))) {
		sm_access_copy(page, offset_in_page(va), buf, len, true);
		sm_access_dirty(m, va, page);
	}
	if (held)
		sm_page_put(held);
}

/*
 * Touch the page of a present entry; the table's lock is held for reading, so
 * no invalidation of this page can return meanwhile, and a correct mirror's
 * page stays the process's.
 */
static void sm_access_page(struct sm_mirror *m, unsigned long va, u64 ent,
			   void *buf, unsigned int len, bool write)
{
	struct page *page = pfn_to_page(ent & SM_ENT_PFN);

	if (unlikely(m->defects || sm_access_late(m, va))) {
		sm_access_guarded(m, va, ent, buf, len, write);
		return;
	}
	sm_access_copy(page, offset_in_page(va), buf, len, write);
	if (write)
		sm_access_dirty(m, va, page);
}

static void sm_access_forget(struct sm_mirror *m, unsigned long va)
{
	u64 pgno = va >> PAGE_SHIFT;
	struct sm_drop drop = {};

	write_lock(&m->lock);
	sm_mirror_clean(m, pgno, pgno);
	sm_tlb_drop(&m->tlb, pgno, pgno, pgno, pgno, 0, &drop);
	write_unlock(&m->lock);
}

/*
 * After an access the entry is there, unless an invalidation came, or an
 * agent evicted it. Both count themselves in m->epoch before they drop
 * anything, under the lock: if the entry is gone and the count unchanged,
 * nobody asked for that.
 */
static void sm_access_covered(struct sm_mirror *m, unsigned long va, u64 ent,
			      u64 epoch)
{
	u64 now;

	if (likely(sm_tlb_peek(&m->tlb, va >> PAGE_SHIFT)))
		return;
	read_lock(&m->lock);
	now = sm_tlb_peek(&m->tlb, va >> PAGE_SHIFT);
	if (!now && m->epoch == epoch)
		sm_oracle_entry(m, SM_ORACLE_COVERAGE, va, ent, 0, 0);
	read_unlock(&m->lock);
}

/* A device TLB that runs out of room may drop any entry at any time. */
void sm_access_evict(struct sm_mirror *m, unsigned long va)
{
	u64 pgno = va >> PAGE_SHIFT;
	struct sm_drop drop = {};

	write_lock(&m->lock);
	m->epoch++;
	sm_mirror_clean(m, pgno, pgno);
	sm_tlb_drop(&m->tlb, pgno, pgno, 0, ~0ULL, 0, &drop);
	write_unlock(&m->lock);
}

/*
 * Touch the page without the table's lock: what keeps it is the job's, or a
 * reference. A page with neither may be gone, and that is what `late` says. (A
 * pinned page may have left the page table, and nobody minds.)
 */
static void sm_access_job(struct sm_mirror *m, unsigned long va, u64 ent,
			  void *buf, unsigned int len, bool write)
{
	struct page *page = pfn_to_page(ent & SM_ENT_PFN);

	if (!(m->d->flags & SM_D_PINNED)) {
		sm_mirror_amplify(m);
		sm_access_page(m, va, ent, buf, len, write);
		return;
	}
	sm_access_copy(page, offset_in_page(va), buf, len, write);
	if (write)
		sm_access_dirty(m, va, page);
}

/* Look the page up and touch it. Returns 1 on a miss. */
static int sm_access_entry(struct sm_mirror *m, unsigned long va, void *buf,
			   unsigned int len, bool write, u64 *entry,
			   u64 *epoch)
{
	void *held = NULL;
	u64 ent;

	read_lock(&m->lock);
	if (m->dead) {
		read_unlock(&m->lock);
		return -ESRCH;
	}
	ent = sm_tlb_peek(&m->tlb, va >> PAGE_SHIFT);
	if (!ent || (write && !(ent & SM_ENT_WRITE))) {
		read_unlock(&m->lock);
		return 1;
	}
	*epoch = m->epoch;
	*entry = ent;
	if (m->d->flags & SM_D_AGES)
		sm_tlb_touch(&m->tlb, va >> PAGE_SHIFT);
	if (!m->d->hold && !m->d->job_begin) {
		sm_access_page(m, va, ent, buf, len, write);
		read_unlock(&m->lock);
		return 0;
	}
	if (m->d->hold) {
		if (sm_access_late(m, va))
			sm_oracle_entry(m, SM_ORACLE_LATE, va, ent, 0,
					write ? SM_ACCESS_WRITE : 0);
		held = m->d->hold(m, va);
	}
	read_unlock(&m->lock);
	if (m->d->hold && !held)
		return 1;
	sm_access_job(m, va, ent, buf, len, write);
	if (held)
		m->d->put(m, held);

	return 0;
}

/* One try. Returns 1 on a miss. */
static int sm_access_try(struct sm_mirror *m, unsigned long va, void *buf,
			 unsigned int len, bool write, u64 *entry)
{
	u64 epoch;
	int ret;

	if (m->d->job_begin) {
		ret = m->d->job_begin(m, va);
		if (ret)
			return ret;
	}
	ret = sm_access_entry(m, va, buf, len, write, entry, &epoch);
	if (m->d->job_end)
		m->d->job_end(m, va);
	if (ret)
		return ret;

	atomic64_inc(write ? &m->writes : &m->reads);
	trace_sm_access(m->id, va, len, write, *entry);
	if (sm_defect(m, FORGET))
		sm_access_forget(m, va);
	sm_access_covered(m, va, *entry, epoch);

	return 0;
}

/*
 * One access: at most one page. A miss is a device page fault, then the access
 * is tried again; an invalidation may take the entry away between the two.
 *
 * Return: 0, or as sm_fault().
 */
int sm_access(struct sm_mirror *m, unsigned long va, void *buf,
	      unsigned int len, bool write, u64 *entry)
{
	unsigned long pfn;
	unsigned int tries;
	int ret;

	for (tries = 0; tries < SM_ACCESS_TRIES; tries++) {
		ret = sm_access_try(m, va, buf, len, write, entry);
		if (ret <= 0)
			return ret;
		if (tries && sm_fault_cancelled())
			return -EINTR;
		ret = sm_fault(m, va & PAGE_MASK, 1,
			       write ? SM_FAULT_WRITE : 0, &pfn);
		if (ret)
			return ret;
	}

	return -EBUSY;
}

/* SM_IOC_ACCESS: page by page through a bounce buffer. */
int sm_access_user(struct sm_mirror *m, struct sm_ioc_access *a)
{
	u8 __user *user = u64_to_user_ptr(a->buf);
	bool write = a->flags & SM_ACCESS_WRITE;
	u64 word;
	void *bounce = &word;
	int ret = 0;

	if (a->len > sizeof(word)) {
		bounce = kmalloc(PAGE_SIZE, GFP_KERNEL_ACCOUNT);
		if (!bounce)
			return -ENOMEM;
	}
	while (a->done < a->len) {
		u64 va = a->va + a->done;
		unsigned int n = min_t(u64, a->len - a->done,
				       PAGE_SIZE - offset_in_page(va));

		ret = -EFAULT;
		if (write && copy_from_user(bounce, user + a->done, n))
			break;
		ret = sm_access(m, va, bounce, n, write, &a->entry);
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
	if (bounce != &word)
		kfree(bounce);

	return ret;
}
