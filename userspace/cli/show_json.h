/* SPDX-License-Identifier: GPL-2.0-only */
/* Results that are not ours, but read, as text for people. */
#ifndef SM_SHOW_JSON_H
#define SM_SHOW_JSON_H

#include <json-c/json.h>
#include <stdio.h>

/**
 * sm_show_json_text() - a member that is a text
 * @f: where to
 * @o: the object
 * @key: name of the member
 * @width: characters that it takes at least
 *
 * It may have been written by anybody: control characters become blanks, so that
 * none of them reaches a terminal.
 */
void sm_show_json_text(FILE *f, struct json_object *o, const char *key,
		       unsigned int width);

/**
 * sm_show_json_run() - a run: a line, why it did not pass, and its violations
 * @f: where to
 * @prefix: starts every line
 * @run: the run, as in results
 */
void sm_show_json_run(FILE *f, const char *prefix, struct json_object *run);

#endif /* SM_SHOW_JSON_H */
