/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ops are made of: bringing a span of the thread's own slice to a state,
 * and keeping the model in step. All return 0 or a negative errno.
 */
#ifndef SM_SPAN_H
#define SM_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include "memory/arena.h"
#include "memory/model.h"
#include "hand.h"

struct sm_span sm_span_make(const struct sm_storm_thread *t,
			    const struct sm_region *r, uint64_t start,
			    uint64_t end);
struct sm_span sm_span_part(const struct sm_span *s, uint64_t skip,
			    uint64_t nr);
void sm_span_announce(struct sm_storm_thread *t, const struct sm_span *s,
		      struct sm_change c);
void sm_span_commit(struct sm_storm_thread *t, const struct sm_span *s);
void sm_span_blur(struct sm_storm_thread *t, const struct sm_span *s);

int sm_span_fill(struct sm_storm_thread *t, const struct sm_span *s);
int sm_span_protect(struct sm_storm_thread *t, const struct sm_span *s,
		    int prot);
int sm_span_advise(const struct sm_span *s, int advice);
void sm_span_stamp(struct sm_storm_thread *t, const struct sm_span *s);
uint64_t sm_span_next(const struct sm_storm_thread *t, uint64_t page);
void sm_span_stamp_at(struct sm_storm_thread *t, const struct sm_span *s,
		      uint64_t va);
int sm_span_ready(struct sm_storm_thread *t, const struct sm_span *s);
int sm_span_replace(struct sm_storm_thread *t, const struct sm_span *s);
int sm_span_replace_inherited(struct sm_storm_thread *t,
			      const struct sm_span *s);
int sm_span_empty(struct sm_storm_thread *t, const struct sm_span *s);
int sm_span_drop(struct sm_storm_thread *t, const struct sm_span *s);
int sm_span_renew(struct sm_storm_thread *t, const struct sm_span *s);
int sm_span_in_file(struct sm_storm_thread *t, const struct sm_span *s,
		    int (*apply)(struct sm_storm_thread *t,
				 const struct sm_span *s, int file));
void sm_span_verify(struct sm_storm_thread *t, const struct sm_span *s);

static inline bool sm_span_anon(const struct sm_span *s)
{
	return sm_arena_is(s->region->kind, SM_MEM_ANY_PRIVATE);
}

/* Where it begins in a file of its own: aligned there as it is here. */
static inline uint64_t sm_span_at(const struct sm_span *s)
{
	return s->start & (SM_GRANULE_SIZE - 1);
}

#endif /* SM_SPAN_H */
