/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results as JSON, and verdicts as exit status.
 *
 * The file is replaced as a whole (temporary file, fsync, rename) after every
 * test: whatever dies, what was finished is there and is valid JSON. A file of
 * more than a megabyte is replaced every five seconds at most: of it may be
 * missing what ended within five seconds of another test. Until
 * sm_report_close() its verdict is "incomplete".
 */
#ifndef SM_REPORT_H
#define SM_REPORT_H

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>

#include "run.h"

/* Exit status of the command; see sm_report_exit(). */
#define SM_EXIT_PASS	0
#define SM_EXIT_FAIL	1
#define SM_EXIT_SKIP	4
#define SM_EXIT_USAGE	64
#define SM_EXIT_BROKEN	69
#define SM_EXIT_TIMEOUT	124

/**
 * struct sm_report_tally - verdicts of several runs
 * @nr: how many there were of each enum sm_verdict
 */
struct sm_report_tally {
	unsigned int nr[SM_TIMEOUT + 1];
};

struct sm_report;

/**
 * sm_report_new() - start a report and write its first, empty version
 * @path: file to write, or NULL to write none
 * @seed: seed of all runs
 *
 * Return: NULL if it cannot be written (errno says why).
 */
struct sm_report *sm_report_new(const char *path, uint64_t seed);

/**
 * sm_report_add() - add a finished run and write the file
 * @r: the report
 * @spec: what was run
 * @result: what came of it
 *
 * Return: 0 or a negative errno.
 */
int sm_report_add(struct sm_report *r, const struct sm_run_spec *spec,
		  const struct sm_run_result *result);

/**
 * sm_report_set() - set a member of the report's object
 * @r: the report
 * @key: name of the member
 * @value: its value; ownership goes to the report
 */
void sm_report_set(struct sm_report *r, const char *key,
		   struct json_object *value);

/**
 * sm_report_put() - the same, and write the file
 * @r: the report
 * @key: name of the member
 * @value: its value; ownership goes to the report
 *
 * Return: 0 or a negative errno.
 */
int sm_report_put(struct sm_report *r, const char *key,
		  struct json_object *value);

/**
 * sm_report_close() - set the verdict, write the file, free the report
 * @r: the report, or NULL
 * @verdict: verdict of everything
 *
 * Return: 0 or a negative errno.
 */
int sm_report_close(struct sm_report *r, enum sm_verdict verdict);

/**
 * sm_report_end() - the same, of all that a command had to run
 * @r: the report
 * @path: where it is written, for a message; or NULL
 * @verdict: verdict of everything
 * @err: negative errno of what was not written or done; or 0
 *
 * A finding is not hidden by this.
 *
 * Return: the exit status.
 */
int sm_report_end(struct sm_report *r, const char *path,
		  enum sm_verdict verdict, int err);

/**
 * sm_report_refuse() - report that nothing could be run
 * @path: file to write, or NULL
 * @seed: seed that would have been used
 * @verdict: skip or broken
 * @why: one line, printed on stderr as well
 *
 * Return: the exit status.
 */
int sm_report_refuse(const char *path, uint64_t seed, enum sm_verdict verdict,
		     const char *why);

/**
 * sm_report_run() - one run as a JSON object
 * @spec: what was run
 * @result: what came of it
 *
 * Return: a new object.
 */
struct json_object *sm_report_run(const struct sm_run_spec *spec,
				  const struct sm_run_result *result);

/**
 * sm_report_print() - print an object to a stream and free it
 * @stream: where to
 * @object: what
 *
 * Return: 0 or a negative errno.
 */
int sm_report_print(FILE *stream, struct json_object *object);

/**
 * sm_report_overall() - the verdict of several runs
 * @t: their verdicts
 *
 * Return: fail, broken and timeout beat pass, in this order; skip only if all
 * were skipped.
 */
enum sm_verdict sm_report_overall(const struct sm_report_tally *t);

/**
 * sm_report_exit() - the exit status of a verdict
 * @verdict: the verdict
 *
 * Return: SM_EXIT_*.
 */
int sm_report_exit(enum sm_verdict verdict);

#endif /* SM_REPORT_H */
