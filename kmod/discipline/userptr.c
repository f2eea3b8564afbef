// SPDX-License-Identifier: GPL-2.0-only
/* User pointer objects of a GPU, see userptr.h. Not a discipline itself. */
#include <linux/random.h>
#include <linux/sched/signal.h>

#include "amplify.h"
#include "compat/compat.h"
#include "ctx.h"
#include "defect.h"
#include "discipline/userptr.h"
#include "mirror.h"
#include "witness.h"

#define SM_USERPTR_LIST_EVERY	4	/* jobs: one of several objects */
#define SM_USERPTR_LINGERS	16	/* defect fence-first: chances to wait */
#define SM_USERPTR_SIGNAL_EVERY	8	/* waits: as if a signal came */

/* ---- objects ------------------------------------------------------------ */

int sm_userptr_attach(struct sm_mirror *m)
{
	struct sm_userptr *u = sm_userptr_of(m);

	mutex_init(&u->notifier_lock);
	init_waitqueue_head(&u->fences);
	/* What a job finds may be replaced while it runs. */
	m->unproven |= sm_defect(m, PUBLISH_AFTER_UNLOCK) ||
		       sm_defect(m, NO_FINISH) ||
		       sm_defect(m, WAIT_INTERRUPTED);

	return sm_objects_attach(&u->objects, m, m->d->object_size);
}

void sm_userptr_detach(struct sm_mirror *m)
{
	struct sm_userptr *u = sm_userptr_of(m);

	sm_objects_detach(&u->objects);
	mutex_destroy(&u->notifier_lock);
}

/* Was it valid, since the sequence was read last? Needs no lock. */
static bool sm_userptr_holds(struct sm_object *o)
{
	/* Pairs with sm_userptr_renew(): what is older has gone. */
	unsigned long seq = smp_load_acquire(&o->seq);

	return !o->watched || !mmu_interval_check_retry(&o->mni, seq);
}

bool sm_userptr_valid(struct sm_mirror *m, unsigned long va)
{
	return sm_userptr_holds(sm_userptr_object(m, va));
}

/*
 * What was counted when the object became invalid. A job that was under way then may
 * have looked entries up after that, and its engine keeps them: they go only now.
 */
static void sm_userptr_drop_entries(struct sm_mirror *m,
				    const struct sm_object *o)
{
	const struct sm_span span = {
		.first = o->start >> PAGE_SHIFT,
		.last = (o->end - 1) >> PAGE_SHIFT,
	};
	struct sm_drop drop = {};

	lockdep_assert_held_write(&m->lock);

	sm_tlb_excuse(&m->tlb, span.first, span.last);
	sm_tlb_drop(&m->tlb, span.first, span.last, 0, ~0ULL,
		    sm_defect(m, THP_HEAD_ONLY) ? SM_DROP_HEAD_ONLY : 0, &drop);
	if (drop.dropped)
		sm_mirror_flush(m, (struct sm_span){ drop.first, drop.last },
				&drop);
}

/* Valid with what is installed from here on, by whoever holds the table's lock. */
static void sm_userptr_renew(struct sm_mirror *m, struct sm_object *o,
			     unsigned long seq)
{
	if (sm_userptr_holds(o))
		return;
	WRITE_ONCE(o->signals, false);
	if (!sm_defect(m, PART_RENEWED))
		sm_userptr_drop_entries(m, o);
	/* Pairs with sm_userptr_holds(): before that the table has nothing old. */
	smp_store_release(&o->seq, seq);
}

/* No job wants the object again: its entries go now. */
void sm_userptr_zap(struct sm_mirror *m, const struct sm_object *o)
{
	lockdep_assert_held(&sm_userptr_of(m)->notifier_lock);

	write_lock(&m->lock);
	sm_userptr_drop_entries(m, o);
	write_unlock(&m->lock);
}

void sm_userptr_trust(struct sm_mirror *m, struct sm_object *o)
{
	lockdep_assert_held(&sm_userptr_of(m)->notifier_lock);

	WRITE_ONCE(o->seq, o->mni.invalidate_seq);
}

unsigned long sm_userptr_extent(struct sm_mirror *m, unsigned long va)
{
	return sm_userptr_object(m, va)->end;
}

/* ---- events ------------------------------------------------------------- */

static void sm_userptr_forsake(struct sm_userptr *u, struct sm_object *o)
{
	lockdep_assert_held(&u->notifier_lock);

	if (o == u->told)
		mmu_interval_set_seq(&o->mni, u->told_seq);
	else
		WRITE_ONCE(o->seq, 0);	/* no sequence of the core's */
}

/* What is lost with an object; see struct sm_drop. */
static void sm_userptr_lose(struct sm_mirror *m, const struct sm_object *o,
			    struct sm_span bounds, struct sm_drop *out)
{
	sm_tlb_drop(&m->tlb, o->start >> PAGE_SHIFT, (o->end - 1) >> PAGE_SHIFT,
		    bounds.first, bounds.last, SM_DROP_LOOK, out);
}

/*
 * No entry is dropped: objects become invalid, all that the span touches. What
 * engines keep of them is flushed, so that no job finds it there.
 */
void sm_userptr_drop(struct sm_mirror *m, struct sm_span span,
		     struct sm_span bounds, struct sm_drop *out)
{
	u64 pgno = max(span.first, m->tlb.first);
	u64 last = min(span.last, m->tlb.last);

	while (pgno <= last) {
		struct sm_object *o = sm_userptr_object(m, pgno << PAGE_SHIFT);

		if (sm_userptr_holds(o))
			sm_userptr_lose(m, o, bounds, out);
		sm_userptr_forsake(sm_userptr_of(m), o);
		pgno = o->end >> PAGE_SHIFT;
	}
}

void sm_userptr_event(struct sm_mirror *m, struct sm_object *o,
		      const struct mmu_notifier_range *range,
		      unsigned long cur_seq)
{
	const struct sm_asked asked = sm_mirror_asked(range);
	struct sm_userptr *u = sm_userptr_of(m);

	lockdep_assert_held(&u->notifier_lock);

	u->told = o;
	u->told_seq = cur_seq;
	write_lock(&m->lock);
	sm_mirror_drop(m, &asked, max(range->start, o->start),
		       min(range->end, o->end));
	if (range->event == MMU_NOTIFY_RELEASE)
		m->dead = true;
	write_unlock(&m->lock);
}

/* From here on a job that ends says so. Is there any? */
bool sm_userptr_signal(struct sm_object *o)
{
	WRITE_ONCE(o->signals, true);
	smp_mb();	/* pairs with the atomic in sm_userptr_job_end() */

	return atomic_read(&o->jobs);
}

static void sm_userptr_wait(struct sm_mirror *m, struct sm_object *o)
{
	struct sm_userptr *u = sm_userptr_of(m);

	if (!sm_defect(m, WAIT_INTERRUPTED))
		wait_event(u->fences, !atomic_read(&o->jobs));
	else
		(void)wait_event_interruptible(u->fences,
					       !atomic_read(&o->jobs));
}

/*
 * Who unmaps may have been sent a signal, and has to wait all the same. In a storm some
 * of the waits find one, that nobody has sent.
 */
static bool sm_userptr_disturb(const struct sm_mirror *m)
{
	if (!m->amplify_ns || (current->flags & (PF_KTHREAD | PF_EXITING)) ||
	    get_random_u32() % SM_USERPTR_SIGNAL_EVERY)
		return false;
	set_thread_flag(TIF_SIGPENDING);

	return true;
}

/* Is there one? Whoever sends it has the lock. */
static void sm_userptr_calm(void)
{
	/* Our own stays until we exit. */
	struct sighand_struct *hand =
		rcu_dereference_protected(current->sighand, true);

	spin_lock_irq(&hand->siglock);
	recalc_sigpending();
	spin_unlock_irq(&hand->siglock);
}

/* No job starts meanwhile: it would need the lock, or to find the object valid. */
void sm_userptr_wait_fences(struct sm_mirror *m, struct sm_object *o)
{
	bool disturbed;

	if (!sm_userptr_signal(o) ||
	    (sm_defect(m, EXIT_NO_WAIT) && READ_ONCE(m->dead)))
		return;
	disturbed = sm_userptr_disturb(m);
	sm_userptr_wait(m, o);
	if (disturbed)
		sm_userptr_calm();
}

/* ---- jobs --------------------------------------------------------------- */

/* The page as far into this object as another is into its own. */
static void sm_userptr_list(struct sm_job *job, const struct sm_object *o,
			    unsigned long into)
{
	job->va[job->nr++] = o->start + into % (o->end - o->start);
}

/*
 * Some jobs use a second page of their object, and of others that follow it the
 * first: always the same, or it would hardly ever be there.
 */
void sm_userptr_job_plan(struct sm_mirror *m, struct sm_job *job)
{
	struct sm_objects *all = &sm_userptr_of(m)->objects;
	struct sm_object *o = sm_object_of(all, job->va[0]);
	unsigned long into = job->va[0] - o->start;
	u64 n = atomic64_read(&m->reads) + atomic64_read(&m->writes);

	if (n % SM_USERPTR_LIST_EVERY)
		return;
	sm_userptr_list(job, o, into + PAGE_SIZE);
	while (job->nr < SM_JOB_PAGES && ++o < all->object + all->nr)
		if (READ_ONCE(o->seq))	/* it has been in use */
			sm_userptr_list(job, o, 0);
}

/*
 * Does a driver with a defect use this object as it is? The own one of the access
 * it asks for; of the others it leaves out the last, or all.
 */
static bool sm_userptr_unchecked(struct sm_mirror *m, const struct sm_job *job,
				 unsigned int i)
{
	if (i < 2)
		return false;
	if (sm_defect(m, PREFETCH_STALE)) {
		sm_userptr_trust(m, sm_userptr_object(m, job->va[i]));
		return true;
	}

	return sm_defect(m, UNCHECKED_OBJECT) && i == job->nr - 1;
}

static bool sm_userptr_job_checked(struct sm_mirror *m, struct sm_job *job)
{
	unsigned int i;

	lockdep_assert_held(&sm_userptr_of(m)->notifier_lock);

	for (i = 0; i < job->nr; i++) {
		if (sm_userptr_valid(m, job->va[i]) ||
		    sm_userptr_unchecked(m, job, i))
			continue;
		job->miss = i;
		return false;
	}

	return true;
}

/* For how many of its pages does a job leave its fence? */
static unsigned int sm_userptr_fenced(const struct sm_mirror *m,
				      const struct sm_job *job)
{
	return sm_defect(m, FENCE_FIRST) ? 1 : job->nr;
}

/*
 * Defect fence-first: what a job uses after the pages of its first object can only be
 * stale if the job outlasts a whole event. Few do, so those take longer.
 */
static void sm_userptr_linger(struct sm_mirror *m, const struct sm_job *job)
{
	unsigned int i;

	if (!sm_defect(m, FENCE_FIRST) || job->nr <= 2)
		return;
	for (i = 0; i < SM_USERPTR_LINGERS; i++)
		sm_mirror_amplify(m);
}

/* A job starts under the lock, if nothing was invalidated since its faults. */
int sm_userptr_job_begin(struct sm_mirror *m, struct sm_job *job)
{
	struct sm_userptr *u = sm_userptr_of(m);
	unsigned int i;

	mutex_lock(&u->notifier_lock);
	if (!sm_userptr_job_checked(m, job)) {
		mutex_unlock(&u->notifier_lock);
		return 1;
	}
	if (sm_defect(m, PUBLISH_AFTER_UNLOCK)) {
		mutex_unlock(&u->notifier_lock);
		sm_mirror_amplify(m);
		mutex_lock(&u->notifier_lock);
	}
	for (i = 0; i < sm_userptr_fenced(m, job); i++)
		atomic_inc(&sm_userptr_object(m, job->va[i])->jobs);
	mutex_unlock(&u->notifier_lock);
	sm_userptr_linger(m, job);

	return 0;
}

void sm_userptr_job_end(struct sm_mirror *m, const struct sm_job *job)
{
	unsigned int i;

	for (i = 0; i < sm_userptr_fenced(m, job); i++) {
		struct sm_object *o = sm_userptr_object(m, job->va[i]);

		if (atomic_dec_and_test(&o->jobs) && READ_ONCE(o->signals))
			wake_up_all(&sm_userptr_of(m)->fences);
	}
}

/* ---- faults ------------------------------------------------------------- */

unsigned long sm_userptr_read_begin(struct sm_mirror *m,
				    struct hmm_range *range)
{
	struct sm_object *o = sm_userptr_object(m, range->start);

	range->notifier = &o->mni;
	o->mni.mm = m->ctx->mm;	/* also of one that is not watched */
	if (o->watched)
		range->notifier_seq = mmu_interval_read_begin(&o->mni);

	return range->notifier_seq;
}

void sm_userptr_lock(struct sm_mirror *m)
{
	mutex_lock(&sm_userptr_of(m)->notifier_lock);
}

void sm_userptr_unlock(struct sm_mirror *m)
{
	mutex_unlock(&sm_userptr_of(m)->notifier_lock);
}

bool sm_userptr_read_retry(struct sm_mirror *m, unsigned long seq,
			   unsigned long start, unsigned long end)
{
	struct sm_object *o = sm_userptr_object(m, start);
	bool raced;

	lockdep_assert_held(&sm_userptr_of(m)->notifier_lock);

	raced = o->watched && mmu_interval_read_retry(&o->mni, seq);
	if (raced && !sm_defect(m, NO_RETRY))
		return true;
	sm_userptr_renew(m, o, raced ? o->mni.invalidate_seq : seq);

	return raced;
}
