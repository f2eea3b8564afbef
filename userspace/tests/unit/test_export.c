// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results as others read them: every test is there once, our own failures are no
 * driver's, and whatever a text holds, it breaks no format.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "export/html.h"
#include "export/junit.h"
#include "export/kcidb.h"
#include "export/markdown.h"
#include "session/catalogue.h"
#include "session/member.h"
#include "session/replay.h"
#include "stub_catalogue.h"

static struct json_object *sessions;
static char why[256];

/* A run of each verdict, the failed one with text that is a danger to all formats. */
static int set_up(void **state)
{
	static const char violation[] =
		"{\"oracle\": \"late\", \"signature\": \"8a6782fe6c0756c3\","
		" \"title\": \"late: kvm: <b> & |x|\", \"text\": \"]]> \\u0001 \\\"q\\\"\"}";
	struct json_object *session, *runs = json_object_new_array(), *run;
	enum sm_verdict v;

	(void)state;
	stub_catalogue();
	session = json_tokener_parse("{\"command\": \"run\", \"host\": \"n<1>\","
		" \"kernel\": \"6.12.95+deb\", \"arch\": \"x86_64\","
		" \"config_hash\": \"12\", \"start\": \"2027-01-01T22:00:00.000Z\"}");
	for (v = SM_PASS; v <= SM_TIMEOUT; v++) {
		run = json_tokener_parse("{\"backend\": \"mock\", \"profile\": \"kvm\","
					 " \"seed\": 3, \"seconds\": 1.500}");
		sm_member_u64(run, "test", v + 1);
		sm_member_string(run, "name", "mock.kvm..storm:a/b=c.");
		sm_member_string(run, "verdict", sm_verdict_names[v]);
		sm_member_string(run, "reason", v == SM_PASS ? "" : "a \"reason\"");
		json_object_object_add(run, "violations", json_object_new_array());
		if (v == SM_FAIL)
			json_object_array_add(sm_member_get(run, "violations"),
					      json_tokener_parse(violation));
		json_object_array_add(runs, run);
	}
	json_object_object_add(session, "runs", runs);
	sessions = json_object_new_array();
	json_object_array_add(sessions, session);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	json_object_put(sessions);
	return 0;
}

/* Where it is inlined, gcc 12 takes its variable for what it returns. */
static __attribute__((noinline)) char *
printed(void (*print)(FILE *f, struct json_object *sessions))
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	print(f, sessions);
	assert_int_equal(fclose(f), 0);
	return text;
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int nr = 0;

	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		nr++;
	return nr;
}

static struct json_object *session(void)
{
	return json_object_array_get_idx(sessions, 0);
}

static struct json_object *run_of(enum sm_verdict v)
{
	return json_object_array_get_idx(sm_member_get(session(), "runs"), v);
}

/* --- JUnit */

static void junit_has_every_test_once(void **state)
{
	char *text = printed(sm_junit_print);

	(void)state;
	assert_int_equal(count(text, "<testcase "), 6);
	assert_int_equal(count(text, "</testcase>"), 6);
	assert_int_equal(count(text, "<failure "), 1);
	assert_int_equal(count(text, "<error "), 3);
	assert_int_equal(count(text, "<skipped "), 1);
	assert_int_equal(count(text, " tests=\"6\" failures=\"1\" errors=\"3\""), 2);
	assert_int_equal(count(text, " skipped=\"1\" time=\"9.000\""), 2);
	assert_int_equal(count(text, "classname=\"6.12.n&lt;1&gt;\""), 6);
	assert_int_equal(count(text, "stalemate run --backend mock --profile kvm --seed 3"),
			 4);
	free(text);
}

static void xml_takes_any_text(void **state)
{
	static const char bytes[] = "\xff \xc0\xaf \xed\xa0\x80 \xef\xbf\xbf \xc3\xa4 \xe2\x82";
	char *text;

	(void)state;
	sm_member_string(run_of(SM_TIMEOUT), "reason", bytes);
	text = printed(sm_junit_print);
	assert_non_null(strstr(text, "]]&gt; ? &quot;q&quot;"));
	assert_non_null(strstr(text, "message=\"? ?? ??? ??? \xc3\xa4 ??\""));
	assert_non_null(strstr(text, "late: kvm: &lt;b&gt; &amp; |x|"));
	assert_null(strstr(text, "<b>"));
	free(text);
}

/* --- Markdown */

static void markdown_has_what_did_not_pass(void **state)
{
	char *text = printed(sm_markdown_print);

	(void)state;
	assert_non_null(strstr(text, "| 1 | 1 | 1 | 3 |\n"));
	assert_int_equal(count(text, "- **"), 4);
	assert_non_null(strstr(text, "late: kvm: \\<b\\> \\& \\|x\\|"));
	free(text);
}

/* --- KCIDB */

static struct json_object *kcidb(void)
{
	struct json_object *report = sm_kcidb_make(sessions, "our_lab");

	if (!sm_kcidb_check(report, why, sizeof(why)))
		fail_msg("%s", why);
	return report;
}

static const char *text_of(struct json_object *report, const char *list, size_t i,
			   const char *key)
{
	return sm_member_text(json_object_array_get_idx(sm_member_get(report, list),
							i), key);
}

static void kcidb_never_calls_our_own_failure_the_drivers(void **state)
{
	static const char *const words[] = {
		"PASS", "FAIL", "ERROR", "SKIP", "MISS", "ERROR"
	};
	struct json_object *report = kcidb();
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++)
		assert_string_equal(text_of(report, "tests", i, "status"), words[i]);
	assert_string_equal(text_of(report, "tests", 0, "path"),
			    "stalemate.mock.kvm.storm_a_b_c");
	assert_string_equal(text_of(report, "issues", 0, "id"),
			    "our_lab:8a6782fe6c0756c3");
	assert_string_equal(text_of(report, "incidents", 0, "test_id"),
			    text_of(report, "tests", 1, "id"));
	json_object_put(report);
}

/* The end of it is what tells. */
static void the_console_of_a_machine_that_went_down_is_there(void **state)
{
	char console[6000], *text;
	struct json_object *report;

	(void)state;
	memset(console, '<', sizeof(console));
	memcpy(console + sizeof(console) - 6, "panic", 6);
	sm_member_string(run_of(SM_INCOMPLETE), "console", console);
	sm_member_string(run_of(SM_FAIL), "console", console);
	text = printed(sm_junit_print);
	assert_int_equal(count(text, "<system-out>&lt;"), 2);
	assert_int_equal(count(text, "panic</system-out></testcase>"), 2);
	free(text);
	report = kcidb();
	text = (char *)text_of(report, "tests", SM_INCOMPLETE, "log_excerpt");
	assert_int_equal(strlen(text), 4095);
	assert_string_equal(text + 4089, "<panic");
	/* What was found before it goes first. */
	text = (char *)text_of(report, "tests", SM_FAIL, "log_excerpt");
	assert_int_equal(strlen(text), 4095);
	assert_non_null(strstr(text, ": "));
	assert_true(strstr(text, ": ") < strchr(text, '<'));
	assert_string_equal(text + 4089, "<panic");
	json_object_put(report);
}

static void a_measurement_is_done_and_has_a_number(void **state)
{
	static const char bench[] =
		"[{\"name\": \"fault\", \"profile\": \"kvm\", \"unit\": \"page\","
		" \"verdict\": \"pass\", \"cost_ns\": 119.5}]";
	struct json_object *report, *number;

	(void)state;
	json_object_object_add(session(), "bench", json_tokener_parse(bench));
	report = kcidb();
	assert_string_equal(text_of(report, "tests", 6, "status"), "DONE");
	assert_string_equal(text_of(report, "tests", 6, "path"),
			    "stalemate.bench.fault.kvm");
	number = sm_member_get(json_object_array_get_idx(sm_member_get(report, "tests"),
							 6), "number");
	assert_string_equal(sm_member_text(number, "unit"), "ns/page");
	json_object_put(report);
}

/* What the checker is for: each of these KCIDB refuses. */
static void kcidb_is_checked(void **state)
{
	static const char *const wrong[][4] = {
		{ "tests", "status", "\"BROKEN\"", "tests.status: BROKEN" },
		{ "tests", "id", "\"Lab:1\"", "tests.id: Lab:1" },
		{ "tests", "id", "null", "tests.id: is of another type" },
		{ "tests", "path", "\"a..b\"", "tests.path: a..b" },
		{ "tests", "verdict", "\"pass\"", "tests.verdict: is unknown" },
		{ "tests", "build_id", "\"l:no\"", "tests.build_id: names what is not there" },
		{ "tests", "start_time", "\"noon\"", "tests.start_time: noon" },
		{ "tests", "comment", "7", "tests.comment: is of another type" },
		{ "builds", "architecture", "\"X\"", "builds.architecture: X" },
		{ "issues", "version", "\"1\"", "issues.version: is of another type" },
	};
	struct json_object *report, *o;
	unsigned int i;

	(void)state;
	for (i = 0; i < SM_ARRAY_SIZE(wrong); i++) {
		report = kcidb();
		o = json_object_array_get_idx(sm_member_get(report, wrong[i][0]), 0);
		json_object_object_add(o, wrong[i][1],
				       json_tokener_parse(wrong[i][2]));
		assert_false(sm_kcidb_check(report, why, sizeof(why)));
		assert_string_equal(why, wrong[i][3]);
		json_object_put(report);
	}
	report = kcidb();
	o = json_object_array_get_idx(sm_member_get(report, "tests"), 0);
	json_object_object_del(o, "origin");
	assert_false(sm_kcidb_check(report, why, sizeof(why)));
	assert_string_equal(why, "tests.origin: is missing");
	json_object_put(report);
}

/* --- what a session owes */

static void html(FILE *f, struct json_object *all)
{
	sm_html_print(f, all, NULL);
}

/* All that ran has passed; @more is what the session says besides. */
static void owes(const char *more)
{
	struct json_object *runs = json_object_new_array();
	struct json_object *o = json_tokener_parse(more);

	json_object_array_add(runs, json_object_get(run_of(SM_PASS)));
	json_object_object_add(session(), "runs", runs);
	sm_member_copy(session(), o, NULL);
	json_object_put(o);
}

/* Each format says so, once, with @status as KCIDB's, and @message. */
static void is_told(const char *element, const char *verdict, const char *status,
		    const char *message)
{
	struct json_object *report = kcidb();
	char *text = printed(sm_junit_print), line[256];

	assert_int_equal(count(text, " tests=\"2\" failures=\"0\""), 2);
	snprintf(line, sizeof(line), "name=\"session\" time=\"0.000\"><%s", element);
	assert_int_equal(count(text, line), 1);
	assert_int_equal(count(text, message), 1);
	free(text);
	text = printed(sm_markdown_print);
	snprintf(line, sizeof(line), "- **%s** session on n\\<1\\>: %s", verdict,
		 message);
	assert_int_equal(count(text, line), 1);
	free(text);
	text = printed(html);
	snprintf(line, sizeof(line), "data-rest=\"%s\"", verdict);
	assert_int_equal(count(text, line), 1);
	assert_int_equal(count(text, message), 1);
	free(text);
	assert_string_equal(text_of(report, "tests", 1, "status"), status);
	assert_string_equal(text_of(report, "tests", 1, "path"), "stalemate.session");
	assert_non_null(strstr(text_of(report, "tests", 1, "comment"), message));
	json_object_put(report);
}

static void nothing_is_told(void)
{
	char *text = printed(sm_junit_print);

	assert_int_equal(count(text, "<testcase "), 1);
	free(text);
	text = printed(html);
	assert_int_equal(count(text, "data-rest"), 0);
	free(text);
}

/* It went down between two tests, and no test was under way. */
static void a_session_that_was_cut_is_not_green(void **state)
{
	(void)state;
	owes("{\"tests\": 3, \"verdict\": \"incomplete\"}");
	is_told("error ", "incomplete", "MISS",
		"2 of 3 tests were not run: the session has not come to its end");
	owes("{\"end\": \"2027-01-01T23:00:00.000Z\", \"signal\": 15}");
	is_told("error ", "incomplete", "MISS",
		"2 of 3 tests were not run: the session was stopped");
	owes("{\"tests\": 1, \"verdict\": \"pass\"}");
	nothing_is_told();
}

/* Nothing could be run, or not be written: who looks at tests alone has none. */
static void a_session_that_is_broken_is_not_green(void **state)
{
	(void)state;
	owes("{\"tests\": 3, \"end\": \"2027-01-01T23:00:00.000Z\","
	     " \"verdict\": \"broken\", \"reason\": \"no module\"}");
	is_told("error ", "broken", "ERROR", "2 of 3 tests were not run: no module");
	owes("{\"verdict\": \"skip\"}");
	is_told("skipped ", "skip", "SKIP", "2 of 3 tests were not run: no module");
	owes("{\"tests\": 1, \"verdict\": \"broken\", \"reason\": \"\"}");
	is_told("error ", "broken", "ERROR", "its results could not all be written");
	owes("{\"tests\": 3}");
	is_told("error ", "broken", "ERROR",
		"2 of 3 tests were not run, or their results could not be written");
	/* What was found does not hide it. */
	owes("{\"verdict\": \"fail\"}");
	is_told("error ", "broken", "ERROR",
		"2 of 3 tests were not run, or their results could not be written");
	owes("{\"verdict\": \"pass\"}");
	nothing_is_told();
}

/* A matrix that was refused has planned no tests, and has none. */
static void a_session_that_was_refused_is_not_green(void **state)
{
	struct json_object *report;
	char *text;

	(void)state;
	owes("{\"tests\": 0, \"command\": \"matrix\", \"verdict\": \"skip\","
	     " \"end\": \"2027-01-01T23:00:00.000Z\", \"reason\": \"no module\"}");
	json_object_object_add(session(), "runs", json_object_new_array());
	text = printed(sm_junit_print);
	assert_int_equal(count(text, "<skipped message=\"no module\""), 1);
	assert_int_equal(count(text, " tests=\"1\" failures=\"0\""), 2);
	free(text);
	sm_member_string(session(), "verdict", "broken");
	sm_member_string(session(), "reason", "");
	text = printed(sm_markdown_print);
	assert_int_equal(count(text, "- **broken** session on n\\<1\\>: nothing was run"),
			 1);
	free(text);
	report = kcidb();
	assert_string_equal(text_of(report, "tests", 0, "status"), "ERROR");
	json_object_put(report);
	/* A measurement is no test, and tells for itself. */
	json_object_object_add(session(), "bench",
			       json_tokener_parse("[{\"verdict\": \"broken\"}]"));
	text = printed(sm_markdown_print);
	assert_int_equal(count(text, "** session on"), 0);
	free(text);
}

/* --- proofs */

static void a_defect_that_is_found_is_a_pass(void **state)
{
	struct json_object *report;
	char *text;

	(void)state;
	sm_member_string(session(), "command", "matrix");
	sm_member_string(run_of(SM_PASS), "defect", "no-retry");
	sm_member_string(run_of(SM_FAIL), "defect", "no-retry");
	report = kcidb();
	assert_string_equal(text_of(report, "tests", SM_PASS, "status"), "FAIL");
	assert_string_equal(text_of(report, "tests", SM_FAIL, "status"), "PASS");
	assert_int_equal(json_object_array_length(sm_member_get(report, "issues")), 0);
	json_object_put(report);
	text = printed(sm_junit_print);
	assert_int_equal(count(text, "<failure "), 1);
	assert_null(strstr(text, "8a6782fe6c0756c3"));
	free(text);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, stop)

/* Whoever has written the journal: it is pasted into a shell. */
static void what_runs_it_again_is_plain_words(void **state)
{
	struct json_object *run = json_tokener_parse("{\"backend\": \"mock\","
		" \"profile\": \"$(reboot)\\u001b'\", \"options\": {\"duration\": 3.000,"
		" \"ops\": [null, \"munmap\"], \"memory\": [\"anon\", \"x; y\"]}}");
	char *again = sm_replay_command(run);

	(void)state;
	assert_string_equal(again, "stalemate run --backend mock"
			    " --profile '$(reboot) '\\''' --duration 3.000"
			    " --ops '',munmap --memory anon,'x; y'");
	free(again);
	json_object_put(run);
}

/* Without --ops those that are rare would be left out. */
static void all_ops_are_said_to_be_all(void **state)
{
	struct json_object *run = json_tokener_parse("{\"options\": {\"ops\": []}}");
	struct json_object *ops = sm_member_get(sm_member_get(run, "options"), "ops");
	unsigned int i;
	char *again;

	(void)state;
	for (i = 0; i < SM_MAX_OPS && sm_catalogue_op(i); i++)
		json_object_array_add(ops, json_object_new_string(sm_catalogue_op(i)));
	again = sm_replay_command(run);
	assert_string_equal(again, "stalemate run --ops all");
	free(again);
	json_object_put(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(junit_has_every_test_once),
		TEST(xml_takes_any_text),
		TEST(markdown_has_what_did_not_pass),
		TEST(kcidb_never_calls_our_own_failure_the_drivers),
		TEST(a_measurement_is_done_and_has_a_number),
		TEST(the_console_of_a_machine_that_went_down_is_there),
		TEST(kcidb_is_checked),
		TEST(a_session_that_was_cut_is_not_green),
		TEST(a_session_that_is_broken_is_not_green),
		TEST(a_session_that_was_refused_is_not_green),
		TEST(a_defect_that_is_found_is_a_pass),
		TEST(what_runs_it_again_is_plain_words),
		TEST(all_ops_are_said_to_be_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
