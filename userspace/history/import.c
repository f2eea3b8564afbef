// SPDX-License-Identifier: GPL-2.0-only
/* What a session has found, put into the history: see import.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db.h"
#include "import.h"
#include "session/key.h"
#include "session/member.h"
#include "session/outcome.h"
#include "session/place.h"
#include "session/status.h"

#define HOUR		3600.0
#define HALF_A_DAY	(12 * HOUR)

/**
 * struct import - a session on its way in
 * @db: the history
 * @root: its results
 * @key: what makes it this session
 * @place: where its tests ran, as far as they are compared
 * @night: name of its night
 * @start: when it began, by the controller's clock
 * @told: how much is known of it
 * @run: its row
 * @cell_new: statements that are used for each test
 * @cell_find: ditto
 * @spec_new: ditto
 * @spec_find: ditto
 * @test_new: ditto
 * @violation_new: ditto
 * @signature_new: ditto
 */
struct import {
	struct sm_db *db;
	struct json_object *root;
	char key[SM_KEY];
	char place[SM_PLACE];
	char night[64];
	double start;
	int64_t told;
	int64_t run;
	sqlite3_stmt *cell_new;
	sqlite3_stmt *cell_find;
	sqlite3_stmt *spec_new;
	sqlite3_stmt *spec_find;
	sqlite3_stmt *test_new;
	sqlite3_stmt *violation_new;
	sqlite3_stmt *signature_new;
};

/* --- what it is */

/* "2026-11-27T20:31:48.314Z" as seconds since 1970, or a negative number. */
static double parse_time(const char *s)
{
	struct tm tm = { .tm_isdst = 0 };
	const char *rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);

	if (!rest)
		return -1;
	return timegm(&tm) + (*rest == '.' ? strtod(rest, NULL) : 0);
}

/* What lasts past midnight is one night: its day begins at noon. */
static void make_night(struct import *m, const char *night)
{
	time_t day = m->start - HALF_A_DAY;
	struct tm tm;

	if (night)
		snprintf(m->night, sizeof(m->night), "%s", night);
	else
		strftime(m->night, sizeof(m->night), "%F", gmtime_r(&day, &tm));
}

/*
 * A clock that is ahead would be the latest night for as long as it was ahead. Before
 * 1970 there was none: what says so is wrong, as is what is no time at all.
 */
static void make_start(struct import *m, double now, struct sm_import *import)
{
	struct json_object *offset = sm_member_get(m->root, "clock_offset");

	m->start = parse_time(sm_member_text(m->root, "start"));
	if (m->start < 0)
		m->start = now;
	m->start -= json_object_get_double(offset);
	if (!(m->start >= 0))
		m->start = now;
	if (m->start <= now + HOUR)
		return;
	import->notes |= SM_IMPORT_AHEAD;
	import->ahead = m->start - now;
	m->start = now;
}

/* --- rows */

static int64_t find(sqlite3_stmt *s)
{
	int64_t id = 0;

	if (sqlite3_step(s) == SQLITE_ROW)
		id = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return id;
}

/*
 * Of its options those that make it another test. How long it was, and its seed, do
 * not; the profiles are in its name.
 */
static struct json_object *cell_options(struct json_object *run)
{
	static const char *const keys[] = { "ops", "memory", "arena", "threads",
		"agents", "amplify_ns", "avoid", NULL };
	struct json_object *o = json_object_new_object();

	sm_member_copy(o, sm_member_get(run, "options"), keys);
	return o;
}

static int64_t cell_with(struct import *m, struct json_object *run,
			 const char *options)
{
	const char *name = sm_member_text(run, "name");
	int64_t id;

	if (!*name)
		name = "?";
	sqlite3_bind_text(m->cell_find, 1, name, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(m->cell_find, 2, m->place, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(m->cell_find, 3, options, -1, SQLITE_TRANSIENT);
	id = find(m->cell_find);
	if (id)
		return id;
	if (sm_db_put(m->db, m->cell_new, "ssssss", name, m->place, options,
		      sm_member_text(run, "backend"),
		      sm_member_text(run, "profile"),
		      sm_member_text(run, "defect")))
		return 0;
	return sm_db_id(m->db);
}

static int64_t cell_of(struct import *m, struct json_object *run)
{
	struct json_object *options = cell_options(run);
	int64_t cell;

	cell = cell_with(m, run,
			 json_object_to_json_string_ext(options, SM_MEMBER_LINE));
	json_object_put(options);
	return cell;
}

/* Hundreds of tests have the same options. */
static int64_t spec_of(struct import *m, struct json_object *run)
{
	struct json_object *options = sm_member_get(run, "options");
	const char *json = "{}";
	int64_t id;

	if (options)
		json = json_object_to_json_string_ext(options, SM_MEMBER_LINE);
	sqlite3_bind_text(m->spec_find, 1, json, -1, SQLITE_TRANSIENT);
	id = find(m->spec_find);
	if (id)
		return id;
	return sm_db_put(m->db, m->spec_new, "s", json) ? 0 : sm_db_id(m->db);
}

static int put_violation(struct import *m, int64_t test, int64_t number,
			 struct json_object *v)
{
	const char *signature = sm_member_text(v, "signature");
	const char *title = sm_member_text(v, "title");
	const char *oracle = sm_member_text(v, "oracle");

	if (!*oracle)
		oracle = "?";
	/* Written by a program that had none: what found it has to do. */
	if (!*signature)
		signature = oracle;
	if (sm_db_put(m->db, m->violation_new, "iiss", test, number, signature,
		      json_object_to_json_string_ext(v, SM_MEMBER_LINE)))
		return -EIO;
	return sm_db_put(m->db, m->signature_new, "ssssdsss", signature, oracle,
			 sm_member_text(v, "kind"), *title ? title : oracle,
			 m->start, m->night, sm_member_text(m->root, "kernel"),
			 sm_member_text(m->root, "host"));
}

/* What has no verdict on the driver is a finding of a kind, or nobody would see it. */
static int put_ending(struct import *m, int64_t test, struct json_object *run,
		      const char *word)
{
	struct json_object *v = json_object_new_object();
	const char *reason = sm_member_text(run, "reason");
	char title[80];
	int ret;

	snprintf(title, sizeof(title), "%s: the test came to no verdict", word);
	sm_member_string(v, "oracle", word);
	sm_member_string(v, "signature", word);
	sm_member_string(v, "kind", word);
	sm_member_string(v, "title", strcmp(word, "missed") ? title :
			 "missed: the seeded defect was not found");
	sm_member_string(v, "text", reason);
	ret = put_violation(m, test, 0, v);
	json_object_put(v);
	return ret;
}

static int put_found(struct import *m, int64_t test, struct json_object *run)
{
	enum sm_verdict verdict = sm_status_verdict(run);
	bool seeded = sm_outcome_is_proof(m->root, run);
	struct json_object *all;
	int ret = 0;
	size_t i, nr;

	if (seeded && verdict == SM_PASS)
		return put_ending(m, test, run, "missed");
	all = sm_member_array(run, "violations", &nr);
	if (verdict != SM_PASS && verdict != SM_SKIP && verdict != SM_FAIL)
		ret = put_ending(m, test, run, sm_verdict_names[verdict]);
	else if (verdict == SM_FAIL && !nr)
		ret = put_ending(m, test, run, "fail");
	for (i = 0; !seeded && !ret && i < nr; i++)
		ret = put_violation(m, test, i + 1,
				    json_object_array_get_idx(all, i));
	return ret;
}

static int put_test(struct import *m, struct json_object *run)
{
	int64_t cell = cell_of(m, run), spec = spec_of(m, run);
	char seed[24];

	snprintf(seed, sizeof(seed), "%" PRIu64, sm_member_number(run, "seed"));
	if (!cell || !spec ||
	    sm_db_put(m->db, m->test_new, "iiissssdi", m->run, cell,
		      (int64_t)sm_member_number(run, "test"),
		      sm_verdict_names[sm_status_verdict(run)],
		      sm_member_text(run, "reason"), seed,
		      sm_member_text(run, "start"),
		      json_object_get_double(sm_member_get(run, "seconds")), spec))
		return -EIO;
	return put_found(m, sm_db_id(m->db), run);
}

/* All of the session but its runs. */
static int put_run(struct import *m, const char *journal)
{
	struct json_object *head = json_object_new_object();
	sqlite3_stmt *s;
	int ret;

	sm_member_copy(head, m->root, NULL);
	json_object_object_del(head, "runs");
	json_object_object_del(head, "matrix");
	s = sm_db_prepare(m->db, "INSERT INTO run (key, night, start, host, place,"
		" kernel, verdict, journal, told, head) SELECT ?1, id, ?2, ?3,"
		" ?4, ?5, ?6, ?7, ?8, ?9 FROM night WHERE name = ?10", "");
	ret = sm_db_put(m->db, s, "sdsssssiss", m->key, m->start,
			sm_member_text(m->root, "host"), m->place,
			sm_member_text(m->root, "kernel"),
			sm_verdict_names[sm_status_verdict(m->root)], journal,
			m->told,
			json_object_to_json_string_ext(head, SM_MEMBER_LINE),
			m->night);
	m->run = sm_db_id(m->db);
	sqlite3_finalize(s);
	json_object_put(head);
	return ret;
}

static int put_night(struct import *m)
{
	sqlite3_stmt *s;
	int ret;

	s = sm_db_prepare(m->db, "INSERT INTO night (name, start) VALUES (?1, ?2)"
		" ON CONFLICT (name) DO UPDATE SET start = min(start, ?2)", "");
	ret = sm_db_put(m->db, s, "sd", m->night, m->start);
	sqlite3_finalize(s);
	return ret;
}

/* --- all of it */

static void prepare(struct import *m)
{
	m->cell_find = sm_db_prepare(m->db,
		"SELECT id FROM cell WHERE name = ?1 AND place = ?2"
		" AND options = ?3", "");
	m->cell_new = sm_db_prepare(m->db, "INSERT INTO cell (name, place, options,"
		" backend, profile, defect) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", "");
	m->spec_find = sm_db_prepare(m->db, "SELECT id FROM spec WHERE json = ?1", "");
	m->spec_new = sm_db_prepare(m->db, "INSERT INTO spec (json) VALUES (?1)", "");
	m->test_new = sm_db_prepare(m->db, "INSERT INTO test (run, cell, number,"
		" verdict, reason, seed, start, seconds, spec)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", "");
	m->violation_new = sm_db_prepare(m->db, "INSERT INTO violation (test, number,"
		" signature, json) VALUES (?1, ?2, ?3, ?4)", "");
	/* Nights need not come in their order. */
	m->signature_new = sm_db_prepare(m->db, "INSERT INTO signature VALUES"
		" (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (signature) DO UPDATE"
		" SET first = ?5, first_night = ?6, first_kernel = ?7,"
		" first_host = ?8 WHERE first > ?5", "");
}

static void finalize(struct import *m)
{
	sqlite3_finalize(m->cell_find);
	sqlite3_finalize(m->cell_new);
	sqlite3_finalize(m->spec_find);
	sqlite3_finalize(m->spec_new);
	sqlite3_finalize(m->test_new);
	sqlite3_finalize(m->violation_new);
	sqlite3_finalize(m->signature_new);
}

static int put_all(struct import *m, const char *journal)
{
	struct json_object *runs;
	int ret;
	size_t i, nr;

	runs = sm_member_array(m->root, "runs", &nr);
	ret = put_night(m);
	if (!ret)
		ret = put_run(m, journal);
	prepare(m);
	if (!m->cell_find || !m->spec_find)
		ret = -EIO;
	for (i = 0; !ret && i < nr; i++)
		ret = put_test(m, json_object_array_get_idx(runs, i));
	finalize(m);
	return ret;
}

/* One that could not be run, as the kernel had oopsed, may be run by who resumes. */
static bool is_decided(struct json_object *run)
{
	const char *verdict = sm_member_text(run, "verdict");

	return !strcmp(verdict, sm_verdict_names[SM_PASS]) ||
	       !strcmp(verdict, sm_verdict_names[SM_FAIL]) ||
	       !strcmp(verdict, sm_verdict_names[SM_SKIP]);
}

/*
 * How much is known of it: tests that began, that ended, that came to something, and
 * what they found.
 */
static int64_t count_told(struct json_object *root)
{
	struct json_object *runs, *run;
	size_t i, nr, found;
	int64_t told = 0;

	runs = sm_member_array(root, "runs", &nr);
	for (i = 0; i < nr; i++) {
		run = json_object_array_get_idx(runs, i);
		sm_member_array(run, "violations", &found);
		told += 1 + !sm_member_get(run, "interrupted") +
			is_decided(run) + found;
	}
	return told;
}

/* Has it been here before? Then it goes, unless it knew more. */
static int replace(struct import *m, struct sm_import *import)
{
	const char *verdict = sm_verdict_names[sm_status_verdict(m->root)];
	sqlite3_stmt *s;
	int ret = 0;

	s = sm_db_prepare(m->db, "SELECT told, verdict FROM run WHERE key = ?1", "s",
			  m->key);
	if (!s)
		return -EIO;
	if (sqlite3_step(s) == SQLITE_ROW) {
		int64_t told = sqlite3_column_int64(s, 0);

		if (told > m->told)
			import->notes |= SM_IMPORT_LESS;
		else if (told == m->told && !strcmp(sm_db_text(s, 1), verdict))
			import->notes |= SM_IMPORT_KNOWN;
	}
	sqlite3_finalize(s);
	if (import->notes & (SM_IMPORT_LESS | SM_IMPORT_KNOWN))
		return 0;
	s = sm_db_prepare(m->db, "DELETE FROM run WHERE key = ?1", "");
	ret = sm_db_put(m->db, s, "s", m->key);
	sqlite3_finalize(s);
	/* It may come back in another night: one that has none is no night. */
	return ret ? ret : sm_db_do(m->db, "DELETE FROM night WHERE id NOT IN"
				    " (SELECT night FROM run)");
}

static int import_inside(struct import *m, const char *journal,
			 struct sm_import *import)
{
	size_t nr;
	int ret;

	sm_member_array(m->root, "runs", &nr);
	m->told = count_told(m->root);
	ret = replace(m, import);
	if (ret || import->notes & (SM_IMPORT_LESS | SM_IMPORT_KNOWN))
		return ret;
	import->tests = nr;
	return put_all(m, journal);
}

int sm_import_results(struct sm_db *db, struct json_object *root,
		      const char *journal, const char *night, double now,
		      struct sm_import *import)
{
	struct import m = { .db = db, .root = root };
	int ret;

	memset(import, 0, sizeof(*import));
	sm_key_of_session(root, m.key);
	sm_place_of_session(root, m.place, sizeof(m.place));
	make_start(&m, now, import);
	make_night(&m, night);
	if (sm_db_begin(db))
		return -EIO;
	ret = import_inside(&m, journal, import);
	if (!ret && !sm_db_do(db, "COMMIT"))
		return 0;
	import->tests = 0;
	return sm_db_undo(db);
}

int sm_import_forget(struct sm_db *db, double before, uint64_t *dropped)
{
	sqlite3_stmt *s;
	int ret;

	*dropped = 0;
	if (sm_db_begin(db))
		return -EIO;
	s = sm_db_prepare(db, "DELETE FROM night WHERE start < ?1", "");
	ret = sm_db_put(db, s, "d", before);
	sqlite3_finalize(s);
	*dropped = sm_db_changes(db);
	if (!ret && !sm_db_do(db, "DELETE FROM spec WHERE id NOT IN"
			      " (SELECT spec FROM test)") &&
	    !sm_db_do(db, "COMMIT"))
		return 0;
	return sm_db_undo(db);
}
