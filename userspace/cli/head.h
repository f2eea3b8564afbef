/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a session is, from its command line: a new one, or one that goes on with an
 * earlier one.
 */
#ifndef SM_HEAD_H
#define SM_HEAD_H

#include <stdbool.h>

#include "options.h"
#include "session/report.h"

/**
 * sm_head_open() - before tests are planned: open the journal that is gone on with
 * @h: filled in, but for @tests and @plan
 * @o: what was asked for; gets the seed of the earlier session
 * @command: "run" or "matrix"
 * @argc: words of the command line
 * @argv: these words
 *
 * Return: false if it cannot be, which was said: an error of usage.
 */
bool sm_head_open(struct sm_report_head *h, struct sm_options *o,
		  const char *command, int argc, char **argv);

/**
 * sm_head_plan() - add a test
 * @h: the head
 * @spec: the test
 */
void sm_head_plan(struct sm_report_head *h, const struct sm_run_spec *spec);

/**
 * sm_head_check() - is the plan that of the session which is gone on with?
 * @h: the head, with all tests
 *
 * Return: false if it is not, which was said: an error of usage.
 */
bool sm_head_check(const struct sm_report_head *h);

/**
 * sm_head_close() - when the report has ended, or was not begun
 * @h: the head
 */
void sm_head_close(struct sm_report_head *h);

#endif /* SM_HEAD_H */
