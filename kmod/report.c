// SPDX-License-Identifier: GPL-2.0-only
/* The queue of violations: any number of those who find, one who takes. */
#include <linux/ktime.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "report.h"
#include "trace.h"

void sm_report_init(struct sm_report *r)
{
	mutex_init(&r->take_lock);
	spin_lock_init(&r->lock);
}

/* One stale entry that is used all the time must not hide the others. */
static bool sm_report_has(const struct sm_report *r,
			  const struct sm_violation *v)
{
	unsigned int i;

	for (i = 0; i < r->nr_queued; i++) {
		const struct sm_violation *q = &r->violation[i];

		if (q->oracle == v->oracle && q->mirror == v->mirror &&
		    q->va == v->va && q->gen == v->gen &&
		    q->detail == v->detail)
			return true;
	}

	return false;
}

/* Queue a violation; any context that may take a spinlock. */
void sm_report_add(struct sm_report *r, struct sm_violation *v)
{
	v->t_ns = ktime_get_ns();
	v->tid = task_pid_nr(current);
	trace_sm_violation(v->oracle, v->mirror, v->va, v->entry, v->cpu);

	spin_lock(&r->lock);
	r->nr_violations++;
	if (r->nr_queued < SM_MAX_QUEUED && !sm_report_has(r, v))
		r->violation[r->nr_queued++] = *v;
	spin_unlock(&r->lock);
}

/* SM_IOC_VIOLATIONS: the oldest, which leave the queue once they are told. */
int sm_report_take(struct sm_report *r, struct sm_ioc_violations *v)
{
	struct sm_violation *copy;
	unsigned int n;
	int ret = 0;

	copy = kmalloc_array(SM_MAX_QUEUED, sizeof(*copy), GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	mutex_lock(&r->take_lock);

	spin_lock(&r->lock);
	n = min(v->nr, r->nr_queued);
	memcpy(copy, r->violation, n * sizeof(*copy));
	v->total = r->nr_violations;
	spin_unlock(&r->lock);

	v->nr = n;
	if (copy_to_user(u64_to_user_ptr(v->buf), copy, n * sizeof(*copy))) {
		ret = -EFAULT;
	} else {
		/* Reports are only appended: the first n are those copied. */
		spin_lock(&r->lock);
		n = WARN_ON_ONCE(n > r->nr_queued) ? r->nr_queued : n;
		r->nr_queued -= n;
		memmove(r->violation, r->violation + n,
			r->nr_queued * sizeof(*copy));
		spin_unlock(&r->lock);
	}

	mutex_unlock(&r->take_lock);
	kfree(copy);

	return ret;
}
