// SPDX-License-Identifier: GPL-2.0-only
/* Breaking a real driver: see sabotage.h. */
#include <errno.h>
#include <string.h>

#include "engine.h"
#include "sabotage.h"
#include "util.h"

#define FTRACE_ENABLED	"/proc/sys/kernel/ftrace_enabled"

/* Defects of this run that are the module's to put into the driver. */
static uint64_t sabotage_defects(const struct sm_engine *e)
{
	return e->spec->backend->defects & e->spec->defects;
}

/* sm_sabotage_hooks() - why the module cannot hook who subscribes, or NULL. */
const char *sm_sabotage_hooks(int err)
{
	char on[8];

	if (err != -ESHUTDOWN)
		return NULL;
	if (sm_util_read_file(FTRACE_ENABLED, on, sizeof(on)) > 0 &&
	    on[0] == '0')
		return "kernel.ftrace_enabled is 0, and the module sees no subscription without";
	return "somebody else (a live patch?) has hooked the functions of mmu notifiers";
}

/* sm_sabotage_arm() - before the driver comes. */
int sm_sabotage_arm(struct sm_engine *e)
{
	const uint64_t defects = sabotage_defects(e);
	const char *why;
	int err;

	if (!defects)
		return 0;
	err = sm_device_query(&e->dev, &e->unbroken);
	if (!err)
		err = sm_device_sabotage(&e->dev, defects);
	why = sm_sabotage_hooks(err);
	if (err)
		sm_engine_break(e, "cannot break the driver: %s",
				why ? why : strerror(-err));
	return err;
}

/* sm_sabotage_unreached() - what did not happen meanwhile, or NULL. */
const char *sm_sabotage_unreached(const struct sm_ioc_query *old,
				  const struct sm_ioc_query *now)
{
	if (now->swallowed != old->swallowed)
		return NULL;
	if (now->broken == old->broken && now->passed == old->passed)
		return "the defect reached nothing: no subscription of the driver was caught";
	return "the defect reached nothing: no invalidation was kept from the driver";
}

/*
 * sm_sabotage_missed() - what the defect did not reach, while the driver is still
 * there; or NULL.
 */
const char *sm_sabotage_missed(struct sm_engine *e)
{
	struct sm_ioc_query now;

	if (!sabotage_defects(e))
		return NULL;
	if (sm_device_query(&e->dev, &now))
		return "whether the defect reached the driver the module does not say";
	return sm_sabotage_unreached(&e->unbroken, &now);
}
