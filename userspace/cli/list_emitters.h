/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of list.c: emitters, and why one of them was not reached. */
#ifndef SM_LIST_EMITTERS_H
#define SM_LIST_EMITTERS_H

#include <json-c/json.h>

/**
 * sm_list_emitters() - add all emitters
 * @rows: array to add them to
 * @results: file that run --json has written, whose emitters are told of; or NULL
 *
 * Return: 0, or -EINVAL after one line on stderr if there is no such file, or
 * something else is in it.
 */
int sm_list_emitters(struct json_object *rows, const char *results);

#endif /* SM_LIST_EMITTERS_H */
