// SPDX-License-Identifier: GPL-2.0-only
/*
 * amdgpu's user pointers. The mirror is the card's page table, into which jobs that use
 * user pointers have them put; the devices are SDMA engines, from several threads, each
 * with a context of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/each.h"
#include "backends/host.h"
#include "memory/agent_feed.h"
#include "module/defects.h"

#ifdef HAVE_AMDGPU

#include "base/ops.h"
#include "lane.h"
#include "proof.h"
#include "pull.h"
#include "state.h"

#define AMDGPU_LEAST_JOBS	1000	/* fewer say nothing of how many are raced */
#define AMDGPU_LEAST_RACED	1	/* of a thousand */

/* ---- probing --------------------------------------------------------------- */

/* A render node that opens is no proof: a word has to go all the way. */
static enum sm_verdict amdgpu_probe(char *why, size_t size)
{
	struct amdgpu_dev d = { .fd = -1 };
	int err = amdgpu_dev_open(&d, 0);

	if (!err)
		err = amdgpu_proof(&d);
	if (err)
		snprintf(why, size, "%s", d.why);
	else
		amdgpu_dev_name(&d, why, size);
	amdgpu_dev_close(&d);
	return err ? SM_SKIP : SM_PASS;
}

/* ---- attaching ------------------------------------------------------------- */

static int amdgpu_set_up(struct amdgpu_state *s)
{
	unsigned int i;
	int err = amdgpu_dev_open(&s->dev,
				  sm_defects_drm(&s->host->scene->spec->defects));

	if (!err)
		err = amdgpu_proof(&s->dev);
	for (i = 0; i < s->host->scene->spec->threads && !err; i++)
		err = amdgpu_lane_create(s, i);
	for (i = 0; i < s->host->scene->spec->agents && !err; i++)
		err = amdgpu_lane_create(s, SM_LANE_AGENT + i);
	if (!err)
		err = amdgpu_lane_create(s, SM_LANE_BACKEND);
	return err ? err : amdgpu_lane_create(s, SM_LANE_SWEEP);
}

static int amdgpu_attach(struct sm_host *host)
{
	struct amdgpu_state *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	host->state = s;
	s->host = host;
	s->dev.fd = -1;
	host->scene->mirrors[0].name = "amdgpu";
	host->scene->mirrors[0].defects = host->scene->spec->defects;
	host->scene->nr_mirrors = 1;
	err = amdgpu_set_up(s);
	host->scene->result->hardware = s->dev.hardware ? SM_HARDWARE_REAL :
							  SM_HARDWARE_NONE;
	if (err)
		sm_end_break(host->end, "cannot set up the card: %s",
			     s->dev.why[0] ? s->dev.why : strerror(-err));
	return err;
}

static void amdgpu_detach(struct sm_host *host)
{
	struct amdgpu_state *s = host->state;
	unsigned int i;

	if (!s)
		return;
	for (i = 0; i < SM_LANES; i++)
		amdgpu_lane_destroy(s->lanes[i]);
	amdgpu_dev_close(&s->dev);
	free(s);
	host->state = NULL;
}

static int amdgpu_access(struct sm_host *host, const struct sm_mirror *m,
			 unsigned int lane, struct sm_access *a,
			 unsigned int nr)
{
	struct amdgpu_state *s = host->state;
	int err = amdgpu_lane_access(s->lanes[lane], a, nr);

	(void)m;
	if (err && err != -ETIMEDOUT)
		sm_end_break(host->end, "%s", s->lanes[lane]->dev.why);
	return err;
}

/* ---- what there is to say -------------------------------------------------- */

/*
 * A storm that hardly ever meets a job has shown nothing: one of the storm's, and none of
 * those that are made to be met.
 */
static void amdgpu_vacuous(struct sm_host *host, const struct amdgpu_counts *sum,
			   const struct amdgpu_lane *worker, int64_t raced)
{
	uint64_t jobs = sum->jobs;

	if (worker && raced >= 0) {
		jobs -= sm_read(&worker->counts.jobs);
		raced -= sm_read(&worker->counts.pulled);
		raced = raced < 0 ? 0 : raced;
	}
	if (raced < 0 || jobs < AMDGPU_LEAST_JOBS || sm_end_asked(host->end) ||
	    (uint64_t)raced * 1000 >= jobs * AMDGPU_LEAST_RACED)
		return;
	sm_end_break(host->end,
		     "%lld of %llu jobs met an invalidation: fewer than %u in 1000 prove nothing",
		     (long long)raced, (unsigned long long)jobs,
		     AMDGPU_LEAST_RACED);
}

static void amdgpu_say(const struct amdgpu_dev *d, const struct amdgpu_counts *sum,
		       int64_t raced, char *buf, size_t size)
{
	char met[64] = "nobody says how many raced";

	if (raced >= 0)
		snprintf(met, sizeof(met), "%lld raced", (long long)raced);
	snprintf(buf, size,
		 "%s, %u rings%s: %llu jobs of %llu IBs, %s, %llu words moved, %llu refused; user pointers: %llu made, %llu read-only, %llu pulled away",
		 d->gen->name, d->rings, d->hardware ? "" : ", no hardware",
		 (unsigned long long)sum->jobs, (unsigned long long)sum->ibs, met,
		 (unsigned long long)sum->done,
		 (unsigned long long)sum->refused,
		 (unsigned long long)sum->made,
		 (unsigned long long)sum->readonly,
		 (unsigned long long)sum->pulled);
}

static void amdgpu_describe(struct sm_host *host, char *buf, size_t size)
{
	const struct amdgpu_state *s = host->state;
	struct amdgpu_counts sum = { .jobs = 0 };
	unsigned int i;
	int64_t raced;

	if (!s || !s->dev.gen)
		return;
	for (i = 0; i < SM_LANES; i++) {
		const struct amdgpu_lane *l = s->lanes[i];

		if (!l)
			continue;
		sum.jobs += sm_read(&l->counts.jobs);
		sum.ibs += sm_read(&l->counts.ibs);
		sum.done += sm_read(&l->counts.done);
		sum.refused += sm_read(&l->counts.refused);
		sum.made += sm_read(&l->counts.made);
		sum.readonly += sm_read(&l->counts.readonly);
		sum.pulled += sm_read(&l->counts.pulled);
	}
	raced = amdgpu_dev_raced(&s->dev);
	amdgpu_say(&s->dev, &sum, raced, buf, size);
	amdgpu_vacuous(host, &sum, s->lanes[SM_LANE_BACKEND], raced);
}

static uint64_t amdgpu_flight(struct sm_host *host,
			      const struct sm_device_agent *agent,
			      unsigned int lane)
{
	const struct amdgpu_state *s = host->state;
	const struct amdgpu_lane *l = s->lanes[lane];

	(void)agent;
	return l ? sm_read(&l->flight) : 0;
}

#else

static enum sm_verdict amdgpu_probe(char *why, size_t size)
{
	snprintf(why, size,
		 "built without libdrm_amdgpu: apt-get install libdrm-dev, and configure again");
	return SM_SKIP;
}

#endif /* HAVE_AMDGPU */

/*
 * What the module does to amdgpu itself, whose notifiers come by the same calls as the
 * face's; and those of stalemate_drm.ko that the face has, and that show here.
 */
#define AMDGPU_DEFECTS							\
	(SM_DRIVER_BIT(NO_INVALIDATE) |					\
	 SM_DRM_BIT(NO_FENCE_WAIT) | SM_DRM_BIT(WRONG_USAGE) |		\
	 SM_DRM_BIT(STALE_SEQ) | SM_DRM_BIT(ONE_UNCHECKED) |		\
	 SM_DRM_BIT(REFUSE))

const struct sm_backend sm_amdgpu_backend = {
	.name = "amdgpu",
	.about = "AMD GPU: user pointers, by SDMA through libdrm_amdgpu",
	.batch = SM_AGENT_BATCH,
	.probe = amdgpu_probe,
	.defects = SM_DRIVER_SET(SM_DRIVER_LOW(AMDGPU_DEFECTS),
				 SM_DRIVER_HIGH(AMDGPU_DEFECTS)),
#ifdef HAVE_AMDGPU
	.attach = amdgpu_attach,
	.detach = amdgpu_detach,
	.access = amdgpu_access,
	.describe = amdgpu_describe,
	.flight = amdgpu_flight,
	.worker = amdgpu_pull,
#endif
};
