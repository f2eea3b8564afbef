/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The results of a session, made from the records of its journal.
 *
 * Beside what a run knows of itself, see session/run_json.h, each has the number
 * of its "test" and the time of its "start"; "interrupted" is true if it was
 * begun and the session ended under it, "stopped" if a signal ended it. A
 * violation makes a run a fail, whatever became of it otherwise.
 */
#ifndef SM_RESULTS_H
#define SM_RESULTS_H

#include <json-c/json.h>

#include "wire.h"

struct sm_journal;

/**
 * sm_results_make() - make the results
 * @j: the journal, whole or of a session that was cut short
 *
 * Their verdict is fail if anything was found; else that of the session's end,
 * and incomplete if it has none.
 *
 * Return: a new object.
 */
struct json_object *sm_results_make(const struct sm_journal *j);

/**
 * sm_results_overall() - the verdict of all that was run
 * @root: results
 *
 * Return: that of the cells for a matrix, else of runs or measurements.
 */
enum sm_verdict sm_results_overall(struct json_object *root);

/**
 * sm_results_exit() - the exit status of the session, if this is all it did
 * @root: results
 *
 * Return: SM_EXIT_*, or SM_EXIT_SIGNAL plus the number of the signal that ended it
 * before it found anything.
 */
int sm_results_exit(struct json_object *root);

#endif /* SM_RESULTS_H */
