/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of a process with mirrors of its own changes, and a device reads some of it. */
#ifndef SM_LOOK_H
#define SM_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "own.h"

struct sm_docket;
struct sm_mirror;
struct sm_run_spec;

/**
 * struct sm_look - what came of it
 * @changed: times that it changed as it was to, and the witness saw it
 * @mirror: number of the mirror through which it is read
 * @judged: what is read there says something
 * @va: where, or 0: nothing is wrong
 * @value: what was read there
 * @wanted: what should have been, if @mapped
 * @mapped: there was memory
 */
struct sm_look {
	uint64_t changed;
	unsigned int mirror;
	bool judged;
	uint64_t va;
	uint64_t value;
	uint64_t wanted;
	bool mapped;
};

void sm_look_stamp(const struct sm_own *r, uint64_t shift, unsigned int round);
bool sm_look_at(struct sm_device *d, const struct sm_own *r, struct sm_look *l,
		uint64_t from, uint64_t to, unsigned int round);
void sm_look_judge(struct sm_docket *docket, const struct sm_look *l,
		   const struct sm_mirror *mirrors, const char *op,
		   const char *what);

#endif /* SM_LOOK_H */
