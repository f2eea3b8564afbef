// SPDX-License-Identifier: GPL-2.0-only
/*
 * radeon's user pointers. The mirror is the card's table of its own (GART), into which
 * buffers of the arena are bound by the jobs that use them; the devices are such jobs,
 * from several threads, each with a render node of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "backends/each.h"
#include "backends/host.h"
#include "memory/agent_feed.h"
#include "memory/arena.h"
#include "module/defects.h"

#ifdef HAVE_DRM

#include "careful.h"
#include "known.h"
#include "lane.h"
#include "state.h"

/* ---- probing --------------------------------------------------------------- */

/* A word of a page of ours, by a job, to the driver's memory. */
static int probe_copy(struct radeon_dev *dev, uint64_t *page)
{
	struct radeon_place from = {}, to = {};
	struct radeon_job job;
	uint64_t *copy;
	int err;

	copy = radeon_dev_memory(dev, SM_PAGE_SIZE, &to.handle);
	if (!copy)
		return -ENOMEM;
	err = radeon_dev_userptr(dev, (uintptr_t)page, SM_PAGE_SIZE,
				 &from.handle);
	if (!err) {
		radeon_job_begin(&job);
		radeon_job_blit(&job, from, to, sizeof(*page));
		errno = -radeon_dev_submit(dev, &job);
		err = errno ? radeon_dev_fail(dev, "a job") :
			      radeon_dev_wait(dev, to.handle);
	}
	if (!err && *copy != *page)
		err = -EIO;
	munmap(copy, SM_PAGE_SIZE);
	return err;
}

/* A render node that opens is no proof: a word has to go all the way. */
static enum sm_verdict radeon_probe(char *why, size_t size)
{
	struct radeon_dev dev = { .fd = -1 };
	uint64_t *page = mmap(NULL, SM_PAGE_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err = page == MAP_FAILED ? -ENOMEM : radeon_dev_open(&dev);

	why[0] = '\0';
	if (!err) {
		*page = 1;
		err = probe_copy(&dev, page);
	}
	if (err)
		snprintf(why, size, "%s", dev.why[0] ? dev.why :
			 "the card does not copy what it is told to");
	radeon_dev_close(&dev);
	if (page != MAP_FAILED)
		munmap(page, SM_PAGE_SIZE);
	return err ? SM_SKIP : SM_PASS;
}

/* ---- attaching ------------------------------------------------------------- */

static int radeon_set_up(struct radeon_state *s)
{
	unsigned int i;
	int err = radeon_careful_open(s);

	for (i = 0; i < s->host->scene->spec->threads && !err; i++)
		err = radeon_lane_create(s, i, false);
	for (i = 0; i < s->host->scene->spec->agents && !err; i++)
		err = radeon_lane_create(s, SM_LANE_AGENT + i, true);
	if (!err)
		err = radeon_lane_create(s, SM_LANE_SWEEP, false);
	return err ? err : radeon_known_check(s);
}

static int radeon_attach(struct sm_host *host)
{
	struct radeon_state *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	host->state = s;
	s->host = host;
	host->scene->mirrors[0].name = "radeon";
	host->scene->mirrors[0].defects = host->scene->spec->defects;
	host->scene->nr_mirrors = 1;
	sm_host_peek(host, SM_DRIVER_RADEON, -1, 0);
	err = radeon_set_up(s);
	if (err)
		sm_end_break(host->end, "cannot set up the card: %s",
			     s->why[0] ? s->why : strerror(-err));
	return err;
}

static void radeon_detach(struct sm_host *host)
{
	struct radeon_state *s = host->state;
	unsigned int i;

	if (!s)
		return;
	for (i = 0; i < SM_LANES; i++)
		radeon_lane_destroy(s->lanes[i]);
	radeon_careful_close(s);
	free(s);
	host->state = NULL;
}

static int radeon_access(struct sm_host *host, const struct sm_mirror *m,
			 unsigned int lane, struct sm_access *a,
			 unsigned int nr)
{
	struct radeon_state *s = host->state;
	int err = radeon_lane_access(s->lanes[lane], a, nr);

	(void)m;
	if (err && err != -ETIMEDOUT)
		sm_end_break(host->end, "%s", s->lanes[lane]->dev.why);
	return err;
}

/* ---- what there is to say -------------------------------------------------- */

static void radeon_describe(struct sm_host *host, char *buf, size_t size)
{
	const struct radeon_state *s = host->state;
	uint64_t jobs = 0, done = 0, refused = 0, made = 0;
	unsigned int i;

	if (!s)
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
		 "%llu jobs, %llu words moved, %llu refused; %llu buffers made",
		 (unsigned long long)jobs, (unsigned long long)done,
		 (unsigned long long)refused, (unsigned long long)made);
}

static uint64_t radeon_flight(struct sm_host *host,
			      const struct sm_device_agent *agent,
			      unsigned int lane)
{
	const struct radeon_state *s = host->state;
	const struct radeon_lane *l = s->lanes[lane];

	(void)agent;
	return l ? sm_read(&l->flight) : 0;
}

#else

static enum sm_verdict radeon_probe(char *why, size_t size)
{
	snprintf(why, size,
		 "built without libdrm: apt-get install libdrm-dev, and configure again");
	return SM_SKIP;
}

#endif /* HAVE_DRM */

const struct sm_backend sm_radeon_backend = {
	.name = "radeon",
	.about = "radeon: user pointers, through the card's own table",
	.defects = SM_SET_INIT(SM_DEFECT_OF_DRIVER(SM_SABOTAGE_NO_INVALIDATE)),
	.memory = SM_MEM_ANY_ANON,
	.batch = SM_AGENT_BATCH,
	.pins = true,	/* what is bound, and the rest of its huge pages */
	.probe = radeon_probe,
#ifdef HAVE_DRM
	.attach = radeon_attach,
	.detach = radeon_detach,
	.access = radeon_access,
	.describe = radeon_describe,
	.flight = radeon_flight,
#endif
};
