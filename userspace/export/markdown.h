/* SPDX-License-Identifier: GPL-2.0-only */
/* Results as Markdown, for a mail or a comment. */
#ifndef SM_MARKDOWN_H
#define SM_MARKDOWN_H

#include <json-c/json.h>
#include <stdio.h>

/**
 * sm_markdown_print() - print sessions as Markdown
 * @f: where to
 * @sessions: an array of results
 *
 * A table of the sessions, and then each test that did not pass and was not
 * skipped, with what was found and how to run it again.
 */
void sm_markdown_print(FILE *f, struct json_object *sessions);

#endif /* SM_MARKDOWN_H */
