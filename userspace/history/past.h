/* SPDX-License-Identifier: GPL-2.0-only */
/* What became of one finding of one cell, over the nights. */
#ifndef SM_PAST_H
#define SM_PAST_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#define SM_PAST_NIGHTS	10	/* that tell whether something comes and goes */

struct sm_db;
struct sm_db_night;

/**
 * struct sm_past_place - where something was seen
 * @night: name of the night, "" if it was nowhere
 * @kernel: release
 * @host: name of the machine
 * @test: row of the test
 */
struct sm_past_place {
	char night[64];
	char kernel[80];
	char host[80];
	int64_t test;
};

/**
 * struct sm_past - what became of a finding, up to a night @b
 * @test: name of the cell's test
 * @place: where the cell is
 * @first: where the cell had it first
 * @last: where the cell had it last
 * @good: where the cell came to a verdict without it last, before it had it in each
 *	night up to @last
 * @streak: results that had it since then
 * @streak_a: those of them up to the night @a, if that had it
 * @bad_b: results of @b that had it
 * @good_b: results of @b that came to a verdict without it
 * @bad: results that had it in the last SM_PAST_NIGHTS nights up to @b
 * @decided: results of these nights that came to a verdict, or had it
 * @flaky: of these nights one had it and had not, or it came again after a night
 *	without it
 */
struct sm_past {
	char test[160];
	char place[64];
	struct sm_past_place first;
	struct sm_past_place last;
	struct sm_past_place good;
	unsigned int streak;
	unsigned int streak_a;
	unsigned int bad_b;
	unsigned int good_b;
	unsigned int bad;
	unsigned int decided;
	bool flaky;
};

/**
 * sm_past_look() - look up what became of it
 * @db: the history
 * @cell: row of the cell
 * @signature: the finding
 * @a: a night
 * @b: a later night: what came after it is left out
 * @p: filled in
 *
 * Return: 0 or -EIO.
 */
int sm_past_look(struct sm_db *db, int64_t cell, const char *signature,
		 const struct sm_db_night *a, const struct sm_db_night *b,
		 struct sm_past *p);

/**
 * sm_past_put_run() - put what it takes to run a test again
 * @db: the history
 * @test: row of the test
 * @signature: a finding of it
 * @o: object that gets "run", as in results, and "violation", the first such
 *
 * Return: 0 or -EIO.
 */
int sm_past_put_run(struct sm_db *db, int64_t test, const char *signature,
		    struct json_object *o);

#endif /* SM_PAST_H */
