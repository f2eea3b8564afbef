// SPDX-License-Identifier: GPL-2.0-only
/*
 * The results of a session: nothing that was told is lost, and nothing hides a
 * finding.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/util.h"
#include "report_bed.h"
#include "session/member.h"
#include "session/resume.h"
#include "session/session.h"
#include "session/status.h"

static struct sm_finding finding;

static void the_file_is_there_from_the_beginning(void **state)
{
	struct sm_report *r = report_new(path);
	struct json_object *root, *file;

	(void)state;
	assert_non_null(r);
	expect_file(0, "incomplete");
	assert_int_equal(sm_report_begin(r, &spec), 1);
	sm_report_ended(r, 1, &spec, &result, false);
	assert_int_equal(sm_report_begin(r, &spec), 2);
	sm_report_ended(r, 2, &spec, &result, false);
	expect_file(0, "incomplete");
	assert_int_equal(sm_report_close(r, sm_report_verdict(r)), 0);
	expect_file(2, "pass");
	root = from_journal();
	file = json_object_from_file(path);
	assert_true(json_object_equal(root, file));
	assert_string_equal(text_at(root, "command"), "run");
	assert_string_equal(json_object_get_string(nth_of(root, "argv", 3)),
			    "a \"file\"");
	assert_string_equal(text_at(root, "journal"), journal);
	assert_non_null(at(root, "host"));
	assert_non_null(at(root, "start"));
	assert_non_null(at(root, "end"));
	assert_int_equal(number_at(nth_of(root, "runs", 1), "test"), 2);
	assert_non_null(at(nth_of(root, "runs", 1), "start"));
	json_object_put(root);
	json_object_put(file);
}

static struct json_object *record_of(const char *what, int test, const char *console)
{
	struct json_object *o = json_object_new_object();

	sm_member_string(o, "record", what);
	sm_member_u64(o, "test", test);
	if (console)
		sm_member_string(o, "console", console);
	return o;
}

/* A machine that went down twice, of which once is told what it said. */
static void the_console_is_of_the_test_it_was_under(void **state)
{
	struct sm_journal *j = sm_journal_new(NULL);
	struct json_object *root;

	(void)state;
	assert_non_null(j);
	sm_journal_add(j, record_of("begin", 1, NULL));
	sm_journal_add(j, record_of("resumed", 0, NULL));
	sm_journal_add(j, record_of("begin", 2, NULL));
	sm_journal_add(j, record_of("resumed", 0, "<0>[2] Kernel panic - x: y\nz"));
	sm_journal_add(j, record_of("begin", 3, NULL));
	root = sm_results_make(j);
	assert_null(sm_member_get(nth_of(root, "runs", 0), "console"));
	assert_string_equal(text_at(nth_of(root, "runs", 0), "reason"),
			    "the session ended under it");
	assert_non_null(strstr(text_at(nth_of(root, "runs", 1), "console"), "\nz"));
	assert_string_equal(text_at(nth_of(root, "runs", 1), "reason"),
			    "the session ended under it: Kernel panic - x: y");
	assert_null(sm_member_get(nth_of(root, "runs", 2), "console"));
	json_object_put(root);
	sm_journal_free(j);
}

/* The machine may be gone a moment later. */
static void a_finding_is_told_at_once(void **state)
{
	struct sm_report *r = report_new(path);
	struct json_object *root, *v;

	(void)state;
	assert_non_null(r);
	sm_report_begin(r, &spec);
	expect_run("incomplete", 0, "the session ended under it");
	stub_finding(&finding, 123);
	sm_report_finding(r, 1, &finding);
	expect_run("fail", 1, FOUND "; the session ended under it");
	root = from_journal();
	assert_string_equal(text_at(root, "verdict"), "fail");
	assert_int_equal(sm_results_exit(root), 1);
	v = nth_of(nth_of(root, "runs", 0), "violations", 0);
	assert_string_equal(text_at(v, "op"), "munmap");
	assert_string_equal(text_at(nth_of(v, "history", 0), "emitter"),
			    "unmap_vmas");
	json_object_put(root);
	sm_report_close(r, SM_FAIL);
}

static void a_session_that_was_cut_short_is_incomplete(void **state)
{
	struct sm_report *r = report_new(path);
	struct json_object *root;

	(void)state;
	assert_non_null(r);
	sm_report_begin(r, &spec);
	sm_report_ended(r, 1, &spec, &result, false);
	root = from_journal();
	assert_string_equal(text_at(root, "verdict"), "incomplete");
	assert_int_equal(sm_results_exit(root), 69);
	assert_null(at(root, "end"));
	json_object_put(root);
	sm_report_close(r, SM_PASS);
}

static void what_was_told_is_not_told_again(void **state)
{
	struct sm_report *r = report_new(path);
	char *text, *first;

	(void)state;
	assert_non_null(r);
	sm_report_begin(r, &spec);
	stub_accuse(&result, 123);
	sm_report_finding(r, 1, &result.findings[0]);
	stub_accuse(&result, 456);
	sm_report_ended(r, 1, &spec, &result, false);
	expect_run("fail", 2, NULL);
	text = scratch_read(journal);
	first = strstr(text, "\"t_ns\":123,");
	assert_non_null(first);
	assert_null(strstr(first + 1, "\"t_ns\":123,"));
	free(text);
	sm_report_close(r, SM_FAIL);
}

/* At the end more may be known: names, say, or older records. */
static void what_is_known_better_replaces(void **state)
{
	struct sm_report *r = report_new(path);
	struct json_object *root, *v;

	(void)state;
	assert_non_null(r);
	sm_report_begin(r, &spec);
	stub_accuse(&result, 123);
	sm_report_finding(r, 1, &result.findings[0]);
	result.findings[0].nr_history = 2;
	sm_report_ended(r, 1, &spec, &result, false);
	expect_run("fail", 1, NULL);
	root = from_journal();
	v = nth_of(nth_of(root, "runs", 0), "violations", 0);
	assert_int_equal(json_object_array_length(at(v, "history")), 2);
	json_object_put(root);
	sm_report_close(r, SM_FAIL);
}

/* Who looks at another thing may find an older violation later. */
static void violations_are_in_the_order_of_time(void **state)
{
	static const unsigned int told[] = { 456, 123, 789 };
	struct sm_report *r = report_new(path);
	struct json_object *root, *run;
	unsigned int i;

	(void)state;
	assert_non_null(r);
	sm_report_begin(r, &spec);
	for (i = 0; i < SM_ARRAY_SIZE(told); i++) {
		stub_finding(&finding, told[i]);
		sm_report_finding(r, 1, &finding);
	}
	stub_accuse(&result, 12);
	stub_accuse(&result, 123);
	sm_report_ended(r, 1, &spec, &result, false);
	stub_finding(&finding, 500);
	sm_report_finding(r, 1, &finding);
	root = from_journal();
	run = nth_of(root, "runs", 0);
	assert_int_equal(number_at(nth_of(run, "violations", 0), "t_ns"), 12);
	assert_int_equal(number_at(nth_of(run, "violations", 1), "t_ns"), 123);
	assert_int_equal(number_at(nth_of(run, "violations", 2), "t_ns"), 456);
	assert_int_equal(number_at(nth_of(run, "violations", 3), "t_ns"), 500);
	assert_int_equal(number_at(nth_of(run, "violations", 4), "t_ns"), 789);
	json_object_put(root);
	sm_report_close(r, SM_FAIL);
}

static void a_late_finding_makes_it_fail(void **state)
{
	struct sm_report *r = report_new(path);
	struct json_object *root;

	(void)state;
	assert_non_null(r);
	sm_report_begin(r, &spec);
	sm_report_ended(r, 1, &spec, &result, false);
	expect_run("pass", 0, NULL);
	stub_finding(&finding, 1099);
	sm_report_finding(r, 1, &finding);
	expect_run("fail", 1, FOUND);
	assert_int_equal(sm_report_verdict(r), SM_FAIL);
	/* Whatever who tells the end believes. */
	assert_int_equal(sm_report_close(r, SM_PASS), 0);
	expect_file(1, "fail");
	root = from_journal();
	assert_int_equal(number_at(nth_of(root, "runs", 0), "first_ns"), 1000);
	json_object_put(root);
}

/* More are counted than listed; one more is one more. */
static void the_total_goes_on(void **state)
{
	struct sm_report *r = report_new(path);
	struct json_object *root;

	(void)state;
	assert_non_null(r);
	sm_report_begin(r, &spec);
	stub_accuse(&result, 123);
	result.violations_total = 100;
	sm_report_ended(r, 1, &spec, &result, false);
	stub_finding(&finding, 456);
	sm_report_finding(r, 1, &finding);
	root = from_journal();
	assert_int_equal(number_at(nth_of(root, "runs", 0),
				   "violations_total"), 101);
	json_object_put(root);
	sm_report_close(r, SM_FAIL);
}

static void no_verdict_hides_a_finding(void **state)
{
	static const enum sm_verdict verdicts[] = {
		SM_BROKEN, SM_TIMEOUT, SM_INCOMPLETE, SM_SKIP
	};
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(verdicts); i++) {
		struct sm_report *r;

		start(state);
		r = report_new(path);
		assert_non_null(r);
		sm_report_begin(r, &spec);
		stub_finding(&finding, 123);
		sm_report_finding(r, 1, &finding);
		stub_result(&result, verdicts[i]);
		sm_report_ended(r, 1, &spec, &result,
				verdicts[i] == SM_INCOMPLETE);
		expect_run("fail", 1, FOUND);
		sm_report_signal(r, 2);
		assert_int_equal(sm_report_end(r, verdicts[i], 0), 1);
		expect_file(1, "fail");
	}
}

static void a_signal_is_told(void **state)
{
	struct sm_report *r = report_new(path);
	struct json_object *root;

	(void)state;
	assert_non_null(r);
	sm_report_begin(r, &spec);
	stub_result(&result, SM_INCOMPLETE);
	sm_report_ended(r, 1, &spec, &result, true);
	sm_report_signal(r, 15);
	assert_int_equal(sm_report_end(r, sm_report_verdict(r), 0), 128 + 15);
	root = from_journal();
	assert_int_equal(sm_results_exit(root), 128 + 15);
	assert_int_equal(number_at(root, "signal"), 15);
	assert_true(json_object_get_boolean(at(nth_of(root, "runs", 0),
					       "stopped")));
	json_object_put(root);
}

static void stop_after(unsigned int tests, const char *verdict)
{
	struct sm_report *r;
	unsigned int i;

	scratch_empty();
	r = report_new(path);
	assert_non_null(r);
	for (i = 1; i <= tests; i++) {
		sm_report_begin(r, &spec);
		sm_report_ended(r, i, &spec, &result, false);
	}
	sm_report_signal(r, SIGINT);
	assert_int_equal(sm_report_end(r, sm_report_verdict(r), 0),
			 128 + SIGINT);
	expect_file(tests, verdict);
}

/* Of two that are planned; the signal may come when all is done. */
static void a_session_that_was_stopped_has_not_passed(void **state)
{
	(void)state;
	stop_after(0, "incomplete");
	stop_after(1, "incomplete");
	stop_after(2, "pass");
	stub_result(&result, SM_SKIP);
	stop_after(1, "incomplete");
}

/* A begin or an end that was lost takes as little with it as it can. */
static void a_lost_line_costs_little(void **state)
{
	struct sm_report *r = report_new(path);
	struct json_object *root;
	char *text, *line;

	(void)state;
	assert_non_null(r);
	sm_report_begin(r, &spec);
	sm_report_ended(r, 1, &spec, &result, false);
	sm_report_begin(r, &spec);
	stub_finding(&finding, 123);
	sm_report_finding(r, 2, &finding);
	sm_report_ended(r, 2, &spec, &result, false);
	text = scratch_read(journal);
	line = strstr(text, "{\"record\":\"begin\"");
	memset(line, 'x', 20);
	line = strstr(strstr(line, "\"test\":2"), "{\"record\":\"end\"");
	memset(line, 'x', 20);
	scratch_write(journal, text, strlen(text));
	free(text);
	root = from_journal();
	assert_int_equal(number_at(root, "damaged"), 2);
	assert_int_equal(json_object_array_length(at(root, "runs")), 2);
	assert_string_equal(text_at(nth_of(root, "runs", 0), "name"),
			    "mock.kvm.storm");
	assert_string_equal(text_at(nth_of(root, "runs", 0), "verdict"),
			    "pass");
	assert_string_equal(text_at(nth_of(root, "runs", 1), "verdict"),
			    "fail");
	json_object_put(root);
	sm_report_close(r, SM_FAIL);
}

/* Between two tests, of which none can say so. */
static void what_the_kernel_said_in_vain_is_told(void **state)
{
	struct sm_session session = { .report = report_new(path) };
	struct json_object *root;

	(void)state;
	assert_non_null(session.report);
	sm_session_begin(&session);
	session.kernel.miss(session.kernel.arg, 90);
	session.kernel.miss(session.kernel.arg, 9);
	sm_session_end(&session);
	sm_session_release();
	sm_report_close(session.report, SM_PASS);
	root = from_journal();
	assert_int_equal(number_at(root, "kernel_log_lost"), 99);
	json_object_put(root);
}

static void a_refusal_is_told(void **state)
{
	struct sm_report_head head = head_of(path);
	struct json_object *root;

	(void)state;
	assert_int_equal(sm_report_refuse(&head, SM_SKIP, "no module"), 4);
	expect_file(0, "skip");
	root = from_journal();
	assert_string_equal(text_at(root, "reason"), "no module");
	assert_int_equal(sm_results_exit(root), 4);
	json_object_put(root);
}

static void measurements_are_results(void **state)
{
	struct sm_report_head head = head_of(path);
	struct json_object *a = json_object_new_array(), *root;
	struct sm_report *r;

	(void)state;
	head.command = "bench";
	r = sm_report_new(&head);
	assert_non_null(r);
	json_object_array_add(a, json_tokener_parse("{\"verdict\":\"skip\"}"));
	sm_report_put(r, "bench", json_object_get(a));
	assert_int_equal(sm_report_verdict(r), SM_SKIP);
	json_object_array_add(a, json_tokener_parse("{\"verdict\":\"pass\"}"));
	sm_report_put(r, "bench", a);
	assert_int_equal(sm_report_end(r, sm_report_verdict(r), 0), 0);
	root = json_object_from_file(path);
	assert_int_equal(json_object_array_length(at(root, "bench")), 2);
	json_object_put(root);
}

static enum sm_verdict overall(unsigned int pass, unsigned int fail,
			       unsigned int broken, unsigned int skip,
			       unsigned int timeout)
{
	struct sm_status_tally t = { { 0 } };

	t.nr[SM_PASS] = pass;
	t.nr[SM_FAIL] = fail;
	t.nr[SM_BROKEN] = broken;
	t.nr[SM_SKIP] = skip;
	t.nr[SM_TIMEOUT] = timeout;
	return sm_status_overall(&t);
}

/* What was found is worth more than where it could not be written. */
static void the_worst_verdict_wins(void **state)
{
	(void)state;
	assert_int_equal(overall(1, 1, 1, 1, 1), SM_FAIL);
	assert_int_equal(overall(1, 0, 1, 1, 1), SM_BROKEN);
	assert_int_equal(overall(1, 0, 0, 1, 1), SM_TIMEOUT);
	assert_int_equal(sm_status_overall(&(struct sm_status_tally){
		.nr = { [SM_INCOMPLETE] = 1, [SM_TIMEOUT] = 1, [SM_PASS] = 1 },
	}), SM_INCOMPLETE);
	assert_int_equal(overall(1, 0, 0, 1, 0), SM_PASS);
	assert_int_equal(overall(0, 0, 0, 2, 0), SM_SKIP);
}

static void verdicts_become_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(sm_status_exit(SM_PASS), 0);
	assert_int_equal(sm_status_exit(SM_FAIL), 1);
	assert_int_equal(sm_status_exit(SM_SKIP), 4);
	assert_int_equal(sm_status_exit(SM_BROKEN), 69);
	assert_int_equal(sm_status_exit(SM_INCOMPLETE), 69);
	assert_int_equal(sm_status_exit(SM_TIMEOUT), 124);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_file_is_there_from_the_beginning, start),
		cmocka_unit_test_setup(the_console_is_of_the_test_it_was_under,
				       start),
		cmocka_unit_test_setup(a_finding_is_told_at_once, start),
		cmocka_unit_test_setup(a_session_that_was_cut_short_is_incomplete, start),
		cmocka_unit_test_setup(what_was_told_is_not_told_again, start),
		cmocka_unit_test_setup(what_is_known_better_replaces, start),
		cmocka_unit_test_setup(violations_are_in_the_order_of_time,
				       start),
		cmocka_unit_test_setup(a_late_finding_makes_it_fail, start),
		cmocka_unit_test_setup(the_total_goes_on, start),
		cmocka_unit_test_setup(no_verdict_hides_a_finding, start),
		cmocka_unit_test_setup(a_signal_is_told, start),
		cmocka_unit_test_setup(a_session_that_was_stopped_has_not_passed,
				       start),
		cmocka_unit_test_setup(a_lost_line_costs_little, start),
		cmocka_unit_test_setup(what_the_kernel_said_in_vain_is_told, start),
		cmocka_unit_test_setup(a_refusal_is_told, start),
		cmocka_unit_test_setup(measurements_are_results, start),
		cmocka_unit_test(the_worst_verdict_wins),
		cmocka_unit_test(verdicts_become_exit_codes),
	};

	stub_catalogue();
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
