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

/* What the tests that a session owes are called, together, where tests have names. */
#define SM_OUTCOME_REST	"session"

/* Room for why they are owed, in bytes. */
#define SM_OUTCOME_WHY	256

/**
 * sm_outcome_of_rest() - what came of a session beside the tests that it tells of
 * @session: results
 * @why: gets one line, "" if all is told
 * @size: room at @why
 *
 * Return: pass if its tests tell all; incomplete if it was cut, and owes some; or what
 * kept them, or all of it, from being run, or from being written down.
 */
enum sm_verdict sm_outcome_of_rest(struct json_object *session, char *why,
				   size_t size);

#endif /* SM_OUTCOME_H */
