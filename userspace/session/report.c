// SPDX-License-Identifier: GPL-2.0-only
/*
 * The results of a session, and verdicts as exit status.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "machine.h"
#include "member.h"
#include "report.h"
#include "report_journal.h"
#include "results.h"
#include "resume.h"
#include "run_json.h"
#include "save.h"
#include "signals.h"
#include "status.h"

/**
 * struct sm_report - a report
 * @json: file for the results, or NULL
 * @direct: it is written once, at the end: a device or a pipe
 * @journal: what happened
 * @resume: what happened before, or NULL
 * @tests: the highest number of a test
 * @error: first negative errno of what the journal lacks; or 0
 * @signal: number of the signal that ends it, or 0
 */
struct sm_report {
	char *json;
	bool direct;
	struct sm_journal *journal;
	struct sm_resume *resume;
	unsigned int tests;
	int error;
	int signal;
};

static void complain(const char *path, int err, const char *more)
{
	fprintf(stderr, "stalemate: %s: %s%s\n", path ? path : "report",
		strerror(-err), more);
}

static struct json_object *record_new(const char *what)
{
	struct json_object *o = json_object_new_object();

	sm_member_string(o, "record", what);
	return o;
}

/* --- the files */

static int save(struct sm_report *r, struct json_object *root)
{
	const char *s;

	if (!r->json)
		return 0;
	s = json_object_to_json_string_ext(root, SM_MEMBER_FILE);
	if (!s)
		return -ENOMEM;
	if (!r->direct)
		return sm_save_replace(r->json, s);
	/* A pipe may have no reader, or one that sleeps: let who waits end it. */
	sm_signals_release();
	return sm_save_to(r->json, s);
}

static int save_first(struct sm_report *r)
{
	struct json_object *root;
	int ret;

	if (!r->json || r->direct)
		return 0;
	root = sm_results_make(r->journal);
	ret = save(r, root);
	json_object_put(root);
	if (ret)
		complain(r->json, ret, "");
	return ret;
}

/* What cannot be written is said once. */
static void add(struct sm_report *r, struct json_object *record)
{
	int ret = sm_journal_add(r->journal, record);

	if (!ret || r->error)
		return;
	r->error = ret;
	complain(sm_journal_path(r->journal), ret, ": going on without");
}

/* --- begin */

/* The command's own first word is "stalemate COMMAND". */
static void put_argv(struct json_object *o, const struct sm_report_head *head)
{
	struct json_object *a = json_object_new_array();
	int i;

	json_object_array_add(a, json_object_new_string("stalemate"));
	json_object_array_add(a, json_object_new_string(head->command));
	for (i = 1; i < head->argc; i++)
		json_object_array_add(a, json_object_new_string(head->argv[i]));
	json_object_object_add(o, "argv", a);
}

static struct json_object *session_record(const struct sm_report_head *head)
{
	struct json_object *o;

	o = record_new(head->resume ? "resumed" : "session");
	sm_machine_put_program(o);
	sm_machine_put_kernel(o);
	sm_machine_put_module(o);
	sm_machine_put_host(o);
	if (head->resume)
		sm_machine_put_console(o);
	sm_machine_put_hardware(o);
	sm_member_string(o, "command", head->command);
	put_argv(o, head);
	sm_member_u64(o, "seed", head->seed);
	sm_member_hex(o, "plan", head->plan);
	sm_member_u64(o, "tests", head->tests);
	return o;
}

static unsigned int last_number(const struct sm_journal *j)
{
	struct json_object *records = sm_journal_records(j);
	unsigned int number, last = 0;
	size_t i;

	for (i = 0; i < json_object_array_length(records); i++) {
		number = sm_member_number(json_object_array_get_idx(records, i),
					  "test");
		last = number > last ? number : last;
	}
	return last;
}

static void report_free(struct sm_report *r)
{
	sm_journal_free(r->journal);
	free(r->json);
	free(r);
}

static int report_open(struct sm_report *r, const struct sm_report_head *head)
{
	int ret;

	r->json = head->json ? sm_save_resolve(head->json) : NULL;
	if (head->json && !r->json)
		return -ENOMEM;
	r->direct = r->json && !sm_save_is_file(r->json);
	r->resume = head->resume;
	ret = sm_report_journal_open(head, r->json, r->direct, &r->journal);
	if (ret)
		return ret;
	r->tests = last_number(r->journal);
	ret = sm_journal_add(r->journal, session_record(head));
	if (!ret)
		return save_first(r);
	complain(sm_journal_path(r->journal), ret, "");
	return ret;
}

struct sm_report *sm_report_new(const struct sm_report_head *head)
{
	struct sm_report *r = calloc(1, sizeof(*r));
	int ret;

	ret = r ? report_open(r, head) : -ENOMEM;
	if (!ret)
		return r;
	if (r)
		report_free(r);
	errno = -ret;
	return NULL;
}

/* --- what is told */

unsigned int sm_report_begin(struct sm_report *r,
			     const struct sm_run_spec *spec)
{
	struct json_object *o = record_new("begin"), *identity;
	unsigned int test = 0;

	if (r->resume)
		test = sm_resume_number(r->resume, spec);
	if (!test)
		test = ++r->tests;
	sm_member_u64(o, "test", test);
	identity = sm_run_json_identity(spec);
	sm_member_copy(o, identity, NULL);
	json_object_put(identity);
	sm_machine_put_module(o);
	sm_member_time(o, "start");
	add(r, o);
	return test;
}

void sm_report_finding(struct sm_report *r, unsigned int test,
		       const struct sm_finding *f)
{
	struct json_object *o = record_new("finding");

	sm_member_u64(o, "test", test);
	json_object_object_add(o, "violation", sm_run_json_finding(f));
	add(r, o);
}

/* Is a violation in the journal, as it is, since the test began? */
static bool is_told(const struct sm_report *r, unsigned int test,
		    struct json_object *violation)
{
	struct json_object *records = sm_journal_records(r->journal);
	size_t i;

	for (i = json_object_array_length(records); i-- > 0;) {
		struct json_object *o = json_object_array_get_idx(records, i);

		if (sm_member_number(o, "test") != test)
			continue;
		if (!strcmp(sm_member_text(o, "record"), "begin"))
			return false;
		if (json_object_equal(sm_member_get(o, "violation"), violation))
			return true;
	}
	return false;
}

static void drop_told(const struct sm_report *r, unsigned int test,
		      struct json_object *run)
{
	struct json_object *left = json_object_new_array(), *all, *v;
	size_t i, nr;

	all = sm_member_array(run, "violations", &nr);
	for (i = 0; i < nr; i++) {
		v = json_object_array_get_idx(all, i);
		if (!is_told(r, test, v))
			json_object_array_add(left, json_object_get(v));
	}
	json_object_object_add(run, "violations", left);
}

void sm_report_ended(struct sm_report *r, unsigned int test,
		     const struct sm_run_spec *spec,
		     const struct sm_run_result *result, bool stopped)
{
	struct json_object *run = sm_run_json_make(spec, result);
	struct json_object *o = record_new("end");

	drop_told(r, test, run);
	sm_member_u64(o, "test", test);
	sm_member_time(o, "end");
	if (stopped)
		sm_member_bool(o, "stopped", true);
	json_object_object_add(o, "run", run);
	add(r, o);
}

void sm_report_put(struct sm_report *r, const char *key,
		   struct json_object *value)
{
	struct json_object *o = record_new("set");
	struct json_object *members = json_object_new_object();

	json_object_object_add(members, key, value);
	json_object_object_add(o, "members", members);
	add(r, o);
}

void sm_report_add(struct sm_report *r, const char *key, uint64_t more)
{
	struct json_object *root = sm_results_make(r->journal);

	more += sm_member_number(root, key);
	json_object_put(root);
	sm_report_put(r, key, json_object_new_uint64(more));
}

void sm_report_signal(struct sm_report *r, int signal)
{
	r->signal = signal;
}

/* --- the end */

enum sm_verdict sm_report_verdict(struct sm_report *r)
{
	struct json_object *root = sm_results_make(r->journal);
	enum sm_verdict verdict = sm_results_overall(root);

	json_object_put(root);
	return verdict;
}

/* Tests that have come to their end, in this session or in one before. */
static size_t count_ended(struct json_object *root)
{
	struct json_object *runs;
	size_t i, nr, ended = 0;

	runs = sm_member_array(root, "runs", &nr);
	for (i = 0; i < nr; i++)
		ended += !sm_member_get(json_object_array_get_idx(runs, i),
					"interrupted");
	return ended;
}

/* Of tests that a signal prevented it is not known whether they pass. */
static enum sm_verdict cut_short(const struct sm_report *r,
				 enum sm_verdict verdict)
{
	struct json_object *root;

	if (!r->signal || (verdict != SM_PASS && verdict != SM_SKIP))
		return verdict;
	root = sm_results_make(r->journal);
	if (count_ended(root) < sm_member_number(root, "tests"))
		verdict = SM_INCOMPLETE;
	json_object_put(root);
	return verdict;
}

static void add_close(struct sm_report *r, enum sm_verdict verdict,
		      const char *why)
{
	struct json_object *o = record_new("close");

	if (r->error && verdict != SM_FAIL)
		verdict = SM_BROKEN;
	sm_member_string(o, "verdict", sm_verdict_names[verdict]);
	if (why)
		sm_member_string(o, "reason", why);
	if (r->signal)
		sm_member_u64(o, "signal", r->signal);
	sm_member_time(o, "end");
	add(r, o);
}

/* Frees the report. Returns the error, if there is one; the status fits it. */
static int finish(struct sm_report *r, enum sm_verdict verdict, const char *why,
		  int *status)
{
	struct json_object *root;
	int ret;

	add_close(r, cut_short(r, verdict), why);
	root = sm_results_make(r->journal);
	verdict = sm_status_verdict(root);
	*status = sm_results_exit(root);
	if (r->error && verdict != SM_FAIL)
		sm_member_string(root, "verdict", sm_verdict_names[SM_BROKEN]);
	ret = save(r, root);
	json_object_put(root);
	if (ret)
		complain(r->json, ret, "");
	else
		ret = r->error;
	if (ret && verdict != SM_FAIL)
		*status = SM_EXIT_BROKEN;
	report_free(r);
	return ret;
}

int sm_report_not_begun(void)
{
	return errno == EINVAL ? SM_EXIT_USAGE : SM_EXIT_BROKEN;
}

int sm_report_close(struct sm_report *r, enum sm_verdict verdict)
{
	int status;

	return r ? finish(r, verdict, NULL, &status) : 0;
}

int sm_report_end(struct sm_report *r, enum sm_verdict verdict, int err)
{
	int status;

	if (err) {
		complain(NULL, err, "");
		if (verdict != SM_FAIL)
			verdict = SM_BROKEN;
	}
	finish(r, verdict, NULL, &status);
	return status;
}

int sm_report_refuse(const struct sm_report_head *head, enum sm_verdict verdict,
		     const char *why)
{
	struct sm_report *r = NULL;
	int status;

	/* Whether it is the right one was not found out. */
	if (!head->resume)
		r = sm_report_new(head);
	status = head->resume ? sm_status_exit(verdict) : sm_report_not_begun();
	fprintf(stderr, "stalemate: %s: %s\n", sm_verdict_names[verdict], why);
	if (r)
		finish(r, verdict, why, &status);
	return status;
}

int sm_report_print(FILE *stream, struct json_object *object)
{
	const char *s = json_object_to_json_string_ext(object, SM_MEMBER_FILE);
	int ret = s && fprintf(stream, "%s\n", s) >= 0 ? 0 : -EIO;

	json_object_put(object);
	return ret;
}
