/* SPDX-License-Identifier: GPL-2.0-only */
/* A night of the history, as the results of its sessions. */
#ifndef SM_LOAD_H
#define SM_LOAD_H

#include <json-c/json.h>

struct sm_db;
struct sm_db_night;

/**
 * sm_load_night() - make results of what the history has of a night
 * @db: the history
 * @night: the night
 *
 * Return: a new array of results, in the order in which they began, whose runs lack
 * only counters; NULL: the history cannot be read, see sm_db_why().
 */
struct json_object *sm_load_night(struct sm_db *db,
				  const struct sm_db_night *night);

#endif /* SM_LOAD_H */
