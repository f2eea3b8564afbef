// SPDX-License-Identifier: GPL-2.0-only
/* What is put into the history: nothing that was put in is lost, and nothing twice. */
#include "history/query.h"
#include "history_bed.h"

static int64_t count(const char *sql)
{
	sqlite3_stmt *s = sm_db_prepare(db, sql, "");
	int64_t n;

	assert_non_null(s);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

#define TESTS		count("SELECT count(*) FROM test")
#define VIOLATIONS	count("SELECT count(*) FROM violation")

static void what_is_there_is_not_put_in_again(void **state)
{
	struct json_object *whole = session(1, "pfp"), *cut = NULL;

	(void)state;
	assert_int_equal(json_object_deep_copy(whole, &cut, NULL), 0);
	sm_member_string(cut, "verdict", "incomplete");
	json_object_array_del_idx(at(cut, "runs"), 1, 2);
	assert_int_equal(put(cut).tests, 1);
	assert_int_equal(put(whole).tests, 3);
	assert_int_equal(TESTS, 3);
	assert_int_equal(put(whole).notes, SM_IMPORT_KNOWN);
	assert_int_equal(put(cut).notes, SM_IMPORT_LESS);
	assert_int_equal(TESTS, 3);
	assert_int_equal(VIOLATIONS, 1);
	json_object_put(whole);
	json_object_put(cut);
}

/* Under a kernel that has oopsed nothing more is run; who resumes does it. */
static void what_was_resumed_takes_its_place(void **state)
{
	struct json_object *root = session(1, "fi");

	(void)state;
	sm_member_string(root, "verdict", "fail");
	assert_int_equal(put(root).notes, 0);
	sm_member_string(nth_of(root, "runs", 1), "verdict", "pass");
	assert_int_equal(put(root).notes, 0);
	assert_int_equal(count("SELECT count(*) FROM test WHERE verdict = 'pass'"), 1);
	assert_int_equal(TESTS, 2);
	json_object_put(root);
}

/* By its offset, where that is known; else it has no tomorrow. */
static void a_clock_that_is_off_moves_no_night(void **state)
{
	struct json_object *root = session(15, "p");
	struct sm_db_night latest;
	struct sm_import import;

	(void)state;
	import = put(root);
	assert_int_equal(import.notes, SM_IMPORT_AHEAD);
	assert_int_equal(import.ahead, 14 * 3600);
	assert_int_equal(sm_db_find_night(db, "latest", &latest), 0);
	assert_string_equal(latest.name, "2027-01-14");
	json_object_put(root);
	root = session(15, "p");
	sm_member_seconds(root, "clock_offset", DAY);
	assert_int_equal(put(root).notes, 0);
	assert_int_equal(sm_db_find_night(db, "latest", &latest), 0);
	assert_string_equal(latest.name, "2027-01-14");
	json_object_put(root);
}

static void a_time_that_is_none_is_now(void **state)
{
	static const char *const offsets[] = { "1e300", "-1e300", "1e10", "NaN" };
	struct json_object *root;
	struct sm_db_night latest;
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		root = session(14, "p");
		json_object_object_add(root, "clock_offset",
				       json_tokener_parse(offsets[i]));
		put(root);
		json_object_put(root);
		assert_int_equal(sm_db_find_night(db, "latest", &latest), 0);
		assert_true(latest.start > NOW - DAY && latest.start <= NOW);
	}
}

static void what_says_little_is_put_in(void **state)
{
	struct json_object *root = session(1, "f");
	struct json_object *v = nth_of(nth_of(root, "runs", 0), "violations", 0);

	(void)state;
	json_object_object_del(root, "kernel");
	json_object_object_del(v, "signature");
	assert_int_equal(put(root).tests, 1);
	assert_int_equal(count("SELECT count(*) FROM violation JOIN test JOIN cell"
			       " WHERE signature = '?' AND place = '?'"), 1);
	json_object_put(root);
}

/* What is wrong with one session is no fault of the history's. */
static void what_cannot_be_put_in_is_told_from_a_disk(void **state)
{
	struct json_object *root = session(2, "p");
	struct sm_import import;

	(void)state;
	assert_int_equal(sm_db_do(db, "CREATE TRIGGER bad BEFORE INSERT ON test"
				  " WHEN NEW.number = 7 BEGIN SELECT"
				  " RAISE(ABORT, 'it is bad'); END"), 0);
	sm_member_u64(nth_of(root, "runs", 0), "test", 7);
	assert_int_equal(sm_import_results(db, root, "j", NULL, now + DAY, &import),
			 -EINVAL);
	assert_string_equal(sm_db_why(db), "it is bad");
	assert_int_equal(TESTS, 0);
	night(1, "p");
	assert_int_equal(TESTS, 1);
	json_object_put(root);
}

static void a_night_that_has_moved_is_not_left_empty(void **state)
{
	struct json_object *root = session(1, "p"), *more = session(1, "pp");
	struct sm_import import;

	(void)state;
	sm_member_string(more, "boot_id", json_object_get_string(at(root, "boot_id")));
	put(root);
	assert_int_equal(sm_import_results(db, more, "j", "named", now, &import), 0);
	assert_int_equal(count("SELECT count(*) FROM night"), 1);
	json_object_put(root);
	json_object_put(more);
}

static void a_full_disk_takes_nothing_away(void **state)
{
	struct json_object *root = session(2, "pf");
	struct sm_import import;
	char *many = calloc(5001, 1);

	(void)state;
	night(1, "pf");
	assert_int_equal(sm_db_do(db, "PRAGMA max_page_count = 1"), 0);
	json_object_put(root);
	memset(many, 'f', 5000);
	root = session(2, many);
	free(many);
	assert_int_equal(sm_import_results(db, root, "j", NULL, now + DAY, &import),
			 -EIO);
	assert_string_equal(sm_db_why(db), "database or disk is full");
	assert_int_equal(TESTS, 2);
	assert_int_equal(sm_db_do(db, "PRAGMA max_page_count = 100000"), 0);
	assert_int_equal(put(root).tests, 5000);
	assert_int_equal(TESTS, 5002);
	json_object_put(root);
}

static void refused(int err, const char *text)
{
	sm_db_close(db);
	db = sm_db_open(file, true, why, sizeof(why));
	assert_null(db);
	assert_int_equal(errno, err);
	assert_string_equal(why, text);
}

static void what_is_newer_or_other_is_left_alone(void **state)
{
	char *before, *after;

	(void)state;
	night(1, "p");
	assert_int_equal(sm_db_do(db, "PRAGMA user_version = 3"), 0);
	refused(EPROTO, "is a history of version 3, newer than 2");
	scratch_write(file, "no database, but a text that somebody needs", 43);
	before = scratch_read(file);
	refused(EBADMSG, "is no history");
	after = scratch_read(file);
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_null(sm_db_open("/nonexistent", false, why, sizeof(why)));
	assert_int_equal(errno, ENOENT);
}

static void what_is_older_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(sm_db_do(db, "PRAGMA user_version = 1"), 0);
	refused(EPROTO, "is a history of version 1, older than 2:"
		" import the journals into a new one");
}

static void another_database_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(sm_db_do(db, "PRAGMA application_id = 7"), 0);
	refused(EBADMSG, "is no history");
}

static void what_is_old_goes_but_for_when_it_was_first(void **state)
{
	struct json_object *a;
	uint64_t dropped;

	(void)state;
	night(1, "f");
	night(2, "f");
	night(3, "fp");
	/* 22:00 on the second. */
	assert_int_equal(sm_import_forget(db, NOW - 12 * DAY, &dropped), 0);
	assert_int_equal(dropped, 2);
	assert_int_equal(TESTS, 2);
	assert_int_equal(VIOLATIONS, 1);
	a = sm_query_findings(db, NULL);
	assert_int_equal(json_object_array_length(a), 1);
	assert_string_equal(text_at(json_object_array_get_idx(a, 0), "known_since"),
			    "2027-01-01");
	json_object_put(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_there_is_not_put_in_again),
		TEST(what_was_resumed_takes_its_place),
		TEST(a_clock_that_is_off_moves_no_night),
		TEST(a_time_that_is_none_is_now),
		TEST(what_says_little_is_put_in),
		TEST(what_cannot_be_put_in_is_told_from_a_disk),
		TEST(a_night_that_has_moved_is_not_left_empty),
		TEST(a_full_disk_takes_nothing_away),
		TEST(what_is_newer_or_other_is_left_alone),
		TEST(what_is_older_is_left_alone),
		TEST(another_database_is_left_alone),
		TEST(what_is_old_goes_but_for_when_it_was_first),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
