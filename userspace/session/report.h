/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The results of a session: a journal while it goes on, JSON when it is over, and
 * verdicts as exit status.
 *
 * What is told is in the journal, and on disk, when the function returns; a disk
 * that does not take it is complained of once, and ends nothing: the status is
 * then 69 in the end, unless a violation was found. The JSON is written when the
 * session begins, with verdict "incomplete", and when it is over; if it never
 * is, `stalemate report` makes it from the journal.
 */
#ifndef SM_REPORT_H
#define SM_REPORT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report_head.h"
#include "wire.h"

struct sm_report;

/**
 * sm_report_new() - begin a report: its journal, and the first version of the JSON
 * @head: what the session is
 *
 * Return: NULL if one of them cannot be written, which is said on stderr (errno
 * says why; EINVAL: they are one file).
 */
struct sm_report *sm_report_new(const struct sm_report_head *head);

/**
 * sm_report_not_begun() - the exit status if sm_report_new() has just failed
 *
 * Return: SM_EXIT_USAGE if it was asked for what cannot be, else SM_EXIT_BROKEN.
 */
int sm_report_not_begun(void);

/**
 * sm_report_begin() - a test begins
 * @r: the report
 * @spec: what is run
 *
 * Return: its number, from 1.
 */
unsigned int sm_report_begin(struct sm_report *r,
			     const struct sm_run_spec *spec);

/**
 * sm_report_finding() - a violation was found
 * @r: the report
 * @test: number of the test, which may have ended: then its verdict becomes fail
 * @f: the violation
 */
void sm_report_finding(struct sm_report *r, unsigned int test,
		       const struct sm_finding *f);

/**
 * sm_report_ended() - a test has ended
 * @r: the report
 * @test: its number
 * @spec: what was run
 * @result: what came of it; its findings that were told of before are not
 *	told again, but replaced if more is known of them now (same oracle, time,
 *	address and text)
 * @stopped: a signal ended it
 */
void sm_report_ended(struct sm_report *r, unsigned int test,
		     const struct sm_run_spec *spec,
		     const struct sm_run_result *result, bool stopped);

/**
 * sm_report_put() - set a member of the results
 * @r: the report
 * @key: name of the member
 * @value: its value; ownership goes to the report
 */
void sm_report_put(struct sm_report *r, const char *key,
		   struct json_object *value);

/**
 * sm_report_add() - add to a number in the results
 * @r: the report
 * @key: name of the member
 * @more: how much, to what it is, also by what is resumed, or else to 0
 */
void sm_report_add(struct sm_report *r, const char *key, uint64_t more);

/**
 * sm_report_signal() - a signal ends the session
 * @r: the report
 * @signal: its number; 0: none does
 *
 * If tests are left that were planned, pass and skip become incomplete.
 */
void sm_report_signal(struct sm_report *r, int signal);

/**
 * sm_report_verdict() - the verdict of all that was told, and of what was resumed
 * @r: the report
 *
 * Return: that of the cells for a matrix, else of the runs, or measurements.
 */
enum sm_verdict sm_report_verdict(struct sm_report *r);

/**
 * sm_report_close() - set the verdict, write the JSON, free the report
 * @r: the report, or NULL
 * @verdict: verdict of everything
 *
 * Return: 0 or a negative errno: of the JSON, or what the journal lacks.
 */
int sm_report_close(struct sm_report *r, enum sm_verdict verdict);

/**
 * sm_report_end() - the same, of all that a command had to run
 * @r: the report
 * @verdict: verdict of everything
 * @err: negative errno of what was not done; or 0
 *
 * Says on stderr what was not written. A finding is not hidden by this, and
 * neither is it by a signal.
 *
 * Return: the exit status.
 */
int sm_report_end(struct sm_report *r, enum sm_verdict verdict, int err);

/**
 * sm_report_refuse() - report that nothing could be run
 * @head: what the session would have been
 * @verdict: skip or broken
 * @why: one line, printed on stderr as well
 *
 * A journal that was to be gone on with stays as it is, and nothing is written.
 *
 * Return: the exit status.
 */
int sm_report_refuse(const struct sm_report_head *head, enum sm_verdict verdict,
		     const char *why);

/**
 * sm_report_print() - print an object to a stream and free it
 * @stream: where to
 * @object: what
 *
 * Return: 0 or a negative errno.
 */
int sm_report_print(FILE *stream, struct json_object *object);

#endif /* SM_REPORT_H */
