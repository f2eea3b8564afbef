/* SPDX-License-Identifier: GPL-2.0-only */
/* What got worse from one night to another, and what did not. */
#ifndef SM_COMPARE_H
#define SM_COMPARE_H

#include <json-c/json.h>

struct sm_db;
struct sm_db_night;

/**
 * sm_compare_nights() - compare two nights
 * @db: the history
 * @a: the one before
 * @b: the one after
 *
 * Of each cell and signature that either night has, "findings" has one object, with
 * its "state":
 *
 *	new	in @b, and not in @a: for the second time at least since it was
 *		good last, however often it came and went before
 *	once	in @b, and not in @a: for the first time, which may be chance
 *	same	in both
 *	gone	in @a, and its test came to a verdict in @b without it
 *	not-run	in @a, and nothing in @b tells: its test came to no verdict, or ended
 *		with another finding
 *	flaky	it comes and goes: in one night, or in the last SM_PAST_NIGHTS
 *
 * and with "signature", "title", "oracle", "test", "place", "kernel" and "host" of
 * where it was seen last up to @b, "first_seen" and "last_good" (a night and its
 * kernel, or null), "bad" and "decided" (of how many results in those nights), and
 * what it takes to run it again: "run", as in results.
 *
 * Return: a new object: "a", "b", "counts" by state, "findings", the worst first;
 * NULL: the history cannot be read, see sm_db_why().
 */
struct json_object *sm_compare_nights(struct sm_db *db,
				      const struct sm_db_night *a,
				      const struct sm_db_night *b);

#endif /* SM_COMPARE_H */
