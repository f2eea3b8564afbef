// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chaser makes devices fault exactly where an op is at work. A device that
 * roams over the arena meets an op once in many thousand accesses; races
 * between faulting and invalidating need them to meet all the time.
 */
#include "actor.h"
#include "backends/call.h"
#include "base/rng.h"
#include "base/thread.h"

#define CHASE_PAGES	16
#define CHASE_NAP_NS	(20 * SM_USEC)

/*
 * The two bounds are read without a lock: a mixture of two spans is as good as
 * either, as long as it lies inside the arena.
 */
static void chaser_strike(struct sm_host *host, struct sm_rng *rng,
			  const struct sm_flight *f)
{
	const struct sm_mirror *m;
	uint64_t start = sm_read(&f->start);
	uint64_t end = sm_read(&f->end);
	uint64_t nr;
	bool write;

	if (start < host->scene->arena.start || end > host->scene->arena.end ||
	    start >= end)
		return;
	nr = (end - start) >> SM_PAGE_SHIFT;
	if (nr > CHASE_PAGES) {
		/* Either end, where ranges are cut short, or anywhere. */
		if (!sm_rng_one_in(rng, 2))
			start = sm_rng_one_in(rng, 2) ?
					start :
					end - CHASE_PAGES * SM_PAGE_SIZE;
		else
			start += (uint64_t)sm_rng_below(rng, nr - CHASE_PAGES)
				 << SM_PAGE_SHIFT;
		nr = CHASE_PAGES;
	}
	m = &host->scene->mirrors[sm_rng_below(rng, host->scene->nr_mirrors)];
	write = sm_rng_one_in(rng, 2) && !sm_mirror_reads(m);
	sm_call_fault(host, m, write ? SM_FAULT_WRITE : 0,
		      1 + sm_rng_below(rng, CHASE_PAGES), start,
		      start + (nr << SM_PAGE_SHIFT), NULL);
}

/* Strike where each storm thread is, in turn. */
static void chaser_thread(struct sm_host *host, void *state)
{
	struct sm_rng rng;
	unsigned int i;

	(void)state;
	sm_rng_seed(&rng, host->scene->spec->seed, SM_STREAM_CHASER, 0);
	sm_thread_give_way();
	if (!sm_gate_begun(host->gate))
		return;
	while (!sm_end_stopping(host->end)) {
		for (i = 0; i < host->scene->spec->threads; i++)
			chaser_strike(host, &rng,
				      &host->scene->wire->flight[i]);
		sm_util_nap(CHASE_NAP_NS);
	}
}

static bool chaser_wanted(const struct sm_host *host)
{
	return host->scene->spec->backend->fault;
}

const struct sm_actor sm_actor_chaser = {
	.name = "chaser",
	.absent = SM_ABSENT_DEVICE,
	.wanted = chaser_wanted,
	.thread = chaser_thread,
};
