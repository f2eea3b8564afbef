// SPDX-License-Identifier: GPL-2.0-only
/* Ops that only a driver can do: the module does them for us. */
#include <errno.h>

#include "judge/known.h"
#include "module/device.h"
#include "module/needs.h"
#include "op.h"
#include "storm/touch.h"

#define DEVICE_HUGE	(SM_MEM_ANY_THP | SM_MEM_ANY_MTHP)

static uint32_t device_flags(struct sm_storm_thread *t)
{
	return sm_rng_one_in(&t->rng, 2) ? SM_MIGRATE_FOREIGN : 0;
}

/* Nothing may change but the place. Some pages may have to stay where they are. */
static int device_move(struct sm_storm_thread *t, const struct sm_span *s,
		       uint32_t flags)
{
	uint64_t done;
	int err = sm_device_migrate(&t->scene->dev, flags, s->start, s->end,
				    &done);

	t->counted = done;
	return err == -EINTR ? 0 : err;
}

static int device_migrate(struct sm_storm_thread *t, const struct sm_span *s)
{
	struct sm_span part = sm_span_part(s, s->nr / 2, s->nr - s->nr / 2);
	int err = 0;

	/* Half of it empty: then there are holes to be filled with pages. */
	if (sm_rng_one_in(&t->rng, 4))
		err = sm_span_empty(t, &part);
	if (err)
		return err;
	sm_touch_write(t);
	return device_move(t, s, device_flags(t));
}

/* Whoever touches such a page next, the CPU or a device, has it back. */
static int device_exclude(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err;

	sm_touch_write(t);
	err = device_move(t, s, device_flags(t) | SM_MIGRATE_EXCLUSIVE);
	if (err)
		return err;
	sm_touch_after(t);
	sm_span_verify(t, s);
	return 0;
}

#define DEVICE_MIGRATES							\
	{								\
		.lacks = sm_needs_feature,				\
		.feature = SM_FEATURE_MIGRATE,				\
		.why = "no migrate_vma_setup() (Linux 6.1, CONFIG_ZONE_DEVICE)", \
	}

const struct sm_op sm_ops_device[] = {
	{
		.name = "migrate-device",
		.class = "migrate",
		.about = "a driver migrates pages, whoever owns it",
		.memory = SM_MEM_ANY_ANON & ~DEVICE_HUGE,
		.needs_root = true,
		.emitters = { "migrate_vma_collect", "__migrate_device_pages",
			      NULL },
		.needs = { DEVICE_MIGRATES },
		.apply = device_migrate,
	},
	{
		.name = "migrate-huge",
		.class = "migrate",
		.about = "a driver migrates huge pages, whoever owns it",
		.memory = SM_MEM_ANY_ANON & DEVICE_HUGE,
		.needs_root = true,
		.rare = true,
		.avoid = SM_BIT(SM_KNOWN_MIGRATE_LEAK),
		.emitters = { "migrate_vma_collect", "__migrate_device_pages",
			      NULL },
		.needs = { DEVICE_MIGRATES },
		.apply = device_migrate,
	},
	{
		.name = "exclusive",
		.class = "migrate",
		.about = "a driver takes pages for itself, until the CPU touches them",
		.memory = SM_MEM_ANY_ANON,
		.needs_root = true,
		.emitters = { "page_make_device_exclusive_one",
			      "remove_device_exclusive_entry", NULL },
		.needs = { {
			.lacks = sm_needs_feature,
			.feature = SM_FEATURE_EXCLUSIVE,
			.why = "no make_device_exclusive() (Linux 6.15, CONFIG_DEVICE_PRIVATE)",
		} },
		.apply = device_exclude,
	},
	{ .name = NULL }
};
