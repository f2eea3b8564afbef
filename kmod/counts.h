/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module holds and has done, for SM_IOC_QUERY. */
#ifndef SM_COUNTS_H
#define SM_COUNTS_H

#include <linux/atomic.h>
#include <linux/types.h>

struct sm_counts {
	atomic64_t contexts;
	atomic64_t mirrors;
	atomic64_t leaves;
	atomic64_t agents;
	atomic64_t mms;
	atomic64_t pages;
	atomic64_t broken;
	atomic64_t swallowed;
	atomic64_t passed;
	atomic64_t refused;
	atomic64_t closed;
};

extern struct sm_counts sm_counts;

bool sm_counts_idle(void);

/* One that userspace sees, in memory that it has mapped for reading. */
static inline void sm_count(__u64 *counter)
{
	atomic64_inc((atomic64_t *)counter);
}

#endif /* SM_COUNTS_H */
