/* SPDX-License-Identifier: GPL-2.0-only */
/* A report in a directory of its own. Included by one file per test program. */
#ifndef REPORT_BED_H
#define REPORT_BED_H

#include "scratch.h"
#include "session/journal.h"
#include "session/report.h"
#include "session/results.h"
#include "stub_run.h"

#define FOUND	"pagemap: mirror has a page that is gone"

static char path[SCRATCH_PATH], journal[SCRATCH_PATH], other[SCRATCH_PATH];
static char word[] = { "a \"file\"" };
static char *words[3] = { word, word, word };
static struct sm_run_result result;
static struct sm_run_spec spec;

static inline int start(void **state)
{
	(void)state;
	scratch_empty();
	scratch_path(path, "run.json");
	scratch_path(journal, "run.jsonl");
	scratch_path(other, "other");
	snprintf(word, sizeof(word), "a \"file\"");
	stub_spec(&spec, 7, UINT64_MAX);
	stub_result(&result, SM_PASS);
	return 0;
}

/* A session of stalemate run, seed 42. */
static inline struct sm_report_head head_of(const char *json)
{
	return (struct sm_report_head){
		.json = json, .command = "run", .argc = 3, .argv = words,
		.seed = 42, .tests = 2, .plan = 7,
	};
}

static inline struct sm_report *report_new(const char *json)
{
	struct sm_report_head head = head_of(json);

	return sm_report_new(&head);
}

static inline void expect_file(unsigned int runs, const char *verdict)
{
	struct json_object *o = json_object_from_file(path);

	assert_non_null(o);
	assert_string_equal(text_at(o, "stalemate"), STALEMATE_VERSION);
	assert_int_equal(number_at(o, "seed"), 42);
	assert_string_equal(text_at(o, "verdict"), verdict);
	assert_int_equal(json_object_array_length(at(o, "runs")), runs);
	assert_non_null(at(o, "kernel"));
	assert_non_null(at(o, "arch"));
	json_object_put(o);
}

/* What `stalemate report` would make of the journal now. */
static inline struct json_object *from_journal(void)
{
	struct sm_journal *j = sm_journal_read(journal);
	struct json_object *root;

	assert_non_null(j);
	root = sm_results_make(j);
	sm_journal_free(j);
	return root;
}

/* Of the only run, as the journal has it: its verdict, and how many violations. */
static inline void expect_run(const char *verdict, unsigned int violations,
			      const char *reason)
{
	struct json_object *root = from_journal();
	struct json_object *run = nth_of(root, "runs", 0);

	assert_int_equal(json_object_array_length(at(root, "runs")), 1);
	assert_string_equal(text_at(run, "verdict"), verdict);
	assert_int_equal(number_at(run, "violations_total"), violations);
	assert_int_equal(json_object_array_length(at(run, "violations")),
			 violations);
	if (reason)
		assert_string_equal(text_at(run, "reason"), reason);
	json_object_put(root);
}

#endif /* REPORT_BED_H */
