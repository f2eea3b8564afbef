/* SPDX-License-Identifier: GPL-2.0-only */
/* What the history says, as text for people. */
#ifndef SM_HISTORY_SHOW_H
#define SM_HISTORY_SHOW_H

#include <json-c/json.h>
#include <stdio.h>

/* Where the history is, if nothing else is said. */
#define SM_HISTORY_DB	"/var/lib/stalemate/history.db"

/**
 * sm_history_show_compare() - print how two nights differ
 * @f: where to
 * @root: see sm_compare_nights()
 */
void sm_history_show_compare(FILE *f, struct json_object *root);

/**
 * sm_history_show_query() - print what was asked for
 * @f: where to
 * @what: "findings", "tests" or "nights"
 * @a: see query.h
 */
void sm_history_show_query(FILE *f, const char *what, struct json_object *a);

#endif /* SM_HISTORY_SHOW_H */
