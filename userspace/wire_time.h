/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of wire.h: where the time of a storm goes. */
#ifndef SM_WIRE_TIME_H
#define SM_WIRE_TIME_H

#include <stdint.h>

#include "base/set.h"

/**
 * enum sm_spent - what a storm thread spends its time on
 * @SM_SPENT_CHOOSE: choosing the op, and what is in none of the others
 * @SM_SPENT_FILL: bringing a span into shape: mmap(), mprotect()
 * @SM_SPENT_STAMP: writing to its pages, which brings them into memory
 * @SM_SPENT_VERIFY: looking at what the processor finds there
 * @SM_SPENT_DEVICE: waiting for accesses of the device
 * @SM_SPENT_CALL: the op itself
 * @SM_SPENT_VICTIM: filling pages that the op freed
 * @SM_SPENT_MEET: calls where another thread is at work
 * @SM_SPENT_GATE: waiting for those who look at memory that is left alone
 * @SM_SPENT_NR: number of these
 */
enum sm_spent {
	SM_SPENT_CHOOSE,
	SM_SPENT_FILL,
	SM_SPENT_STAMP,
	SM_SPENT_VERIFY,
	SM_SPENT_DEVICE,
	SM_SPENT_CALL,
	SM_SPENT_VICTIM,
	SM_SPENT_MEET,
	SM_SPENT_GATE,
	SM_SPENT_NR,
};

extern const char *const sm_spent_names[SM_SPENT_NR];

/**
 * struct sm_time - where the time of all storm threads went, in nanoseconds
 * @spent: on what, by enum sm_spent
 * @op: by row of the op table: from choosing it to the last look at what it left
 * @running: on a processor
 * @ready: waiting for a processor, which others have
 *
 * What is left of the sum of @spent is sleep: waiting for mmap_lock, for pages that
 * are locked or written back, for children, for the device.
 */
struct sm_time {
	uint64_t spent[SM_SPENT_NR];
	uint64_t op[SM_MAX_OPS];
	uint64_t running;
	uint64_t ready;
};

#endif /* SM_WIRE_TIME_H */
