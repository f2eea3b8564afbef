// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls on a mirror and on an agent. */
#include "access.h"
#include "agent.h"
#include "check.h"
#include "ctx.h"
#include "fault.h"
#include "ioc.h"
#include "mirror.h"
#include "mirror_life.h"
#include "snapshot.h"
#include "teardown.h"
#include "witness.h"

#define SM_AMPLIFY_MAX_NS	(10 * NSEC_PER_MSEC)
#define SM_ACCESS_MAX		SZ_1M

static struct sm_mirror *sm_ioc_mirror(struct sm_ctx *ctx, u32 id)
{
	lockdep_assert_held(&ctx->sem);

	return id < SM_MAX_MIRRORS ? ctx->mirror[id] : NULL;
}

int sm_do_mirror_create(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_mirror_create *c = arg;
	const struct sm_discipline *d = sm_discipline_of(c->profile);
	const struct sm_witness *w = ctx->witness;
	struct sm_mirror *m;
	u32 id;

	if (c->amplify_ns > SM_AMPLIFY_MAX_NS ||
	    !PAGE_ALIGNED(c->start | c->end) || c->start >= c->end ||
	    c->start < w->start || c->end > w->end)
		return -EINVAL;
	for (id = 0; id < SM_MAX_MIRRORS && ctx->mirror[id]; id++)
		;
	if (id == SM_MAX_MIRRORS)
		return -ENOSPC;
	if (!d)
		return -EOPNOTSUPP;
	m = sm_mirror_create(ctx, d, id, c);
	if (IS_ERR(m))
		return PTR_ERR(m);
	ctx->mirror[id] = m;
	c->id = id;

	return 0;
}

void sm_undo_mirror_create(struct sm_ctx *ctx, void *arg)
{
	const struct sm_ioc_mirror_create *c = arg;

	sm_teardown_mirror(ctx, c->id);
}

int sm_do_mirror_destroy(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_mirror_destroy *d = arg;

	if (!sm_ioc_mirror(ctx, d->id))
		return -ENOENT;
	sm_teardown_mirror(ctx, d->id);

	return 0;
}

int sm_do_access(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_access *a = arg;
	struct sm_mirror *m = sm_ioc_mirror(ctx, a->id);
	int ret;

	if ((a->flags & ~SM_ACCESS_WRITE) || !a->len || a->len > SM_ACCESS_MAX)
		return -EINVAL;
	if (!m)
		return -ENOENT;
	if (a->va + a->len < a->va ||
	    !sm_mirror_contains(m, a->va, a->va + a->len))
		return -ERANGE;
	a->done = 0;
	a->entry = 0;

	ret = sm_access_user(m, a);
	/* Whoever was told of the end has been told when the witness is. */
	if (ret == -ESRCH && READ_ONCE(ctx->dead))
		sm_check_dead(m);

	return ret;
}

int sm_do_fault(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_fault *f = arg;
	struct sm_mirror *m = sm_ioc_mirror(ctx, f->id);

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

int sm_do_snapshot(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_snapshot *s = arg;
	struct sm_mirror *m = sm_ioc_mirror(ctx, s->id);

	if (!PAGE_ALIGNED(s->start | s->end))
		return -EINVAL;
	if (!m)
		return -ENOENT;
	if (!sm_mirror_contains(m, s->start, s->end))
		return -ERANGE;

	return sm_snapshot(m, s);
}

int sm_do_entry(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_entry *e = arg;
	struct sm_mirror *m = sm_ioc_mirror(ctx, e->id);

	if (!m)
		return -ENOENT;
	if (e->va < m->start || e->va >= m->end)
		return -ERANGE;
	sm_snapshot_entry(m, e);

	return 0;
}

int sm_do_check(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_check *c = arg;
	struct sm_mirror *m = sm_ioc_mirror(ctx, c->id);

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

	return sm_check_range(m, c);
}

int sm_do_stats(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_stats *st = arg;
	struct sm_mirror *m = sm_ioc_mirror(ctx, st->id);

	if (!m)
		return -ENOENT;
	sm_snapshot_stats(m, st);

	return 0;
}

static bool sm_agent_valid(const struct sm_ioc_agent_start *s)
{
	const u32 rw = SM_AGENT_READ | SM_AGENT_WRITE;

	return !(s->flags & ~(rw | SM_AGENT_EVICT)) && (s->flags & rw) &&
	       s->ring_order >= 6 && s->ring_order <= 18 &&
	       s->read_word < PAGE_SIZE / 8 && s->write_word < PAGE_SIZE / 8 &&
	       s->stamp <= U16_MAX &&
	       PAGE_ALIGNED(s->start | s->end);
}

int sm_do_agent_start(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_agent_start *s = arg;
	struct sm_mirror *m = sm_ioc_mirror(ctx, s->id);
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

void sm_undo_agent_start(struct sm_ctx *ctx, void *arg)
{
	const struct sm_ioc_agent_start *s = arg;

	sm_teardown_agent(ctx, s->agent);
}

int sm_do_agent_stop(struct sm_ctx *ctx, void *arg)
{
	struct sm_ioc_agent_stop *s = arg;

	if (s->agent >= SM_MAX_AGENTS || !ctx->agent[s->agent])
		return -ENOENT;
	sm_teardown_agent(ctx, s->agent);

	return 0;
}
