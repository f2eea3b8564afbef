/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of a page: backends and profiles, by places and kernels. */
#ifndef SM_HTML_GRID_H
#define SM_HTML_GRID_H

#include <json-c/json.h>
#include <stdio.h>

#include "wire.h"

/**
 * sm_html_grid_class() - what a verdict is called on a page
 * @v: the verdict
 *
 * Return: "pass", "fail", "skip", or "other" for what came to no verdict.
 */
const char *sm_html_grid_class(enum sm_verdict v);

/**
 * sm_html_grid_print() - print the table
 * @f: where to
 * @sessions: an array of results
 */
void sm_html_grid_print(FILE *f, struct json_object *sessions);

#endif /* SM_HTML_GRID_H */
