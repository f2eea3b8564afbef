// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls on a context, on its mm, and on whoever else mirrors that. */
#include "age.h"
#include "compat/compat.h"
#include "counts.h"
#include "ctx.h"
#include "defect.h"
#include "discipline.h"
#include "hook.h"
#include "interval.h"
#include "ioc.h"
#include "migrate.h"
#include "mirror.h"
#include "peek.h"
#include "peek_kvm.h"
#include "sabotage.h"
#include "witness.h"

#define SM_ARENA_LOWEST		SZ_64K

static u64 sm_features(void)
{
	u64 features = 0;

	if (sm_stack_saves())
		features |= SM_FEATURE_STACKS;
	/*
	 * With PREEMPT_RT a spinlock may sleep, and the core's non_block_start()
	 * makes this check report each that is taken, in any driver.
	 */
	if (!IS_ENABLED(CONFIG_PREEMPT_RT) ||
	    !IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP))
		features |= SM_FEATURE_NONBLOCK;

	return features | sm_migrate_features() | sm_hook_features() |
	       sm_peek_kvm_features() | sm_age_features();
}

int sm_do_query(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_query *q = arg;

	q->profiles = sm_discipline_profiles();
	sm_defect_tell(q->defects);
	sm_sabotage_tell(q->sabotage, sm_hook_features() & SM_FEATURE_SABOTAGE);
	q->contexts = atomic64_read(&sm_counts.contexts);
	q->mirrors = atomic64_read(&sm_counts.mirrors);
	q->leaves = atomic64_read(&sm_counts.leaves);
	q->agents = atomic64_read(&sm_counts.agents);
	q->mms = atomic64_read(&sm_counts.mms);
	q->pages = atomic64_read(&sm_counts.pages);
	q->broken = atomic64_read(&sm_counts.broken);
	q->swallowed = atomic64_read(&sm_counts.swallowed);
	q->passed = atomic64_read(&sm_counts.passed);
	q->features = sm_features();
	q->refused = atomic64_read(&sm_counts.refused);
	q->closed = atomic64_read(&sm_counts.closed);

	return 0;
}

static bool sm_setup_valid(const struct sm_ioc_setup *s)
{
	if (s->start < SM_ARENA_LOWEST || s->end > TASK_SIZE_MAX ||
	    s->start >= s->end || s->end - s->start > SM_ARENA_MAX)
		return false;
	if (!IS_ALIGNED(s->start | s->end, SM_GRANULE_SIZE))
		return false;

	return s->ring_order >= 6 && s->ring_order <= 20;
}

int sm_do_setup(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_setup *s = arg;
	struct sm_witness *w;
	int ret;

	if (!sm_setup_valid(s))
		return -EINVAL;
	ret = sm_ctx_enlist(ctx);
	if (ret)
		return ret;
	ctx->cookie = s->cookie;
	w = sm_witness_create(ctx, s);
	if (IS_ERR(w)) {
		sm_ctx_delist(ctx);
		return PTR_ERR(w);
	}
	atomic64_inc(&sm_counts.contexts);
	s->witness_size = w->area_size;
	s->tags_size = w->tags_size;
	/* Pairs with sm_mmap(), which cannot take ctx->sem. */
	smp_store_release(&ctx->witness, w);

	return 0;
}

int sm_do_violations(struct sm_ctx *ctx, void *arg)
{
	if (sm_interval_suspect(&ctx->witness->interval))
		sm_interval_safe(&ctx->witness->interval);

	return sm_report_take(&ctx->report, arg);
}

int sm_do_sabotage(struct sm_ctx *ctx, void *arg)
{
	const struct sm_ioc_sabotage *s = arg;
	int ret;

	ret = sm_sabotage_may(ctx, s->defects);
	if (!ret)
		ret = sm_hook_set();
	if (!ret)
		ret = sm_sabotage_arm(ctx);

	return ret;
}

static bool sm_peek_valid(const struct sm_ioc_peek *p)
{
	return p->driver < SM_DRIVER_NR &&
	       (p->driver == SM_DRIVER_KVM || p->fd == -1) &&
	       PAGE_ALIGNED(p->start | p->end) && p->start <= p->end &&
	       p->end <= SM_PEEK_END && p->end - p->start <= SM_PEEK_MAX;
}

/* Who lists nothing is hooked, so that we do; for an empty range nobody is. */
static int sm_peek_hook(const struct sm_ioc_peek *p)
{
	if (p->driver != SM_DRIVER_UMEM_ODP || p->start == p->end)
		return 0;

	return sm_hook_features() & SM_FEATURE_PEEK_ODP ? sm_hook_set() :
							  -EOPNOTSUPP;
}

int sm_do_peek(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_peek *p = arg;
	int ret;

	if (!sm_peek_valid(p))
		return -EINVAL;
	p->present = 0;
	p->tables = 0;
	p->unread = 0;
	ret = sm_peek_hook(p);

	return ret ? ret : sm_peek(ctx, p);
}

int sm_do_migrate(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_migrate *g = arg;
	const struct sm_witness *w = ctx->witness;

	if ((g->flags & ~(SM_MIGRATE_EXCLUSIVE | SM_MIGRATE_FOREIGN)) ||
	    !PAGE_ALIGNED(g->start | g->end))
		return -EINVAL;
	if (g->start >= g->end || g->start < w->start || g->end > w->end)
		return -ERANGE;
	g->done = 0;

	return sm_migrate(ctx, g);
}

/* Over all mirrors that have the page; ctx->sem is held. */
static u64 sm_age_sum(const struct sm_ctx *ctx, unsigned long va,
		      u64 (*of)(struct sm_mirror *m, u64 pgno))
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < SM_MAX_MIRRORS; i++) {
		struct sm_mirror *m = ctx->mirror[i];

		if (!m || !sm_mirror_contains(m, va, va + PAGE_SIZE))
			continue;
		read_lock(&m->lock);
		sum += of(m, va >> PAGE_SHIFT);
		read_unlock(&m->lock);
	}

	return sum;
}

static u64 sm_age_excuses(struct sm_mirror *m, u64 pgno)
{
	return sm_tlb_excuses(&m->tlb, pgno);
}

/*
 * How often a mirror may have come by an accessed bit near that page: by use, or as a
 * new huge entry has it that takes the place of one that was used.
 */
static u64 sm_age_uses(struct sm_mirror *m, u64 pgno)
{
	return (u32)atomic_read(sm_mirror_walks(m, pgno)) + m->installed;
}

/*
 * Nobody uses the page between the two. Who uses it holds the lock of the mirror,
 * which has to be had to clear the bit: what was counted by then is forgotten, and
 * the rest makes a difference.
 */
static int sm_age_again(struct sm_ctx *ctx, struct sm_ioc_age *a)
{
	u32 flags = a->flags;
	u64 uses = sm_age_sum(ctx, a->va, sm_age_uses);
	int ret;

	a->flags = flags & ~SM_AGE_AGAIN;
	ret = sm_age(ctx, a);
	a->flags = 0;
	if (!ret)
		ret = sm_age(ctx, a);
	smp_rmb();	/* the answer before the count */
	a->unused = sm_age_sum(ctx, a->va, sm_age_uses) == uses;
	a->flags = flags;

	return ret;
}

static bool sm_age_valid(const struct sm_ioc_age *a)
{
	u32 how = a->flags & ~SM_AGE_AGAIN;

	if (how && how != SM_AGE_CLEAR && how != SM_AGE_FLUSH)
		return false;

	return (how || !a->flags) && PAGE_ALIGNED(a->va);
}

int sm_do_age(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_age *a = arg;
	const struct sm_witness *w = ctx->witness;
	int ret;

	if (!sm_age_valid(a))
		return -EINVAL;
	if (a->va < w->start || a->va >= w->end)
		return -ERANGE;
	a->unused = 0;
	ret = a->flags & SM_AGE_AGAIN ? sm_age_again(ctx, a) : sm_age(ctx, a);
	if (!ret)
		a->excused = sm_age_sum(ctx, a->va, sm_age_excuses);

	return ret;
}
