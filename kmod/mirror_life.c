// SPDX-License-Identifier: GPL-2.0-only
/* A mirror's beginning and end. */
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "counts.h"
#include "ctx.h"
#include "defect.h"
#include "mirror.h"
#include "mirror_life.h"
#include "sticky.h"

static void sm_mirror_free(struct sm_mirror *m)
{
	atomic64_sub(sm_tlb_destroy(&m->tlb), &sm_counts.leaves);
	sm_sticky_free(m);
	xa_destroy(&m->granted);
	kfree(m->state);
	kfree(m);
}

/* The cache that @e shall use; NULL: its like has none. */
struct sm_cache *sm_mirror_add_engine(struct sm_mirror *m, struct sm_engine *e)
{
	INIT_LIST_HEAD(&e->node);
	if (!(m->d->flags & SM_D_DEVICE_TLB))
		return NULL;
	write_lock(&m->lock);
	e->device = m->engines_ever++ % SM_ENGINE_DEVICES;
	e->cache.off = test_bit(e->device, &m->detached);
	list_add_tail(&e->node, &m->engines);
	write_unlock(&m->lock);

	return &e->cache;
}

void sm_mirror_del_engine(struct sm_mirror *m, struct sm_engine *e)
{
	write_lock(&m->lock);
	list_del_init(&e->node);
	write_unlock(&m->lock);
}

static struct sm_mirror *sm_mirror_alloc(struct sm_ctx *ctx,
					 const struct sm_discipline *d, u32 id,
					 const struct sm_ioc_mirror_create *args)
{
	struct sm_mirror *m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);

	if (!m)
		return NULL;
	m->ctx = ctx;
	m->id = id;
	m->d = d;
	m->start = args->start;
	m->end = args->end;
	m->defective = sm_defect_seed(m->defects, args->defects);
	m->unproven = sm_defect_unproven(m->defects);
	m->amplify_ns = args->amplify_ns;
	m->table.tlb = &m->tlb;
	INIT_LIST_HEAD(&m->table.node);
	rwlock_init(&m->lock);
	INIT_LIST_HEAD(&m->engines);
	xa_init_flags(&m->granted, XA_FLAGS_ACCOUNT);
	sm_mirror_add_engine(m, &m->own);
	m->state = kzalloc(d->state_size, GFP_KERNEL_ACCOUNT);
	if (!m->state || sm_sticky_init(m) ||
	    sm_tlb_init(&m->tlb, m->start >> PAGE_SHIFT,
			(m->end - 1) >> PAGE_SHIFT)) {
		sm_mirror_free(m);
		return NULL;
	}

	return m;
}

/* Interval notifiers may come, if nobody would wait for them for ever. */
static int sm_mirror_may_insert(struct sm_ctx *ctx)
{
	struct sm_interval *in = &ctx->witness->interval;
	int ret = sm_interval_insert(in);

	if (ret)
		return ret;

	/* What it inserted now might wait for a start of before. */
	return sm_interval_safe(in) ? 0 : -EIO;
}

/*
 * First of all: the witness then stamps from the first event. Where a discipline stamps
 * itself, but lets nothing in until the event ends, the witness does as well: who does
 * not heed an event does not stamp. But for an event that may be refused.
 */
static void sm_mirror_watch(struct sm_mirror *m)
{
	const struct sm_discipline *d = m->d;

	m->table.may_refuse = d->flags & SM_D_OWN_STAMP;
	if (!m->table.may_refuse ||
	    (d->hlist && d->hlist->invalidate_range_end))
		sm_witness_add_table(m->ctx->witness, &m->table);
}

/* Called in the opener's own context with ctx->sem held for writing. */
struct sm_mirror *sm_mirror_create(struct sm_ctx *ctx,
				   const struct sm_discipline *d, u32 id,
				   const struct sm_ioc_mirror_create *args)
{
	struct sm_mirror *m;
	int ret;

	ret = sm_defect_check(d, args->defects);
	if (!ret && d->interval)
		ret = sm_mirror_may_insert(ctx);
	if (ret)
		return ERR_PTR(ret);

	m = sm_mirror_alloc(ctx, d, id, args);
	if (!m)
		return ERR_PTR(-ENOMEM);
	if (sm_defect(m, REFUSE_NONBLOCK))
		WRITE_ONCE(ctx->refuses, true);
	sm_mirror_watch(m);
	ret = d->attach(m);
	if (ret) {
		sm_witness_del_table(&m->table);
		sm_mirror_free(m);
		return ERR_PTR(ret);
	}
	atomic64_inc(&sm_counts.mirrors);
	if (m->defective)
		pr_info_ratelimited("stalemate: defects %*pbl armed in a %s mirror\n",
				    SM_DEFECT_NR, m->defects, d->name);

	return m;
}

/*
 * Removing its notifiers would wait for ever: leave them where they are, and what
 * they lead to: the mirror and the discipline's state. The module stays loaded for
 * them (sm_interval_give_up()), and the mm, which they hold.
 *
 * The core may go on calling. Callbacks touch the table under the lock only, so
 * from here on they find it empty, and nothing fills it any more.
 */
static void sm_mirror_abandon(struct sm_mirror *m)
{
	struct sm_tlb table;

	sm_witness_del_table(&m->table);
	write_lock(&m->lock);
	m->dead = true;
	sm_tlb_take(&m->tlb, &table);
	write_unlock(&m->lock);
	atomic64_sub(sm_tlb_destroy(&table), &sm_counts.leaves);
	xa_destroy(&m->granted);
	if (m->d->abandon)
		m->d->abandon(m);
	atomic64_dec(&sm_counts.mirrors);
}

/*
 * All of the table, leaf by leaf, on debug kernels. (A block of which nothing but
 * the head was dropped is torn.)
 */
static void sm_mirror_validate(struct sm_mirror *m)
{
	const char *wrong = NULL;
	u64 pgno;

	if (!IS_ENABLED(CONFIG_DEBUG_VM) || sm_defect(m, THP_HEAD_ONLY))
		return;
	for (pgno = m->tlb.first; pgno <= m->tlb.last && !wrong;
	     pgno = (pgno | (SM_LEAF_ENTRIES - 1)) + 1) {
		read_lock(&m->lock);
		wrong = sm_tlb_validate_range(&m->tlb, pgno, pgno);
		read_unlock(&m->lock);
		cond_resched();
	}
	WARN_ONCE(wrong, "stalemate: table of mirror %u: %s\n", m->id, wrong);
}

/*
 * Who may hold it, when no ioctl and no agent does any more (sm_teardown_mirror()):
 *
 *  1. Callbacks of its notifiers, and those who wait for them, as for the end of a
 *     job. detach() removes the notifiers and returns when none runs.
 *  2. Workers of its discipline, which unpin pages. detach() waits for them.
 *  3. The witness, which notes events in its table. sm_witness_del_table() waits.
 *
 * Where the notifiers cannot be removed it is left to them, see above.
 */
void sm_mirror_destroy(struct sm_mirror *m)
{
	sm_mirror_validate(m);
	write_lock(&m->lock);
	if (sm_defect(m, LEAVE_CLEAN))
		__set_bit(SM_DEFECT_DROP_DIRTY, m->defects);
	sm_mirror_drop_all(m);	/* while its pages are still watched */
	WARN_ON_ONCE(m->tlb.present);
	write_unlock(&m->lock);
	if (m->d->interval && !sm_interval_safe(&m->ctx->witness->interval)) {
		sm_interval_give_up(&m->ctx->witness->interval);
		sm_mirror_abandon(m);
		return;
	}
	m->d->detach(m);
	sm_witness_del_table(&m->table);
	sm_mirror_free(m);
	atomic64_dec(&sm_counts.mirrors);
}
