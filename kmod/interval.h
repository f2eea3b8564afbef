/* SPDX-License-Identifier: GPL-2.0-only */
/* Interval notifiers that cannot be waited for, as a start was left open. */
#ifndef SM_INTERVAL_H
#define SM_INTERVAL_H

#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

struct sm_contract_state;
struct sm_ctx;

/* One for each witness; see interval.c. */
struct sm_interval {
	struct mmu_interval_notifier mni;
	struct sm_ctx *ctx;
	struct sm_contract_state *contract;	/* knows what is open in the mm */
	unsigned long start;		/* the arena, which it leaves alone */
	unsigned long end;
	bool inserted;			/* @mni is; under ctx->sem */
	struct mutex judge_lock;	/* one judge at a time */
	spinlock_t lock;		/* protects those below */
	u64 refused;			/* starts */
	u64 closed;			/* so many of them, the first, are */
	unsigned long refused_start;	/* the last of them */
	unsigned long refused_end;
	u64 told;			/* events */
	u64 told_after;			/* @refused when the last of them was */
	unsigned long seq;		/* the last of them */
	int on_way;			/* told with @seq, not come by hlist yet */
	bool unsure;			/* one told with @seq may be refused */
};

void sm_interval_init(struct sm_interval *in, struct sm_ctx *ctx,
		      struct sm_contract_state *contract, unsigned long start,
		      unsigned long end);

int sm_interval_insert(struct sm_interval *in);
bool sm_interval_remove(struct sm_interval *in);
void sm_interval_came(struct sm_interval *in,
		      const struct mmu_notifier_range *range);
void sm_interval_ended(struct sm_interval *in,
		       const struct mmu_notifier_range *range);
bool sm_interval_suspect(const struct sm_interval *in);
void sm_interval_judge(struct sm_interval *in);
bool sm_interval_ready(struct sm_interval *in);
bool sm_interval_safe(struct sm_interval *in);
void sm_interval_give_up(struct sm_interval *in);

#endif /* SM_INTERVAL_H */
