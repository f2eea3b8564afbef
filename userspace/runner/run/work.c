// SPDX-License-Identifier: GPL-2.0-only
/* How long a run goes on, and how much work that has to be: see work.h. */
#include <stdio.h>

#include "backends/host.h"
#include "work.h"

#define WORK_LATE_NS	(60 * SM_NSEC)	/* past its time */
#define WORK_LATE_TIMES	20		/* with a defect */

/* What a defect has to be given to be caught. */
static double work_ops(const struct sm_run_spec *s)
{
	return s->duration_ns / (double)SM_NSEC *
	       (s->backend->profiled ? SM_RUN_OPS_PER_S :
				       SM_RUN_DRIVER_OPS_PER_S);
}

static double work_accesses(const struct sm_run_spec *s)
{
	return s->agents ? s->duration_ns / (double)SM_NSEC *
			   SM_RUN_ACCESSES_PER_S : 0;
}

static bool work_done(const struct sm_run_spec *s, uint64_t ops,
		      uint64_t accesses)
{
	if (ops < SM_RUN_LEAST_OPS)
		return false;
	return sm_set_empty(&s->defects) ||
	       (ops >= work_ops(s) && accesses >= work_accesses(s));
}

bool sm_work_idled(const struct sm_run_spec *spec, double seconds, uint64_t ops,
		   uint64_t accesses, char *why, size_t size)
{
	bool few = ops < work_ops(spec);

	if (sm_set_empty(&spec->defects) || spec->count ||
	    work_done(spec, ops, accesses))
		return false;
	snprintf(why, size,
		 "only %llu of %.0f %s in %.0f s: too slow a machine to say",
		 (unsigned long long)(few ? ops : accesses),
		 few ? work_ops(spec) : work_accesses(spec),
		 few ? "ops" : "accesses", seconds);
	return true;
}

bool sm_work_over(const struct sm_run_spec *spec, uint64_t ns, uint64_t ops,
		  uint64_t accesses)
{
	uint64_t end = spec->duration_ns;

	if (!end || ns < end)
		return false;
	if (work_done(spec, ops, accesses))
		return true;
	return ns >= (sm_set_empty(&spec->defects) ? end + WORK_LATE_NS :
						     WORK_LATE_TIMES * end);
}
