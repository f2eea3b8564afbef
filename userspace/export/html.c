// SPDX-License-Identifier: GPL-2.0-only
/* Results as a page: see html.h. */
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "html_grid.h"
#include "html_line.h"
#include "markup.h"
#include "session/member.h"
#include "session/outcome.h"
#include "session/replay.h"
#include "wire.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<title>stalemate</title>\n<style>\n"
	"body { font: 15px/1.4 sans-serif; margin: 1em auto; max-width: 72em; padding: 0 1em }\n"
	"table { border-collapse: collapse; margin: .5em 0 }\n"
	"td, th { border: 1px solid #999; padding: .15em .5em; text-align: left; vertical-align: top }\n"
	"code { font-size: 13px; word-break: break-all }\n"
	".pass { background: #d8f0d8 } .fail { background: #f8c8c8 }\n"
	".skip { background: #eee } .other { background: #fae3b0 }\n"
	"</style></head><body>\n<h1>stalemate</h1>\n";

static void put_text(FILE *f, const char *before, struct json_object *o,
		     const char *key, const char *after)
{
	fputs(before, f);
	sm_markup_text(f, sm_member_text(o, key));
	fputs(after, f);
}

static void put_command(FILE *f, struct json_object *run)
{
	char *again = sm_replay_command(run);

	fputs("<br><code>", f);
	sm_markup_text(f, again ? again : "");
	fputs("</code>", f);
	free(again);
}

/* --- what is known of findings */

static void put_night(FILE *f, const char *what, struct json_object *finding,
		      const char *key)
{
	struct json_object *place = sm_member_get(finding, key);

	fprintf(f, "%s ", what);
	if (!place) {
		fputs("never", f);
		return;
	}
	put_text(f, "", place, "night", "");
	put_text(f, " (", place, "kernel", ")");
}

static void put_finding(FILE *f, struct json_object *finding)
{
	put_text(f, "<li data-state=\"", finding, "state", "\"");
	put_text(f, " data-signature=\"", finding, "signature", "\">");
	put_text(f, "<b>", finding, "state", "</b> ");
	put_text(f, "", finding, "title", "<br>");
	put_text(f, "", finding, "place", " ");
	put_text(f, "", finding, "test", ": ");
	put_night(f, "first seen", finding, "first_seen");
	put_night(f, ", last seen", finding, "last_seen");
	put_night(f, ", last good", finding, "last_good");
	fprintf(f, "; %llu of %llu results",
		(unsigned long long)sm_member_number(finding, "bad"),
		(unsigned long long)sm_member_number(finding, "decided"));
	put_command(f, sm_member_get(finding, "run"));
	fputs("</li>\n", f);
}

static bool is_new(struct json_object *finding)
{
	const char *state = sm_member_text(finding, "state");

	return !strcmp(state, "new") || !strcmp(state, "once");
}

static void put_findings(FILE *f, struct json_object *compared, bool new)
{
	struct json_object *a, *finding;
	bool any = false;
	size_t i, nr;

	a = sm_member_array(compared, "findings", &nr);
	fputs("<ul>\n", f);
	for (i = 0; i < nr; i++) {
		finding = json_object_array_get_idx(a, i);
		if (is_new(finding) != new)
			continue;
		any = true;
		put_finding(f, finding);
	}
	fputs("</ul>\n", f);
	if (!any)
		fputs("<p>Nothing.</p>\n", f);
}

/* --- violations */

static void put_violation(FILE *f, struct json_object *v)
{
	put_text(f, "<h4>", v, "title", "</h4>\n");
	put_text(f, "<p>", v, "oracle", ": ");
	put_text(f, "", v, "text", "<br>");
	put_text(f, "page ", v, "va", ", ");
	put_text(f, "op ", v, "op", ", ");
	put_text(f, "signature <code>", v, "signature", "</code></p>\n");
	sm_html_line_print(f, v);
}

/* What a defect does that is there to be found, nobody has to look at. */
static void put_run(FILE *f, struct json_object *session, struct json_object *run)
{
	struct json_object *all;
	size_t i, nr;

	all = sm_member_array(run, "violations", &nr);
	if (!nr || sm_outcome_is_proof(session, run))
		return;
	put_text(f, "<h3>", run, "name", " on ");
	put_text(f, "", session, "host", ", ");
	put_text(f, "", session, "kernel", "</h3>\n<p>");
	put_text(f, "", run, "reason", "");
	put_command(f, run);
	fputs("</p>\n", f);
	for (i = 0; i < nr; i++)
		put_violation(f, json_object_array_get_idx(all, i));
}

static void put_test(FILE *f, struct json_object *session,
		     struct json_object *run)
{
	enum sm_verdict v = sm_outcome_of_run(session, run);

	fprintf(f, "<tr class=\"%s\">", sm_html_grid_class(v));
	put_text(f, "<td>", run, "name", "</td>");
	put_text(f, "<td>", session, "host", "</td>");
	put_text(f, "<td>", session, "kernel", "</td>");
	fprintf(f, "<td>%s</td><td>%.1f s</td>", sm_verdict_names[v],
		json_object_get_double(sm_member_get(run, "seconds")));
	put_text(f, "<td>", run, "reason", "</td></tr>\n");
}

/* On top: what is not there cannot be seen in a table. */
static void put_rest(FILE *f, struct json_object *session)
{
	enum sm_verdict v;
	char why[SM_OUTCOME_WHY];

	v = sm_outcome_of_rest(session, why, sizeof(why));
	if (v == SM_PASS)
		return;
	fprintf(f, "<p class=\"%s\" data-rest=\"%s\"><b>%s</b> ",
		sm_html_grid_class(v), sm_verdict_names[v], sm_verdict_names[v]);
	put_text(f, "", session, "host", ", ");
	put_text(f, "", session, "kernel", ": ");
	sm_markup_text(f, why);
	fputs("</p>\n", f);
}

static void each(FILE *f, struct json_object *sessions,
		 void (*put)(FILE *f, struct json_object *session,
			     struct json_object *run))
{
	struct json_object *session, *runs;
	size_t i, j, nr;

	for (i = 0; i < json_object_array_length(sessions); i++) {
		session = json_object_array_get_idx(sessions, i);
		runs = sm_member_array(session, "runs", &nr);
		for (j = 0; j < nr; j++)
			put(f, session, json_object_array_get_idx(runs, j));
	}
}

void sm_html_print(FILE *f, struct json_object *sessions,
		   struct json_object *compared)
{
	size_t i;

	fputs(head, f);
	fputs("<h2 id=\"new\">New</h2>\n", f);
	if (compared) {
		put_text(f, "<p>From ", compared, "a", " ");
		put_text(f, "to ", compared, "b", ":</p>\n");
		put_findings(f, compared, true);
	} else {
		fputs("<p>Not compared with a night before.</p>\n", f);
	}
	fputs("<h2 id=\"grid\">Tests</h2>\n", f);
	for (i = 0; i < json_object_array_length(sessions); i++)
		put_rest(f, json_object_array_get_idx(sessions, i));
	sm_html_grid_print(f, sessions);
	if (compared) {
		fputs("<h2 id=\"known\">Gone, flaky, the same</h2>\n", f);
		put_findings(f, compared, false);
	}
	fputs("<h2 id=\"violations\">Violations</h2>\n", f);
	each(f, sessions, put_run);
	fputs("<h2 id=\"tests\">All tests</h2>\n<table><tr><th>test</th><th>host</th>", f);
	fputs("<th>kernel</th><th>verdict</th><th>time</th><th>reason</th></tr>\n", f);
	each(f, sessions, put_test);
	fputs("</table>\n</body></html>\n", f);
}
