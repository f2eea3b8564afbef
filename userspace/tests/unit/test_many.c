// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of 200 ops and 200 defects: what is known by the number of a row does not
 * end with the 64th, all the way from the command line to the results.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "backends/backends.h"
#include "base/util.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "in_process.h"
#include "real_ops.h"
#include "session/cells.h"
#include "session/run_json.h"
#include "wrap_tables.h"

#define PAGES	(4 * SM_GRANULE_PAGES)

/* On both sides of where a word of bits ends. */
static const unsigned int rows[] = { 127, 128, 191, 192, MANY - 1 };

struct sm_defect_info __wrap_sm_defects[MANY + 1];

static char names[MANY][16];
static struct sm_run_result result;

/* The real rows, and behind them some that are called by their number. */
static void fill_ops(void)
{
	static struct sm_op more[MANY + 1];
	const struct sm_op *dontneed = sm_ops;
	unsigned int i, nr = 0;

	while (strcmp(dontneed->name, "dontneed"))
		dontneed++;
	for (i = 0; i < MANY; i++)
		if (!sm_ops[i].name) {
			more[nr] = *dontneed;
			more[nr++].name = names[i];
		}
	assert_int_equal(sm_ops_add(more, sizeof(*more)), 0);
	assert_string_equal(sm_ops[MANY - 1].name, names[MANY - 1]);
}

static void fill_defects(void)
{
	unsigned int i;

	for (i = 0; __real_sm_defects[i].name; i++)
		__wrap_sm_defects[i] = __real_sm_defects[i];
	for (; i < MANY; i++) {
		__wrap_sm_defects[i] = __real_sm_defects[SM_DEFECT_NO_RETRY];
		__wrap_sm_defects[i].name = names[i];
	}
}

static int fill_tables(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < MANY; i++)
		snprintf(names[i], sizeof(names[i]), "row-%u", i);
	fill_ops();
	fill_defects();
	sm_cli_catalogue();
	return 0;
}

/* What `stalemate run' makes of these options. */
static struct sm_run_spec parse(const char *ops, const char *defect)
{
	char *argv[8] = {
		"run", "--ops", (char *)ops, "--profile", "kvm",
		"--defect", (char *)defect, NULL
	};
	struct sm_options o;
	struct sm_run_spec spec;

	sm_options_init(&o);
	assert_int_equal(argp_parse(&sm_options_argp,
				    SM_ARRAY_SIZE(argv) - 1, argv, 0, NULL,
				    &o), 0);
	spec = o.spec;
	spec.backend = &sm_mock_backend;
	spec.profiles[0] = SM_PROFILE_KVM;
	spec.nr_profiles = 1;
	sm_options_free(&o);
	spec.allow = NULL;
	return spec;
}

static struct json_object *at(struct json_object *o, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(o, key, &value))
		fail_msg("no %s", key);
	return value;
}

static void expect_text(struct json_object *o, const char *text)
{
	assert_string_equal(json_object_to_json_string_ext(o, 0), text);
}

static void a_row_is_chosen_by_name(void **state)
{
	struct sm_run_spec spec;
	struct json_object *o;
	char text[64];
	unsigned int i;

	(void)state;
	for (i = 0; i < SM_ARRAY_SIZE(rows); i++) {
		const char *name = names[rows[i]];

		spec = parse(name, name);
		assert_true(sm_run_check(&spec, text, sizeof(text)));
		o = sm_run_json_identity(&spec);
		snprintf(text, sizeof(text), "[\"%s\"]", name);
		expect_text(at(at(o, "options"), "ops"), text);
		snprintf(text, sizeof(text), "\"%s\"", name);
		expect_text(at(o, "defect"), text);
		snprintf(text, sizeof(text), "\"mock.kvm.%s.%s\"", name, name);
		expect_text(at(o, "name"), text);
		json_object_put(o);
	}
}

/* Of those that nobody has to ask for. */
static unsigned int usual_ops(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < MANY; i++)
		nr += !sm_ops[i].rare && !sm_ops[i].machine;
	return nr;
}

static void a_list_has_rows_of_all_words(void **state)
{
	struct sm_run_spec spec = parse("row-199,munmap,row-129,row-130,-row-129",
					"row-131,no-retry,row-192");
	struct json_object *o = sm_run_json_identity(&spec);

	(void)state;
	expect_text(at(at(o, "options"), "ops"),
		    "[\"munmap\",\"row-130\",\"row-199\"]");
	expect_text(at(o, "defect"), "\"no-retry,row-131,row-192\"");
	json_object_put(o);
	spec = parse("-row-131", "none");
	o = sm_run_json_identity(&spec);
	assert_int_equal(json_object_array_length(at(at(o, "options"), "ops")),
			 usual_ops() - 1);
	json_object_put(o);
}

/* One op by itself under a real storm: it is applied, counted and told of. */
static void an_op_is_applied_and_counted(void **state)
{
	struct sm_run_spec spec = parse("row-199", "none");
	struct json_object *o;
	unsigned int i;
	char why[256];

	(void)state;
	spec.backend = &sm_template_backend;
	spec.nr_profiles = 0;
	spec.arena = PAGES * SM_PAGE_SIZE;
	spec.memory = SM_BIT(SM_MEM_ANON);
	spec.duration_ns = 0;
	spec.count = 100;
	assert_true(sm_run_check(&spec, why, sizeof(why)));
	if (in_process_run(&spec, &result) != SM_PASS)
		fail_msg("%s", result.reason);
	for (i = 0; i < MANY - 1; i++)
		assert_int_equal(result.ops[i], 0);
	assert_in_range(result.ops[MANY - 1], 1, spec.threads * spec.count);
	o = sm_run_json_make(&spec, &result);
	assert_int_equal(json_object_object_length(at(o, "ops")), 1);
	assert_int_equal(json_object_get_int64(at(at(o, "ops"), "row-199")),
			 result.ops[MANY - 1]);
	json_object_put(o);
}

static void a_defect_has_its_row_of_the_matrix(void **state)
{
	static struct sm_cell cells[SM_MATRIX_ROWS][SM_PROFILE_NR];
	struct json_object *o, *root = json_object_new_object();
	struct sm_run_spec spec = parse("munmap", "row-199");
	unsigned int row, profile;
	struct sm_cells_run run;

	(void)state;
	memset(&result, 0, sizeof(result));
	result.verdict = SM_FAIL;
	o = sm_run_json_make(&spec, &result);
	assert_true(sm_cells_place(o, &row, &profile));
	assert_int_equal(row, MANY);
	assert_string_equal(sm_cells_row(row), "row-199");
	assert_null(sm_cells_row(row + 1));
	sm_cells_of_json(o, &run);
	assert_int_equal(sm_cells_add(&cells[row][profile], &run, false), 0);
	sm_cells_put(cells, NULL, root);
	assert_int_equal(json_object_array_length(at(root, "matrix")), 1);
	expect_text(at(json_object_array_get_idx(at(root, "defects"), 0),
		       "defect"), "\"row-199\"");
	sm_cells_free(cells);
	json_object_put(root);
	json_object_put(o);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_chosen_by_name),
		cmocka_unit_test(a_list_has_rows_of_all_words),
		cmocka_unit_test(an_op_is_applied_and_counted),
		cmocka_unit_test(a_defect_has_its_row_of_the_matrix),
	};

	return cmocka_run_group_tests(tests, fill_tables, NULL);
}
