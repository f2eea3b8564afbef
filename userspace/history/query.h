/* SPDX-License-Identifier: GPL-2.0-only */
/* What the history knows: findings, tests and nights. */
#ifndef SM_QUERY_H
#define SM_QUERY_H

#include <json-c/json.h>

struct sm_db;

/**
 * sm_query_findings() - what was found, where, since when, and how often
 * @db: the history
 * @pattern: a signature, or a pattern of tests' names, as fnmatch(3); NULL: all
 *
 * Return: a new array; each element has what sm_compare_nights() says of a finding,
 * but for its state; NULL: the history cannot be read.
 */
struct json_object *sm_query_findings(struct sm_db *db, const char *pattern);

/**
 * sm_query_tests() - what became of tests
 * @db: the history
 * @pattern: a pattern of their names; NULL: all
 *
 * Return: a new array of "test", "place", "results", how many of them were "pass",
 * "fail", "skip" or "other", the "last_verdict" and its "last_night"; NULL: the
 * history cannot be read.
 */
struct json_object *sm_query_tests(struct sm_db *db, const char *pattern);

/**
 * sm_query_nights() - which nights there are
 * @db: the history
 *
 * Return: a new array, the latest first, of "night", "runs", "tests", and how many
 * of these were "pass", "fail", "skip" or "other"; NULL: the history cannot be read.
 */
struct json_object *sm_query_nights(struct sm_db *db);

#endif /* SM_QUERY_H */
