/* SPDX-License-Identifier: GPL-2.0-only */
/* A context: what one open /dev/stalemate has, bound to the opener's mm. */
#ifndef SM_CTX_H
#define SM_CTX_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>

#include "report.h"

#define SM_MAX_MIRRORS		64
#define SM_MAX_AGENTS		16

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
	spinlock_t mm_lock;		/* protects @mm_refs, see sm_ctx_mm_get() */
	int mm_refs;			/* mm_users references we hold now */
	bool dead;			/* the witness saw the mm's release */
	bool poisoned;			/* see sm_interval_give_up() */
	bool refuses;			/* defect refuse-nonblock was armed */
	bool sabotage;			/* under @sem; see sabotage.c */
	u64 cookie;
	atomic64_t aged;		/* see struct sm_ioc_age */
	struct sm_report report;
};

struct sm_ctx *sm_ctx_alloc(void);
void sm_ctx_free(struct sm_ctx *ctx);
int sm_ctx_mm_get(struct sm_ctx *ctx);
void sm_ctx_mm_put(struct sm_ctx *ctx);
int sm_ctx_enlist(struct sm_ctx *ctx);
void sm_ctx_delist(struct sm_ctx *ctx);

#endif /* SM_CTX_H */
