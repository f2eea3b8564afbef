/* SPDX-License-Identifier: GPL-2.0-only */
/* Accesses of every shape to memory of our own, judged byte by byte. */
#ifndef SM_VERBS_SHAPES_H
#define SM_VERBS_SHAPES_H
#ifdef HAVE_IBVERBS

#include <stdint.h>

#include "state.h"

/**
 * struct verbs_shapes - memory that nobody else changes
 * @v: the backend
 * @rng: its own numbers
 * @map: where it lies
 * @mem: the memory, on demand: the part that begins with a huge page
 * @shadow: what it holds
 * @buf: ours, for the other end of an access
 * @want: what that has to hold afterwards
 * @regions: registrations of all of @mem
 * @number: of the content that was written last
 * @done: accesses that went through as they should
 * @refused: those that were refused as they should be
 * @bytes: bytes that moved
 */
struct verbs_shapes {
	struct verbs_state *v;
	struct sm_rng rng;
	void *map;
	uint8_t *mem;
	uint8_t *shadow;
	uint8_t *buf;
	uint8_t *want;
	struct ibv_mr *regions[VERBS_REGIONS];
	uint64_t number;
	uint64_t done;
	uint64_t refused;
	uint64_t bytes;
};

int verbs_shapes_open(struct verbs_state *v, struct verbs_shapes *s);
void verbs_shapes_close(struct verbs_shapes *s);
int verbs_shapes_one(struct verbs_shapes *s);

#endif /* HAVE_IBVERBS */
#endif /* SM_VERBS_SHAPES_H */
