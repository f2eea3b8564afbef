/* SPDX-License-Identifier: GPL-2.0-only */
/* For drivers whose mirror is made of objects, each with its own notifier. */
#ifndef SM_OBJECT_H
#define SM_OBJECT_H

#include <linux/atomic.h>
#include <linux/mmu_notifier.h>

struct sm_mirror;

/* @seq, @gone: under the mirror's lock. */
struct sm_object {
	struct mmu_interval_notifier mni;
	struct sm_mirror *m;
	unsigned long start;
	unsigned long end;
	unsigned long seq;	/* of the last fault that was let in */
	unsigned long gone;	/* a bit for each page that is unmapped for good */
	atomic_t jobs;		/* using the object's pages */
	bool watched;		/* the notifier is inserted */
};

struct sm_objects {
	unsigned long start;
	unsigned long size;	/* bytes of an object */
	unsigned int nr;
	struct sm_object *object;
};

int sm_objects_attach(struct sm_objects *o, struct sm_mirror *m,
		      unsigned long size,
		      const struct mmu_interval_notifier_ops *ops);
void sm_objects_detach(struct sm_objects *o);

static inline struct sm_object *sm_object_of(const struct sm_objects *o,
					     unsigned long va)
{
	return &o->object[(va - o->start) / o->size];
}

#endif /* SM_OBJECT_H */
