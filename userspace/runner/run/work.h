/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a run goes on, and how much work that has to be. */
#ifndef SM_WORK_H
#define SM_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/**
 * sm_work_over() - has a storm gone on for long enough?
 * @spec: what is run
 * @ns: nanoseconds since it began
 * @ops: ops applied since
 * @accesses: device accesses since
 *
 * A machine may be slow, which is no reason for a storm to have done nothing, or
 * for a defect to be missed. So a run goes on past its time until that much was
 * done, but not for ever.
 *
 * Return: true if its time is over and it has done what it must, or never will;
 * always false if ops are counted instead.
 */
bool sm_work_over(const struct sm_run_spec *spec, uint64_t ns, uint64_t ops,
		  uint64_t accesses);

/**
 * sm_work_idled() - was a defect given too little work to be caught by?
 * @spec: what was run
 * @seconds: for how long
 * @ops: ops applied
 * @accesses: device accesses
 * @why: filled with one line if so
 * @size: bytes at @why
 *
 * Return: true if the run is over because it was waited for long enough.
 */
bool sm_work_idled(const struct sm_run_spec *spec, double seconds, uint64_t ops,
		   uint64_t accesses, char *why, size_t size);

#endif /* SM_WORK_H */
