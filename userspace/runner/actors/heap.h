/* SPDX-License-Identifier: GPL-2.0-only */
/* A heap that a device mirrors becomes smaller and larger, by brk(). */
#ifndef SM_HEAP_H
#define SM_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "own.h"

/**
 * struct sm_heap - what came of it
 * @moved: times that it became smaller, and the witness saw it
 * @mirror: number of the mirror through which it is read
 * @judged: what is read there says something
 * @va: where, or 0: nothing is wrong
 * @value: what was read there
 * @wanted: what should have been, if @mapped
 * @mapped: there was memory
 */
struct sm_heap {
	uint64_t moved;
	unsigned int mirror;
	bool judged;
	uint64_t va;
	uint64_t value;
	uint64_t wanted;
	bool mapped;
};

uint64_t sm_heap_make(void);
int sm_heap_churn(const struct sm_run_spec *spec, struct sm_device *d,
		  const struct sm_own *r, struct sm_heap *h);

#endif /* SM_HEAP_H */
