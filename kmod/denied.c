// SPDX-License-Identifier: GPL-2.0-only
/*
 * Oracle denied: a stale negative. A driver that remembers "nothing there", or
 * "read-only", has to forget it when that changes; most changes of that kind send
 * no event at all. So whoever is refused asks the page table, in one quiet window:
 *
 *	device				process
 *
 *	was refused
 *	started == ended?
 *	snapshot: the page is present,
 *	  and writable for a write
 *	faults again, and again
 *	  [Required: once it succeeds, or
 *	   something is in the way]
 *	takes mmap_lock for writing
 *	started unchanged?
 *
 * The snapshot comes first: what is absent may appear without an event, but nothing
 * goes, nor becomes read-only, without one. Where the page table allows an access
 * nothing has to be faulted in, so that no handler, no limit of memory and no end of
 * a file can excuse a refusal: not userfaultfd, not PROT_NONE or NUMA hints, which
 * the walk calls absent, not guard markers, poison, swap, nor a device's page.
 *
 * munmap() and mprotect() change the mapping before they send their event, but hold
 * mmap_lock for writing from the one to the other, or let nobody else have it for
 * writing until then: see sm_check_settle().
 */
#include <linux/backing-dev.h>
#include <linux/hmm.h>
#include <linux/hugetlb.h>
#include <linux/sched/signal.h>

#include "ctx.h"
#include "denied.h"
#include "entry.h"
#include "fault.h"
#include "mirror.h"
#include "page.h"
#include "witness.h"

#define SM_DENIED_TRIES	3

/* ---- what a driver may refuse -------------------------------------------- */

/* A page as the page table has it, mmap_lock held. */
struct sm_denied {
	struct vm_area_struct *vma;
	unsigned long pfn;	/* of hmm_range_fault() */
	bool write;
};

static bool sm_denied_secret(const struct sm_denied *d)
{
	return !sm_page_reachable(hmm_pfn_to_page(d->pfn));
}

/* As vma_needs_dirty_tracking(), mm/vma.c 6.12; in mm/mmap.c since 6.5. */
static bool sm_denied_tracked(const struct sm_denied *d)
{
	const struct vm_operations_struct *ops = d->vma->vm_ops;

	if (!d->write || !d->vma->vm_file || !(d->vma->vm_flags & VM_SHARED))
		return false;

	return (ops && (ops->page_mkwrite || ops->pfn_mkwrite)) ||
	       mapping_can_writeback(d->vma->vm_file->f_mapping);
}

static bool sm_denied_unshared(const struct sm_denied *d)
{
	return !d->write && !(d->pfn & HMM_PFN_WRITE) &&
	       is_vm_hugetlb_page(d->vma);
}

/*
 * All legal refusals of a page that the page table allows: by flags of the
 * profile (0: any), and kind of memory.
 *
 * Not here, as they have errors of their own: a pin of fsdax (-EOPNOTSUPP,
 * check_vma_flags(), mm/gup.c), a limit of memory (-ENOMEM), an mm that is dead
 * (-ESRCH), an event that goes on (-EBUSY).
 */
static const struct {
	unsigned int flags;
	bool (*is)(const struct sm_denied *d);
} sm_denied_legal[] = {
	/*
	 * Not in the direct map, by which the module gets there; and no page for
	 * GUP: vma_is_secretmem() in check_vma_flags(), mm/gup.c:1289 (6.12).
	 */
	{ 0, sm_denied_secret },
	/*
	 * Nobody pins for long what write-back cleans, to write to it, since 6.5:
	 * writable_file_mapping_allowed(), mm/gup.c:1252 (6.12).
	 */
	{ SM_D_PINNED, sm_denied_tracked },
	/*
	 * A pin of a shared page is one of a copy, for which the pool of huge pages
	 * may have none, since 6.0: hugetlb_wp(), VM_FAULT_SIGBUS, mm/hugetlb.c.
	 */
	{ SM_D_PINNED, sm_denied_unshared },
};

static bool sm_denied_is_legal(const struct sm_mirror *m,
			       const struct sm_denied *d)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sm_denied_legal); i++)
		if ((m->d->flags & sm_denied_legal[i].flags) ==
			    sm_denied_legal[i].flags &&
		    sm_denied_legal[i].is(d))
			return true;

	return false;
}

/* ---- asking --------------------------------------------------------------- */

/* The page's entry in the page table, if a refusal of it is not legal, or 0. */
static u64 sm_denied_look(struct sm_mirror *m, unsigned long va, bool write)
{
	struct mmu_interval_notifier never = { .mm = m->ctx->mm };
	struct sm_denied d = { .write = write };
	struct hmm_range range = {
		.notifier = &never,
		.start = va,
		.end = va + PAGE_SIZE,
		.hmm_pfns = &d.pfn,
	};
	u64 ent = 0;

	if (mmap_read_lock_killable(m->ctx->mm))
		return 0;
	if (!hmm_range_fault(&range))
		ent = sm_entry_of(d.pfn);
	if (write && !(ent & SM_ENT_WRITE))
		ent = 0;
	d.vma = ent ? find_vma(m->ctx->mm, va) : NULL;
	if (!d.vma || sm_denied_is_legal(m, &d))
		ent = 0;
	mmap_read_unlock(m->ctx->mm);

	return ent;
}

/*
 * Who is to be killed, as an agent that is to stop, is refused hugetlb whatever the page
 * table has, by -EFAULT: follow_hugetlb_page(), mm/hugetlb.c (5.10). It stays so,
 * and is asked for last.
 */
static bool sm_denied_again(struct sm_mirror *m, unsigned long va, bool write)
{
	unsigned long pfn;
	unsigned int i;

	for (i = 0; i < SM_DENIED_TRIES; i++)
		if (!sm_denied_counts(sm_fault(m, va, 1,
					       write ? SM_FAULT_WRITE : 0,
					       &pfn)))
			return false;

	return !fatal_signal_pending(current);
}

/* Whatever changed a mapping before the last try has sent its event by now. */
static bool sm_denied_settled(struct sm_mirror *m, unsigned long va,
			      const u64 before[2])
{
	u64 after[2];

	if (mmap_write_lock_killable(m->ctx->mm))
		return false;
	mmap_write_unlock(m->ctx->mm);
	sm_witness_quiet(m->ctx->witness, va, after);

	return before[0] == after[0] && before[1] == after[1];
}

/* An access was refused by an error that counts. May sleep, as that access. */
void sm_denied_ask(struct sm_mirror *m, unsigned long va, bool write)
{
	u64 before[2], ent;

	va &= PAGE_MASK;
	if (!sm_witness_quiet(m->ctx->witness, va, before) ||
	    sm_ctx_mm_get(m->ctx))
		return;
	ent = sm_denied_look(m, va, write);
	if (ent && sm_denied_again(m, va, write) &&
	    sm_denied_settled(m, va, before))
		sm_mirror_report(m, SM_ORACLE_DENIED, va,
				 sm_tlb_peek(&m->tlb, va >> PAGE_SHIFT), ent,
				 write ? SM_ACCESS_WRITE : 0);
	sm_ctx_mm_put(m->ctx);
}
