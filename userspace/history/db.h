/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file that keeps the results of many nights: SQLite, with a version of its own.
 *
 * A night has runs (a session each), a run has tests, a test has violations. Tests
 * of one name in one place (a label of the lab, or a series of kernels, as 6.12) and
 * with the same ops, memory, arena, threads, agents and so on are a cell: what is
 * compared over the nights. What ended without a verdict on
 * the driver (broken, incomplete, timeout), or missed a defect that was seeded to
 * be found, counts as a violation whose signature is that word.
 */
#ifndef SM_DB_H
#define SM_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SM_DB_VERSION	2

struct sm_db;

/**
 * struct sm_db_night - a night
 * @id: its number in the file
 * @name: its name, at most 63 bytes are kept
 * @start: when its first run began, seconds since 1970
 */
struct sm_db_night {
	int64_t id;
	char name[64];
	double start;
};

/**
 * sm_db_open() - open the history
 * @path: its file; ":memory:": none, what is put in is forgotten
 * @create: make it, if it is not there
 * @why: on an error, why, for a person
 * @size: bytes at @why
 *
 * Return: the history; NULL on error. errno is EPROTO if a newer program has
 * written it, or an older one, EBADMSG if it is something else, ENOENT if it is not
 * there, else EIO.
 */
struct sm_db *sm_db_open(const char *path, bool create, char *why, size_t size);

/**
 * sm_db_close() - close it
 * @db: the history, or NULL
 */
void sm_db_close(struct sm_db *db);

/**
 * sm_db_why() - what went wrong first, since sm_db_begin()
 * @db: the history
 *
 * Return: words for a person.
 */
const char *sm_db_why(const struct sm_db *db);

/**
 * sm_db_do() - do what gives no rows
 * @db: the history
 * @sql: statements
 *
 * Return: 0 or -EIO.
 */
int sm_db_do(struct sm_db *db, const char *sql);

/**
 * sm_db_begin() - begin to change something, which is done by COMMIT
 * @db: the history
 *
 * Return: 0 or -EIO.
 */
int sm_db_begin(struct sm_db *db);

/**
 * sm_db_undo() - take back what was done since BEGIN
 * @db: the history
 *
 * Return: -EINVAL if it was what was to be put in that is wrong, else -EIO.
 */
int sm_db_undo(struct sm_db *db);

/**
 * sm_db_changes() - how many rows the last statement has changed
 * @db: the history
 *
 * Return: the number, without those that went with them.
 */
uint64_t sm_db_changes(const struct sm_db *db);

/**
 * sm_db_prepare() - prepare a statement, and bind values to it
 * @db: the history
 * @sql: the statement
 * @types: a letter for each value: s a string (NULL or "" is null), i an int64_t,
 *	d a double
 *
 * Return: the statement, to be finalized; NULL on error.
 */
sqlite3_stmt *sm_db_prepare(struct sm_db *db, const char *sql, const char *types,
			    ...);

/**
 * sm_db_put() - run a prepared statement once more, with other values
 * @db: the history
 * @s: the statement; NULL: an error
 * @types: as for sm_db_prepare()
 *
 * Return: 0 or -EIO.
 */
int sm_db_put(struct sm_db *db, sqlite3_stmt *s, const char *types, ...);

/**
 * sm_db_id() - number of what was put in last
 * @db: the history
 *
 * Return: its row.
 */
int64_t sm_db_id(const struct sm_db *db);

/**
 * sm_db_text() - a column that is text
 * @s: a statement that has a row
 * @column: which, from 0
 *
 * Return: the text, until the next step; "" if it is null.
 */
const char *sm_db_text(sqlite3_stmt *s, int column);

/**
 * sm_db_find_night() - look up a night
 * @db: the history
 * @name: its name; "latest", or "previous" for the one before that
 * @night: filled in
 *
 * Return: 0, -ENOENT if there is none, or -EIO.
 */
int sm_db_find_night(struct sm_db *db, const char *name,
		     struct sm_db_night *night);

/**
 * sm_db_find_before() - look up the night before
 * @db: the history
 * @b: a night
 * @a: filled in: the latest that began before it
 *
 * Return: 0, -ENOENT if there is none, or -EIO.
 */
int sm_db_find_before(struct sm_db *db, const struct sm_db_night *b,
		      struct sm_db_night *a);

#endif /* SM_DB_H */
