/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User pointer objects of a GPU, and the jobs that use them: what amdgpu.c and
 * two_pass.c have in common. Each object has an interval notifier of its own and is
 * valid or not as a whole. An event drops nothing: it makes the object invalid, and
 * waits until the jobs that use it are done. Its page table stays until a job wants
 * the object again; meanwhile it counts as absent (valid()), as it may be
 * anybody's, and no job uses it.
 *
 * The race is between an event and a job, not a fault: pages that were faulted in
 * may be stale by the time that a job wants to use them.
 *
 *	event				job
 *
 *					fault: pages, and their sequence
 *					notifier_lock
 *					  mmu_interval_read_retry(): false,
 *					  of each of its objects
 *					its fence is added to each
 *					unlock
 *	invalidate(): notifier_lock
 *	  mmu_interval_set_seq()
 *	  waits for the fence
 *					the device uses the pages
 *					the fence signals
 *			[Required: not before this]
 *	unlock
 *	the page table changes
 *					the next job: notifier_lock
 *					  mmu_interval_read_retry()
 *			[Required: true, of any of its objects]
 *					unlock
 *					the object anew: all that was known
 *					of it goes, pages, their sequence
 *
 * Simplified: most jobs are one access, some use several pages of several objects;
 * a job's fence is a count in each of these; the pages of an object are faulted
 * in one by one; all objects are of one size; a miss replaces the refusal of a
 * submission. There are no kinds of fences.
 */
#ifndef SM_USERPTR_H
#define SM_USERPTR_H

#include <linux/mutex.h>
#include <linux/wait.h>

#include "discipline.h"
#include "discipline/object.h"
#include "mirror.h"

struct hmm_range;
struct mmu_notifier_range;

/* The state of such a discipline. */
struct sm_userptr {
	struct sm_objects objects;
	struct mutex notifier_lock;	/* jobs start, objects become invalid */
	wait_queue_head_t fences;
	struct sm_object *told;		/* whose event; under the lock */
	unsigned long told_seq;		/* of that; under the lock */
};

int sm_userptr_attach(struct sm_mirror *m);
void sm_userptr_detach(struct sm_mirror *m);

/* For callbacks, with the lock held; an event of @o, which may sleep. */
void sm_userptr_event(struct sm_mirror *m, struct sm_object *o,
		      const struct mmu_notifier_range *range,
		      unsigned long cur_seq);
bool sm_userptr_signal(struct sm_object *o);
void sm_userptr_wait_fences(struct sm_mirror *m, struct sm_object *o);

/* For rows. */
unsigned long sm_userptr_read_begin(struct sm_mirror *m,
				    struct hmm_range *range);
bool sm_userptr_read_retry(struct sm_mirror *m, unsigned long seq,
			   unsigned long start, unsigned long end);
void sm_userptr_lock(struct sm_mirror *m);
void sm_userptr_unlock(struct sm_mirror *m);
unsigned long sm_userptr_extent(struct sm_mirror *m, unsigned long va);
bool sm_userptr_valid(struct sm_mirror *m, unsigned long va);
void sm_userptr_drop(struct sm_mirror *m, struct sm_span span,
		     struct sm_span bounds, struct sm_drop *out);
void sm_userptr_job_plan(struct sm_mirror *m, struct sm_job *job);
int sm_userptr_job_begin(struct sm_mirror *m, struct sm_job *job);
void sm_userptr_job_end(struct sm_mirror *m, const struct sm_job *job);

/* What all rows have. */
#define SM_USERPTR_ROW					\
	.state_size = sizeof(struct sm_userptr),	\
	.attach = sm_userptr_attach,			\
	.detach = sm_userptr_detach,			\
	.read_begin = sm_userptr_read_begin,		\
	.read_retry = sm_userptr_read_retry,		\
	.lock = sm_userptr_lock,			\
	.unlock = sm_userptr_unlock,			\
	.extent = sm_userptr_extent,			\
	.valid = sm_userptr_valid,			\
	.drop = sm_userptr_drop,			\
	.job_plan = sm_userptr_job_plan,		\
	.job_begin = sm_userptr_job_begin,		\
	.job_end = sm_userptr_job_end

/* With the lock held: nothing is left of it in the table. */
void sm_userptr_zap(struct sm_mirror *m, const struct sm_object *o);
/* Valid, without anything anew: what a driver with a defect takes it for. */
void sm_userptr_trust(struct sm_mirror *m, struct sm_object *o);

static inline struct sm_userptr *sm_userptr_of(const struct sm_mirror *m)
{
	return m->state;
}

static inline struct sm_object *sm_userptr_object(const struct sm_mirror *m,
						  unsigned long va)
{
	return sm_object_of(&sm_userptr_of(m)->objects, va);
}

#endif /* SM_USERPTR_H */
