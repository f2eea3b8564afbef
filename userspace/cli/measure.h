/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stalemate bench measures. A measurement is a pair of costs, taken in
 * alternate rounds under the same conditions; what counts is their ratio.
 */
#ifndef SM_MEASURE_H
#define SM_MEASURE_H

#include <stdbool.h>

#include "module/device.h"
#include "wire.h"

/**
 * struct sm_measure_bed - what one measurement works on
 * @dev: its own context of the module
 * @profile: profile of its mirrors
 * @start: first byte of the arena
 * @end: end of the arena, exclusive
 * @pagemap: /proc/self/pagemap
 * @mirror: the mirror
 * @has_mirror: there is one
 * @buf: scratch memory of the measurement
 * @sink: keeps the compiler from dropping what is only read
 * @state: the measurement's own
 */
struct sm_measure_bed {
	struct sm_device dev;
	enum sm_profile profile;
	uint64_t start;
	uint64_t end;
	int pagemap;
	uint32_t mirror;
	bool has_mirror;
	void *buf;
	uint64_t sink;
	void *state;
};

/**
 * struct sm_measure - a row of the table of measurements
 * @name: name in results
 * @cost: what is measured
 * @base: what it is compared with, or NULL
 * @unit: what one operation is
 * @target: greatest ratio that is wanted, 0 if none
 * @every_profile: measured with each profile
 * @a_second: it is told, too, how many there are in a second
 * @drm: of the render node of stalemate_drm.ko, also measured by bench drm
 * @alone: needs no module, and no bed
 * @arena: bytes of the arena
 * @memory: bytes that must be available
 * @buffer: bytes at sm_measure_bed.buf
 * @probe: says whether it can be measured here, or NULL
 * @set_up: once, in front of the first round, or NULL
 * @prepare: before each time that is taken
 * @run: what is timed; sets nanoseconds per operation
 * @tear_down: undoes @set_up, or NULL
 *
 * The functions return 0 or a negative errno; @cost tells which of the two is
 * wanted.
 */
struct sm_measure {
	const char *name;
	const char *cost;
	const char *base;
	const char *unit;
	double target;
	bool every_profile;
	bool a_second;
	bool drm;
	bool alone;
	uint64_t arena;
	uint64_t memory;
	size_t buffer;
	enum sm_verdict (*probe)(char *why, size_t size);
	int (*set_up)(struct sm_measure_bed *b);
	int (*prepare)(struct sm_measure_bed *b, bool cost);
	int (*run)(struct sm_measure_bed *b, bool cost, double *ns);
	void (*tear_down)(struct sm_measure_bed *b);
};

#endif /* SM_MEASURE_H */
