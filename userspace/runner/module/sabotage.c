// SPDX-License-Identifier: GPL-2.0-only
/* Breaking a real driver: see sabotage.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "defects.h"
#include "device.h"
#include "sabotage.h"

#define FTRACE_ENABLED	"/proc/sys/kernel/ftrace_enabled"

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

/* sm_sabotage_numbers() - the enum sm_sabotage of rows of the defect table. */
struct sm_set sm_sabotage_numbers(const struct sm_set *rows)
{
	struct sm_set defects = { { 0 } };
	unsigned int d;

	for (d = 0; d < SM_SABOTAGE_NR; d++)
		if (sm_set_has(rows, SM_DEFECT_OF_DRIVER(d)))
			sm_set_add(&defects, d);
	return defects;
}

/*
 * sm_sabotage_arm() - before the driver comes: break it by @defects. @old gets what
 * had been done until then; @why is said on failure.
 */
int sm_sabotage_arm(struct sm_device *dev, const struct sm_set *defects,
		    struct sm_ioc_query *old, char *why, size_t size)
{
	const char *hooks;
	int err = sm_device_query(dev, old);

	if (!err)
		err = sm_device_sabotage(dev, defects);
	if (!err)
		return 0;
	hooks = sm_sabotage_hooks(err);
	snprintf(why, size, "cannot break the driver: %s",
		 hooks ? hooks : strerror(-err));
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
const char *sm_sabotage_missed(struct sm_device *dev,
			       const struct sm_ioc_query *old)
{
	struct sm_ioc_query now;

	if (sm_device_query(dev, &now))
		return "whether the defect reached the driver the module does not say";
	return sm_sabotage_unreached(old, &now);
}
