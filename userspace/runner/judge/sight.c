// SPDX-License-Identifier: GPL-2.0-only
/* What each oracle could see of a run: see sight.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "judge/oracles.h"
#include "sight.h"

static struct sm_oracle_result *sight_of(struct sm_run_result *r,
					 const char *oracle)
{
	unsigned int i;

	for (i = 0; sm_oracles[i].name && i < SM_MAX_ORACLES; i++)
		if (!strcmp(sm_oracles[i].name, oracle))
			return &r->oracles[i];
	return NULL;
}

void sm_sight_set(struct sm_run_result *r, const char *oracle,
		  enum sm_sight sight, const char *fmt, ...)
{
	struct sm_oracle_result *o = sight_of(r, oracle);
	char why[sizeof(o->reason)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	if (o)
		sm_wire_see(o, sight, "%s", why);
}
