// SPDX-License-Identifier: GPL-2.0-only
/*
 * RDMA on demand paging. The mirror is a memory region that pins nothing; the
 * devices are queue pairs connected to one another on the same port, so that
 * no second machine is needed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends.h"
#include "engine.h"

#ifdef HAVE_IBVERBS

#include "verbs.h"

#define POOL_LANE	((VERBS_DEPTH + 1) * SM_PAGE_SIZE)
#define POOL_SHAPES	(4 << 20)
#define AGENT_WAIT_NS	(10 * SM_NSEC)

static enum sm_verdict verbs_probe(char *why, size_t size)
{
	struct verbs_dev dev;
	int err;

	memset(&dev, 0, sizeof(dev));
	why[0] = '\0';
	err = verbs_dev_open(&dev, 0);
	if (err)
		snprintf(why, size, "%s", dev.why);
	verbs_dev_close(&dev);
	return err ? SM_SKIP : SM_PASS;
}

/* ---- attaching ----------------------------------------------------------- */

/*
 * verbs_arena() - register the arena once more: by itself, and every other time
 * with all other addresses, if the device can do that.
 */
int verbs_arena(struct verbs_state *v, struct ibv_mr **mr)
{
	const struct sm_arena *a = &v->e->arena;
	bool implicit = v->counts.replaced % 2 &&
			(v->dev.caps.general_caps & IBV_ODP_SUPPORT_IMPLICIT);
	int access = VERBS_ACCESS;

	if (v->dev.atomic)
		access |= IBV_ACCESS_REMOTE_ATOMIC;
	errno = 0;
	*mr = implicit ? ibv_reg_mr(v->dev.pd, NULL, SIZE_MAX, access) :
			 ibv_reg_mr(v->dev.pd, (void *)a->start,
				    a->end - a->start, access);
	return *mr ? 0 : verbs_dev_fail(&v->dev, "registering the arena");
}

/* The ops that make pages clean and leave them writable. */
static void verbs_leave_out(struct sm_engine *e)
{
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if (!strcmp(sm_ops[row].name, "free") ||
		    !strcmp(sm_ops[row].name, "dirty"))
			e->ops &= ~SM_BIT(row);
}

static int verbs_set_up(struct sm_engine *e, struct verbs_state *v)
{
	pthread_rwlockattr_t attr;
	unsigned int i;
	int err;

	if (e->spec->avoid & SM_BIT(SM_KNOWN_RXE_DIRTY))
		verbs_leave_out(e);
	v->e = e;
	v->dev.stop = &e->stop;
	/* Readers come and go all the time: who replaces must not starve. */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr,
				      PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&v->mr_lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	err = verbs_dev_open(&v->dev, POOL_SHAPES +
			     (SM_LANES + SM_MAX_AGENTS) * POOL_LANE);
	if (!err)
		err = verbs_arena(v, &v->mr);
	for (i = 0; i < e->spec->threads && !err; i++)
		err = verbs_lane_create(v, &v->lanes[i], i);
	if (!err)
		err = verbs_lane_create(v, &v->lanes[SM_LANE_SWEEP],
					SM_LANE_SWEEP);
	if (!err)
		err = verbs_lane_create(v, &v->lanes[SM_LANE_BACKEND],
					SM_LANE_BACKEND);
	if (!err)
		err = verbs_pair_create(&v->dev, &v->shapes);
	return err ? err : verbs_known_check(v);
}

static int verbs_attach(struct sm_engine *e)
{
	struct verbs_state *v = calloc(1, sizeof(*v));
	int err;

	if (!v)
		return -ENOMEM;
	e->state = v;
	sm_peek_start(e, SM_DRIVER_UMEM_ODP, -1, 0);
	err = verbs_set_up(e, v);
	if (err) {
		sm_engine_break(e, "cannot set up an RDMA device: %s",
				v->dev.why[0] ? v->dev.why : strerror(-err));
		return err;
	}
	e->mirrors[0].name = "verbs";
	e->mirrors[0].defects = e->spec->defects;
	e->nr_mirrors = 1;
	return 0;
}

static void verbs_detach(struct sm_engine *e)
{
	struct verbs_state *v = e->state;
	unsigned int i;

	if (!v)
		return;
	/* They still hold on to the queues of those that follow. */
	verbs_dev_reap(&v->dev);
	for (i = 0; i < SM_LANES; i++)
		verbs_pair_destroy(&v->lanes[i].pair);
	for (i = 0; i < v->nr_agents; i++)
		verbs_pair_destroy(&v->agents[i].lane.pair);
	verbs_pair_destroy(&v->shapes);
	if (v->mr)
		ibv_dereg_mr(v->mr);
	verbs_dev_close(&v->dev);
	pthread_rwlock_destroy(&v->mr_lock);
	free(v);
	e->state = NULL;
}

/* ---- accesses and agents ------------------------------------------------- */

static int verbs_access(struct sm_engine *e, const struct sm_mirror *m,
			unsigned int lane, struct sm_access *a,
			unsigned int nr)
{
	struct verbs_state *v = e->state;
	int err;

	(void)m;
	/* A sweep over what is gone takes long: it ends with the storm. */
	if (lane == SM_LANE_SWEEP)
		v->lanes[lane].pair.give_up = sm_read(&e->comparer.started) ?
					      &e->stop : NULL;
	err = verbs_lane_access(&v->lanes[lane], a, nr);
	if (err && err != -ETIMEDOUT && err != -ECANCELED)
		sm_engine_break(e, "%s", v->dev.why);
	return err;
}

static int verbs_agent_start(struct sm_engine *e, const struct sm_mirror *m,
			     const struct sm_ioc_agent_start *how,
			     struct sm_device_agent *out)
{
	struct verbs_state *v = e->state;
	struct verbs_agent *g = &v->agents[v->nr_agents];
	int err;

	(void)m;
	out->id = v->nr_agents++;
	g->how = *how;
	g->ring = calloc(1, sizeof(*g->ring) +
			 (sizeof(struct sm_sample) << how->ring_order));
	if (!g->ring)
		return -ENOMEM;
	out->ring = g->ring;
	g->ring->slots = 1ULL << how->ring_order;
	g->lane.pair.brief = true;
	err = verbs_lane_create(v, &g->lane, SM_LANES + out->id);
	if (err)
		return err;
	return sm_engine_thread(&g->thread, "agent", verbs_agent_thread, g);
}

/* One that does not come back hangs in the device: nothing may be freed. */
static int verbs_agent_stop(struct sm_engine *e, struct sm_device_agent *out)
{
	struct verbs_state *v = e->state;
	struct verbs_agent *g = &v->agents[out->id];
	uint64_t until = sm_util_now() + AGENT_WAIT_NS;
	struct timespec deadline = {
		.tv_sec = until / SM_NSEC,
		.tv_nsec = until % SM_NSEC,
	};
	int err;

	sm_write(&g->stop, true);
	err = -pthread_clockjoin_np(g->thread, NULL, CLOCK_MONOTONIC,
				    &deadline);
	return err ? err : sm_read(&g->ring->ended);
}

static void verbs_agent_free(struct sm_engine *e, struct sm_device_agent *out)
{
	(void)e;
	free(out->ring);
	out->ring = NULL;
}

/* ---- what there is to say ------------------------------------------------ */

static void verbs_describe(struct sm_engine *e, char *buf, size_t size)
{
	const struct verbs_state *v = e->state;
	const struct verbs_counts *c;
	uint64_t done = 0, refused = 0;
	unsigned int i;

	if (!v)
		return;
	c = &v->counts;
	for (i = 0; i < SM_LANES; i++) {
		done += sm_read(&v->lanes[i].pair.done);
		refused += sm_read(&v->lanes[i].pair.refused);
	}
	for (i = 0; i < v->nr_agents; i++) {
		done += sm_read(&v->agents[i].lane.pair.done);
		refused += sm_read(&v->agents[i].lane.pair.refused);
	}
	snprintf(buf, size,
		 "%s, %llu operations, %llu refused; prefetched %llu pages, %llu queued; registered again %llu, in part %llu; shapes %llu of %llu KiB, %llu denied",
		 v->dev.name, (unsigned long long)done,
		 (unsigned long long)refused,
		 (unsigned long long)c->prefetched,
		 (unsigned long long)c->queued,
		 (unsigned long long)c->replaced,
		 (unsigned long long)c->parts,
		 (unsigned long long)c->shapes,
		 (unsigned long long)(c->bytes >> 10),
		 (unsigned long long)c->denied);
}

static uint64_t verbs_flight(struct sm_engine *e,
			     const struct sm_device_agent *agent,
			     unsigned int lane)
{
	const struct verbs_state *v = e->state;

	if (agent)
		return sm_read(&v->agents[agent->id].lane.pair.flight);
	/* The worker uses two, one after the other. */
	return sm_read(&v->lanes[lane].pair.flight) ?:
	       (lane == SM_LANE_BACKEND ? sm_read(&v->shapes.flight) : 0);
}

#else

static enum sm_verdict verbs_probe(char *why, size_t size)
{
	snprintf(why, size,
		 "built without libibverbs: apt-get install libibverbs-dev, and configure again");
	return SM_SKIP;
}

#endif /* HAVE_IBVERBS */

const struct sm_backend sm_verbs_backend = {
	.name = "verbs",
	.about = "RDMA: the arena is a memory region on demand",
	.defects = SM_BIT(SM_DEFECT_NO_INVALIDATE),
	.probe = verbs_probe,
#ifdef HAVE_IBVERBS
	.attach = verbs_attach,
	.detach = verbs_detach,
	.access = verbs_access,
	.agent_start = verbs_agent_start,
	.agent_stop = verbs_agent_stop,
	.agent_free = verbs_agent_free,
	.worker = verbs_worker,
	.describe = verbs_describe,
	.flight = verbs_flight,
#endif
};
