// SPDX-License-Identifier: GPL-2.0-only
/*
 * The history of many nights: what got worse is told from what was bad before, from
 * chance, and from what was not looked at.
 */
#include "history/compare.h"
#include "history/past.h"
#include "history/query.h"
#include "history_bed.h"

static struct json_object *compare(const char *from, const char *to)
{
	struct sm_db_night a, b;
	struct json_object *root;

	assert_int_equal(sm_db_find_night(db, from, &a), 0);
	assert_int_equal(sm_db_find_night(db, to, &b), 0);
	root = sm_compare_nights(db, &a, &b);
	assert_non_null(root);
	return root;
}

/* The only finding of the last two nights is in this state. */
static void expect(const char *state)
{
	struct json_object *root = compare("previous", "latest");

	assert_int_equal(json_object_array_length(at(root, "findings")), 1);
	assert_string_equal(text_at(nth_of(root, "findings", 0), "state"), state);
	assert_int_equal(number_at(at(root, "counts"), state), 1);
	json_object_put(root);
}

/* --- what got worse */

static void a_regression_shows_twice(void **state)
{
	struct json_object *root, *o;

	(void)state;
	night(1, "p");
	night(2, "p");
	night(3, "f");
	expect("once");
	night(4, "f");
	expect("new");
	night(5, "f");
	expect("same");
	night(6, "p");
	expect("gone");
	root = compare("previous", "latest");
	o = nth_of(root, "findings", 0);
	assert_string_equal(text_at(at(o, "first_seen"), "night"), "2027-01-03");
	assert_string_equal(text_at(at(o, "last_seen"), "night"), "2027-01-05");
	assert_string_equal(text_at(at(o, "last_good"), "night"), "2027-01-06");
	assert_string_equal(text_at(o, "title"), "it is late");
	assert_int_equal(number_at(o, "bad"), 3);
	assert_int_equal(number_at(o, "decided"), 6);
	assert_true(json_object_get_uint64(at(at(o, "run"), "seed")) ==
		    UINT64_MAX);
	json_object_put(root);
}

static void it_may_show_twice_in_one_night(void **state)
{
	struct json_object *root;

	(void)state;
	night(1, "p");
	night(2, "f");
	night(2, "f");
	expect("new");
	root = compare("previous", "latest");
	assert_string_equal(text_at(at(nth_of(root, "findings", 0), "last_good"),
				    "night"), "2027-01-01");
	json_object_put(root);
}

static void what_is_not_always_there_is_flaky(void **state)
{
	(void)state;
	night(1, "p");
	night(2, "f");
	night(2, "p");
	expect("flaky");
}

/* Whichever of them came first. */
static void what_a_night_has_both_ways_is_flaky(void **state)
{
	(void)state;
	night(1, "f");
	night(1, "f");
	night(2, "p");
	night(2, "f");
	night(2, "f");
	expect("flaky");
}

/* A run ends with its first finding. */
static void a_failure_says_nothing_of_other_findings(void **state)
{
	struct json_object *root;
	unsigned int i;

	(void)state;
	night(1, "p");
	for (i = 2; i <= 3; i++) {
		night(i, "f");
		night(i, "g");
	}
	root = compare("previous", "latest");
	assert_int_equal(number_at(at(root, "counts"), "new"), 2);
	json_object_put(root);
	night(4, "g");
	root = compare("previous", "latest");
	assert_int_equal(number_at(at(root, "counts"), "same"), 1);
	assert_int_equal(number_at(at(root, "counts"), "not-run"), 1);
	json_object_put(root);
}

static void what_comes_again_is_flaky(void **state)
{
	(void)state;
	night(1, "f");
	night(2, "p");
	expect("gone");
	night(3, "f");
	expect("flaky");
}

static void what_stays_is_new_however_it_came(void **state)
{
	(void)state;
	night(1, "f");
	night(2, "p");
	night(3, "f");
	night(4, "f");
	expect("new");
	night(5, "f");
	expect("flaky");
}

/* Rows of a plan: one name, other memory. */
static void row(unsigned int number, const char *verdict, const char *options)
{
	struct json_object *root = session(number, verdict);

	now = NOW + number * DAY;
	json_object_object_add(nth_of(root, "runs", 0), "options",
			       json_tokener_parse(options));
	put(root);
	json_object_put(root);
}

static void other_options_are_another_test(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 1; i <= 4; i++) {
		row(i, "p", "{\"memory\": [\"anon\"], \"duration\": 3.0}");
		row(i, i < 3 ? "p" : "f", "{\"memory\": [\"thp\"], \"count\": 1}");
		if (i == 3)
			expect("once");
	}
	expect("new");
	row(5, "p", "{\"memory\": [\"anon\"]}");
	row(5, "p", "{\"memory\": [\"thp\"], \"duration\": 1.0}");
	expect("gone");
}

static void what_was_long_ago_is_no_flake(void **state)
{
	unsigned int i;

	(void)state;
	night(1, "f");
	for (i = 2; i < 2 + SM_PAST_NIGHTS; i++)
		night(i, "p");
	night(i, "f");
	expect("once");
}

static void what_was_not_run_is_not_gone(void **state)
{
	static const char *const nights[] = { "s", "i", "" };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		stop(state);
		start(state);
		night(1, "f");
		night(2, nights[i]);
		if (*nights[i] != 'i') {
			expect("not-run");
		} else {
			struct json_object *root = compare("previous", "latest");

			assert_int_equal(number_at(at(root, "counts"), "not-run"), 1);
			assert_int_equal(number_at(at(root, "counts"), "once"), 1);
			json_object_put(root);
		}
	}
}

static void findings_of_other_tests_are_others(void **state)
{
	struct json_object *root;

	(void)state;
	night(1, "fpg");
	night(2, "pfg");
	root = compare("previous", "latest");
	assert_int_equal(number_at(at(root, "counts"), "gone"), 1);
	assert_int_equal(number_at(at(root, "counts"), "once"), 1);
	assert_int_equal(number_at(at(root, "counts"), "new"), 1);
	assert_string_equal(text_at(nth_of(root, "findings", 0), "title"), "too much");
	json_object_put(root);
}

static void labels_are_places_of_their_own(void **state)
{
	struct json_object *root;

	(void)state;
	night(1, "p");
	root = session(2, "f");
	sm_member_string(root, "label", "hfi1");
	put(root);
	json_object_put(root);
	root = compare("previous", "latest");
	assert_string_equal(text_at(nth_of(root, "findings", 0), "place"), "hfi1");
	assert_null(at(nth_of(root, "findings", 0), "last_good"));
	json_object_put(root);
}

/* In a matrix a defect is there to be found. */
static void a_missed_defect_is_a_finding(void **state)
{
	static const char *const tests[] = { "f", "p" };
	struct json_object *root;
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		root = session(i + 1, tests[i]);
		sm_member_string(root, "command", "matrix");
		sm_member_string(nth_of(root, "runs", 0), "defect", "no-retry");
		put(root);
		json_object_put(root);
	}
	root = compare("previous", "latest");
	assert_int_equal(json_object_array_length(at(root, "findings")), 1);
	assert_string_equal(text_at(nth_of(root, "findings", 0), "signature"),
			    "missed");
	json_object_put(root);
}

/* --- what is asked */

static void tests_and_nights_are_counted(void **state)
{
	struct json_object *a, *o;

	(void)state;
	night(1, "pfsi");
	night(2, "pp");
	a = sm_query_nights(db);
	o = json_object_array_get_idx(a, 1);
	assert_string_equal(text_at(o, "night"), "2027-01-01");
	assert_int_equal(number_at(o, "tests"), 4);
	assert_int_equal(number_at(o, "pass"), 1);
	assert_int_equal(number_at(o, "fail"), 1);
	assert_int_equal(number_at(o, "skip"), 1);
	assert_int_equal(number_at(o, "other"), 1);
	json_object_put(a);
	a = sm_query_tests(db, "*.1");
	assert_int_equal(json_object_array_length(a), 1);
	o = json_object_array_get_idx(a, 0);
	assert_int_equal(number_at(o, "results"), 2);
	assert_string_equal(text_at(o, "last_verdict"), "pass");
	assert_string_equal(text_at(o, "place"), "6.12");
	json_object_put(a);
}

/* --- how much work it is */

static int count_work(void *arg)
{
	++*(uint64_t *)arg;
	return 0;
}

/* Counts what SQLite does, in hundreds of steps of its machine; NULL: no more. */
static void count_into(uint64_t *nr)
{
	sqlite3_stmt *s = sm_db_prepare(db, "SELECT 1", "");

	assert_non_null(s);
	sqlite3_progress_handler(sqlite3_db_handle(s), 100,
				 nr ? count_work : NULL, nr);
	sqlite3_finalize(s);
}

#define TESTS_OF_NIGHT	400

/* A night of many tests, one of which fails: to import, and to compare. */
static void work_of(unsigned int number, uint64_t *in, uint64_t *between)
{
	char tests[TESTS_OF_NIGHT + 1];
	struct json_object *root;

	memset(tests, 'p', TESTS_OF_NIGHT);
	tests[TESTS_OF_NIGHT] = '\0';
	tests[number] = 'f';
	*in = 0;
	*between = 0;
	count_into(in);
	night(number, tests);
	count_into(between);
	root = compare("previous", "latest");
	count_into(NULL);
	json_object_put(root);
}

/*
 * Years of nights make an import no longer, and a comparison by the past of what was
 * found alone. Each test that is looked at takes two steps or more, so a night whose
 * tests are all looked at takes 800: half of that is what an SQLite may make of it.
 */
static void a_long_history_is_no_more_work(void **state)
{
	uint64_t in[32], between[32];
	unsigned int i;

	(void)state;
	night(1, "p");
	for (i = 2; i < 29; i++)
		work_of(i, &in[i], &between[i]);
	/* What is flaky comes and goes within ten. */
	print_message("import %ju to %ju, compare %ju to %ju\n",
		      (uintmax_t)in[13], (uintmax_t)in[28],
		      (uintmax_t)between[13], (uintmax_t)between[28]);
	assert_true(in[13] > 0 && between[13] > 0);
	assert_true(in[28] <= in[13] + in[13] / 5);
	assert_true(between[28] <= between[13] + 15 * TESTS_OF_NIGHT / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_regression_shows_twice),
		TEST(it_may_show_twice_in_one_night),
		TEST(what_is_not_always_there_is_flaky),
		TEST(what_a_night_has_both_ways_is_flaky),
		TEST(a_failure_says_nothing_of_other_findings),
		TEST(what_comes_again_is_flaky),
		TEST(what_stays_is_new_however_it_came),
		TEST(other_options_are_another_test),
		TEST(what_was_long_ago_is_no_flake),
		TEST(what_was_not_run_is_not_gone),
		TEST(findings_of_other_tests_are_others),
		TEST(labels_are_places_of_their_own),
		TEST(a_missed_defect_is_a_finding),
		TEST(tests_and_nights_are_counted),
		TEST(a_long_history_is_no_more_work),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
