// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filling the table. Every discipline goes through this one loop, but for those
 * that pin (sm_discipline.fill):
 *
 *	prepare leaves		so that the witness has where to note events
 *	read_begin()		sequence
 *	generation		after the sequence, see sm_fault_once()
 *	walk			PFN, order and writability, see walk.c
 *	lock, read_retry()	anything invalidated meanwhile? throw it away
 *	install, unlock
 */
#include <linux/delay.h>
#include <linux/hmm.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "amplify.h"
#include "counts.h"
#include "ctx.h"
#include "defect.h"
#include "fault.h"
#include "interval.h"
#include "mirror.h"
#include "sticky.h"
#include "trace.h"
#include "walk.h"
#include "witness.h"

#define SM_FAULT_TIMEOUT_NS	NSEC_PER_SEC
#define SM_FAULT_SPINS		4	/* retries before the first nap */
#define SM_FAULT_VALIDATE_EVERY	16

/* The block that an entry covers. */
static unsigned long sm_fault_block(unsigned long va, u64 ent,
				    unsigned long *end)
{
	unsigned long size = PAGE_SIZE << sm_ent_order(ent);

	*end = ALIGN_DOWN(va, size) + size;

	return ALIGN_DOWN(va, size);
}

/*
 * What an installation would cover: the range, widened to the huge entries at
 * its two ends. All of it has to be free of invalidations, not only the page
 * that was asked for.
 */
static void sm_fault_extent(const struct hmm_range *range,
			    unsigned long *start, unsigned long *end)
{
	unsigned long last = range->end - PAGE_SIZE;
	unsigned long n = (range->end - range->start) >> PAGE_SHIFT;

	*start = sm_fault_block(range->start, range->hmm_pfns[0], end);
	sm_fault_block(last, range->hmm_pfns[n - 1], end);
}

/* Install entries from @i on: one huge one, or as many single ones as follow. */
static unsigned long sm_fault_install_some(struct sm_mirror *m,
					   const struct hmm_range *range,
					   unsigned long i, u64 gen)
{
	unsigned long n = (range->end - range->start) >> PAGE_SHIFT;
	unsigned long va = range->start + i * PAGE_SIZE;
	unsigned long run, end, *ent = range->hmm_pfns + i;
	u64 pgno = va >> PAGE_SHIFT;

	if (sm_ent_order(*ent)) {
		sm_tlb_install(&m->tlb, pgno, *ent, sm_ent_order(*ent), gen);
		m->installed += 1UL << sm_ent_order(*ent);
		m->huge++;
		sm_fault_block(va, *ent, &end);
		return (end - range->start) >> PAGE_SHIFT;
	}
	n = min(n - i, SM_LEAF_ENTRIES - sm_tlb_slot(pgno));
	for (run = 1; run < n && !sm_ent_order(ent[run]); run++)
		;
	sm_tlb_install_run(&m->tlb, pgno, ent, run, gen);
	m->installed += run;

	return i + run;
}

/*
 * Read after the sequence, and under the lock: whoever changed the sequence that
 * the fault has read is counted by now, so that of what comes later a correct
 * discipline installs nothing. (By the generation alone, an event that somebody
 * refused would never be over, as the witness does not hear of it.) Discipline kvm
 * lets a fault begin while events are under way. Its witness hears of all of them.
 */
static u64 sm_fault_events(struct sm_mirror *m)
{
	u64 events;

	read_lock(&m->lock);
	events = m->d->busy && m->d->busy(m) ? 0 : m->events;
	read_unlock(&m->lock);

	return events;
}

static void sm_fault_install(struct sm_mirror *m,
			     const struct hmm_range *range, u64 gen)
{
	unsigned long i = 0, n = (range->end - range->start) >> PAGE_SHIFT;

	lockdep_assert_held_write(&m->lock);

	while (i < n)
		i = sm_fault_install_some(m, range, i, gen);
}

static void sm_fault_lock(struct sm_mirror *m) __acquires(&m->lock)
{
	if (m->d->lock)
		m->d->lock(m);
	write_lock(&m->lock);
}

static void sm_fault_unlock(struct sm_mirror *m) __releases(&m->lock)
{
	write_unlock(&m->lock);
	if (m->d->unlock)
		m->d->unlock(m);
}

/*
 * On debug kernels. A whole leaf takes several microseconds, no less than the fault
 * itself, so one fault in SM_FAULT_VALIDATE_EVERY is looked at. (A block of which
 * nothing but the head was dropped is torn.)
 */
static void sm_fault_validate(const struct sm_mirror *m, unsigned long start,
			      unsigned long end)
{
	const char *wrong;

	if (!IS_ENABLED(CONFIG_DEBUG_VM) || sm_defect(m, THP_HEAD_ONLY) ||
	    atomic64_read(&m->faults) % SM_FAULT_VALIDATE_EVERY)
		return;
	wrong = sm_tlb_validate_range(&m->tlb, start >> PAGE_SHIFT,
				      (end - 1) >> PAGE_SHIFT);
	WARN_ONCE(wrong, "stalemate: table of mirror %u: %s\n", m->id, wrong);
}

/* Publish what the walk found, unless an invalidation came between. */
static int sm_fault_publish(struct sm_mirror *m, const struct hmm_range *range,
			    unsigned long seq, struct sm_since since)
{
	unsigned long start, end;
	bool raced = false;
	int ret = 0;

	sm_fault_extent(range, &start, &end);
	if (WARN_ON_ONCE(!sm_mirror_contains(m, start, end)))
		return -EFAULT;
	sm_fault_lock(m);
	if (m->dead)
		ret = -ESRCH;
	else if (m->d->read_retry(m, seq, start, end))
		ret = -EBUSY;
	if (sm_defect(m, NO_RETRY) && ret == -EBUSY) {
		/*
		 * The generation may be that of the very event that is under
		 * way, so that this entry never looks late: nothing tells that
		 * its page is the process's. That is noted of the entry, for
		 * whoever writes to the page; and of the mirror, for whoever
		 * wrote, as the entry may be another by then.
		 */
		m->unproven = true;
		raced = true;
		ret = 0;
	}
	if (sm_defect(m, PUBLISH_AFTER_UNLOCK)) {
		sm_fault_unlock(m);
		sm_mirror_amplify(m);
		sm_fault_lock(m);
	}
	if (!ret)
		sm_fault_install(m, range, since.gen);
	/*
	 * Whoever asks why an entry is stale wants to know whether it was born
	 * so, which is for the mirror to say: when the witness hears of an event,
	 * the mirror may have been through with it for long.
	 */
	if (raced)
		sm_tlb_note_race(&m->tlb, start >> PAGE_SHIFT,
				 (end >> PAGE_SHIFT) - 1);
	else if (!ret)
		sm_tlb_note_races(&m->tlb, m->recent, m->events, since,
				  start >> PAGE_SHIFT, (end >> PAGE_SHIFT) - 1);
	sm_fault_validate(m, start, end);
	sm_fault_unlock(m);

	return ret;
}

/*
 * Defect live-array: the walk's findings are put where the device finds them, and
 * only then is asked whether they are true (docs/found/rxe-race.md). If they are not,
 * and the next walk fails, they stay.
 */
static noinline void sm_fault_live(struct sm_mirror *m,
				   const struct hmm_range *range,
				   struct sm_since since)
{
	unsigned long start, end;

	sm_fault_extent(range, &start, &end);
	if (!sm_mirror_contains(m, start, end))
		return;
	write_lock(&m->lock);
	if (!m->dead) {
		sm_fault_install(m, range, since.gen);
		sm_tlb_note_races(&m->tlb, m->recent, m->events, since,
				  start >> PAGE_SHIFT, (end >> PAGE_SHIFT) - 1);
	}
	write_unlock(&m->lock);
}

/*
 * After the sequence was read: whatever that does not tell apart from this fault has
 * ended, so the witness has noted it with this generation or an older one: an entry
 * installed by a correct discipline is never older than the last invalidation of its
 * page.
 */
static struct sm_since sm_fault_since(struct sm_mirror *m)
{
	struct sm_since since = { .events = sm_fault_events(m) };

	since.gen = sm_witness_gen(m->ctx->witness);

	return since;
}

/*
 * Did the walk begin anew, with a sequence of its own? Then what is true of that is
 * asked now: an event between the two is one that read_retry() sees. A mirror that
 * may not ask walks again instead, or its entries would look too young.
 */
static int sm_fault_renew(struct sm_mirror *m, const struct hmm_range *range,
			  unsigned long *seq, struct sm_since *since)
{
	if (!(m->d->flags & SM_D_UNLOCKED) || range->notifier_seq == *seq)
		return 0;
	if (m->defective)
		return -EBUSY;
	atomic64_inc(&m->retries);
	*seq = range->notifier_seq;
	*since = sm_fault_since(m);

	return 0;
}

static int sm_fault_once(struct sm_mirror *m, struct hmm_range *range,
			 u32 flags)
{
	struct sm_since since;
	unsigned long seq;
	bool direct;
	int ret;

	seq = m->d->read_begin(m, range);
	since = sm_fault_since(m);
	memset(range->hmm_pfns, 0, (range->end - range->start) / PAGE_SIZE *
				   sizeof(*range->hmm_pfns));
	ret = sm_walk(m, range, &direct);
	if (!ret)
		ret = sm_fault_renew(m, range, &seq, &since);
	if (ret || (flags & SM_FAULT_DRY))
		return ret;
	if (!sm_walk_convert(m, range, direct))
		return -EFAULT;
	if (unlikely(m->defective))
		sm_sticky_withhold(m, range);
	sm_mirror_amplify(m);
	if (sm_defect(m, LIVE_ARRAY))
		sm_fault_live(m, range, since);
	if (sm_defect(m, LATE_SEQ))
		seq = m->d->read_begin(m, range);

	return sm_fault_publish(m, range, seq, since);
}

/* Once: -EBUSY if an invalidation came between. */
static int sm_fault_try(struct sm_mirror *m, struct hmm_range *range,
			u32 flags)
{
	if (m->d->interval &&
	    !sm_interval_ready(&m->ctx->witness->interval))
		return READ_ONCE(m->ctx->poisoned) ? -EIO : -EBUSY;
	if (m->d->fill)
		return m->d->fill(m, range->start, range->end, flags);

	return sm_fault_once(m, range, flags);
}

/* Has whoever waits for this fault lost interest? */
bool sm_fault_cancelled(void)
{
	if (current->flags & PF_KTHREAD)
		return kthread_should_stop();

	return fatal_signal_pending(current);
}

static int sm_fault_retry(struct sm_mirror *m, struct hmm_range *range,
			  u32 flags)
{
	unsigned int retries = 0;
	u64 deadline = 0;
	int ret;

	for (;;) {
		ret = sm_fault_try(m, range, flags);
		if (ret != -EBUSY)
			break;
		if (sm_fault_cancelled()) {
			ret = -EINTR;
			break;
		}
		if (!deadline)
			deadline = ktime_get_ns() + SM_FAULT_TIMEOUT_NS;
		else if (ktime_get_ns() > deadline)
			break;
		/* Let whoever invalidates get on with it. */
		if (++retries > SM_FAULT_SPINS)
			usleep_range(10, 50);
		else
			cond_resched();
	}
	atomic64_inc(&m->faults);
	if (retries)
		atomic64_add(retries, &m->retries);
	trace_sm_fault(m->id, range->start,
		       (range->end - range->start) >> PAGE_SHIFT, flags,
		       retries, ret);

	return ret;
}

/* Make the leaves that entries in a range will need. May sleep. */
int sm_fault_prepare(struct sm_mirror *m, unsigned long start,
		     unsigned long end)
{
	unsigned int leaves = 0;
	int ret;

	ret = sm_tlb_prepare(&m->tlb, start >> PAGE_SHIFT,
			     (end - 1) >> PAGE_SHIFT, &leaves);
	if (leaves) {
		atomic64_add(leaves, &m->leaves);
		atomic64_add(leaves, &sm_counts.leaves);
	}

	return ret;
}

/* A driver that fills its table in its own way, page by page. */
static int sm_fault_fill(struct sm_mirror *m, unsigned long start,
			 unsigned long end, u32 flags)
{
	unsigned long va;
	int ret = 0;

	for (va = start; va < end && !ret; va += PAGE_SIZE) {
		struct hmm_range rest = { .start = va, .end = end };

		ret = sm_fault_retry(m, &rest, flags);
	}

	return ret;
}

/*
 * Fault @npages pages in and install them; SM_FAULT_WRITE asks for writable
 * ones. @pfns has room for @npages. May sleep: mmap_lock, page faults.
 *
 * Return: 0; -EFAULT nothing readable there; -EPERM read-only; -ESRCH the mm
 * is gone; -EBUSY an invalidation always came between, for a second; -EINTR;
 * -ENOMEM; -EIO an event may be open for ever, see sm_interval_ready();
 * -EOPNOTSUPP the device does not write.
 */
int sm_fault(struct sm_mirror *m, unsigned long start, unsigned int npages,
	     u32 flags, unsigned long *pfns)
{
	struct hmm_range range = {
		.start = start,
		.end = start + npages * PAGE_SIZE,
		.hmm_pfns = pfns,
		.default_flags = HMM_PFN_REQ_FAULT |
			(flags & SM_FAULT_WRITE ? HMM_PFN_REQ_WRITE : 0),
	};
	int ret;

	if (WARN_ON_ONCE(!sm_mirror_contains(m, start, range.end) ||
			 npages > SM_FAULT_BATCH_MAX))
		return -EFAULT;
	if ((flags & SM_FAULT_WRITE) && (m->d->flags & SM_D_READS))
		return -EOPNOTSUPP;
	ret = sm_fault_prepare(m, start, range.end);
	if (ret)
		return ret;
	ret = sm_ctx_mm_get(m->ctx);
	if (ret)
		return ret;
	if (unlikely(m->defective))
		ret = sm_sticky_refuses(m, start, npages, flags);
	if (ret)
		goto out;
	if (m->d->fill)
		ret = sm_fault_fill(m, start, range.end, flags);
	else
		ret = sm_fault_retry(m, &range, flags);
	if (unlikely(m->defective))
		sm_sticky_learn(m, start, npages, ret);
out:
	sm_ctx_mm_put(m->ctx);

	return ret;
}

/* SM_IOC_FAULT: batch by batch. */
int sm_fault_range(struct sm_mirror *m, struct sm_ioc_fault *f)
{
	unsigned long *pfns;
	int ret = 0;
	u64 va;

	pfns = kmalloc_array(f->batch, sizeof(*pfns), GFP_KERNEL_ACCOUNT);
	if (!pfns)
		return -ENOMEM;
	for (va = f->start; va < f->end;) {
		u64 end = m->d->extent ? m->d->extent(m, va) : f->end;
		unsigned int n = min_t(u64, f->batch,
				       (min(end, f->end) - va) >> PAGE_SHIFT);

		ret = sm_fault(m, va, n, f->flags, pfns);
		if (ret)
			break;
		va += n * PAGE_SIZE;
		f->done = va - f->start;
		if (va < f->end && signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		cond_resched();
	}
	kfree(pfns);

	return ret;
}
