// SPDX-License-Identifier: GPL-2.0-only
/* A process with mirrors of its own: see own.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "backends/host.h"
#include "module/defects.h"
#include "module/device.h"
#include "module/profiles.h"
#include "own.h"

#define OWN_RING_ORDER	10
#define OWN_AGENT_NS	(50 * SM_USEC)	/* between accesses */
#define OWN_AGENT_ORDER	12
#define OWN_AGENTS	3	/* or one for each mirror, if these are more */
#define OWN_AGENTS_JOBS	12	/* the same, where what is waited for are jobs */
#define OWN_WARM	4	/* accesses */
#define OWN_WARM_TRIES	500	/* a millisecond each */
#define OWN_AMPLIFY_NS	(10 * SM_MSEC)	/* so that jobs are under way */
#define FILL_TRIES	10

/* Returns when it is at work; if it never is, others will be. */
static int own_start_agent(struct sm_device *d, const struct sm_own *r,
			   uint32_t id, bool reads, uint64_t seed)
{
	const struct sm_ioc_agent_start how = {
		.id = id,
		.seed = seed,
		.flags = SM_AGENT_READ | (reads ? 0 : SM_AGENT_WRITE),
		.ring_order = OWN_AGENT_ORDER,
		.start = r->start,
		.end = r->start + SM_OWN_BYTES,
		.interval_ns = OWN_AGENT_NS,
		.read_word = SM_WORD_STAMP,
		.write_word = SM_WORD_AGENT,
	};
	struct sm_device_agent agent;
	unsigned int i;
	int err = sm_device_agent_start(d, &how, &agent);

	for (i = 0; i < OWN_WARM_TRIES && !err &&
	     sm_read(&agent.ring->accesses) < OWN_WARM; i++)
		sm_util_nap(SM_MSEC);
	return err;
}

/*
 * Somebody has to use the mirror while something happens to its process: several, so
 * that one of them is in the middle of something. Where accesses are jobs it has to be
 * in the middle of a long one; others are waited for by the table's lock.
 */
static int own_start_agents(struct sm_device *d, struct sm_own *r, unsigned int m,
			    const struct sm_profile_info *profile)
{
	unsigned int i, nr = profile->lazy ? OWN_AGENTS_JOBS : OWN_AGENTS;
	int err = 0;

	for (i = 0; (!i || i < nr / r->nr) && !err; i++) {
		err = own_start_agent(d, r, r->ids[m], profile->reads, i);
		r->agents += !err;
	}
	return err;
}

/* Somebody else, who migrates pages for example, may empty it at any time. */
static int own_fault(struct sm_device *d, const struct sm_own *r, uint32_t id,
		     bool reads, uint64_t *present)
{
	uint64_t start = r->start, end = start + SM_OWN_BYTES;
	uint64_t buf[SM_OWN_PAGES];
	unsigned int i;
	int err = -EBUSY;

	*present = 0;
	for (i = 0; i < FILL_TRIES && !*present; i++) {
		err = sm_device_fault(d, id, reads ? 0 : SM_FAULT_WRITE, 64,
				      start, end, NULL);
		if (err == -EINTR || err == -EBUSY)
			continue;
		if (!err)
			err = sm_device_snapshot(d, id, start, end, buf,
						 present);
		if (err)
			break;
	}
	return err;
}

/* Jobs are what is waited for: they take longer. */
static uint32_t own_amplify(const struct sm_run_spec *spec, unsigned int i)
{
	bool jobs = sm_profiles[spec->profiles[i]].lazy;

	return spec->amplify_ns && jobs ? OWN_AMPLIFY_NS : spec->amplify_ns;
}

static int own_fill(const struct sm_run_spec *spec, struct sm_device *d,
		    struct sm_own *r)
{
	uint64_t start = r->start, end = start + SM_OWN_BYTES;
	struct sm_set defects;
	uint64_t present;
	const struct sm_profile_info *profile;
	unsigned int i;
	int err;

	memset((void *)start, 0x5a, SM_OWN_BYTES);
	for (i = 0; i < spec->nr_profiles; i++) {
		defects = sm_defects_of(&spec->defects, spec->profiles[i]);
		err = sm_device_mirror(d, spec->profiles[i], &defects, start,
				       end, own_amplify(spec, i),
				       &r->ids[i]);
		if (err)
			return err;
		r->nr = i + 1;
	}
	for (i = 0; i < r->nr; i++) {
		profile = &sm_profiles[spec->profiles[i]];
		err = own_fault(d, r, r->ids[i], profile->reads, &present);
		if (err)
			return err;
		r->present += present;
		/*
		 * Where the kernel leaves a start open, an agent that is just
		 * about to fault would wait for its end for ever.
		 */
		if (!sm_set_has(&spec->defects, SM_DEFECT_REFUSE_NONBLOCK))
			err = own_start_agents(d, r, i, profile);
		if (err)
			return err;
	}
	return 0;
}

/* sm_own_begin() - in the child: r->start is mapped. Returns 0 or a negative errno. */
int sm_own_begin(const struct sm_run_spec *spec, struct sm_device *d,
		 struct sm_own *r)
{
	char why[128];
	int err;

	err = sm_device_open(d, why, sizeof(why));
	if (!err)
		err = sm_device_setup(d, r->start, r->start + SM_OWN_BYTES,
				      OWN_RING_ORDER, 0x5a5a5a5a5a5a5a5aULL);
	return err ? err : own_fill(spec, d, r);
}

/* sm_own_end() - in the parent: whatever agents were in the middle of is over then. */
void sm_own_end(struct sm_device *d, const struct sm_own *r)
{
	struct sm_device_agent a;

	/* They are all there are. */
	for (a.id = 0; a.id < r->agents; a.id++)
		sm_device_agent_stop(d, &a);
}
