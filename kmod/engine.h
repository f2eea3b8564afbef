/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engines that use a mirror, each with a TLB of its own behind the mirror's table:
 * the agents, and SM_IOC_ACCESS. A mirror lists those of a discipline that has such
 * TLBs (SM_D_DEVICE_TLB): they come and go with ctx->sem and the mirror's lock held
 * for writing.
 */
#ifndef SM_ENGINE_H
#define SM_ENGINE_H

#include <linux/list.h>

#include "cache.h"
#include "round.h"

/* Each engine belongs to one of these, which drivers may have to flush in turn. */
#define SM_ENGINE_DEVICES	2

struct sm_engine {
	struct list_head node;	/* in sm_mirror.engines, or alone */
	unsigned int device;	/* less than SM_ENGINE_DEVICES */
	struct sm_cache cache;
};

/* Called for each line that differs from the table; nonzero ends it. */
typedef int (*sm_engine_line_fn)(const struct sm_line *line, void *arg);

void sm_engine_flush(struct list_head *engines, struct sm_span span);
void sm_engine_flush_device(struct list_head *engines, unsigned int device,
			    struct sm_span span);
void sm_engine_set_device(struct list_head *engines, unsigned int device,
			  bool off);
int sm_engine_stale(const struct list_head *engines, const struct sm_tlb *t,
		    struct sm_span span, sm_engine_line_fn fn, void *arg);

#endif /* SM_ENGINE_H */
