// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mirrors that come and go while the storm runs: of the run's profiles, without
 * its defects, on parts of the arena that overlap those of others.
 */
#include <errno.h>
#include <string.h>

#include "actor.h"
#include "backends/host.h"
#include "base/rng.h"
#include "module/profiles.h"

#define CHURN_NAP_NS	(100 * SM_MSEC)
#define CHURN_SHARE	8	/* naps last so many times longer than turns */
#define CHURN_BATCH	64
#define CHURN_READS	16
#define CHURN_FEW	4	/* pages */
#define CHURN_READS_FEW	256

/* Page aligned, of any length up to two granules. */
static void churn_pick(struct sm_host *host, struct sm_rng *rng,
		       uint64_t *start, uint64_t *end)
{
	uint64_t pages = (host->scene->arena.end - host->scene->arena.start) >>
			 SM_PAGE_SHIFT;
	uint64_t first = sm_rng_below(rng, pages);
	uint64_t nr = 1 + sm_rng_below(rng, 2 * SM_GRANULE_PAGES);

	if (nr > pages - first)
		nr = pages - first;
	*start = host->scene->arena.start + (first << SM_PAGE_SHIFT);
	*end = *start + (nr << SM_PAGE_SHIFT);
}

/* A few pages of those that an op is at work on: a mirror that is often empty. */
static bool churn_aim(struct sm_host *host, struct sm_rng *rng, uint64_t *start,
		      uint64_t *end)
{
	const struct sm_scene *scene = host->scene;
	const struct sm_scene_agent *a;
	uint64_t from, to;

	if (!scene->nr_agents || !sm_rng_one_in(rng, 2))
		return false;
	a = &scene->agents[sm_rng_below(rng, scene->nr_agents)];
	if (!a->aim_start)
		return false;
	from = sm_read(a->aim_start);
	to = sm_read(a->aim_end);
	if (from >= to || from < scene->arena.start || to > scene->arena.end ||
	    (from | to) % SM_PAGE_SIZE)
		return false;
	*start = from + (sm_rng_below(rng, (to - from) >> SM_PAGE_SHIFT)
			 << SM_PAGE_SHIFT);
	*end = *start + ((1 + sm_rng_below(rng, CHURN_FEW)) << SM_PAGE_SHIFT);
	if (*end > to)
		*end = to;
	return true;
}

/* What it reads may change at any time: the module's oracles judge. */
static void churn_use(struct sm_host *host, struct sm_rng *rng, uint32_t id,
		      uint64_t start, uint64_t end)
{
	uint64_t word, pages = (end - start) >> SM_PAGE_SHIFT;
	unsigned int i, reads = CHURN_READS;

	sm_device_fault(&host->scene->dev, id, 0, CHURN_BATCH, start, end,
			NULL);
	if (pages <= CHURN_FEW)
		reads = CHURN_READS_FEW;
	for (i = 0; i < reads; i++)
		sm_device_access(&host->scene->dev, id, false,
				 start + (sm_rng_below(rng, pages)
					  << SM_PAGE_SHIFT),
				 &word, sizeof(word), NULL);
}

static void churn_once(struct sm_host *host, struct sm_rng *rng)
{
	const struct sm_run_spec *spec = host->scene->spec;
	enum sm_profile p = spec->profiles[sm_rng_below(rng, spec->nr_profiles)];
	struct sm_ioc_check c;
	uint64_t start, end;
	uint32_t id;
	int err;

	if (!churn_aim(host, rng, &start, &end))
		churn_pick(host, rng, &start, &end);
	err = sm_device_mirror(&host->scene->dev, p, NULL, start, end,
			       spec->amplify_ns, &id);
	if (err == -EINTR || err == -ENOMEM)
		return;
	if (err) {
		sm_end_break(host->end,
			     "cannot create a mirror in mid-storm: %s",
			     strerror(-err));
		return;
	}
	churn_use(host, rng, id, start, end);
	if (!sm_profiles[p].pinned && !sm_profiles[p].flushed)
		sm_device_check(&host->scene->dev, id, start, end, &c);
	sm_device_mirror_destroy(&host->scene->dev, id);
}

/*
 * Mirrors come and go until the run ends. Whoever uses another mirror waits while one
 * comes or goes: the module's list of them is changed then, and all locks of the mm
 * are taken to add a notifier. So the naps are longer than that takes.
 */
static void churn_thread(struct sm_host *host, void *state)
{
	struct sm_rng rng;
	uint64_t begun;

	(void)state;
	sm_rng_seed(&rng, host->scene->spec->seed, SM_STREAM_CHURN, 0);
	if (!sm_gate_begun(host->gate))
		return;
	while (!sm_end_stopping(host->end)) {
		begun = sm_util_now();
		churn_once(host, &rng);
		sm_end_nap(host->end, CHURN_NAP_NS +
				      CHURN_SHARE * (sm_util_now() - begun));
	}
}

/* They have no defect, and only cost the time to catch one. */
static bool churn_wanted(const struct sm_host *host)
{
	return host->scene->profiled &&
	       sm_set_empty(&host->scene->spec->defects);
}

const struct sm_actor sm_actor_churn = {
	.name = "churn",
	.absent = SM_ABSENT_DEVICE,
	.wanted = churn_wanted,
	.thread = churn_thread,
};
