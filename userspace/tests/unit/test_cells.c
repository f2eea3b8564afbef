// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cells of a matrix: one tale, told by runs that have just ended or by what is
 * written of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "scratch.h"
#include "session/cells.h"
#include "session/journal.h"
#include "session/report.h"
#include "session/results.h"
#include "session/run_json.h"
#include "session/status.h"
#include "stub_run.h"

static struct sm_run_result result;
static struct sm_run_spec spec;

static void a_cell_has_a_median(void **state)
{
	struct sm_cells_run run = { .verdict = SM_FAIL };
	struct sm_cell c[2] = { 0 };
	struct sm_catch median, worst;

	(void)state;
	assert_int_equal(sm_cells_median(c, 2, &median, &worst), 0);
	run.first_ns = 8 * SM_NSEC;
	run.first_ops = 10;
	assert_int_equal(sm_cells_add(&c[0], &run, false), 0);
	run.first_ns = SM_NSEC;
	run.first_ops = 40;
	assert_int_equal(sm_cells_add(&c[0], &run, false), 0);
	assert_int_equal(sm_cells_median(c, 2, &median, &worst), 2);
	assert_true(median.seconds == 4.5 && worst.seconds == 8);
	assert_true(median.ops == 25 && worst.ops == 40);
	run.first_ns = 2 * SM_NSEC;
	run.first_ops = 20;
	assert_int_equal(sm_cells_add(&c[1], &run, false), 0);
	assert_int_equal(sm_cells_median(c, 2, &median, &worst), 3);
	assert_true(median.seconds == 2 && worst.seconds == 8);
	assert_true(median.ops == 20 && worst.ops == 40);
	assert_int_equal(c[0].runs, 2);
	assert_int_equal(c[0].caught, 2);
	free(c[0].times);
	free(c[1].times);
}

/* Of a run without a defect, then of one with. */
static enum sm_outcome outcome(bool correct, enum sm_verdict first,
			       enum sm_verdict second)
{
	struct sm_cells_run run = { .verdict = first };
	struct sm_cell c = { 0 };

	assert_int_equal(sm_cells_add(&c, &run, correct), 0);
	run.verdict = second;
	assert_int_equal(sm_cells_add(&c, &run, correct), 0);
	free(c.times);
	return c.outcome;
}

/* Neither does what did not work hide what was found, nor what was not. */
static void the_worst_outcome_wins(void **state)
{
	static const enum sm_verdict others[] = {
		SM_SKIP, SM_TIMEOUT, SM_BROKEN, SM_INCOMPLETE
	};
	unsigned int i;

	(void)state;
	assert_int_equal(outcome(true, SM_PASS, SM_PASS), SM_SILENT);
	assert_int_equal(outcome(false, SM_FAIL, SM_FAIL), SM_CAUGHT);
	assert_int_equal(outcome(false, SM_FAIL, SM_PASS), SM_MISSED);
	for (i = 0; i < SM_ARRAY_SIZE(others); i++) {
		assert_int_equal(outcome(true, SM_FAIL, others[i]),
				 SM_FALSE_ALARM);
		assert_int_equal(outcome(true, others[i], SM_FAIL),
				 SM_FALSE_ALARM);
		assert_int_equal(outcome(false, SM_PASS, others[i]), SM_MISSED);
		assert_int_not_equal(outcome(true, SM_PASS, others[i]),
				     SM_SILENT);
		assert_int_not_equal(outcome(false, others[i], SM_FAIL),
				     SM_CAUGHT);
	}
}

/* By way of a file. */
static struct json_object *as_read(const struct sm_run_result *r)
{
	struct json_object *o = sm_run_json_make(&spec, r), *read;

	read = json_tokener_parse(json_object_to_json_string(o));
	assert_non_null(read);
	json_object_put(o);
	return read;
}

static void expect_same(const struct sm_run_result *r)
{
	struct sm_cells_run live, read;
	struct json_object *o = as_read(r);

	sm_cells_of_result(&spec, r, &live);
	sm_cells_of_json(o, &read);
	json_object_put(o);
	assert_memory_equal(&live, &read, sizeof(live));
}

static void what_is_written_says_the_same(void **state)
{
	struct sm_cells_run run;

	(void)state;
	stub_spec(&spec, 7, 42);
	stub_result(&result, SM_PASS);
	result.seconds = 10.00049999;
	snprintf(result.mended, sizeof(result.mended), "none of it here");
	expect_same(&result);
	sm_cells_of_result(&spec, &result, &run);
	assert_int_equal(run.verdict, SM_PASS);
	assert_true(run.seconds == 10);
	assert_int_equal(run.ops, 17);
	assert_int_equal(run.pages, 176);
	assert_string_equal(run.mended, "none of it here");
	assert_null(run.oracle);
	stub_accuse(&result, 1099);
	stub_accuse(&result, 2099);
	snprintf(result.findings[1].oracle, sizeof(result.findings[1].oracle),
		 "late");
	expect_same(&result);
	sm_cells_of_result(&spec, &result, &run);
	assert_int_equal(run.first_ns, 1000);
	assert_int_equal(run.first_ops, 4);
	assert_int_equal(run.violations, 2);
	assert_string_equal(run.oracle, "pagemap");
	assert_int_equal(__builtin_popcountll(run.oracles), 2);
}

static void a_run_has_its_place(void **state)
{
	unsigned int row, profile;
	struct json_object *o;

	(void)state;
	stub_spec(&spec, 7, 42);
	stub_result(&result, SM_PASS);
	o = as_read(&result);
	assert_true(sm_cells_place(o, &row, &profile));
	assert_int_equal(row, SM_MATRIX_CORRECT);
	assert_int_equal(profile, SM_PROFILE_KVM);
	json_object_put(o);
	spec.profiles[0] = SM_PROFILE_HMM;
	spec.profiles[1] = SM_PROFILE_KVM;
	spec.nr_profiles = 2;
	spec.defects = sm_set_of(SM_DEFECT_NO_RETRY);
	o = as_read(&result);
	assert_true(sm_cells_place(o, &row, &profile));
	assert_int_equal(row, 1 + SM_DEFECT_NO_RETRY);
	assert_int_equal(profile, SM_PROFILE_HMM);
	json_object_object_add(o, "defect", json_object_new_string("no-such"));
	assert_false(sm_cells_place(o, &row, &profile));
	json_object_put(o);
}

/* Seed 42 of the correct profile, 42 and 43 of a defect, and one not run. */
static struct sm_report *matrix(const char *json)
{
	struct sm_report_head head = {
		.json = json, .command = "matrix", .seed = 42, .tests = 3,
	};
	struct json_object *not_run = json_object_new_array();
	struct sm_report *r = sm_report_new(&head);
	unsigned int i, test;

	assert_non_null(r);
	json_object_array_add(not_run,
			      sm_cells_not_run(1 + SM_DEFECT_NO_RETRY,
					       SM_PROFILE_HMM, "unseen", "why"));
	sm_report_put(r, "not_run", not_run);
	for (i = 0; i < 3; i++) {
		stub_spec(&spec, 7, 42 + i / 2);
		stub_result(&result, SM_PASS);
		if (i) {
			spec.defects = sm_set_of(SM_DEFECT_NO_RETRY);
			stub_accuse(&result, 1000000099 * i);
		}
		test = sm_report_begin(r, &spec);
		sm_report_ended(r, test, &spec, &result, false);
	}
	return r;
}

static void expect_table(struct json_object *root)
{
	struct json_object *o = nth_of(root, "matrix", 1);

	assert_int_equal(json_object_array_length(at(root, "matrix")), 3);
	assert_string_equal(text_at(nth_of(root, "matrix", 0), "outcome"),
			    "silent");
	assert_string_equal(text_at(o, "defect"), "no-retry");
	assert_string_equal(text_at(o, "outcome"), "caught");
	assert_string_equal(text_at(o, "seconds"), "2.000");
	assert_string_equal(text_at(o, "median_seconds"), "1.500");
	assert_int_equal(number_at(o, "caught"), 2);
	o = nth_of(root, "matrix", 2);
	assert_string_equal(text_at(o, "outcome"), "unseen");
	assert_string_equal(text_at(o, "reason"), "why");
	o = nth_of(root, "defects", 0);
	assert_string_equal(text_at(o, "worst_seconds"), "2.000");
	assert_int_equal(number_at(o, "runs"), 2);
}

/* Of one that was cut short there is all that it had. */
static void a_journal_has_the_whole_table(void **state)
{
	char json[SCRATCH_PATH], journal[SCRATCH_PATH];
	struct json_object *root, *file;
	struct sm_journal *j;
	struct sm_report *r;

	(void)state;
	scratch_path(json, "matrix.json");
	scratch_path(journal, "matrix.jsonl");
	r = matrix(json);
	j = sm_journal_read(journal);
	assert_non_null(j);
	root = sm_results_make(j);
	sm_journal_free(j);
	expect_table(root);
	assert_string_equal(text_at(root, "verdict"), "incomplete");
	assert_int_equal(sm_results_overall(root), SM_PASS);
	assert_int_equal(sm_report_end(r, sm_report_verdict(r), 0), 0);
	file = json_object_from_file(json);
	expect_table(file);
	assert_true(json_object_equal(at(root, "matrix"), at(file, "matrix")));
	assert_true(json_object_equal(at(root, "defects"), at(file, "defects")));
	json_object_put(root);
	json_object_put(file);
}

static void a_skipped_cell_is_not_as_expected(void **state)
{
	struct sm_status_tally t = { { 0 } };

	(void)state;
	assert_int_equal(sm_cells_overall(&t), SM_SKIP);
	t.nr[SM_PASS] = 3;
	assert_int_equal(sm_cells_overall(&t), SM_PASS);
	t.nr[SM_SKIP] = 1;
	assert_int_equal(sm_cells_overall(&t), SM_SKIP);
	t.nr[SM_TIMEOUT] = 1;
	assert_int_equal(sm_cells_overall(&t), SM_TIMEOUT);
	t.nr[SM_FAIL] = 1;
	assert_int_equal(sm_cells_overall(&t), SM_FAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cell_has_a_median),
		cmocka_unit_test(the_worst_outcome_wins),
		cmocka_unit_test(what_is_written_says_the_same),
		cmocka_unit_test(a_run_has_its_place),
		cmocka_unit_test(a_journal_has_the_whole_table),
		cmocka_unit_test(a_skipped_cell_is_not_as_expected),
	};

	stub_catalogue();
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
