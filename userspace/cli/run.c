// SPDX-License-Identifier: GPL-2.0-only
/*
 * stalemate run: storms, one after the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "backends/backends.h"
#include "cli.h"
#include "head.h"
#include "module/defects.h"
#include "module/load.h"
#include "names.h"
#include "options.h"
#include "progress.h"
#include "run/run.h"
#include "run/runner.h"
#include "session/ktap.h"
#include "session/member.h"
#include "session/report.h"
#include "session/results.h"
#include "session/resume.h"
#include "session/session.h"
#include "session/signals.h"
#include "session/status.h"
#include "show.h"
#include "show_json.h"

#define MAX_BACKENDS	64	/* as many as a mask of them names */

/**
 * struct probed - can a backend run, here and as it was asked to?
 * @left_out: it was not meant; "all" means all that can be
 * @asked: @is is filled in
 * @is: what it said
 */
struct probed {
	bool left_out;
	bool asked;
	struct sm_ask_probed is;
};

/**
 * struct planned - one of the runs
 * @spec: what to run
 * @row: row of sm_backends[]
 * @skip: why it is not to be run, or NULL
 */
struct planned {
	struct sm_run_spec spec;
	unsigned int row;
	const char *skip;
};

/**
 * struct command - the runs of one command
 * @options: what was asked for
 * @probed: by row of sm_backends[]
 * @runs: the runs
 * @nr: how many
 * @ready: how many of them can run here
 * @session: who makes them
 * @head: what it is, for the report
 * @result: of the current run
 */
struct command {
	struct sm_options options;
	struct probed probed[MAX_BACKENDS];
	struct planned *runs;
	unsigned int nr;
	unsigned int ready;
	struct sm_session session;
	struct sm_report_head head;
	struct sm_run_result result;
};

/* May a profile be left out, as none of the defects fits it? */
static bool combo_fits(const struct sm_options *o,
		       const struct sm_combo *c)
{
	unsigned int i, j;

	sm_set_for_each(i, &o->spec.defects) {
		bool fits = false;

		for (j = 0; j < c->nr && !fits; j++)
			fits = sm_defects[i].profiles >> c->profile[j] & 1;
		if (!fits)
			return false;
	}
	return true;
}

/* What a backend says; it is asked once. */
static const struct sm_ask_probed *ask(struct command *s, unsigned int row)
{
	struct probed *p = &s->probed[row];

	if (!p->asked)
		sm_answer_probe(sm_backends[row], &p->is);
	p->asked = true;
	return &p->is;
}

/* "all" means all that this kernel can do. */
static bool combo_runs(struct command *s, unsigned int row,
		       const struct sm_combo *c)
{
	unsigned int i;

	for (i = 0; i < c->nr; i++)
		if (!(ask(s, row)->profiles >> c->profile[i] & 1))
			return false;
	return true;
}

/* With the memory that its driver takes, of that which was asked for. */
static void take_backend(struct sm_run_spec *spec, unsigned int row)
{
	spec->backend = sm_backends[row];
	if (spec->backend->memory)
		spec->memory &= spec->backend->memory;
}

static void add_run(struct command *s, unsigned int row,
		    const struct sm_combo *c)
{
	struct sm_run_spec *spec;
	struct planned *runs;

	runs = reallocarray(s->runs, s->nr + 1, sizeof(*runs));
	if (!runs) {
		perror("stalemate");
		exit(SM_EXIT_BROKEN);
	}
	s->runs = runs;
	runs[s->nr].row = row;
	runs[s->nr].skip = NULL;
	spec = &runs[s->nr++].spec;
	*spec = s->options.spec;
	take_backend(spec, row);
	if (!c)
		return;
	memcpy(spec->profiles, c->profile, sizeof(spec->profiles));
	spec->nr_profiles = c->nr;
}

/* Of "all" those are meant that have what was asked for; the others say why not. */
static bool leave_out(struct command *s, unsigned int row)
{
	struct sm_run_spec spec = s->options.spec;
	struct probed *p = &s->probed[row];

	take_backend(&spec, row);
	if (!s->options.every_backend || !spec.backend->attach ||
	    sm_run_fits(&spec, p->is.why, sizeof(p->is.why)))
		return false;
	p->left_out = true;
	p->asked = true;
	p->is.verdict = SM_SKIP;
	return true;
}

static void plan_backend(struct command *s, unsigned int row)
{
	const struct sm_options *o = &s->options;
	bool all = leave_out(s, row) || !o->every_profile;
	const struct sm_combo *c;
	unsigned int i;

	if (!sm_backends[row]->profiled) {
		add_run(s, row, NULL);
		return;
	}
	for (i = 0; i < o->combos.nr; i++) {
		c = &o->combos.combos[i];
		if (all || (combo_fits(o, c) && combo_runs(s, row, c)))
			add_run(s, row, c);
	}
}

static bool complain(const char *why)
{
	fprintf(stderr, "stalemate: %s\n", why);
	return false;
}

/* Finds every mistake before anything is started. */
static bool plan(struct command *s)
{
	const char *first = NULL;
	const struct planned *r;
	bool any = false;
	char why[256];
	unsigned int i;

	for (i = 0; sm_backends[i] && i < MAX_BACKENDS; i++)
		if (s->options.backends >> i & 1)
			plan_backend(s, i);
	for (i = 0; i < s->nr; i++) {
		r = &s->runs[i];
		if (s->probed[r->row].left_out) {
			first = first ? first : s->probed[r->row].is.why;
			continue;
		}
		if (!r->spec.backend->attach)
			continue;
		if (!sm_run_check(&r->spec, why, sizeof(why)))
			return complain(why);
		any = true;
	}
	if (!s->nr)
		return complain("no profile has all these defects");
	return !first || any || complain(first);
}

/* Finds out what is not to be run, and says what it was never asked for. */
static void name_tests(struct command *s)
{
	char name[SM_KTAP_NAME];
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		sm_ktap_name(&s->runs[i].spec, name, sizeof(name));
		s->runs[i].skip = sm_skip_find(&s->options.skip, name);
		if (s->options.list_only)
			puts(name);
	}
	sm_skip_warn(&s->options.skip);
}

static void probe_backend(struct command *s, unsigned int row)
{
	const struct sm_backend *backend = sm_backends[row];
	struct sm_ask_probed *p = &s->probed[row].is;

	if (ask(s, row)->verdict != SM_PASS || backend->attach)
		return;
	p->verdict = SM_SKIP;
	snprintf(p->why, sizeof(p->why), "%s can only be probed so far",
		 backend->name);
}

/* Of those of its backend that are to be run, which are neighbours. */
static bool is_first(const struct command *s, unsigned int i)
{
	unsigned int row = s->runs[i].row;

	if (s->runs[i].skip)
		return false;
	while (i-- && s->runs[i].row == row)
		if (!s->runs[i].skip)
			return false;
	return true;
}

static void probe_all(struct command *s)
{
	unsigned int i;

	s->ready = 0;
	for (i = 0; i < s->nr; i++) {
		if (is_first(s, i))
			probe_backend(s, s->runs[i].row);
		s->ready += !s->runs[i].skip &&
			    s->probed[s->runs[i].row].is.verdict == SM_PASS;
	}
}

static void run_spec(struct command *s, unsigned int i)
{
	const struct sm_ask_probed *p = &s->probed[s->runs[i].row].is;
	const struct sm_run_spec *spec = &s->runs[i].spec;
	char name[SM_KTAP_NAME];

	if (s->runs[i].skip) {
		sm_session_skip(&s->session, spec, &s->result, SM_SKIP,
				s->runs[i].skip);
		return;
	}
	if (p->verdict != SM_PASS) {
		sm_session_skip(&s->session, spec, &s->result, p->verdict,
				p->why);
		return;
	}
	sm_ktap_name(spec, name, sizeof(name));
	sm_progress_start(name);
	sm_session_run(&s->session, spec, &s->result);
	sm_progress_stop();
}

/* What was planned, and is not done as the session was asked to end. */
static void leave_undone(const struct command *s, unsigned int i)
{
	char name[SM_KTAP_NAME], why[64];

	snprintf(why, sizeof(why), "not run: stopped by %s",
		 sm_session_stopped(&s->session));
	for (; s->options.ktap && i < s->nr; i++) {
		sm_ktap_name(&s->runs[i].spec, name, sizeof(name));
		sm_ktap_result(stdout, i + 1, name, SM_SKIP, why);
	}
}

static void show_ktap(const struct command *s, unsigned int i)
{
	const struct sm_run_result *r = &s->result;
	char name[SM_KTAP_NAME];

	if (s->probed[s->runs[i].row].is.verdict == SM_PASS)
		sm_show_run(stdout, "# ", &s->runs[i].spec, r);
	sm_ktap_name(&s->runs[i].spec, name, sizeof(name));
	sm_ktap_result(stdout, i + 1, name, r->verdict, r->reason);
}

/* A backend that cannot run says so in one line, however many runs it has. */
static void show_text(const struct command *s, unsigned int i)
{
	const struct sm_ask_probed *p = &s->probed[s->runs[i].row].is;

	if (p->verdict == SM_PASS || s->runs[i].skip)
		sm_show_run(stdout, "", &s->runs[i].spec, &s->result);
	else if (is_first(s, i))
		printf("%-10s %s: %s\n", sm_verdict_names[p->verdict],
		       s->runs[i].spec.backend->name, p->why);
	fflush(stdout);
}

/* What became of it is known from an earlier session. */
static bool show_earlier(struct command *s, unsigned int i)
{
	const struct sm_run_spec *spec = &s->runs[i].spec;
	struct json_object *run;
	char name[SM_KTAP_NAME];

	sm_resume_find(s->head.resume, spec, &run);
	if (!run)
		return false;
	sm_show_json_run(stdout, s->options.ktap ? "# " : "", run);
	sm_ktap_name(spec, name, sizeof(name));
	if (s->options.ktap)
		sm_ktap_result(stdout, i + 1, name, sm_status_verdict(run),
			       sm_member_text(run, "reason"));
	return true;
}

static void run_all(struct command *s)
{
	const char *prefix = s->options.ktap ? "# " : "";
	unsigned int i;

	if (s->options.ktap)
		sm_ktap_begin(stdout, s->nr);
	if (s->ready)
		sm_show_header(stdout, prefix, &s->options.spec);
	fflush(stdout);
	for (i = 0; i < s->nr && !sm_session_stopped(&s->session); i++) {
		if (show_earlier(s, i))
			continue;
		run_spec(s, i);
		if (s->options.ktap)
			show_ktap(s, i);
		else
			show_text(s, i);
	}
	leave_undone(s, i);
}

/*
 * The module's version is known once its backend was asked, which may load it: not
 * for what is another session anyway.
 */
static bool check_head(struct command *s)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		sm_head_plan(&s->head, &s->runs[i].spec);
	if (!s->head.resume)
		return true;
	if (!sm_head_check(&s->head))
		return false;
	probe_all(s);
	return sm_head_check(&s->head);
}

static int command_run(struct command *s)
{
	/* Nothing is loaded to list what there is. */
	if (s->options.list_only)
		sm_load_forbid();
	if (!plan(s))
		return SM_EXIT_USAGE;
	name_tests(s);
	if (s->options.list_only)
		return SM_EXIT_PASS;
	if (!check_head(s))
		return SM_EXIT_USAGE;
	s->session.report = sm_report_new(&s->head);
	if (!s->session.report)
		return sm_report_not_begun();
	s->session.runner = sm_runner_run;
	s->session.warm = sm_runner_warm;
	s->session.sabotaged = sm_answer_sabotaged;
	s->session.progress = sm_progress_show;
	sm_session_begin(&s->session);
	probe_all(s);
	run_all(s);
	sm_report_signal(s->session.report, sm_session_end(&s->session));
	return sm_report_end(s->session.report,
			     sm_report_verdict(s->session.report), 0);
}

int sm_run_command(int argc, char **argv)
{
	struct command *s = calloc(1, sizeof(*s));
	int ret;

	if (!s) {
		perror("stalemate");
		return SM_EXIT_BROKEN;
	}
	sm_options_init(&s->options);
	argp_parse(&sm_options_argp, argc, argv, 0, NULL, &s->options);
	ret = SM_EXIT_USAGE;
	if (sm_head_open(&s->head, &s->options, "run", argc, argv))
		ret = command_run(s);
	sm_head_close(&s->head);
	sm_options_free(&s->options);
	free(s->runs);
	free(s);
	return ret;
}
