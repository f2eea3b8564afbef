/* SPDX-License-Identifier: GPL-2.0-only */
/* Verdicts, of one run and of several, and the exit status that tells them. */
#ifndef SM_STATUS_H
#define SM_STATUS_H

#include <json-c/json.h>

#include "wire.h"

/* Exit status of the command; see sm_status_exit(). */
#define SM_EXIT_PASS	0
#define SM_EXIT_FAIL	1
#define SM_EXIT_SKIP	4
#define SM_EXIT_USAGE	64
#define SM_EXIT_BROKEN	69
#define SM_EXIT_TIMEOUT	124
#define SM_EXIT_SIGNAL	128	/* plus its number */

/**
 * struct sm_status_tally - verdicts of several runs
 * @nr: how many there were of each enum sm_verdict
 */
struct sm_status_tally {
	unsigned int nr[SM_TIMEOUT + 1];
};

/**
 * sm_status_overall() - the verdict of several runs
 * @t: their verdicts
 *
 * Return: fail, broken, incomplete and timeout beat pass, in this order; skip only
 * if all were skipped.
 */
enum sm_verdict sm_status_overall(const struct sm_status_tally *t);

/**
 * sm_status_exit() - the exit status of a verdict
 * @verdict: the verdict
 *
 * Return: SM_EXIT_*.
 */
int sm_status_exit(enum sm_verdict verdict);

/**
 * sm_status_verdict() - the verdict of results, a run, or a measurement
 * @o: any of them
 *
 * Return: the verdict; broken if it has none.
 */
enum sm_verdict sm_status_verdict(struct json_object *o);

#endif /* SM_STATUS_H */
