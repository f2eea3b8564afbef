// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls: one table, one handler each. */
#include <linux/fs.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "access.h"
#include "agent.h"
#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "fault.h"
#include "interval.h"
#include "ioctl.h"
#include "migrate.h"
#include "mirror.h"
#include "oracle.h"
#include "peek.h"
#include "sabotage.h"
#include "witness.h"

#define SM_ARENA_LOWEST		SZ_64K
#define SM_AMPLIFY_MAX_NS	(10 * NSEC_PER_MSEC)
#define SM_ACCESS_MAX		SZ_1M

static bool sm_ctx_dead(const struct sm_ctx *ctx)
{
	return READ_ONCE(ctx->dead) || !atomic_read(&ctx->mm->mm_users);
}

static struct sm_mirror *sm_ctx_mirror(struct sm_ctx *ctx, u32 id)
{
	lockdep_assert_held(&ctx->sem);

	return id < SM_MAX_MIRRORS ? ctx->mirror[id] : NULL;
}

/* ---- handlers: each is called with ctx->sem held as the table says ------ */

static u64 sm_features(void)
{
	u64 features = SM_FEATURE_TOLD;

	if (sm_stack_saves())
		features |= SM_FEATURE_STACKS;
	/*
	 * With PREEMPT_RT a spinlock may sleep, and the core's non_block_start()
	 * makes this check report each that is taken, in any driver.
	 */
	if (!IS_ENABLED(CONFIG_PREEMPT_RT) ||
	    !IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP))
		features |= SM_FEATURE_NONBLOCK;

	return features | sm_migrate_features() | sm_sabotage_features() |
	       sm_peek_kvm_features() | sm_peek_odp_features();
}

static int sm_ioc_query(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_query *q = arg;

	q->api = SM_API_VERSION;
	q->profiles = sm_mirror_profiles();
	q->defects = sm_defect_allowed();
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

	return !s->reserved && s->ring_order >= 6 && s->ring_order <= 20;
}

static int sm_ioc_setup(struct sm_ctx *ctx, void *arg)
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

static int sm_ioc_mirror_create(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_mirror_create *c = arg;
	const struct sm_witness *w = ctx->witness;
	struct sm_mirror *m;
	u32 id;

	if (c->reserved || c->reserved2 || c->amplify_ns > SM_AMPLIFY_MAX_NS ||
	    !PAGE_ALIGNED(c->start | c->end) || c->start >= c->end ||
	    c->start < w->start || c->end > w->end)
		return -EINVAL;
	for (id = 0; id < SM_MAX_MIRRORS && ctx->mirror[id]; id++)
		;
	if (id == SM_MAX_MIRRORS)
		return -ENOSPC;
	m = sm_mirror_create(ctx, id, c);
	if (IS_ERR(m))
		return PTR_ERR(m);
	ctx->mirror[id] = m;
	c->id = id;

	return 0;
}

static void sm_undo_mirror_create(struct sm_ctx *ctx, void *arg)
{
	const struct sm_ioc_mirror_create *c = arg;

	sm_ctx_destroy_mirror(ctx, c->id);
}

static int sm_ioc_mirror_destroy(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_mirror_destroy *d = arg;

	if (!sm_ctx_mirror(ctx, d->id))
		return -ENOENT;
	sm_ctx_destroy_mirror(ctx, d->id);

	return 0;
}

static int sm_ioc_access(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_access *a = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, a->id);

	if ((a->flags & ~SM_ACCESS_WRITE) || a->reserved || !a->len ||
	    a->len > SM_ACCESS_MAX)
		return -EINVAL;
	if (!m)
		return -ENOENT;
	if (a->va + a->len < a->va ||
	    !sm_mirror_contains(m, a->va, a->va + a->len))
		return -ERANGE;
	a->done = 0;
	a->entry = 0;

	return sm_access_user(m, a);
}

static int sm_ioc_fault(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_fault *f = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, f->id);

	if ((f->flags & ~(SM_FAULT_WRITE | SM_FAULT_DRY)) || !f->batch ||
	    f->batch > SM_FAULT_BATCH_MAX || !PAGE_ALIGNED(f->start | f->end))
		return -EINVAL;
	if (!m)
		return -ENOENT;
	if (!sm_mirror_contains(m, f->start, f->end))
		return -ERANGE;
	f->done = 0;

	return sm_fault_range(m, f);
}

static int sm_ioc_snapshot(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_snapshot *s = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, s->id);

	if (!PAGE_ALIGNED(s->start | s->end))
		return -EINVAL;
	if (!m)
		return -ENOENT;
	if (!sm_mirror_contains(m, s->start, s->end))
		return -ERANGE;

	return sm_mirror_snapshot(m, s);
}

static int sm_ioc_entry(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_entry *e = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, e->id);
	const struct sm_leaf *leaf;
	unsigned int slot;

	if (!m)
		return -ENOENT;
	if (e->va < m->start || e->va >= m->end)
		return -ERANGE;
	e->entry = 0;
	e->gen = 0;
	e->last_inval = 0;
	leaf = sm_tlb_leaf(&m->tlb, e->va >> PAGE_SHIFT);
	if (!leaf)
		return 0;
	slot = sm_tlb_slot(e->va >> PAGE_SHIFT);
	read_lock(&m->lock);
	e->entry = leaf->ent[slot];
	e->gen = leaf->gen[slot];
	e->last_inval = sm_tlb_last_inval(&m->tlb, e->va >> PAGE_SHIFT);
	read_unlock(&m->lock);

	return 0;
}

static int sm_ioc_check(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_check *c = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, c->id);

	if (!PAGE_ALIGNED(c->start | c->end))
		return -EINVAL;
	if (!m)
		return -ENOENT;
	if (!sm_mirror_contains(m, c->start, c->end))
		return -ERANGE;
	c->pages = 0;
	c->accepted = 0;
	c->rejected = 0;
	c->violations = 0;

	return sm_oracle_check(m, c);
}

static bool sm_agent_valid(const struct sm_ioc_agent_start *s)
{
	const u32 rw = SM_AGENT_READ | SM_AGENT_WRITE;

	return !(s->flags & ~(rw | SM_AGENT_EVICT)) && (s->flags & rw) &&
	       s->ring_order >= 6 && s->ring_order <= 18 &&
	       s->read_word < PAGE_SIZE / 8 && s->write_word < PAGE_SIZE / 8 &&
	       !s->reserved && !s->reserved2 &&
	       PAGE_ALIGNED(s->start | s->end);
}

static int sm_ioc_agent_start(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_agent_start *s = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, s->id);
	struct sm_agent *a;
	u32 i;

	if (!sm_agent_valid(s))
		return -EINVAL;
	if (!m)
		return -ENOENT;
	if (!sm_mirror_contains(m, s->start, s->end))
		return -ERANGE;
	for (i = 0; i < SM_MAX_AGENTS && ctx->agent[i]; i++)
		;
	if (i == SM_MAX_AGENTS)
		return -ENOSPC;
	a = sm_agent_start(m, s);
	if (IS_ERR(a))
		return PTR_ERR(a);
	s->agent = i;
	s->map_size = sm_agent_map_size(a);
	mutex_lock(&ctx->map_lock);
	ctx->agent[i] = a;
	mutex_unlock(&ctx->map_lock);

	return 0;
}

static void sm_undo_agent_start(struct sm_ctx *ctx, void *arg)
{
	const struct sm_ioc_agent_start *s = arg;

	sm_ctx_stop_agent(ctx, s->agent);
}

static int sm_ioc_agent_stop(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_agent_stop *s = arg;

	if (s->agent >= SM_MAX_AGENTS || !ctx->agent[s->agent])
		return -ENOENT;
	sm_ctx_stop_agent(ctx, s->agent);

	return 0;
}

static int sm_ioc_violations(struct sm_ctx *ctx, void *arg)
{
	if (sm_interval_suspect(ctx->witness))
		sm_interval_safe(ctx->witness);

	return sm_oracle_take(ctx, arg);
}

static int sm_ioc_stats(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_stats *st = arg;
	struct sm_mirror *m = sm_ctx_mirror(ctx, st->id);

	if (!m)
		return -ENOENT;
	sm_mirror_stats(m, st);

	return 0;
}

static int sm_ioc_sabotage(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_sabotage *s = arg;

	return s->reserved ? -EINVAL : sm_sabotage_arm(ctx, s->defects);
}

static int sm_ioc_peek(struct sm_ctx *ctx, void *arg)
{
	return sm_peek(ctx, arg);
}

static int sm_ioc_migrate(struct sm_ctx *ctx, void *arg)
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

#define SM_OP_WRITE	BIT(0)	/* wants ctx->sem for writing */
#define SM_OP_DEAD	BIT(1)	/* works when the mm is gone */
#define SM_OP_ANYONE	BIT(2)	/* ... and for any mm before that */
#define SM_OP_NEW	BIT(3)	/* works without a witness */
#define SM_OP_MUTE	BIT(4)	/* has no answer, so none to lose */

struct sm_op {
	size_t size;
	size_t min_size;
	unsigned int flags;
	int (*fn)(struct sm_ctx *ctx, void *arg);
	void (*undo)(struct sm_ctx *ctx, void *arg);
};

#define SM_OP(nr, name, last, f, ...)					\
	[_IOC_NR(nr) - _IOC_NR(SM_IOC_QUERY)] = {			\
		.size = sizeof(struct sm_ioc_##name),			\
		.min_size = offsetofend(struct sm_ioc_##name, last),	\
		.flags = f,						\
		.fn = sm_ioc_##name,					\
		__VA_ARGS__						\
	}

static const struct sm_op sm_ops[] = {
	SM_OP(SM_IOC_QUERY, query, pages,
	      SM_OP_DEAD | SM_OP_ANYONE | SM_OP_NEW),
	SM_OP(SM_IOC_SETUP, setup, tags_size, SM_OP_WRITE | SM_OP_NEW),
	SM_OP(SM_IOC_MIRROR_CREATE, mirror_create, reserved2, SM_OP_WRITE,
	      .undo = sm_undo_mirror_create),
	SM_OP(SM_IOC_MIRROR_DESTROY, mirror_destroy, id,
	      SM_OP_WRITE | SM_OP_DEAD | SM_OP_MUTE),
	SM_OP(SM_IOC_ACCESS, access, entry, SM_OP_DEAD),
	SM_OP(SM_IOC_FAULT, fault, done, 0),
	SM_OP(SM_IOC_SNAPSHOT, snapshot, present, SM_OP_DEAD),
	SM_OP(SM_IOC_ENTRY, entry, last_inval, SM_OP_DEAD),
	SM_OP(SM_IOC_CHECK, check, violations, 0),
	SM_OP(SM_IOC_AGENT_START, agent_start, map_size, SM_OP_WRITE,
	      .undo = sm_undo_agent_start),
	SM_OP(SM_IOC_AGENT_STOP, agent_stop, agent,
	      SM_OP_WRITE | SM_OP_DEAD | SM_OP_MUTE),
	SM_OP(SM_IOC_VIOLATIONS, violations, total, SM_OP_DEAD),
	SM_OP(SM_IOC_STATS, stats, leaves, SM_OP_DEAD),
	SM_OP(SM_IOC_SABOTAGE, sabotage, defects, SM_OP_WRITE),
	SM_OP(SM_IOC_PEEK, peek, unread, 0),
	SM_OP(SM_IOC_MIGRATE, migrate, done, 0),
};

/* Who may call what, and when. */
static int sm_op_allowed(const struct sm_ctx *ctx, const struct sm_op *op)
{
	bool dead = sm_ctx_dead(ctx);

	if (dead && !(op->flags & SM_OP_DEAD))
		return -ESRCH;
	if (!dead && current->mm != ctx->mm && !(op->flags & SM_OP_ANYONE))
		return -EPERM;

	return 0;
}

/*
 * Tell the caller the outcome, on error how far it got; the caller's size stays
 * as it is. Still under ctx->sem: what nobody can name, because its name was
 * lost on the way out, nobody else has seen either, and it goes again.
 */
static int sm_op_answer(struct sm_ctx *ctx, const struct sm_op *op, void *arg,
			void __user *user, int ret)
{
	u32 size = *(u32 *)arg;

	if (op->flags & SM_OP_MUTE)
		return ret;
	if (ret == -EINTR && fatal_signal_pending(current))
		return ret;
	if (!copy_to_user(user, arg, min_t(size_t, size, op->size)))
		return ret;
	if (!ret && op->undo)
		op->undo(ctx, arg);

	return -EFAULT;
}

static int sm_op_call(struct sm_ctx *ctx, const struct sm_op *op, void *arg,
		      void __user *user)
{
	bool write = op->flags & SM_OP_WRITE;
	int ret;

	if (write)
		ret = down_write_killable(&ctx->sem);
	else
		ret = down_read_killable(&ctx->sem);
	if (ret)
		return ret;

	if (!ctx->witness && !(op->flags & SM_OP_NEW))
		ret = -EBADFD;
	else if (ctx->witness && op->fn == sm_ioc_setup)
		ret = -EBUSY;
	else
		ret = op->fn(ctx, arg);
	ret = sm_op_answer(ctx, op, arg, user, ret);

	if (write)
		up_write(&ctx->sem);
	else
		up_read(&ctx->sem);

	return ret;
}

long sm_ioctl(struct file *file, unsigned int cmd, unsigned long uarg)
{
	struct sm_ctx *ctx = file->private_data;
	void __user *user = (void __user *)uarg;
	unsigned int nr = _IOC_NR(cmd) - _IOC_NR(SM_IOC_QUERY);
	union {
		u32 size;
		struct sm_ioc_query query;
		struct sm_ioc_setup setup;
		struct sm_ioc_mirror_create create;
		struct sm_ioc_access access;
		struct sm_ioc_check check;
		struct sm_ioc_agent_start agent;
		struct sm_ioc_stats stats;
	} arg;
	const struct sm_op *op;
	u32 size;
	int ret;

	BUILD_BUG_ON(sizeof(struct sm_ioc_mirror_destroy) > sizeof(arg) ||
		     sizeof(struct sm_ioc_fault) > sizeof(arg) ||
		     sizeof(struct sm_ioc_snapshot) > sizeof(arg) ||
		     sizeof(struct sm_ioc_entry) > sizeof(arg) ||
		     sizeof(struct sm_ioc_agent_stop) > sizeof(arg) ||
		     sizeof(struct sm_ioc_violations) > sizeof(arg) ||
		     sizeof(struct sm_ioc_sabotage) > sizeof(arg) ||
		     sizeof(struct sm_ioc_peek) > sizeof(arg) ||
		     sizeof(struct sm_ioc_migrate) > sizeof(arg));

	if (cmd != _IO(SM_IOC_TYPE, _IOC_NR(cmd)) || nr >= ARRAY_SIZE(sm_ops))
		return -ENOTTY;
	op = &sm_ops[nr];
	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < op->min_size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&arg, op->size, user, size);
	if (ret)
		return ret;
	ret = sm_op_allowed(ctx, op);
	if (ret)
		return ret;
	/* Nothing may happen whose outcome cannot be told. */
	if (put_user(size, (u32 __user *)user))
		return -EFAULT;
	arg.size = size;

	return sm_op_call(ctx, op, &arg, user);
}
