/* SPDX-License-Identifier: GPL-2.0-only */
/* Results as a page: one file, which needs nothing else. */
#ifndef SM_HTML_H
#define SM_HTML_H

#include <json-c/json.h>
#include <stdio.h>

/**
 * sm_html_print() - print sessions as a page
 * @f: where to
 * @sessions: an array of results
 * @compared: how they differ from the night before, see sm_compare_nights(); or NULL
 *
 * What is new stands on top. Then tests by backend and profile, and by place and
 * kernel: each cell has how many passed, failed, were skipped or came to no verdict,
 * also as data-pass and so on; then what else is known of findings; then each
 * violation with its time line; then all tests.
 */
void sm_html_print(FILE *f, struct json_object *sessions,
		   struct json_object *compared);

#endif /* SM_HTML_H */
