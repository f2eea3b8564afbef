/* SPDX-License-Identifier: GPL-2.0-only */
/* The contract checker, and with it which events of an mm are open. */
#ifndef SM_CONTRACT_H
#define SM_CONTRACT_H

#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/spinlock.h>

#include "uapi/stalemate.h"

#define SM_OPEN_BUCKETS		64
#define SM_OPEN_MAX		512	/* events under way in one mm */

struct sm_report;

/* A start that has not seen its end yet. */
struct sm_open {
	struct hlist_node node;
	const struct task_struct *task;
	const struct mmu_notifier_range *range;
	unsigned long start;
	unsigned long end;
};

/* Those that hash alike; and how many there are that no struct was left for. */
struct sm_open_bucket {
	struct hlist_head list;
	unsigned int untracked;
};

struct sm_contract_state {
	struct sm_report *report;
	struct sm_witness_header *hdr;	/* counts there */
	spinlock_t lock;		/* protects those below */
	u64 moves;			/* starts and ends in the mm */
	unsigned int nr_open;
	struct sm_open_bucket open[SM_OPEN_BUCKETS];
	struct hlist_head free;
	struct sm_open *pool;
};

int sm_contract_init(struct sm_contract_state *c, struct sm_report *report,
		     struct sm_witness_header *hdr);
void sm_contract_destroy(struct sm_contract_state *c);
void sm_contract_start(struct sm_contract_state *c,
		       const struct mmu_notifier_range *range);
void sm_contract_end(struct sm_contract_state *c,
		     const struct mmu_notifier_range *range);
bool sm_contract_open(struct sm_contract_state *c, u64 *moves);
void sm_contract_blame(struct sm_contract_state *c,
		       const struct mmu_notifier_range *range,
		       unsigned int what);

#endif /* SM_CONTRACT_H */
