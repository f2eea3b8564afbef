// SPDX-License-Identifier: GPL-2.0-only
/* Results as Markdown: see markdown.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "markdown.h"
#include "session/member.h"
#include "session/outcome.h"
#include "session/replay.h"

/* Nothing of it is markup, and it is one line. */
static void put_text(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (iscntrl((unsigned char)*text)) {
			fputc(' ', f);
			continue;
		}
		if (strchr("\\`*_[]<>|#&~", *text))
			fputc('\\', f);
		fputc(*text, f);
	}
}

/* @before, and what the object has of that name. */
static void put_member(FILE *f, const char *before, struct json_object *o,
		       const char *name)
{
	fputs(before, f);
	put_text(f, sm_member_text(o, name));
}

/* In a fence nothing is escaped, so that a line can be copied. */
static void put_code(FILE *f, const char *text)
{
	fputs("      ", f);
	for (; *text; text++)
		fputc(iscntrl((unsigned char)*text) ? ' ' : *text, f);
	fputc('\n', f);
}

static void put_session(FILE *f, struct json_object *session)
{
	unsigned int nr[SM_TIMEOUT + 1] = { 0 };
	struct json_object *runs;
	enum sm_verdict rest;
	char why[SM_OUTCOME_WHY];
	size_t i, all;

	runs = sm_member_array(session, "runs", &all);
	for (i = 0; i < all; i++)
		nr[sm_outcome_of_run(session, json_object_array_get_idx(runs, i))]++;
	rest = sm_outcome_of_rest(session, why, sizeof(why));
	if (rest != SM_PASS)
		nr[rest]++;
	put_member(f, "| ", session, "host");
	put_member(f, " | ", session, "kernel");
	put_member(f, " | ", session, "start");
	put_member(f, " | ", session, "verdict");
	fprintf(f, " | %u | %u | %u | %u |\n", nr[SM_PASS], nr[SM_FAIL], nr[SM_SKIP],
		nr[SM_BROKEN] + nr[SM_INCOMPLETE] + nr[SM_TIMEOUT]);
}

static void put_violations(FILE *f, struct json_object *run)
{
	struct json_object *all;
	size_t i, nr;

	all = sm_member_array(run, "violations", &nr);
	for (i = 0; i < nr; i++) {
		struct json_object *v = json_object_array_get_idx(all, i);

		put_member(f, "  - ", v, "title");
		put_member(f, ": ", v, "text");
		put_member(f, " (signature ", v, "signature");
		fputs(")\n", f);
	}
}

static void put_run(FILE *f, struct json_object *session,
		    struct json_object *run)
{
	enum sm_verdict v = sm_outcome_of_run(session, run);
	char *again;

	if (v == SM_PASS || v == SM_SKIP)
		return;
	again = sm_replay_command(run);
	fprintf(f, "- **%s** ", sm_verdict_names[v]);
	put_member(f, "", run, "name");
	put_member(f, " on ", session, "host");
	put_member(f, ": ", run, "reason");
	fputc('\n', f);
	put_violations(f, run);
	fputc('\n', f);
	put_code(f, again ? again : "");
	fputc('\n', f);
	free(again);
}

static void put_rest(FILE *f, struct json_object *session)
{
	enum sm_verdict v;
	char why[SM_OUTCOME_WHY];

	v = sm_outcome_of_rest(session, why, sizeof(why));
	if (v == SM_PASS)
		return;
	fprintf(f, "- **%s** %s", sm_verdict_names[v], SM_OUTCOME_REST);
	put_member(f, " on ", session, "host");
	fputs(": ", f);
	put_text(f, why);
	fputs("\n\n", f);
}

void sm_markdown_print(FILE *f, struct json_object *sessions)
{
	size_t i, j, nr = json_object_array_length(sessions), runs;
	struct json_object *s, *a;

	fputs("| host | kernel | start | verdict | pass | fail | skip | other |\n"
	      "|---|---|---|---|---:|---:|---:|---:|\n", f);
	for (i = 0; i < nr; i++)
		put_session(f, json_object_array_get_idx(sessions, i));
	fputc('\n', f);
	for (i = 0; i < nr; i++) {
		s = json_object_array_get_idx(sessions, i);
		a = sm_member_array(s, "runs", &runs);
		for (j = 0; j < runs; j++)
			put_run(f, s, json_object_array_get_idx(a, j));
		put_rest(f, s);
	}
}
