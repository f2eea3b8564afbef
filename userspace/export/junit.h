/* SPDX-License-Identifier: GPL-2.0-only */
/* Results as JUnit's XML, which GitLab, GitHub's actions and Jenkins show. */
#ifndef SM_JUNIT_H
#define SM_JUNIT_H

#include <json-c/json.h>
#include <stdio.h>

/**
 * sm_junit_print() - print sessions as JUnit
 * @f: where to
 * @sessions: an array of results
 *
 * A session is a suite, and a test a case, whose class is where it ran and whose
 * name is its own. Fail is a failure; broken, timeout and incomplete are errors.
 */
void sm_junit_print(FILE *f, struct json_object *sessions);

#endif /* SM_JUNIT_H */
