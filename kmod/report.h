/* SPDX-License-Identifier: GPL-2.0-only */
/* What was found, on its way to userspace. */
#ifndef SM_REPORT_H
#define SM_REPORT_H

#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "uapi/stalemate.h"

#define SM_MAX_QUEUED		64

struct sm_report {
	struct mutex take_lock;		/* one reader of the queue at a time */
	spinlock_t lock;		/* protects the three below */
	struct sm_violation violation[SM_MAX_QUEUED];
	unsigned int nr_queued;
	u64 nr_violations;
};

void sm_report_init(struct sm_report *r);
void sm_report_add(struct sm_report *r, struct sm_violation *v);
int sm_report_take(struct sm_report *r, struct sm_ioc_violations *v);

#endif /* SM_REPORT_H */
