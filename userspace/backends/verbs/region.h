/* SPDX-License-Identifier: GPL-2.0-only */
/* The arena as a memory region, which is put in the place of another. */
#ifndef SM_VERBS_REGION_H
#define SM_VERBS_REGION_H
#ifdef HAVE_IBVERBS

#include "state.h"

struct ibv_mr *verbs_region_register(struct verbs_state *v, uint64_t start,
				     uint64_t size, int access);
int verbs_region_make(struct verbs_state *v, struct ibv_mr **mr);
int verbs_region_replace(struct verbs_state *v);

#endif /* HAVE_IBVERBS */
#endif /* SM_VERBS_REGION_H */
