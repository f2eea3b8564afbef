/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Oracle "kernel": what the kernel says of itself from the time a run begins
 * until its runner is gone, and all that it used with it. Its log tells what
 * happened; its taint mask tells it also where the log cannot be read, or was
 * overwritten.
 */
#ifndef SM_ORACLE_KERNEL_H
#define SM_ORACLE_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "klog.h"
#include "wire.h"

/**
 * struct sm_oracle_kernel - listening to the kernel, from run to run
 * @log: its log, NULL if that cannot be read
 * @taint: taint that was judged already, or goes with what was
 * @since: it is listened to
 * @begun: a run has begun, and the next one has not
 * @died: it has oopsed since a run began
 * @log_off: why the log is not read, or ""
 * @hear: gets each complaint that is not excused; @pid is the thread whose it is, 0
 *	if that is not plain
 * @miss: gets how many messages were overwritten between two runs before they were
 *	read
 * @arg: for @hear and @miss
 */
struct sm_oracle_kernel {
	struct sm_klog *log;
	uint64_t taint;
	bool since;
	bool begun;
	bool died;
	char log_off[128];
	void (*hear)(void *arg, const char *line, int pid);
	void (*miss)(void *arg, uint64_t nr);
	void *arg;
};

/**
 * sm_oracle_kernel_begin() - what was before the first run is nobody's fault, what
 * came since the last one is heard now
 * @k: the listener
 * @spec: what is about to run
 */
void sm_oracle_kernel_begin(struct sm_oracle_kernel *k,
			    const struct sm_run_spec *spec);

/**
 * sm_oracle_kernel_look() - what the kernel said since the last look
 * @k: the listener
 */
void sm_oracle_kernel_look(struct sm_oracle_kernel *k);

/**
 * sm_oracle_kernel_died() - has it oopsed since the run began?
 * @k: the listener
 *
 * Return: true if it has: locks may be held that nobody releases any more.
 */
bool sm_oracle_kernel_died(const struct sm_oracle_kernel *k);

/**
 * sm_oracle_kernel_end() - the last look: the runner is gone, and a driver that
 * complained of that has done so
 * @k: the listener
 * @spec: what was run
 * @r: gets what is to be said of the log
 *
 * A complaint comes to the log first, and to the mask later; so the log is read
 * last, and what it tells of explains all that was in the mask.
 */
void sm_oracle_kernel_end(struct sm_oracle_kernel *k,
			  const struct sm_run_spec *spec,
			  struct sm_run_result *r);

/**
 * sm_oracle_kernel_close() - no run follows
 * @k: the listener
 *
 * What the kernel said since the end of the last run is heard here, or when the
 * next one begins, and is of neither's numbers.
 */
void sm_oracle_kernel_close(struct sm_oracle_kernel *k);

#endif /* SM_ORACLE_KERNEL_H */
