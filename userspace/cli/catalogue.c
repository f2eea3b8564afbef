// SPDX-License-Identifier: GPL-2.0-only
/* What there is, as the tables have it, for the sessions. */
#include "backends/backends.h"
#include "base/ops.h"
#include "base/util.h"
#include "cli.h"
#include "judge/known.h"
#include "judge/oracles.h"
#include "module/defects.h"
#include "module/profiles.h"
#include "session/catalogue.h"

#define MAX_BACKENDS	64	/* as many as a mask of them names */

/* One more each, which ends the list. */
static struct sm_catalogue_backend backends[MAX_BACKENDS + 1];
static const char *ops[SM_MAX_OPS + 1];
static const char *oracles[SM_MAX_ORACLES + 1];
static const char *profiles[SM_PROFILE_NR + 1];
static struct sm_catalogue_defect defects[SM_MAX_DEFECTS + 1];
static struct sm_catalogue_known known[SM_KNOWN_NR + 1];

static const struct sm_catalogue catalogue = {
	.backends = backends,
	.ops = ops,
	.oracles = oracles,
	.profiles = profiles,
	.defects = defects,
	.known = known,
};

/* Of tables that end with a NULL. */
static void take_lists(void)
{
	unsigned int i;

	for (i = 0; i < MAX_BACKENDS && sm_backends[i]; i++) {
		backends[i].backend = sm_backends[i];
		backends[i].name = sm_backends[i]->name;
		backends[i].profiled = sm_backends[i]->profiled;
	}
	for (i = 0; i < SM_MAX_OPS && sm_ops[i].name; i++)
		ops[i] = sm_ops[i].name;
	for (i = 0; i < SM_MAX_ORACLES && sm_oracles[i].name; i++)
		oracles[i] = sm_oracles[i].name;
}

static void take_numbered(void)
{
	unsigned int i;

	for (i = 0; i < SM_PROFILE_NR; i++)
		profiles[i] = sm_profiles[i].name;
	for (i = 0; sm_defects[i].name; i++) {
		defects[i].name = sm_defects[i].name;
		defects[i].oracles = sm_defects[i].oracles;
	}
	for (i = 0; i < SM_KNOWN_NR; i++) {
		known[i].name = sm_known[i].name;
		known[i].about = sm_known[i].about;
	}
}

void sm_cli_catalogue(void)
{
	take_lists();
	take_numbered();
	sm_catalogue_use(&catalogue);
}
