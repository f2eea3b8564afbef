/* SPDX-License-Identifier: GPL-2.0-only */
/* For drivers whose mirror is made of objects, each with its own notifier. */
#ifndef SM_OBJECT_H
#define SM_OBJECT_H

#include <linux/atomic.h>
#include <linux/mmu_notifier.h>

#include "compat/compat.h"

struct sm_mirror;

/* @seq, @gone: under the mirror's lock; the others of userptr.h: under theirs. */
struct sm_object {
	struct mmu_interval_notifier mni;
#ifdef SM_HAVE_INTERVAL_TWO_PASS
	struct mmu_interval_notifier_finish finish;
#endif
	struct sm_mirror *m;
	unsigned long start;
	unsigned long end;
	unsigned long seq;	/* with which it was valid last; 0: it was not */
	unsigned long gone;	/* a bit for each page that is unmapped for good */
	atomic_t jobs;		/* using the object's pages */
	bool watched;		/* the notifier is inserted */
	bool in_use;		/* @finish is */
	bool signals;		/* a job that ends says so */
};

struct sm_objects {
	unsigned long start;
	unsigned int shift;	/* of the bytes of an object */
	unsigned int nr;
	struct sm_object *object;
};

int sm_objects_attach(struct sm_objects *o, struct sm_mirror *m,
		      unsigned long size);
void sm_objects_detach(struct sm_objects *o);

static inline struct sm_object *sm_object_of(const struct sm_objects *o,
					     unsigned long va)
{
	return &o->object[(va - o->start) >> o->shift];
}

#endif /* SM_OBJECT_H */
