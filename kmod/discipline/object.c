// SPDX-License-Identifier: GPL-2.0-only
/* A mirror cut into objects, each with an interval notifier of its own. */
#include <linux/slab.h>

#include "ctx.h"
#include "defect.h"
#include "discipline/object.h"
#include "mirror.h"

static int sm_object_watch(struct sm_object *o, unsigned int nr)
{
	int ret;

	/* As b39df63b16b6: some objects were left without a notifier. */
	if (sm_defect(o->m, NO_NOTIFIER) && nr % 2)
		return 0;
	ret = mmu_interval_notifier_insert(&o->mni, o->m->ctx->mm, o->start,
					   o->end - o->start,
					   o->m->d->interval);
	o->watched = !ret;

	return ret;
}

/* Objects of @size bytes, a power of two; larger if there would be too many. */
int sm_objects_attach(struct sm_objects *o, struct sm_mirror *m,
		      unsigned long size)
{
	unsigned long start;
	int ret = 0;

	size = sm_mirror_object_size(m, size);
	o->start = m->start;
	o->shift = ilog2(size);
	o->object = kvcalloc(DIV_ROUND_UP(m->end - m->start, size),
			     sizeof(*o->object), GFP_KERNEL_ACCOUNT);
	if (!o->object)
		return -ENOMEM;
	for (start = m->start; start < m->end && !ret; start += size) {
		struct sm_object *object = &o->object[o->nr];

		object->m = m;
		object->start = start;
		object->end = min(start + size, m->end);
		ret = sm_object_watch(object, o->nr);
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
