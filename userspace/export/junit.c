// SPDX-License-Identifier: GPL-2.0-only
/* Results as JUnit's XML: see junit.h. */
#include <stdlib.h>

#include "junit.h"
#include "markup.h"
#include "session/member.h"
#include "session/outcome.h"
#include "session/place.h"
#include "session/replay.h"

/**
 * struct tally - tests by what JUnit calls them
 * @tests: all
 * @failures: of them
 * @errors: of them
 * @skipped: of them
 * @seconds: that they took
 */
struct tally {
	size_t tests;
	size_t failures;
	size_t errors;
	size_t skipped;
	double seconds;
};

static double seconds_of(struct json_object *run)
{
	return json_object_get_double(sm_member_get(run, "seconds"));
}

static void count_one(struct tally *t, enum sm_verdict v)
{
	t->tests++;
	t->failures += v == SM_FAIL;
	t->skipped += v == SM_SKIP;
	t->errors += v != SM_PASS && v != SM_FAIL && v != SM_SKIP;
}

static void count(struct tally *t, struct json_object *session)
{
	struct json_object *runs;
	enum sm_verdict rest;
	char why[SM_OUTCOME_WHY];
	size_t i, nr;

	runs = sm_member_array(session, "runs", &nr);
	for (i = 0; i < nr; i++) {
		struct json_object *run = json_object_array_get_idx(runs, i);

		count_one(t, sm_outcome_of_run(session, run));
		t->seconds += seconds_of(run);
	}
	rest = sm_outcome_of_rest(session, why, sizeof(why));
	if (rest != SM_PASS)
		count_one(t, rest);
}

static void put_attribute(FILE *f, const char *name, const char *value)
{
	fprintf(f, " %s=\"", name);
	sm_markup_text(f, value);
	fputc('"', f);
}

static void put_tally(FILE *f, const struct tally *t)
{
	fprintf(f, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\"",
		t->tests, t->failures, t->errors, t->skipped, t->seconds);
}

/* @before, and what the object has of that name. */
static void put_member(FILE *f, const char *before, struct json_object *o,
		       const char *name)
{
	fputs(before, f);
	sm_markup_text(f, sm_member_text(o, name));
}

static void put_violations(FILE *f, struct json_object *run)
{
	char *again = sm_replay_command(run);
	struct json_object *all;
	size_t i, nr;

	all = sm_member_array(run, "violations", &nr);
	for (i = 0; i < nr; i++) {
		struct json_object *v = json_object_array_get_idx(all, i);

		put_member(f, "", v, "title");
		put_member(f, ": ", v, "text");
		put_member(f, "\n  signature ", v, "signature");
		put_member(f, " page ", v, "va");
		put_member(f, " op ", v, "op");
		fputc('\n', f);
	}
	sm_markup_text(f, again ? again : "");
	free(again);
}

/* @run is NULL if it is no single test's. */
static void put_outcome(FILE *f, enum sm_verdict v, const char *why,
			struct json_object *run)
{
	const char *element = v == SM_FAIL ? "failure" : "error";

	if (v == SM_PASS)
		return;
	if (v == SM_SKIP) {
		fputs("<skipped", f);
		put_attribute(f, "message", why);
		fputs("/>", f);
		return;
	}
	fprintf(f, "<%s", element);
	put_attribute(f, "type", sm_verdict_names[v]);
	put_attribute(f, "message", why);
	fputc('>', f);
	if (run)
		put_violations(f, run);
	fprintf(f, "</%s>", element);
}

/* Of a machine that went down. */
static void put_console(FILE *f, struct json_object *run)
{
	if (!sm_member_get(run, "console"))
		return;
	put_member(f, "<system-out>", run, "console");
	fputs("</system-out>", f);
}

static void begin_case(FILE *f, struct json_object *session, const char *name,
		       double seconds)
{
	char place[SM_PLACE];

	sm_place_of_session(session, place, sizeof(place));
	fputs("    <testcase classname=\"", f);
	sm_markup_text(f, place);
	fputc('.', f);
	sm_markup_text(f, sm_member_text(session, "host"));
	fputc('"', f);
	put_attribute(f, "name", name);
	fprintf(f, " time=\"%.3f\">", seconds);
}

static void put_case(FILE *f, struct json_object *session,
		     struct json_object *run)
{
	begin_case(f, session, sm_member_text(run, "name"), seconds_of(run));
	put_outcome(f, sm_outcome_of_run(session, run),
		    sm_member_text(run, "reason"), run);
	put_console(f, run);
	fputs("</testcase>\n", f);
}

/* Who counts tests alone must not find those green that were not run. */
static void put_rest(FILE *f, struct json_object *session)
{
	enum sm_verdict v;
	char why[SM_OUTCOME_WHY];

	v = sm_outcome_of_rest(session, why, sizeof(why));
	if (v == SM_PASS)
		return;
	begin_case(f, session, SM_OUTCOME_REST, 0);
	put_outcome(f, v, why, NULL);
	fputs("</testcase>\n", f);
}

static void put_property(FILE *f, struct json_object *session, const char *key)
{
	struct json_object *value = sm_member_get(session, key);

	if (!value)
		return;
	fputs("      <property", f);
	put_attribute(f, "name", key);
	put_attribute(f, "value", json_object_get_string(value));
	fputs("/>\n", f);
}

static void put_properties(FILE *f, struct json_object *session)
{
	static const char *const keys[] = {
		"stalemate", "commit", "kernel", "kernel_version", "build_id",
		"config_hash", "cmdline", "cpu", "seed", "verdict", "label",
		"job", "journal", NULL
	};
	const char *const *key;

	fputs("    <properties>\n", f);
	for (key = keys; *key; key++)
		put_property(f, session, *key);
	fputs("    </properties>\n", f);
}

static void put_suite(FILE *f, struct json_object *session)
{
	struct tally t = { 0 };
	struct json_object *runs;
	size_t i, nr;

	count(&t, session);
	put_member(f, "  <testsuite name=\"stalemate ", session, "command");
	put_member(f, " on ", session, "host");
	put_member(f, ", ", session, "kernel");
	fputc('"', f);
	put_attribute(f, "hostname", sm_member_text(session, "host"));
	put_attribute(f, "timestamp", sm_member_text(session, "start"));
	put_tally(f, &t);
	fputs(">\n", f);
	put_properties(f, session);
	runs = sm_member_array(session, "runs", &nr);
	for (i = 0; i < nr; i++)
		put_case(f, session, json_object_array_get_idx(runs, i));
	put_rest(f, session);
	fputs("  </testsuite>\n", f);
}

void sm_junit_print(FILE *f, struct json_object *sessions)
{
	size_t i, nr = json_object_array_length(sessions);
	struct tally t = { 0 };

	for (i = 0; i < nr; i++)
		count(&t, json_object_array_get_idx(sessions, i));
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"stalemate\"",
	      f);
	put_tally(f, &t);
	fputs(">\n", f);
	for (i = 0; i < nr; i++)
		put_suite(f, json_object_array_get_idx(sessions, i));
	fputs("</testsuites>\n", f);
}
