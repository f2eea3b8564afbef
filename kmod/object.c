// SPDX-License-Identifier: GPL-2.0-only
/* A mirror cut into objects, each with an interval notifier of its own. */
#include <linux/log2.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "mirror.h"
#include "object.h"

/* Inserting costs a lock each, and an event asks each that it overlaps. */
#define SM_OBJECTS_MAX	512

static int sm_object_watch(struct sm_object *o,
			   const struct mmu_interval_notifier_ops *ops)
{
	int ret;

	/* As b39df63b16b6: some objects were left without a notifier. */
	if (sm_defect(o->m, NO_NOTIFIER) && (o->start / (o->end - o->start)) % 2)
		return 0;
	ret = mmu_interval_notifier_insert(&o->mni, o->m->ctx->mm, o->start,
					   o->end - o->start, ops);
	o->watched = !ret;

	return ret;
}

/*
 * Objects of @size bytes, a power of two of at most BITS_PER_LONG pages; larger
 * if there would be too many.
 */
int sm_objects_attach(struct sm_objects *o, struct sm_mirror *m,
		      unsigned long size,
		      const struct mmu_interval_notifier_ops *ops)
{
	unsigned long start;
	int ret = 0;

	o->start = m->start;
	o->size = max(size, roundup_pow_of_two(m->end - m->start) /
			    SM_OBJECTS_MAX);
	o->object = kvcalloc(DIV_ROUND_UP(m->end - m->start, o->size),
			     sizeof(*o->object), GFP_KERNEL_ACCOUNT);
	if (!o->object)
		return -ENOMEM;
	for (start = m->start; start < m->end && !ret; start += o->size) {
		struct sm_object *object = &o->object[o->nr];

		object->m = m;
		object->start = start;
		object->end = min(start + o->size, m->end);
		ret = sm_object_watch(object, ops);
		o->nr += !ret;
	}
	if (ret)
		sm_objects_detach(o);

	return ret;
}

void sm_objects_detach(struct sm_objects *o)
{
	unsigned int i;

	for (i = 0; i < o->nr; i++)
		if (o->object[i].watched)
			mmu_interval_notifier_remove(&o->object[i].mni);
	kvfree(o->object);
}
