// SPDX-License-Identifier: GPL-2.0-only
/* What the history knows: see query.h. */
#include <fnmatch.h>
#include <string.h>

#include "db.h"
#include "past.h"
#include "query.h"
#include "session/member.h"

/* How many tests there were of each verdict, as columns. */
#define VERDICTS \
	" count(t.id), sum(t.verdict = 'pass'), sum(t.verdict = 'fail')," \
	" sum(t.verdict = 'skip')," \
	" sum(t.verdict NOT IN ('pass', 'fail', 'skip'))"

static void put_verdicts(struct json_object *o, sqlite3_stmt *s, int column)
{
	static const char *const keys[] = { "pass", "fail", "skip", "other" };
	unsigned int i;

	for (i = 0; i < 4; i++)
		sm_member_u64(o, keys[i], sqlite3_column_int64(s, column + i));
}

static void put_place(struct json_object *o, const char *key,
		      const struct sm_past_place *p)
{
	struct json_object *place = NULL;

	if (p->night[0]) {
		place = json_object_new_object();
		sm_member_string(place, "night", p->night);
		sm_member_string(place, "kernel", p->kernel);
		sm_member_string(place, "host", p->host);
	}
	json_object_object_add(o, key, place);
}

static struct json_object *finding_json(struct sm_db *db, sqlite3_stmt *s,
					const struct sm_db_night *latest)
{
	struct json_object *o;
	struct sm_past p;

	if (sm_past_look(db, sqlite3_column_int64(s, 0), sm_db_text(s, 1), latest,
			 latest, &p))
		return NULL;
	o = json_object_new_object();
	sm_member_string(o, "signature", sm_db_text(s, 1));
	sm_member_string(o, "title", sm_db_text(s, 3));
	sm_member_string(o, "oracle", sm_db_text(s, 4));
	sm_member_string(o, "known_since", sm_db_text(s, 5));
	sm_member_string(o, "test", p.test);
	sm_member_string(o, "place", p.place);
	put_place(o, "first_seen", &p.first);
	put_place(o, "last_seen", &p.last);
	put_place(o, "last_good", &p.good);
	sm_member_u64(o, "bad", p.bad);
	sm_member_u64(o, "decided", p.decided);
	sm_member_bool(o, "flaky", p.flaky);
	if (sm_past_put_run(db, p.last.test, sm_db_text(s, 1), o)) {
		json_object_put(o);
		return NULL;
	}
	return o;
}

static bool matches(const char *pattern, const char *signature, const char *test)
{
	return !pattern || !strcmp(pattern, signature) ||
	       !fnmatch(pattern, test, 0);
}

/* What came of it, if all rows did. */
static struct json_object *query_end(sqlite3_stmt *s, int ret,
				     struct json_object *a)
{
	sqlite3_finalize(s);
	if (ret == SQLITE_DONE)
		return a;
	json_object_put(a);
	return NULL;
}

struct json_object *sm_query_findings(struct sm_db *db, const char *pattern)
{
	struct json_object *a = json_object_new_array(), *o;
	struct sm_db_night latest;
	sqlite3_stmt *s;
	int ret;

	if (sm_db_find_night(db, "latest", &latest))
		return a;
	s = sm_db_prepare(db, "SELECT DISTINCT t.cell, v.signature, c.name, s.title,"
		" s.oracle, s.first_night FROM violation v"
		" JOIN test t ON t.id = v.test JOIN cell c ON c.id = t.cell"
		" JOIN signature s ON s.signature = v.signature"
		" ORDER BY s.first DESC, v.signature, c.place, c.name", "");
	while ((ret = s ? sqlite3_step(s) : SQLITE_ERROR) == SQLITE_ROW) {
		if (!matches(pattern, sm_db_text(s, 1), sm_db_text(s, 2)))
			continue;
		o = finding_json(db, s, &latest);
		if (!o)
			break;
		json_object_array_add(a, o);
	}
	return query_end(s, ret, a);
}

struct json_object *sm_query_tests(struct sm_db *db, const char *pattern)
{
	struct json_object *a = json_object_new_array(), *o;
	sqlite3_stmt *s;
	int ret;

	/* Of max() SQLite gives the other columns of the row that has it. */
	s = sm_db_prepare(db, "SELECT c.name, c.place," VERDICTS ", t.verdict,"
		" n.name, max(r.start) FROM cell c"
		" JOIN test t ON t.cell = c.id"
		" JOIN run r ON r.id = t.run JOIN night n ON n.id = r.night"
		" GROUP BY c.id ORDER BY c.place, c.name", "");
	while ((ret = s ? sqlite3_step(s) : SQLITE_ERROR) == SQLITE_ROW) {
		if (!matches(pattern, "", sm_db_text(s, 0)))
			continue;
		o = json_object_new_object();
		sm_member_string(o, "test", sm_db_text(s, 0));
		sm_member_string(o, "place", sm_db_text(s, 1));
		sm_member_u64(o, "results", sqlite3_column_int64(s, 2));
		put_verdicts(o, s, 3);
		sm_member_string(o, "last_verdict", sm_db_text(s, 7));
		sm_member_string(o, "last_night", sm_db_text(s, 8));
		json_object_array_add(a, o);
	}
	return query_end(s, ret, a);
}

struct json_object *sm_query_nights(struct sm_db *db)
{
	struct json_object *a = json_object_new_array(), *o;
	sqlite3_stmt *s;
	int ret;

	s = sm_db_prepare(db, "SELECT n.name, count(DISTINCT r.id)," VERDICTS
		" FROM night n JOIN run r ON r.night = n.id"
		" LEFT JOIN test t ON t.run = r.id"
		" GROUP BY n.id ORDER BY n.start DESC, n.id DESC", "");
	while ((ret = s ? sqlite3_step(s) : SQLITE_ERROR) == SQLITE_ROW) {
		o = json_object_new_object();
		sm_member_string(o, "night", sm_db_text(s, 0));
		sm_member_u64(o, "runs", sqlite3_column_int64(s, 1));
		sm_member_u64(o, "tests", sqlite3_column_int64(s, 2));
		put_verdicts(o, s, 3);
		json_object_array_add(a, o);
	}
	return query_end(s, ret, a);
}
