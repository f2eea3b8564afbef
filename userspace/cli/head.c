// SPDX-License-Identifier: GPL-2.0-only
/* What a session is, from its command line. */
#include <stdio.h>
#include <string.h>

#include "head.h"
#include "session/resume.h"

#define WHY	512	/* bytes */

static bool complain(const char *why)
{
	fprintf(stderr, "stalemate: %s\n", why);
	return false;
}

bool sm_head_open(struct sm_report_head *h, struct sm_options *o,
		  const char *command, int argc, char **argv)
{
	char why[WHY];

	*h = (struct sm_report_head){
		.json = o->json,
		.journal = o->journal,
		.command = command,
		.argc = argc,
		.argv = argv,
	};
	h->seed = o->spec.seed;
	if (!o->resume || o->list_only)
		return true;
	if (o->journal && strcmp(o->resume, o->journal))
		return complain("--resume goes on with its own journal: leave out --journal");
	h->resume = sm_resume_open(o->resume, why, sizeof(why));
	if (!h->resume)
		return complain(why);
	if (!o->seeded)
		o->spec.seed = sm_resume_seed(h->resume);
	h->seed = o->spec.seed;
	return true;
}

void sm_head_plan(struct sm_report_head *h, const struct sm_run_spec *spec)
{
	h->plan = sm_resume_plan(h->plan, spec);
	h->tests++;
}

bool sm_head_check(const struct sm_report_head *h)
{
	char why[WHY];

	return !h->resume ||
	       sm_resume_check(h->resume, h, why, sizeof(why)) ||
	       complain(why);
}

void sm_head_close(struct sm_report_head *h)
{
	sm_resume_free(h->resume);
	h->resume = NULL;
}
