/* SPDX-License-Identifier: GPL-2.0-only */
/* Results as KernelCI's KCIDB takes them: its schema 5.3. */
#ifndef SM_KCIDB_H
#define SM_KCIDB_H

#include <json-c/json.h>
#include <stdbool.h>

/**
 * sm_kcidb_make() - make a report
 * @sessions: an array of results
 * @origin: who reports: lower case letters, digits and _
 *
 * A kernel is a checkout and a build; a test is a test, and so is a measurement
 * (DONE, with its number); a signature is an issue, and that it was found an
 * incident. Our own failures are never the driver's: broken and timeout are ERROR,
 * incomplete is MISS.
 *
 * Return: a new object.
 */
struct json_object *sm_kcidb_make(struct json_object *sessions,
				  const char *origin);

/**
 * sm_kcidb_check() - does a report keep to the schema?
 * @report: the report
 * @why: if not, what is wrong
 * @size: bytes at @why
 *
 * Members that are there and those that must be, their types, patterns and words,
 * and that what is named by another is there.
 *
 * Return: true if it does.
 */
bool sm_kcidb_check(struct json_object *report, char *why, size_t size);

#endif /* SM_KCIDB_H */
