/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs: what can be run, what a run has to have done, and running it.
 */
#ifndef SM_RUN_H
#define SM_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/**
 * sm_run() - run one storm, in this process
 * @spec: what to run; already checked by sm_run_check()
 * @wire: zeroed; its result is filled in, also when the set-up failed
 *
 * What the kernel complains of meanwhile is for the session to hear.
 *
 * Return: the verdict, as in the result.
 */
enum sm_verdict sm_run(const struct sm_run_spec *spec, struct sm_wire *wire);

/**
 * sm_run_check() - find what is wrong with a spec before anything is started
 * @spec: what to run
 * @why: filled with one line that names the mistake and what would be right
 * @size: bytes at @why
 *
 * Checks that arena, leaves, page tables and rings fit in the memory that is
 * available, that numbers are in range, and that defects apply to the profiles.
 *
 * Return: true if the spec can be run.
 */
bool sm_run_check(const struct sm_run_spec *spec, char *why, size_t size);

/**
 * sm_run_fits() - does a backend have any of the ops, and all of the defects?
 * @spec: what to run; its profiles, and its numbers, do not matter
 * @why: filled with one line if not
 * @size: bytes at @why
 *
 * Return: false if another backend has to be chosen.
 */
bool sm_run_fits(const struct sm_run_spec *spec, char *why, size_t size);

#endif /* SM_RUN_H */
