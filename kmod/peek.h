/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the table of a real driver. */
#ifndef SM_PEEK_H
#define SM_PEEK_H

#include <linux/types.h>

#include "uapi/stalemate.h"

struct file;
struct mmu_interval_notifier;
struct sm_ctx;
struct sm_odp;

/* Pages that are read at once, under whatever lock that takes. */
#define SM_PEEK_BATCH	512

/*
 * One look at a table of a driver.
 *
 * @mm: whose
 * @file: what the caller named, or NULL
 * @table: which of them
 * @tables: how many there are
 * @unread: how many others there are that cannot be read
 * @start: first byte, as the device sees it
 * @nr: pages, at most SM_PEEK_BATCH
 * @ent: SM_ENT_*, zeroed by the caller
 */
struct sm_peek {
	struct mm_struct *mm;
	struct file *file;
	u32 table;
	u32 tables;
	u32 unread;
	u64 start;
	unsigned int nr;
	u64 *ent;
};

int sm_peek(struct sm_ctx *ctx, struct sm_ioc_peek *arg);

int sm_peek_kvm(struct sm_peek *p);
u64 sm_peek_kvm_features(void);

int sm_peek_odp(struct sm_peek *p);
u64 sm_peek_odp_features(void);
void sm_peek_odp_exit(void);

/* For hook.c: an interval notifier comes, came, and goes. */
int sm_peek_odp_comes(struct mmu_interval_notifier *mni, struct sm_odp **o);
void sm_peek_odp_came(struct sm_odp *o, int ret);
void sm_peek_odp_leaves(const struct mmu_interval_notifier *mni);

#endif /* SM_PEEK_H */
