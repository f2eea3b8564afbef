// SPDX-License-Identifier: GPL-2.0-only
/* The arena as a memory region, which is put in the place of another. */
#ifdef HAVE_IBVERBS

#include <errno.h>

#include "region.h"

/*
 * verbs_region_register() - make a region; all of the arena's are made here. What is in
 * its table before it is handed out nobody uses, so it need not be true.
 */
struct ibv_mr *verbs_region_register(struct verbs_state *v, uint64_t start,
				     uint64_t size, int access)
{
	uint32_t *making = &v->host->peek.making;
	struct ibv_mr *mr;

	sm_add(making, 1);
	sm_fence();
	errno = 0;
	mr = ibv_reg_mr(v->dev.pd, (void *)start, size, access);
	sm_fence();
	sm_add(making, 1);
	return mr;
}

/*
 * verbs_region_make() - register the arena once more: by itself, and every other time
 * with all other addresses, if the device can do that.
 */
int verbs_region_make(struct verbs_state *v, struct ibv_mr **mr)
{
	const struct sm_arena *a = &v->host->scene->arena;
	bool implicit = v->counts.replaced % 2 &&
			(v->dev.caps.general_caps & IBV_ODP_SUPPORT_IMPLICIT);
	int access = VERBS_ACCESS;

	if (v->dev.atomic)
		access |= IBV_ACCESS_REMOTE_ATOMIC;
	*mr = implicit ? verbs_region_register(v, 0, SIZE_MAX, access) :
			 verbs_region_register(v, a->start, a->end - a->start,
					       access);
	if (!*mr && errno == EBUSY && v->mr)
		return -EBUSY;
	return *mr ? 0 : verbs_dev_fail(&v->dev, "registering the arena");
}

/*
 * verbs_region_replace() - nobody who uses a region holds one that is gone. If memory
 * changes all the time, the old one stays.
 */
int verbs_region_replace(struct verbs_state *v)
{
	struct ibv_mr *old, *mr;
	int err = verbs_region_make(v, &mr);

	if (err)
		return err == -EBUSY ? 0 : err;
	pthread_rwlock_wrlock(&v->mr_lock);
	old = v->mr;
	v->mr = mr;
	pthread_rwlock_unlock(&v->mr_lock);
	errno = ibv_dereg_mr(old);
	if (errno)
		return verbs_dev_fail(&v->dev, "giving a region back");
	v->counts.replaced++;
	return 0;
}

#endif /* HAVE_IBVERBS */
