// SPDX-License-Identifier: GPL-2.0-only
/* Ops that only a driver can do: the module does them for us. */
#include <errno.h>

#include "device.h"
#include "engine.h"
#include "ops.h"
#include "touch.h"

static uint32_t device_flags(struct sm_storm_thread *t)
{
	return sm_rng_one_in(&t->rng, 2) ? SM_MIGRATE_FOREIGN : 0;
}

/* Nothing may change but the place. Some pages may have to stay where they are. */
static int device_migrate(struct sm_storm_thread *t, const struct sm_span *s,
			  uint32_t flags)
{
	uint64_t done;
	int err = sm_device_migrate(&t->e->dev, flags, s->start, s->end, &done);

	t->counted = done;
	return err == -EINTR ? 0 : err;
}

int sm_ops_device_migrate(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_span part = sm_span_part(s, s->nr / 2, s->nr - s->nr / 2);
	int err = 0;

	/* Half of it empty: then there are holes to be filled with pages. */
	if (sm_rng_one_in(&t->rng, 4))
		err = sm_span_empty(t, &part);
	if (err)
		return err;
	sm_touch_write(t);
	return device_migrate(t, s, device_flags(t));
}

/* Whoever touches such a page next, the CPU or a device, has it back. */
int sm_ops_device_exclude(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err;

	sm_touch_write(t);
	err = device_migrate(t, s, device_flags(t) | SM_MIGRATE_EXCLUSIVE);
	if (err)
		return err;
	sm_touch_after(t);
	sm_span_verify(t, s);
	return 0;
}
