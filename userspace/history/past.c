// SPDX-License-Identifier: GPL-2.0-only
/* What became of one finding of one cell, over the nights: see past.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "past.h"
#include "session/member.h"

/**
 * struct night - what became of it in one night
 * @id: row of the night
 * @bad: results that had it
 * @good: results that would have shown it, and did not
 */
struct night {
	int64_t id;
	unsigned int bad;
	unsigned int good;
};

/**
 * struct look - looking through the results of a cell, the oldest first
 * @a: a night
 * @b: the last one
 * @p: what comes of it
 * @nights: the last nights that came to a verdict, the latest at the end
 * @nr: how many
 * @latest_good: where it was good last, so far
 */
struct look {
	const struct sm_db_night *a;
	const struct sm_db_night *b;
	struct sm_past *p;
	struct night nights[SM_PAST_NIGHTS];
	unsigned int nr;
	struct sm_past_place latest_good;
};

enum column { NIGHT, NAME, START, KERNEL, HOST, TEST, GOOD, BAD };

/* A run ends with its first finding: of others a failure says nothing. */
static const char results[] =
	"SELECT n.id, n.name, n.start, r.kernel, r.host, t.id,"
	" t.verdict = 'pass' OR (t.verdict = 'fail' AND"
	"  json_extract(s.json, '$.keep_going')),"
	" EXISTS (SELECT 1 FROM violation v WHERE v.test = t.id"
	"  AND v.signature = ?2)"
	" FROM test t JOIN run r ON r.id = t.run JOIN night n ON n.id = r.night"
	" JOIN spec s ON s.id = t.spec"
	" WHERE t.cell = ?1 AND (n.start < ?3 OR n.id = ?4)"
	" ORDER BY n.start, n.id, r.start, t.id";

static void take_place(struct sm_past_place *place, sqlite3_stmt *s)
{
	snprintf(place->night, sizeof(place->night), "%s", sm_db_text(s, NAME));
	snprintf(place->kernel, sizeof(place->kernel), "%s",
		 sm_db_text(s, KERNEL));
	snprintf(place->host, sizeof(place->host), "%s", sm_db_text(s, HOST));
	place->test = sqlite3_column_int64(s, TEST);
}

/* A night that has both does not end what goes on, whichever came first. */
static void end_night(struct look *l)
{
	const struct night *n = l->nr ? &l->nights[l->nr - 1] : NULL;

	if (!n || n->bad || !n->good)
		return;
	l->p->streak = 0;
	l->p->streak_a = 0;
}

static struct night *night_of(struct look *l, int64_t id)
{
	if (l->nr && l->nights[l->nr - 1].id == id)
		return &l->nights[l->nr - 1];
	end_night(l);
	if (l->nr == SM_PAST_NIGHTS) {
		memmove(l->nights, l->nights + 1,
			sizeof(l->nights) - sizeof(l->nights[0]));
		l->nr--;
	}
	l->nights[l->nr] = (struct night){ .id = id };
	return &l->nights[l->nr++];
}

static void take_bad(struct look *l, sqlite3_stmt *s)
{
	struct sm_past *p = l->p;
	struct night *n = night_of(l, sqlite3_column_int64(s, NIGHT));
	double start = sqlite3_column_double(s, START);

	if (!p->first.night[0])
		take_place(&p->first, s);
	if (!p->streak)
		p->good = l->latest_good;
	take_place(&p->last, s);
	n->bad++;
	p->streak++;
	if (n->id == l->a->id || start < l->a->start)
		p->streak_a = p->streak;
	p->bad_b += n->id == l->b->id;
}

static void take_good(struct look *l, sqlite3_stmt *s)
{
	struct night *n = night_of(l, sqlite3_column_int64(s, NIGHT));
	struct sm_past *p = l->p;

	take_place(&l->latest_good, s);
	n->good++;
	p->good_b += n->id == l->b->id;
}

static void take(struct look *l, sqlite3_stmt *s)
{
	if (sqlite3_column_int(s, BAD))
		take_bad(l, s);
	else if (sqlite3_column_int(s, GOOD))
		take_good(l, s);
}

static void sum_up(struct look *l)
{
	struct sm_past *p = l->p;
	bool was_bad = false, was_good_after = false;
	unsigned int i;

	end_night(l);
	for (i = 0; i < l->nr; i++) {
		const struct night *n = &l->nights[i];

		p->bad += n->bad;
		p->decided += n->bad + n->good;
		p->flaky |= n->bad && (n->good || was_good_after);
		was_good_after |= was_bad && !n->bad;
		was_bad |= n->bad;
	}
	/* It has gone, and what is there was good: that is when it was last. */
	if (!p->streak)
		p->good = l->latest_good;
}

static int look_up_cell(struct sm_db *db, int64_t cell, struct sm_past *p)
{
	sqlite3_stmt *s;
	int ret = -EIO;

	s = sm_db_prepare(db, "SELECT name, place FROM cell WHERE id = ?1", "i",
			  cell);
	if (s && sqlite3_step(s) == SQLITE_ROW) {
		snprintf(p->test, sizeof(p->test), "%s", sm_db_text(s, 0));
		snprintf(p->place, sizeof(p->place), "%s", sm_db_text(s, 1));
		ret = 0;
	}
	sqlite3_finalize(s);
	return ret;
}

int sm_past_look(struct sm_db *db, int64_t cell, const char *signature,
		 const struct sm_db_night *a, const struct sm_db_night *b,
		 struct sm_past *p)
{
	struct look l = { .a = a, .b = b, .p = p };
	sqlite3_stmt *s;
	int ret;

	memset(p, 0, sizeof(*p));
	ret = look_up_cell(db, cell, p);
	s = ret ? NULL : sm_db_prepare(db, results, "isdi", cell, signature,
				       b->start, b->id);
	if (!s)
		return -EIO;
	while ((ret = sqlite3_step(s)) == SQLITE_ROW)
		take(&l, s);
	sqlite3_finalize(s);
	if (ret != SQLITE_DONE)
		return -EIO;
	sum_up(&l);
	return 0;
}

/* --- to run it again */

static struct json_object *parse(const char *json)
{
	struct json_object *o = json_tokener_parse(json);

	return o ? o : json_object_new_object();
}

int sm_past_put_run(struct sm_db *db, int64_t test, const char *signature,
		    struct json_object *o)
{
	struct json_object *run;
	sqlite3_stmt *s;
	int ret = -EIO;

	s = sm_db_prepare(db, "SELECT c.name, c.backend, c.profile, c.defect, t.seed,"
		" t.reason, s.json, v.json FROM test t JOIN cell c ON c.id = t.cell"
		" JOIN spec s ON s.id = t.spec LEFT JOIN violation v"
		" ON v.test = t.id AND v.signature = ?2 WHERE t.id = ?1"
		" ORDER BY v.number LIMIT 1", "is", test, signature);
	if (s && sqlite3_step(s) == SQLITE_ROW) {
		run = json_object_new_object();
		sm_member_string(run, "name", sm_db_text(s, 0));
		sm_member_string(run, "backend", sm_db_text(s, 1));
		sm_member_string(run, "profile", sm_db_text(s, 2));
		sm_member_string(run, "defect", sm_db_text(s, 3));
		sm_member_u64(run, "seed", strtoull(sm_db_text(s, 4), NULL, 10));
		sm_member_string(run, "reason", sm_db_text(s, 5));
		json_object_object_add(run, "options", parse(sm_db_text(s, 6)));
		json_object_object_add(o, "run", run);
		json_object_object_add(o, "violation", parse(sm_db_text(s, 7)));
		ret = 0;
	}
	sqlite3_finalize(s);
	return ret;
}
