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

#ifdef HAVE_AMDGPU

#include "base/ops.h"
#include "lane.h"
#include "proof.h"
#include "state.h"

/* ---- probing --------------------------------------------------------------- */

/* A render node that opens is no proof: a word has to go all the way. */
static enum sm_verdict amdgpu_probe(char *why, size_t size)
{
	struct amdgpu_dev d = { .fd = -1 };
	int err = amdgpu_dev_open(&d);

	if (!err)
		err = amdgpu_proof(&d);
	snprintf(why, size, "%s", d.why);
	amdgpu_dev_close(&d);
	return err ? SM_SKIP : SM_PASS;
}

/* ---- attaching ------------------------------------------------------------- */

static int amdgpu_set_up(struct amdgpu_state *s)
{
	unsigned int i;
	int err = amdgpu_dev_open(&s->dev);

	if (!err)
		err = amdgpu_proof(&s->dev);
	for (i = 0; i < s->host->scene->spec->threads && !err; i++)
		err = amdgpu_lane_create(s, i);
	for (i = 0; i < s->host->scene->spec->agents && !err; i++)
		err = amdgpu_lane_create(s, SM_LANE_AGENT + i);
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
	host->scene->nr_mirrors = 1;
	err = amdgpu_set_up(s);
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

static void amdgpu_describe(struct sm_host *host, char *buf, size_t size)
{
	const struct amdgpu_state *s = host->state;
	uint64_t jobs = 0, done = 0, refused = 0, made = 0;
	unsigned int i;

	if (!s || !s->dev.gen)
		return;
	for (i = 0; i < SM_LANES; i++) {
		if (!s->lanes[i])
			continue;
		jobs += sm_read(&s->lanes[i]->jobs);
		done += sm_read(&s->lanes[i]->done);
		refused += sm_read(&s->lanes[i]->refused);
		made += sm_read(&s->lanes[i]->made);
	}
	snprintf(buf, size,
		 "%s, %u rings: %llu jobs, %llu words moved, %llu refused; %llu user pointers made",
		 s->dev.gen->name, s->dev.rings, (unsigned long long)jobs,
		 (unsigned long long)done, (unsigned long long)refused,
		 (unsigned long long)made);
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

const struct sm_backend sm_amdgpu_backend = {
	.name = "amdgpu",
	.about = "AMD GPU: user pointers, by SDMA through libdrm_amdgpu",
	.batch = SM_AGENT_BATCH,
	.probe = amdgpu_probe,
#ifdef HAVE_AMDGPU
	.attach = amdgpu_attach,
	.detach = amdgpu_detach,
	.access = amdgpu_access,
	.describe = amdgpu_describe,
	.flight = amdgpu_flight,
#endif
};
