// SPDX-License-Identifier: GPL-2.0-only
/*
 * Going on with an earlier session: what has ended is not run again, what may have
 * taken the machine down neither; and it must be the same that is run.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "scratch.h"
#include "session/allow.h"
#include "session/journal.h"
#include "session/report.h"
#include "session/results.h"
#include "session/resume.h"
#include "stub_run.h"
#include "wrap_sysfs.h"

#define TESTS	4

static char json[SCRATCH_PATH], journal[SCRATCH_PATH];
static struct sm_run_result result;
static struct sm_run_spec spec[TESTS];
static char why[256];
static const char *srcversion;	/* of the module that is loaded */

int __wrap_sm_util_read_file(const char *path, char *buf, size_t size)
{
	if (strncmp(path, "/sys/module/stalemate/", 22))
		return __real_sm_util_read_file(path, buf, size);
	if (!srcversion)
		return -ENOENT;
	return snprintf(buf, size, "%s", strstr(path, "src") ?
			srcversion : "0.1");
}

/* Four tests: three of an op each, and the last one's twin of another seed. */
static int start(void **state)
{
	unsigned int i;

	(void)state;
	scratch_empty();
	scratch_path(json, "run.json");
	scratch_path(journal, "run.jsonl");
	srcversion = NULL;
	for (i = 0; i < TESTS; i++)
		stub_spec(&spec[i], 1 << (i < 3 ? i : 2), i < 3 ? 42 : 43);
	return 0;
}

static struct sm_report_head head_of(struct sm_resume *resume)
{
	struct sm_report_head head = {
		.json = json, .resume = resume, .command = "run", .seed = 42,
		.tests = TESTS,
	};
	unsigned int i;

	for (i = 0; i < TESTS; i++)
		head.plan = sm_resume_plan(head.plan, &spec[i]);
	return head;
}

static struct sm_report *begin(struct sm_resume *resume)
{
	struct sm_report_head head = head_of(resume);
	struct sm_report *r = sm_report_new(&head);

	assert_non_null(r);
	return r;
}

static void end(struct sm_report *r, unsigned int test, unsigned int i,
		enum sm_verdict verdict, bool stopped)
{
	stub_result(&result, verdict);
	sm_report_ended(r, test, &spec[i], &result, stopped);
}

/* The session dies without a word: what it had open is closed, and no more. */
static void die(struct sm_report *r)
{
	char *text = scratch_read(journal);

	sm_report_close(r, SM_PASS);
	scratch_write(journal, text, strlen(text));
	free(text);
}

static struct sm_resume *resume(void)
{
	struct sm_resume *r = sm_resume_open(journal, why, sizeof(why));

	if (!r)
		fail_msg("%s", why);
	return r;
}

static void expect(struct sm_resume *r, unsigned int i,
		   enum sm_resume_state state, const char *verdict)
{
	struct json_object *run;

	assert_int_equal(sm_resume_find(r, &spec[i], &run), state);
	if (verdict)
		assert_string_equal(text_at(run, "verdict"), verdict);
	else
		assert_null(run);
}

static void nothing_is_known_of_nothing(void **state)
{
	(void)state;
	expect(NULL, 0, SM_RESUME_NEW, NULL);
}

/*
 * Ended; ended under it, with a finding; stopped, or not made as the kernel has
 * oopsed; not begun.
 */
static void make_cut_short(bool stopped)
{
	static struct sm_finding finding;
	struct sm_report *r = begin(NULL);

	assert_int_equal(sm_report_begin(r, &spec[0]), 1);
	end(r, 1, 0, SM_BROKEN, false);
	assert_int_equal(sm_report_begin(r, &spec[1]), 2);
	stub_finding(&finding, 123);
	sm_report_finding(r, 2, &finding);
	assert_int_equal(sm_report_begin(r, &spec[2]), 3);
	end(r, 3, 2, SM_INCOMPLETE, stopped);
	sm_report_add(r, "kernel_log_lost", 3);
	sm_report_add(r, "kernel_log_lost", 4);
	die(r);
}

static void go_on(bool stopped)
{
	struct sm_report *r;
	struct sm_resume *e;

	make_cut_short(stopped);
	e = resume();
	assert_int_equal(sm_resume_seed(e), 42);
	r = begin(e);
	expect(e, 0, SM_RESUME_ENDED, "broken");
	expect(e, 1, SM_RESUME_INTERRUPTED, "fail");
	expect(e, 2, SM_RESUME_STOPPED, NULL);
	assert_int_equal(sm_report_begin(r, &spec[2]), 3);
	end(r, 3, 2, SM_PASS, false);
	expect(e, 3, SM_RESUME_NEW, NULL);
	assert_int_equal(sm_report_begin(r, &spec[3]), 4);
	end(r, 4, 3, SM_PASS, false);
	sm_report_add(r, "kernel_log_lost", 2);
	assert_int_equal(sm_report_end(r, sm_report_verdict(r), 0), 1);
	sm_resume_free(e);
}

static void what_has_ended_is_not_run_again(void **state)
{
	(void)state;
	go_on(true);
}

static void what_was_not_made_is_run(void **state)
{
	(void)state;
	go_on(false);
}

/* In the results each test is there once, where it was begun. */
static void results_are_of_both_sessions(void **state)
{
	static const char *const verdicts[] = {
		"broken", "fail", "pass", "pass"
	};
	struct json_object *root;
	unsigned int i;

	(void)state;
	go_on(true);
	root = json_object_from_file(json);
	assert_non_null(root);
	assert_int_equal(json_object_array_length(at(root, "runs")), TESTS);
	for (i = 0; i < TESTS; i++) {
		struct json_object *run = nth_of(root, "runs", i);

		assert_int_equal(number_at(run, "test"), i + 1);
		assert_string_equal(text_at(run, "verdict"), verdicts[i]);
	}
	assert_int_equal(json_object_array_length(at(root, "resumed")), 1);
	assert_int_equal(number_at(root, "kernel_log_lost"), 9);
	assert_string_equal(text_at(root, "verdict"), "fail");
	json_object_put(root);
}

/* And once more: the test that was stopped is known by what came of it then. */
static void it_can_be_resumed_again(void **state)
{
	struct sm_resume *e;

	(void)state;
	go_on(true);
	e = resume();
	expect(e, 0, SM_RESUME_ENDED, "broken");
	expect(e, 1, SM_RESUME_INTERRUPTED, "fail");
	expect(e, 2, SM_RESUME_ENDED, "pass");
	expect(e, 3, SM_RESUME_ENDED, "pass");
	sm_resume_free(e);
}

/* Stopped, but with a finding: that is a result. */
static void a_stopped_test_that_found_something_has_ended(void **state)
{
	static struct sm_finding finding;
	struct sm_report *r = begin(NULL);
	struct sm_resume *e;

	(void)state;
	assert_int_equal(sm_report_begin(r, &spec[0]), 1);
	stub_finding(&finding, 123);
	sm_report_finding(r, 1, &finding);
	end(r, 1, 0, SM_INCOMPLETE, true);
	sm_report_close(r, SM_FAIL);
	e = resume();
	expect(e, 0, SM_RESUME_ENDED, "fail");
	sm_resume_free(e);
}

static void equal_tests_are_found_once_each(void **state)
{
	struct sm_report *r;
	struct sm_resume *e;

	spec[1] = spec[0];
	(void)state;
	r = begin(NULL);
	sm_report_begin(r, &spec[0]);
	end(r, 1, 0, SM_PASS, false);
	die(r);
	e = resume();
	r = begin(e);
	expect(e, 0, SM_RESUME_ENDED, "pass");
	expect(e, 1, SM_RESUME_NEW, NULL);
	assert_int_equal(sm_report_begin(r, &spec[1]), 2);
	end(r, 2, 1, SM_PASS, false);
	sm_report_close(r, SM_PASS);
	sm_resume_free(e);
}

/* A begin that was lost is one that was not. */
static void a_cut_line_is_run_again(void **state)
{
	struct sm_report *r = begin(NULL);
	struct sm_resume *e;
	char *text;

	(void)state;
	sm_report_begin(r, &spec[0]);
	end(r, 1, 0, SM_PASS, false);
	sm_report_begin(r, &spec[1]);
	die(r);
	text = scratch_read(journal);
	scratch_write(journal, text, strlen(text) - 10);
	free(text);
	e = resume();
	r = begin(e);
	expect(e, 0, SM_RESUME_ENDED, "pass");
	expect(e, 1, SM_RESUME_NEW, NULL);
	assert_int_equal(sm_report_begin(r, &spec[1]), 2);
	end(r, 2, 1, SM_PASS, false);
	assert_int_equal(sm_report_end(r, sm_report_verdict(r), 0), 0);
	sm_resume_free(e);
}

/* --- it must be the same */

static void expect_refused(const struct sm_report_head *head, const char *word)
{
	struct sm_resume *e = resume();

	assert_false(sm_resume_check(e, head, why, sizeof(why)));
	if (!strstr(why, word))
		fail_msg("no \"%s\": %s", word, why);
	assert_null(strchr(why, '\n'));
	sm_resume_free(e);
}

static void expect_accepted(void)
{
	struct sm_report_head head = head_of(NULL);
	struct sm_resume *e = resume();

	if (!sm_resume_check(e, &head, why, sizeof(why)))
		fail_msg("%s", why);
	sm_resume_free(e);
}

static void another_plan_is_refused(void **state)
{
	struct sm_report_head head;

	(void)state;
	die(begin(NULL));
	expect_accepted();
	head = head_of(NULL);
	head.command = "matrix";
	expect_refused(&head, "the command was run, and is matrix now");
	head = head_of(NULL);
	head.tests = 5;
	expect_refused(&head, "4 tests were planned, 5 are now");
	head = head_of(NULL);
	head.seed = 7;
	expect_refused(&head, "the seed was 42, and is 7 now");
	/* Each of these is another test, the seed alone is not. */
	spec[3].seed = 99;
	expect_accepted();
	spec[3].ops = sm_set_below(2);
	head = head_of(NULL);
	expect_refused(&head, "other tests");
	/* Both are called storm. */
	start(state);
	spec[3].ops = sm_set_below(2);
	die(begin(NULL));
	expect_accepted();
	spec[3].ops = sm_set_of(1);
	sm_set_add(&spec[3].ops, 2);
	head = head_of(NULL);
	expect_refused(&head, "other tests");
	start(state);
	die(begin(NULL));
	spec[0].amplify_ns = 1;
	head = head_of(NULL);
	expect_refused(&head, "other tests");
}

/* As if the journal were of another machine. */
static void change(const char *from, const char *to)
{
	char *text = scratch_read(journal), *s = strstr(text, from), *all;

	assert_non_null(s);
	*s = '\0';
	assert_true(asprintf(&all, "%s%s%s", text, to, s + strlen(from)) > 0);
	scratch_write(journal, all, strlen(all));
	free(all);
	free(text);
}

/* Lines of a file of excuses move, and are worded anew. */
static void the_same_excuse_is_the_same(void **state)
{
	static char pattern[] = { "a warning" }, reason[] = { "known" },
		    where[] = { "allow:12" }, moved[] = { "./allow:13" };
	struct sm_allow_entry entry = {
		.pattern = pattern, .reason = reason, .where = where,
	};
	struct sm_allow allow = { .entries = &entry, .nr = 1 };
	struct sm_report_head head;
	struct sm_resume *e;
	struct sm_report *r;

	(void)state;
	spec[0].allow = &allow;
	r = begin(NULL);
	sm_report_begin(r, &spec[0]);
	end(r, 1, 0, SM_PASS, false);
	die(r);
	entry.where = moved;
	entry.reason = moved;
	expect_accepted();
	e = resume();
	expect(e, 0, SM_RESUME_ENDED, "pass");
	sm_resume_free(e);
	entry.pattern = moved;
	head = head_of(NULL);
	expect_refused(&head, "other tests");
}

/* Nobody has looked yet whether it is the right one. */
static void a_refusal_leaves_the_journal_alone(void **state)
{
	struct sm_report_head head;
	struct sm_resume *e;
	char *was, *is;

	(void)state;
	die(begin(NULL));
	was = scratch_read(journal);
	e = resume();
	head = head_of(e);
	assert_int_equal(sm_report_refuse(&head, SM_SKIP, "no module"), 4);
	sm_resume_free(e);
	is = scratch_read(journal);
	assert_string_equal(was, is);
	free(was);
	free(is);
}

static void another_kernel_is_refused(void **state)
{
	struct sm_report_head head = head_of(NULL);

	(void)state;
	die(begin(NULL));
	change("\"kernel\":\"", "\"kernel\":\"9.");
	expect_refused(&head, "the kernel was 9.");
	change("\"kernel\":\"9.", "\"kernel\":\"");
	change("\"kernel_version\":\"", "\"kernel_version\":\"#77 ");
	expect_refused(&head, "the kernel was #77 ");
}

/* It may be loaded by the first test, so what counts is what was known then. */
static void another_module_is_refused(void **state)
{
	struct sm_report_head head = head_of(NULL);
	struct sm_report *r = begin(NULL);

	(void)state;
	srcversion = "AAAA";
	sm_report_begin(r, &spec[0]);
	die(r);
	expect_accepted();
	srcversion = "BBBB";
	expect_refused(&head, "the module was stalemate AAAA, and is BBBB now");
	srcversion = NULL;
	expect_accepted();
}

static void what_cannot_be_read_is_told(void **state)
{
	static const char words[] = "{\"record\":\"begin\",\"test\":1}\n";

	(void)state;
	assert_null(sm_resume_open(journal, why, sizeof(why)));
	assert_non_null(strstr(why, "No such file"));
	scratch_write(journal, "hello\n", 6);
	assert_null(sm_resume_open(journal, why, sizeof(why)));
	assert_non_null(strstr(why, "is no journal"));
	scratch_write(journal, words, strlen(words));
	assert_null(sm_resume_open(journal, why, sizeof(why)));
	assert_non_null(strstr(why, "which session"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_known_of_nothing, start),
		cmocka_unit_test_setup(what_has_ended_is_not_run_again, start),
		cmocka_unit_test_setup(what_was_not_made_is_run, start),
		cmocka_unit_test_setup(results_are_of_both_sessions, start),
		cmocka_unit_test_setup(it_can_be_resumed_again, start),
		cmocka_unit_test_setup(a_stopped_test_that_found_something_has_ended,
				       start),
		cmocka_unit_test_setup(equal_tests_are_found_once_each, start),
		cmocka_unit_test_setup(a_cut_line_is_run_again, start),
		cmocka_unit_test_setup(another_plan_is_refused, start),
		cmocka_unit_test_setup(the_same_excuse_is_the_same, start),
		cmocka_unit_test_setup(a_refusal_leaves_the_journal_alone, start),
		cmocka_unit_test_setup(another_kernel_is_refused, start),
		cmocka_unit_test_setup(another_module_is_refused, start),
		cmocka_unit_test_setup(what_cannot_be_read_is_told, start),
	};

	stub_catalogue();
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
