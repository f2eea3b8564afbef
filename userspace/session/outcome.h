/* SPDX-License-Identifier: GPL-2.0-only */
/* What a test says of the driver: in a matrix, a defect is there to be found. */
#ifndef SM_OUTCOME_H
#define SM_OUTCOME_H

#include <json-c/json.h>
#include <stdbool.h>

#include "wire.h"

/**
 * sm_outcome_is_proof() - is a test there to find what was seeded?
 * @session: results
 * @run: one of its runs
 *
 * Return: true if so: what it found is no violation of anybody's.
 */
bool sm_outcome_is_proof(struct json_object *session, struct json_object *run);

/**
 * sm_outcome_of_run() - what a test says to who has not seeded anything
 * @session: results
 * @run: one of its runs
 *
 * Return: its verdict; of a proof pass if it found the defect, fail if it did not.
 */
enum sm_verdict sm_outcome_of_run(struct json_object *session,
				  struct json_object *run);

#endif /* SM_OUTCOME_H */
