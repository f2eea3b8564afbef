// SPDX-License-Identifier: GPL-2.0-only
/* A night of the history, as the results of its sessions: see load.h. */
#include <stdlib.h>

#include "base/util.h"
#include "db.h"
#include "load.h"
#include "session/member.h"

enum column { NAME, BACKEND, PROFILE, DEFECT, SEED, SPEC, NUMBER, START, VERDICT,
	      REASON, SECONDS, TEST };

static const char tests[] =
	"SELECT c.name, c.backend, c.profile, c.defect, t.seed, s.json, t.number,"
	" t.start, t.verdict, t.reason, t.seconds, t.id FROM test t"
	" JOIN cell c ON c.id = t.cell JOIN spec s ON s.id = t.spec"
	" WHERE t.run = ?1 ORDER BY t.number, t.id";

/* Number 0 is what came of the test, and was no violation. */
static struct json_object *violations(struct sm_db *db, int64_t test)
{
	struct json_object *a = json_object_new_array();
	sqlite3_stmt *s;

	s = sm_db_prepare(db, "SELECT json FROM violation WHERE test = ?1"
			  " AND number > 0 ORDER BY number", "i", test);
	while (s && sqlite3_step(s) == SQLITE_ROW)
		json_object_array_add(a, json_tokener_parse(sm_db_text(s, 0)));
	sqlite3_finalize(s);
	return a;
}

static struct json_object *run_json(struct sm_db *db, sqlite3_stmt *s)
{
	static const struct {
		enum column column;
		const char *key;
	} texts[] = {
		{ NAME, "name" }, { BACKEND, "backend" }, { PROFILE, "profile" },
		{ DEFECT, "defect" }, { START, "start" }, { VERDICT, "verdict" },
		{ REASON, "reason" },
	};
	struct json_object *run = json_object_new_object();
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(texts); i++)
		sm_member_string(run, texts[i].key,
				 sm_db_text(s, texts[i].column));
	sm_member_u64(run, "seed", strtoull(sm_db_text(s, SEED), NULL, 10));
	json_object_object_add(run, "options",
			       json_tokener_parse(sm_db_text(s, SPEC)));
	sm_member_u64(run, "test", sqlite3_column_int64(s, NUMBER));
	sm_member_seconds(run, "seconds", sqlite3_column_double(s, SECONDS));
	json_object_object_add(run, "violations",
			       violations(db, sqlite3_column_int64(s, TEST)));
	return run;
}

static struct json_object *runs_of(struct sm_db *db, int64_t session)
{
	struct json_object *a = json_object_new_array();
	sqlite3_stmt *s = sm_db_prepare(db, tests, "i", session);
	int ret;

	while ((ret = s ? sqlite3_step(s) : SQLITE_ERROR) == SQLITE_ROW)
		json_object_array_add(a, run_json(db, s));
	sqlite3_finalize(s);
	if (ret == SQLITE_DONE)
		return a;
	json_object_put(a);
	return NULL;
}

struct json_object *sm_load_night(struct sm_db *db,
				  const struct sm_db_night *night)
{
	struct json_object *sessions = json_object_new_array(), *root, *runs;
	sqlite3_stmt *s;
	int ret;

	s = sm_db_prepare(db, "SELECT id, head FROM run WHERE night = ?1"
			  " ORDER BY start, id", "i", night->id);
	while ((ret = s ? sqlite3_step(s) : SQLITE_ERROR) == SQLITE_ROW) {
		root = json_tokener_parse(sm_db_text(s, 1));
		runs = runs_of(db, sqlite3_column_int64(s, 0));
		if (!root || !runs)
			break;
		json_object_object_add(root, "runs", runs);
		json_object_array_add(sessions, root);
	}
	sqlite3_finalize(s);
	if (ret == SQLITE_DONE)
		return sessions;
	json_object_put(sessions);
	return NULL;
}
