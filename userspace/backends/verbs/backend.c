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

#include "backends/each.h"
#include "backends/host.h"
#include "module/defects.h"

#ifdef HAVE_IBVERBS

#include "agent.h"
#include "base/ops.h"
#include "hold.h"
#include "judge/known.h"
#include "known.h"
#include "lane.h"
#include "pair.h"
#include "region.h"
#include "state.h"
#include "worker.h"

#define POOL_LANE	((VERBS_DEPTH + 1) * SM_PAGE_SIZE)
#define POOL_SHAPES	(4 << 20)

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

/* The ops that make pages clean and leave them writable. */
static void verbs_leave_out(struct sm_host *host)
{
	static const char *const left[] = {
		"free", "dirty", "dirty-shared", "dirty-thp",
	};
	unsigned int row, i;

	for (row = 0; sm_ops[row].name; row++)
		for (i = 0; i < SM_ARRAY_SIZE(left); i++)
			if (!strcmp(sm_ops[row].name, left[i]))
				sm_set_remove(&host->scene->ops, row);
}

static int verbs_set_up(struct sm_host *host, struct verbs_state *v)
{
	pthread_rwlockattr_t attr;
	unsigned int i;
	int err;

	if (host->scene->spec->avoid & SM_BIT(SM_KNOWN_RXE_DIRTY))
		verbs_leave_out(host);
	v->host = host;
	v->dev.stop = &host->end->stop;
	/* Readers come and go all the time: who replaces must not starve. */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr,
				      PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&v->mr_lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	err = verbs_dev_open(&v->dev, POOL_SHAPES +
			     (SM_LANES + SM_MAX_AGENTS) * POOL_LANE);
	if (!err)
		err = verbs_hold_open(v);
	if (!err)
		err = verbs_region_make(v, &v->mr);
	for (i = 0; i < host->scene->spec->threads && !err; i++)
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

static int verbs_attach(struct sm_host *host)
{
	struct verbs_state *v = calloc(1, sizeof(*v));
	int err;

	if (!v)
		return -ENOMEM;
	host->state = v;
	sm_host_peek(host, SM_DRIVER_UMEM_ODP, -1, 0);
	err = verbs_set_up(host, v);
	if (err) {
		sm_end_break(host->end, "cannot set up an RDMA device: %s",
			     v->dev.why[0] ? v->dev.why : strerror(-err));
		return err;
	}
	host->scene->mirrors[0].name = "verbs";
	host->scene->mirrors[0].defects = host->scene->spec->defects;
	host->scene->nr_mirrors = 1;
	return 0;
}

static void verbs_detach(struct sm_host *host)
{
	struct verbs_state *v = host->state;
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
	verbs_hold_close(v);
	pthread_rwlock_destroy(&v->mr_lock);
	free(v);
	host->state = NULL;
}

/* ---- accesses ------------------------------------------------------------ */

static int verbs_access(struct sm_host *host, const struct sm_mirror *m,
			unsigned int lane, struct sm_access *a, unsigned int nr)
{
	struct verbs_state *v = host->state;
	bool storm = !sm_host_at_rest(host);
	int err;

	(void)m;
	/* A sweep over what is gone takes long: it ends with the storm. */
	if (lane == SM_LANE_SWEEP) {
		v->lanes[lane].pair.give_up = storm ? &host->end->stop : NULL;
		v->lanes[lane].pair.beats = storm ? NULL :
						    &host->scene->wire->beats;
	}
	err = verbs_lane_access(&v->lanes[lane], a, nr);
	if (err && err != -ETIMEDOUT && err != -ECANCELED)
		sm_end_break(host->end, "%s", v->dev.why);
	return err;
}

/* ---- what there is to say ------------------------------------------------ */

static void verbs_describe(struct sm_host *host, char *buf, size_t size)
{
	const struct verbs_state *v = host->state;
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

static uint64_t verbs_flight(struct sm_host *host,
			     const struct sm_device_agent *agent,
			     unsigned int lane)
{
	const struct verbs_state *v = host->state;

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
	.defects = SM_SET_INIT(SM_DEFECT_OF_DRIVER(SM_SABOTAGE_NO_INVALIDATE)),
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
