/* SPDX-License-Identifier: GPL-2.0-only */
/* One open /dev/stalemate: a context bound to the opener's mm. */
#ifndef SM_DEV_H
#define SM_DEV_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>

#include "uapi/stalemate.h"

#define SM_MAX_MIRRORS		64
#define SM_MAX_AGENTS		16
#define SM_MAX_QUEUED		64	/* violations kept for userspace */

struct sm_agent;
struct sm_mirror;
struct sm_witness;

/*
 * @sem is held for reading by every ioctl that uses a mirror or an agent, and
 * for writing by those that make or destroy one. It is taken before mmap_lock,
 * so neither mmap() nor a notifier callback may take it: they use @map_lock
 * and RCU.
 */
struct sm_ctx {
	struct mm_struct *mm;		/* mmgrab: never keeps the mm alive */
	struct list_head node;		/* on sm_contexts, once it has @witness */
	struct rw_semaphore sem;
	struct sm_witness *witness;	/* set once, then for good */
	struct sm_mirror *mirror[SM_MAX_MIRRORS];	/* under @sem */
	struct sm_agent *agent[SM_MAX_AGENTS];		/* @sem and @map_lock */
	struct mutex map_lock;		/* inside mmap_lock; @agent against mmap */
	struct list_head mirrors;	/* RCU; changed under @sem */
	spinlock_t mm_lock;		/* protects @mm_refs, see sm_ctx_mm_get() */
	int mm_refs;			/* mm_users references we hold now */
	bool dead;			/* the witness saw the mm's release */
	bool poisoned;			/* see sm_interval_give_up() */
	bool sabotage;			/* under @sem; see sabotage.c */
	u64 cookie;

	struct mutex take_lock;		/* one reader of the queue at a time */
	spinlock_t vlock;		/* protects the three below */
	struct sm_violation violation[SM_MAX_QUEUED];
	unsigned int nr_queued;
	u64 nr_violations;
};

/* Module-wide counts for SM_IOC_QUERY. */
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

int sm_dev_init(void);
void sm_dev_exit(void);

struct sm_ctx *sm_ctx_alloc(void);
void sm_ctx_free(struct sm_ctx *ctx);
int sm_ctx_mm_get(struct sm_ctx *ctx);
void sm_ctx_mm_put(struct sm_ctx *ctx);
int sm_ctx_enlist(struct sm_ctx *ctx);
void sm_ctx_delist(struct sm_ctx *ctx);
void sm_ctx_stop_agent(struct sm_ctx *ctx, unsigned int i);
void sm_ctx_destroy_mirror(struct sm_ctx *ctx, u32 id);

#endif /* SM_DEV_H */
