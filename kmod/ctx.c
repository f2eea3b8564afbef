// SPDX-License-Identifier: GPL-2.0-only
/*
 * A context's life, and its mm's. It is bound to the mm that opened the file,
 * holds only mmgrab on it, and therefore never keeps it alive: a file that held
 * mmget while its own mapping lives in that mm would be a cycle that kill -9 never
 * frees.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "counts.h"
#include "ctx.h"

/* Contexts with a witness, at most one for an mm: see sm_ctx_mm_get(). */
static LIST_HEAD(sm_contexts);
static DEFINE_MUTEX(sm_contexts_lock);

/*
 * Hold the mm for one fault batch. Agents that fault all the time could hand
 * the last reference of a killed process to each other for ever, and its file,
 * which its own mapping holds, would never be closed. So a kernel thread backs
 * off when nobody but this context holds the mm. mm_lock makes mm_refs exactly
 * what this context holds, so mm_users is greater as long as a task lives.
 */
int sm_ctx_mm_get(struct sm_ctx *ctx)
{
	bool alone;

	spin_lock(&ctx->mm_lock);
	if (!mmget_not_zero(ctx->mm)) {
		spin_unlock(&ctx->mm_lock);
		return -ESRCH;
	}
	ctx->mm_refs++;
	alone = atomic_read(&ctx->mm->mm_users) <= ctx->mm_refs;
	spin_unlock(&ctx->mm_lock);
	atomic64_inc(&sm_counts.mms);

	if (alone && (current->flags & PF_KTHREAD)) {
		sm_ctx_mm_put(ctx);
		return -ESRCH;
	}

	return 0;
}

/* The last put tears the mm down, which must not happen here: do it async. */
void sm_ctx_mm_put(struct sm_ctx *ctx)
{
	atomic64_dec(&sm_counts.mms);
	spin_lock(&ctx->mm_lock);
	ctx->mm_refs--;
	WARN_ON_ONCE(ctx->mm_refs < 0);
	mmput_async(ctx->mm);
	spin_unlock(&ctx->mm_lock);
}

/* Reserve the mm: one witness each. */
int sm_ctx_enlist(struct sm_ctx *ctx)
{
	struct sm_ctx *other;
	int ret = 0;

	mutex_lock(&sm_contexts_lock);
	list_for_each_entry(other, &sm_contexts, node)
		if (other->mm == ctx->mm)
			ret = -EBUSY;
	if (!ret)
		list_add(&ctx->node, &sm_contexts);
	mutex_unlock(&sm_contexts_lock);

	return ret;
}

void sm_ctx_delist(struct sm_ctx *ctx)
{
	mutex_lock(&sm_contexts_lock);
	list_del_init(&ctx->node);
	mutex_unlock(&sm_contexts_lock);
}

/* A context of the caller's mm. */
struct sm_ctx *sm_ctx_alloc(void)
{
	struct sm_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);

	if (!ctx)
		return NULL;
	mmgrab(current->mm);
	ctx->mm = current->mm;
	init_rwsem(&ctx->sem);
	mutex_init(&ctx->map_lock);
	spin_lock_init(&ctx->mm_lock);
	sm_report_init(&ctx->report);
	INIT_LIST_HEAD(&ctx->node);

	return ctx;
}

/* Nobody uses it: see sm_teardown(). */
void sm_ctx_free(struct sm_ctx *ctx)
{
	WARN_ON_ONCE(ctx->mm_refs || !list_empty(&ctx->node));
	mmdrop(ctx->mm);
	kfree(ctx);
}
