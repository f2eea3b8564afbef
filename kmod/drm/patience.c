// SPDX-License-Identifier: GPL-2.0-only
/* Deadlines of invalidations: see patience.h. */
#include <linux/jiffies.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "hw.h"
#include "patience.h"

/* A job that runs has its time, and so have those behind it. */
#define SM_PATIENCE_JOBS	2

/* Of a process, by its mm, which user pointers keep. All under the device's lock. */
struct sm_patience {
	struct hlist_node link;
	struct mm_struct *mm;
	unsigned long users;		/* user pointers */
	unsigned long seq;
	unsigned long until;		/* jiffies */
};

void sm_patience_init(struct sm_gpu *gpu)
{
	spin_lock_init(&gpu->patience_lock);
	hash_init(gpu->patience);
}

static struct sm_patience *sm_patience_find(struct sm_gpu *gpu,
					    struct mm_struct *mm)
{
	struct sm_patience *p;

	hash_for_each_possible(gpu->patience, p, link, (unsigned long)mm)
		if (p->mm == mm)
			return p;

	return NULL;
}

/* That of a process, for one more user pointer. NULL: no memory. */
struct sm_patience *sm_patience_get(struct sm_gpu *gpu, struct mm_struct *mm)
{
	struct sm_patience *p, *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);

	if (!fresh)
		return NULL;
	fresh->mm = mm;
	mmgrab(mm);	/* or another process might get its address */
	spin_lock(&gpu->patience_lock);
	p = sm_patience_find(gpu, mm);
	if (!p) {
		p = fresh;
		hash_add(gpu->patience, &p->link, (unsigned long)mm);
	}
	p->users++;
	spin_unlock(&gpu->patience_lock);
	if (p != fresh) {
		mmdrop(mm);
		kfree(fresh);
	}

	return p;
}

void sm_patience_put(struct sm_gpu *gpu, struct sm_patience *p)
{
	bool last;

	spin_lock(&gpu->patience_lock);
	last = !--p->users;
	if (last)
		hash_del(&p->link);
	spin_unlock(&gpu->patience_lock);
	if (last) {
		mmdrop(p->mm);
		kfree(p);
	}
}

/* For how many jiffies the invalidations of sequence @seq may still wait. */
unsigned long sm_patience_left(struct sm_gpu *gpu, struct sm_patience *p,
			       unsigned long seq)
{
	unsigned long now = jiffies, left = 0;

	spin_lock(&gpu->patience_lock);
	if (p->seq != seq) {
		p->seq = seq;
		p->until = now + SM_PATIENCE_JOBS *
				 msecs_to_jiffies(sm_hw_timeout_ms());
	}
	if (time_before(now, p->until))
		left = p->until - now;
	spin_unlock(&gpu->patience_lock);

	return left;
}
