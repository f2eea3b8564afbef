// SPDX-License-Identifier: GPL-2.0-only
/* The results of a session, made from the records of its journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "cells.h"
#include "journal.h"
#include "member.h"
#include "results.h"
#include "save.h"
#include "status.h"

#define INTERRUPTED	"the session ended under it"
#define PANIC		"Kernel panic - "

/**
 * struct test - what the records say of one test
 * @number: its number
 * @begin: record of its begin, or NULL
 * @end: record of its end, or NULL
 * @found: violations that were told of before it ended
 * @late: those told of later
 * @left: another session has gone on without it
 * @console: what the machine said then, or NULL
 */
struct test {
	uint64_t number;
	struct json_object *begin;
	struct json_object *end;
	struct json_object *found;
	struct json_object *late;
	bool left;
	struct json_object *console;
};

/**
 * struct results - what the records say
 * @session: record of the session
 * @close: record of its end; NULL: it goes on, or was cut short
 * @resumed: who went on with it
 * @set: members that were set
 * @tests: the tests, in the order in which they were begun
 * @nr: how many
 * @last: the highest number of any
 */
struct results {
	struct json_object *session;
	struct json_object *close;
	struct json_object *resumed;
	struct json_object *set;
	struct test *tests;
	size_t nr;
	uint64_t last;
};

/* --- records to tests */

static void test_clear(struct test *t)
{
	json_object_put(t->found);
	json_object_put(t->late);
	memset(t, 0, sizeof(*t));
}

static void test_init(struct test *t, uint64_t number)
{
	t->number = number;
	t->found = json_object_new_array();
	t->late = json_object_new_array();
}

static struct test *test_find(struct results *r, struct json_object *record)
{
	uint64_t number = sm_member_number(record, "test");
	struct test *tests;
	size_t i;

	for (i = number > r->last ? 0 : r->nr; i-- > 0;)
		if (r->tests[i].number == number)
			return &r->tests[i];
	tests = reallocarray(r->tests, r->nr + 1, sizeof(*tests));
	if (!tests)
		return NULL;
	r->tests = tests;
	memset(&tests[r->nr], 0, sizeof(*tests));
	test_init(&tests[r->nr], number);
	r->last = number > r->last ? number : r->last;
	return &tests[r->nr++];
}

static void take_begin(struct results *r, struct json_object *record)
{
	struct test *t = test_find(r, record);

	if (!t)
		return;
	/* It runs again. */
	if (t->begin) {
		uint64_t number = t->number;

		test_clear(t);
		test_init(t, number);
	}
	t->begin = record;
}

static void take_finding(struct results *r, struct json_object *record)
{
	struct json_object *v = sm_member_get(record, "violation");
	struct test *t = test_find(r, record);

	if (t && v)
		json_object_array_add(t->end ? t->late : t->found,
				      json_object_get(v));
}

static void take_end(struct results *r, struct json_object *record)
{
	struct test *t = test_find(r, record);

	if (t)
		t->end = record;
}

/* The machine went down under those that had begun since it did so last. */
static void leave_tests(struct results *r, struct json_object *record)
{
	size_t i;

	for (i = 0; i < r->nr; i++) {
		struct test *t = &r->tests[i];

		if (t->end || t->left)
			continue;
		t->left = true;
		t->console = sm_member_get(record, "console");
	}
}

static void take_resumed(struct results *r, struct json_object *record)
{
	static const char *const keys[] = {
		"start", "host", "boot_id", "kernel", "commit", "job",
		"clock_offset", "argv", NULL
	};
	struct json_object *o = json_object_new_object();

	sm_member_copy(o, record, keys);
	json_object_array_add(r->resumed, o);
	leave_tests(r, record);
	r->close = NULL;
}

static void take(struct results *r, struct json_object *record)
{
	const char *what = sm_member_text(record, "record");

	if (!strcmp(what, "session"))
		r->session = record;
	else if (!strcmp(what, "begin"))
		take_begin(r, record);
	else if (!strcmp(what, "finding"))
		take_finding(r, record);
	else if (!strcmp(what, "end"))
		take_end(r, record);
	else if (!strcmp(what, "set"))
		sm_member_copy(r->set, sm_member_get(record, "members"), NULL);
	else if (!strcmp(what, "resumed"))
		take_resumed(r, record);
	else if (!strcmp(what, "close"))
		r->close = record;
}

/* --- tests to runs */

static bool same_finding(struct json_object *a, struct json_object *b)
{
	static const char *const keys[] = { "oracle", "t_ns", "va", "text" };
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(keys); i++)
		if (!json_object_equal(sm_member_get(a, keys[i]),
				       sm_member_get(b, keys[i])))
			return false;
	return true;
}

/* Adds violations; one that is there already is replaced. Returns the new ones. */
static uint64_t merge(struct json_object *all, struct json_object *more)
{
	size_t i, j, nr = json_object_array_length(all);
	uint64_t added = 0;
	struct json_object *v;

	for (i = 0; more && i < json_object_array_length(more); i++) {
		v = json_object_array_get_idx(more, i);
		for (j = 0; j < nr; j++)
			if (same_finding(json_object_array_get_idx(all, j), v))
				break;
		added += j == nr;
		json_object_array_put_idx(all, j, json_object_get(v));
		nr += j == nr;
	}
	return added;
}

/* As the screen has them: in the order of time; of one moment, as they were told. */
static void sort_violations(struct json_object *all)
{
	size_t i, j, nr = json_object_array_length(all);
	struct json_object *v, *before;

	for (i = 1; i < nr; i++) {
		v = json_object_get(json_object_array_get_idx(all, i));
		for (j = i; j; j--) {
			before = json_object_array_get_idx(all, j - 1);
			if (sm_member_number(before, "t_ns") <=
			    sm_member_number(v, "t_ns"))
				break;
			json_object_array_put_idx(all, j,
						  json_object_get(before));
		}
		json_object_array_put_idx(all, j, v);
	}
}

static void put_accused(struct json_object *run, const struct test *t,
			struct json_object *first)
{
	uint64_t start = sm_member_number(run, "t_start_ns");
	uint64_t found = sm_member_number(first, "t_ns");
	char reason[512];

	snprintf(reason, sizeof(reason), "%s: %s%s",
		 sm_member_text(first, "oracle"), sm_member_text(first, "text"),
		 t->end ? "" : "; " INTERRUPTED);
	sm_member_string(run, "verdict", sm_verdict_names[SM_FAIL]);
	sm_member_string(run, "reason", reason);
	if (!sm_member_number(run, "first_ns") && start && found > start)
		sm_member_u64(run, "first_ns", found - start);
}

static void put_violations(struct json_object *run, const struct test *t)
{
	struct json_object *all = json_object_new_array();
	uint64_t total = sm_member_number(run, "violations_total");
	uint64_t late;

	merge(all, t->found);
	merge(all, sm_member_get(run, "violations"));
	if (total < json_object_array_length(all))
		total = json_object_array_length(all);
	late = merge(all, t->late);
	sort_violations(all);
	sm_member_u64(run, "violations_total", total + late);
	json_object_object_add(run, "violations", all);
	if (json_object_array_length(all) &&
	    sm_status_verdict(run) != SM_FAIL)
		put_accused(run, t, json_object_array_get_idx(all, 0));
}

static void put_console(struct json_object *run, struct json_object *console)
{
	const char *text = console ? json_object_get_string(console) : "";
	const char *panic = strstr(text, PANIC);
	char reason[256];

	snprintf(reason, sizeof(reason), INTERRUPTED "%s%.*s",
		 panic ? ": " : "", panic ? (int)strcspn(panic, "\n") : 0,
		 panic ? panic : "");
	sm_member_string(run, "reason", reason);
	if (console)
		json_object_object_add(run, "console",
				       json_object_get(console));
}

/* Of a test that never ended little is known. */
static void put_interrupted(struct json_object *run, const struct test *t)
{
	sm_member_string(run, "verdict", sm_verdict_names[SM_INCOMPLETE]);
	put_console(run, t->console);
	sm_member_seconds(run, "seconds", 0);
	sm_member_u64(run, "violations_total", 0);
	sm_member_u64(run, "first_ns", 0);
	sm_member_u64(run, "first_ops", 0);
	sm_member_bool(run, "interrupted", true);
}

static struct json_object *run_of(const struct test *t)
{
	static const char *const identity[] = {
		"name", "backend", "profile", "defect", "seed", "options", NULL
	};
	static const char *const start[] = { "start", NULL };
	static const char *const stopped[] = { "stopped", NULL };
	struct json_object *run = json_object_new_object();

	sm_member_copy(run, t->begin, identity);
	sm_member_u64(run, "test", t->number);
	sm_member_copy(run, t->begin, start);
	if (t->end)
		sm_member_copy(run, sm_member_get(t->end, "run"), NULL);
	else
		put_interrupted(run, t);
	sm_member_copy(run, t->end, stopped);
	put_violations(run, t);
	return run;
}

/* --- all of it */

static void put_head(struct json_object *root, const struct results *r,
		     const struct sm_journal *j)
{
	static const char *const keys[] = {
		"stalemate", "commit", "program_build_id", "kernel",
		"kernel_version", "arch", "module", "host", "boot_id", "label",
		"job", "cmdline", "build_id", "config", "config_hash", "cpu",
		"cpus", "memory", "devices", "clock_offset", "command", "argv",
		"seed", "tests", "start", NULL
	};
	static const char *const end[] = { "end", "signal", "reason", NULL };
	char *path = NULL;

	sm_member_copy(root, r->session, keys);
	if (json_object_array_length(r->resumed))
		json_object_object_add(root, "resumed",
				       json_object_get(r->resumed));
	json_object_object_add(root, "end", NULL);
	sm_member_copy(root, r->close, end);
	if (sm_journal_path(j))
		path = sm_save_resolve(sm_journal_path(j));
	sm_member_string(root, "journal", path);
	free(path);
	if (sm_journal_damaged(j))
		sm_member_u64(root, "damaged", sm_journal_damaged(j));
}

static void put_cells(struct json_object *root, struct json_object *not_run)
{
	struct sm_cell (*cells)[SM_PROFILE_NR];
	unsigned int row, profile;
	struct json_object *runs;
	struct sm_cells_run run;
	size_t i, nr;

	cells = calloc(SM_MATRIX_ROWS, sizeof(*cells));
	runs = sm_member_array(root, "runs", &nr);
	for (i = 0; cells && i < nr; i++) {
		struct json_object *o = json_object_array_get_idx(runs, i);

		if (!sm_cells_place(o, &row, &profile))
			continue;
		sm_cells_of_json(o, &run);
		sm_cells_add(&cells[row][profile], &run, !row);
	}
	if (cells) {
		sm_cells_put(cells, not_run, root);
		sm_cells_free(cells);
	}
	free(cells);
}

static bool is_matrix(struct json_object *root)
{
	return !strcmp(sm_member_text(root, "command"), "matrix");
}

/* What was found is not hidden by how the session ended. */
static enum sm_verdict verdict_of(struct json_object *root,
				  const struct results *r)
{
	if (sm_results_overall(root) == SM_FAIL)
		return SM_FAIL;
	return r->close ? sm_status_verdict(r->close) : SM_INCOMPLETE;
}

static struct json_object *make(struct results *r, const struct sm_journal *j)
{
	struct json_object *root = json_object_new_object();
	struct json_object *runs = json_object_new_array();
	size_t i;

	put_head(root, r, j);
	sm_member_string(root, "verdict", sm_verdict_names[SM_INCOMPLETE]);
	for (i = 0; i < r->nr; i++)
		json_object_array_add(runs, run_of(&r->tests[i]));
	json_object_object_add(root, "runs", runs);
	sm_member_copy(root, r->set, NULL);
	json_object_object_del(root, "not_run");
	if (is_matrix(root))
		put_cells(root, sm_member_get(r->set, "not_run"));
	sm_member_string(root, "verdict",
			 sm_verdict_names[verdict_of(root, r)]);
	return root;
}

struct json_object *sm_results_make(const struct sm_journal *j)
{
	struct json_object *records = sm_journal_records(j);
	struct json_object *root;
	struct results r = {
		.resumed = json_object_new_array(),
		.set = json_object_new_object(),
	};
	size_t i;

	for (i = 0; i < json_object_array_length(records); i++)
		take(&r, json_object_array_get_idx(records, i));
	root = make(&r, j);
	for (i = 0; i < r.nr; i++)
		test_clear(&r.tests[i]);
	free(r.tests);
	json_object_put(r.resumed);
	json_object_put(r.set);
	return root;
}

static void tally(struct sm_status_tally *t, struct json_object *root,
		  const char *key)
{
	struct json_object *a;
	size_t i, nr;

	a = sm_member_array(root, key, &nr);
	for (i = 0; i < nr; i++)
		t->nr[sm_status_verdict(json_object_array_get_idx(a, i))]++;
}

/* Cells that were left out are no part of a matrix's verdict. */
static void tally_cells(struct sm_status_tally *t, struct json_object *root)
{
	struct json_object *a, *o;
	size_t i, nr;

	a = sm_member_array(root, "matrix", &nr);
	for (i = 0; i < nr; i++) {
		o = json_object_array_get_idx(a, i);
		if (sm_member_number(o, "runs"))
			t->nr[sm_status_verdict(o)]++;
	}
}

enum sm_verdict sm_results_overall(struct json_object *root)
{
	struct sm_status_tally t = { { 0 } };

	if (is_matrix(root)) {
		tally_cells(&t, root);
		return sm_cells_overall(&t);
	}
	tally(&t, root, "runs");
	tally(&t, root, "bench");
	return sm_status_overall(&t);
}

int sm_results_exit(struct json_object *root)
{
	enum sm_verdict verdict = sm_status_verdict(root);
	uint64_t signal = sm_member_number(root, "signal");

	if (signal && verdict != SM_FAIL)
		return SM_EXIT_SIGNAL + signal;
	return sm_status_exit(verdict);
}
