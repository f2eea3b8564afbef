/* SPDX-License-Identifier: GPL-2.0-only */
/* Making and destroying mirrors. */
#ifndef SM_MIRROR_LIFE_H
#define SM_MIRROR_LIFE_H

#include <linux/types.h>

struct sm_cache;
struct sm_ctx;
struct sm_discipline;
struct sm_engine;
struct sm_ioc_mirror_create;
struct sm_mirror;

struct sm_mirror *sm_mirror_create(struct sm_ctx *ctx,
				   const struct sm_discipline *d, u32 id,
				   const struct sm_ioc_mirror_create *args);
struct sm_cache *sm_mirror_add_engine(struct sm_mirror *m,
				      struct sm_engine *e);
void sm_mirror_del_engine(struct sm_mirror *m, struct sm_engine *e);
void sm_mirror_destroy(struct sm_mirror *m);

#endif /* SM_MIRROR_LIFE_H */
