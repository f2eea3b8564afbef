// SPDX-License-Identifier: GPL-2.0-only
/* The file that keeps the results of many nights: see db.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db.h"

#define APPLICATION	0x736d6869	/* "smhi", for file(1) and for us */
#define WAIT_MS		10000		/* for another that writes */

#define STRING(x)	#x
#define TEXT(x)		STRING(x)

/**
 * struct sm_db - the history
 * @sql: its file
 * @why: what went wrong first, or ""
 * @code: SQLite's number of it
 */
struct sm_db {
	sqlite3 *sql;
	char why[256];
	int code;
};

static const char schema[] =
	"PRAGMA application_id = " TEXT(APPLICATION) ";"
	"PRAGMA user_version = " TEXT(SM_DB_VERSION) ";"
	"CREATE TABLE night (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL,"
	" start REAL NOT NULL);"
	"CREATE TABLE run (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL,"
	" night INTEGER NOT NULL REFERENCES night ON DELETE CASCADE,"
	" start REAL NOT NULL, host TEXT, place TEXT, kernel TEXT, verdict TEXT,"
	" journal TEXT, told INTEGER, head TEXT);"
	"CREATE INDEX run_night ON run(night);"
	"CREATE TABLE spec (id INTEGER PRIMARY KEY, json TEXT UNIQUE NOT NULL);"
	"CREATE TABLE cell (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
	" place TEXT NOT NULL, options TEXT NOT NULL, backend TEXT, profile TEXT,"
	" defect TEXT, UNIQUE (name, place, options));"
	"CREATE TABLE test (id INTEGER PRIMARY KEY,"
	" run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
	" cell INTEGER NOT NULL REFERENCES cell, number INTEGER, verdict TEXT,"
	" reason TEXT, seed TEXT, start TEXT, seconds REAL,"
	" spec INTEGER REFERENCES spec);"
	"CREATE INDEX test_run ON test(run);"
	"CREATE INDEX test_cell ON test(cell);"
	"CREATE TABLE violation (test INTEGER NOT NULL REFERENCES test"
	" ON DELETE CASCADE, number INTEGER, signature TEXT NOT NULL, json TEXT,"
	" PRIMARY KEY (test, number)) WITHOUT ROWID;"
	"CREATE INDEX violation_signature ON violation(signature);"
	"CREATE TABLE signature (signature TEXT PRIMARY KEY, oracle TEXT,"
	" kind TEXT, title TEXT, first REAL, first_night TEXT,"
	" first_kernel TEXT, first_host TEXT) WITHOUT ROWID;";

/* --- statements */

const char *sm_db_why(const struct sm_db *db)
{
	return db->why[0] ? db->why : sqlite3_errmsg(db->sql);
}

/* What went wrong is told of what failed first, not of what that led to. */
static int failed(struct sm_db *db, sqlite3_stmt *s)
{
	if (!db->why[0]) {
		snprintf(db->why, sizeof(db->why), "%s",
			 sqlite3_errmsg(db->sql));
		db->code = sqlite3_errcode(db->sql);
	}
	sqlite3_reset(s);
	return -EIO;
}

int sm_db_do(struct sm_db *db, const char *sql)
{
	if (sqlite3_exec(db->sql, sql, NULL, NULL, NULL))
		return failed(db, NULL);
	return 0;
}

int sm_db_begin(struct sm_db *db)
{
	db->why[0] = '\0';
	return sm_db_do(db, "BEGIN IMMEDIATE");
}

int sm_db_undo(struct sm_db *db)
{
	failed(db, NULL);
	sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return db->code == SQLITE_CONSTRAINT || db->code == SQLITE_TOOBIG ?
		-EINVAL : -EIO;
}

uint64_t sm_db_changes(const struct sm_db *db)
{
	return sqlite3_changes(db->sql);
}

int64_t sm_db_id(const struct sm_db *db)
{
	return sqlite3_last_insert_rowid(db->sql);
}

const char *sm_db_text(sqlite3_stmt *s, int column)
{
	const unsigned char *text = sqlite3_column_text(s, column);

	return text ? (const char *)text : "";
}

static void bind(sqlite3_stmt *s, const char *types, va_list args)
{
	const char *text;
	int i;

	for (i = 1; types[i - 1]; i++) {
		switch (types[i - 1]) {
		case 'i':
			sqlite3_bind_int64(s, i, va_arg(args, int64_t));
			break;
		case 'd':
			sqlite3_bind_double(s, i, va_arg(args, double));
			break;
		default:
			text = va_arg(args, const char *);
			sqlite3_bind_text(s, i, text && *text ? text : NULL, -1,
					  SQLITE_TRANSIENT);
		}
	}
}

sqlite3_stmt *sm_db_prepare(struct sm_db *db, const char *sql, const char *types,
			    ...)
{
	sqlite3_stmt *s;
	va_list args;

	if (sqlite3_prepare_v2(db->sql, sql, -1, &s, NULL)) {
		failed(db, NULL);
		return NULL;
	}
	va_start(args, types);
	bind(s, types, args);
	va_end(args);
	return s;
}

int sm_db_put(struct sm_db *db, sqlite3_stmt *s, const char *types, ...)
{
	va_list args;
	int ret;

	if (!s)
		return -EIO;
	sqlite3_reset(s);
	va_start(args, types);
	bind(s, types, args);
	va_end(args);
	ret = sqlite3_step(s);
	if (ret != SQLITE_DONE && ret != SQLITE_ROW)
		return failed(db, s);
	sqlite3_reset(s);
	return 0;
}

/* --- the file */

static int64_t pragma(struct sm_db *db, const char *sql)
{
	sqlite3_stmt *s = sm_db_prepare(db, sql, "");
	int64_t value = -1;

	if (s && sqlite3_step(s) == SQLITE_ROW)
		value = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return value;
}

static int refuse(char *why, size_t size, const char *what, int err)
{
	snprintf(why, size, "%s", what);
	return -err;
}

static int check(struct sm_db *db, bool create, char *why, size_t size)
{
	int64_t tables = pragma(db, "SELECT count(*) FROM sqlite_master");
	int64_t version = pragma(db, "PRAGMA user_version");

	if (tables < 0 && sqlite3_errcode(db->sql) == SQLITE_NOTADB)
		return refuse(why, size, "is no history", EBADMSG);
	if (tables < 0)
		return refuse(why, size, sm_db_why(db), EIO);
	if (tables && pragma(db, "PRAGMA application_id") != APPLICATION)
		return refuse(why, size, "is no history", EBADMSG);
	if (version > SM_DB_VERSION) {
		snprintf(why, size, "is a history of version %lld, newer than %d",
			 (long long)version, SM_DB_VERSION);
		return -EPROTO;
	}
	if (tables && version < SM_DB_VERSION) {
		snprintf(why, size,
			 "is a history of version %lld, older than %d: import the journals into a new one",
			 (long long)version, SM_DB_VERSION);
		return -EPROTO;
	}
	if (tables)
		return 0;
	if (!create)
		return refuse(why, size, "is no history", EBADMSG);
	if (!sm_db_begin(db) && !sm_db_do(db, schema) &&
	    !sm_db_do(db, "COMMIT"))
		return 0;
	return refuse(why, size, sm_db_why(db), EIO);
}

static int open_file(struct sm_db *db, const char *path, bool create, char *why,
		     size_t size)
{
	int flags = SQLITE_OPEN_READWRITE;

	if (create)
		flags |= SQLITE_OPEN_CREATE;
	else if (access(path, F_OK))
		return refuse(why, size, strerror(errno), ENOENT);
	if (sqlite3_open_v2(path, &db->sql, flags, NULL))
		return refuse(why, size, db->sql ? sm_db_why(db) :
						   strerror(ENOMEM), EIO);
	sqlite3_busy_timeout(db->sql, WAIT_MS);
	if (sm_db_do(db, "PRAGMA foreign_keys = ON"))
		return refuse(why, size, sm_db_why(db), EIO);
	return check(db, create, why, size);
}

struct sm_db *sm_db_open(const char *path, bool create, char *why, size_t size)
{
	struct sm_db *db = calloc(1, sizeof(*db));
	int ret;

	if (!db) {
		refuse(why, size, strerror(ENOMEM), EIO);
		return NULL;
	}
	ret = open_file(db, path, create, why, size);
	if (!ret)
		return db;
	sm_db_close(db);
	errno = -ret;
	return NULL;
}

void sm_db_close(struct sm_db *db)
{
	if (!db)
		return;
	sqlite3_close(db->sql);
	free(db);
}

/* --- nights */

static int take_night(sqlite3_stmt *s, struct sm_db_night *night)
{
	int ret = s ? sqlite3_step(s) : SQLITE_ERROR;

	if (ret == SQLITE_ROW) {
		night->id = sqlite3_column_int64(s, 0);
		snprintf(night->name, sizeof(night->name), "%s", sm_db_text(s, 1));
		night->start = sqlite3_column_double(s, 2);
	}
	sqlite3_finalize(s);
	if (ret == SQLITE_ROW)
		return 0;
	return ret == SQLITE_DONE ? -ENOENT : -EIO;
}

int sm_db_find_night(struct sm_db *db, const char *name,
		     struct sm_db_night *night)
{
	static const char by_name[] =
		"SELECT id, name, start FROM night WHERE name = ?1";
	static const char from_end[] =
		"SELECT id, name, start FROM night"
		" ORDER BY start DESC, id DESC LIMIT 1 OFFSET ?1";
	bool previous = !strcmp(name, "previous");
	sqlite3_stmt *s;

	if (previous || !strcmp(name, "latest"))
		s = sm_db_prepare(db, from_end, "i", (int64_t)previous);
	else
		s = sm_db_prepare(db, by_name, "s", name);
	return take_night(s, night);
}

int sm_db_find_before(struct sm_db *db, const struct sm_db_night *b,
		      struct sm_db_night *a)
{
	return take_night(sm_db_prepare(db, "SELECT id, name, start FROM night"
		" WHERE start < ?1 ORDER BY start DESC, id DESC LIMIT 1", "d",
		b->start), a);
}
