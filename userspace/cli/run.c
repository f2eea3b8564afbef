// SPDX-License-Identifier: GPL-2.0-only
/*
 * stalemate run: storms, one after the other.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "ktap.h"
#include "names.h"
#include "options.h"
#include "progress.h"
#include "report.h"
#include "show.h"
#include "tables.h"

#define MAX_BACKENDS	64	/* as many as a mask of them names */

/**
 * struct probed - can a backend run, here and as it was asked to?
 * @left_out: it was not meant; "all" means all that can be
 * @verdict: SM_PASS: it can run
 * @why: what is missing
 */
struct probed {
	bool left_out;
	enum sm_verdict verdict;
	char why[256];
};

/**
 * struct planned - one of the runs
 * @spec: what to run
 * @row: row of sm_backends[]
 */
struct planned {
	struct sm_run_spec spec;
	unsigned int row;
};

/**
 * struct session - the runs of one command
 * @options: what was asked for
 * @probed: by row of sm_backends[]
 * @runs: the runs
 * @nr: how many
 * @ready: how many of them can run here
 * @report: JSON
 * @tally: verdicts
 * @result: of the current run
 */
struct session {
	struct sm_options options;
	struct probed probed[MAX_BACKENDS];
	struct planned *runs;
	unsigned int nr;
	unsigned int ready;
	struct sm_report *report;
	struct sm_report_tally tally;
	struct sm_run_result result;
};

/* May a profile be left out, as none of the defects fits it? */
static bool combo_fits(const struct sm_options *o,
		       const struct sm_options_combo *c)
{
	unsigned int i, j;

	for (i = 0; i < SM_DEFECT_NR; i++) {
		bool fits = !(o->spec.defects >> i & 1);

		for (j = 0; j < c->nr && !fits; j++)
			fits = sm_defects[i].profiles >> c->profile[j] & 1;
		if (!fits)
			return false;
	}
	return true;
}

/* "all" means all that this kernel can do. */
static bool combo_runs(const struct sm_options_combo *c)
{
	char why[256];
	unsigned int i;

	for (i = 0; i < c->nr; i++)
		if (!sm_names_has_profile(c->profile[i], why, sizeof(why)))
			return false;
	return true;
}

static void add_run(struct session *s, unsigned int row,
		    const struct sm_options_combo *c)
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
	spec = &runs[s->nr++].spec;
	*spec = s->options.spec;
	spec->backend = sm_backends[row];
	if (!c)
		return;
	memcpy(spec->profiles, c->profile, sizeof(spec->profiles));
	spec->nr_profiles = c->nr;
}

/* Of "all" those are meant that have what was asked for; the others say why not. */
static bool leave_out(struct session *s, unsigned int row)
{
	struct sm_run_spec spec = s->options.spec;
	struct probed *p = &s->probed[row];

	spec.backend = sm_backends[row];
	if (!s->options.every_backend || !spec.backend->attach ||
	    sm_run_fits(&spec, p->why, sizeof(p->why)))
		return false;
	p->left_out = true;
	p->verdict = SM_SKIP;
	return true;
}

static void plan_backend(struct session *s, unsigned int row)
{
	const struct sm_options *o = &s->options;
	bool all = leave_out(s, row) || !o->every_profile;
	unsigned int i;

	if (!sm_backends[row]->profiled) {
		add_run(s, row, NULL);
		return;
	}
	for (i = 0; i < o->nr_combos; i++)
		if (all || (combo_fits(o, &o->combos[i]) &&
			    combo_runs(&o->combos[i])))
			add_run(s, row, &o->combos[i]);
}

static bool complain(const char *why)
{
	fprintf(stderr, "stalemate: %s\n", why);
	return false;
}

/* Finds every mistake before anything is started. */
static bool plan(struct session *s)
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
			first = first ? first : s->probed[r->row].why;
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

static void probe_backend(struct session *s, unsigned int row)
{
	const struct sm_backend *backend = sm_backends[row];
	struct probed *p = &s->probed[row];

	if (p->left_out)
		return;
	p->verdict = backend->probe(p->why, sizeof(p->why));
	if (p->verdict != SM_PASS || backend->attach)
		return;
	p->verdict = SM_SKIP;
	snprintf(p->why, sizeof(p->why), "%s can only be probed so far",
		 backend->name);
}

/* The runs of a backend are neighbours. */
static bool is_first(const struct session *s, unsigned int i)
{
	return !i || s->runs[i].row != s->runs[i - 1].row;
}

static void probe_all(struct session *s)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		if (is_first(s, i))
			probe_backend(s, s->runs[i].row);
		s->ready += s->probed[s->runs[i].row].verdict == SM_PASS;
	}
}

static void run_spec(struct session *s, unsigned int i)
{
	const struct probed *p = &s->probed[s->runs[i].row];
	struct sm_run_result *r = &s->result;
	char name[SM_KTAP_NAME];

	memset(r, 0, sizeof(*r));
	if (p->verdict != SM_PASS) {
		r->verdict = p->verdict;
		snprintf(r->reason, sizeof(r->reason), "%s", p->why);
		return;
	}
	sm_ktap_name(&s->runs[i].spec, name, sizeof(name));
	sm_progress_start(name);
	sm_run(&s->runs[i].spec, r, sm_progress_show, NULL);
	sm_progress_stop();
}

static void show_ktap(const struct session *s, unsigned int i)
{
	const struct sm_run_result *r = &s->result;
	char name[SM_KTAP_NAME];

	if (s->probed[s->runs[i].row].verdict == SM_PASS)
		sm_show_run(stdout, "# ", &s->runs[i].spec, r);
	sm_ktap_name(&s->runs[i].spec, name, sizeof(name));
	sm_ktap_result(stdout, i + 1, name, r->verdict, r->reason);
}

/* A backend that cannot run says so in one line, however many runs it has. */
static void show_text(const struct session *s, unsigned int i)
{
	const struct probed *p = &s->probed[s->runs[i].row];

	if (p->verdict == SM_PASS)
		sm_show_run(stdout, "", &s->runs[i].spec, &s->result);
	else if (is_first(s, i))
		printf("%-10s %s: %s\n", sm_verdict_names[p->verdict],
		       s->runs[i].spec.backend->name, p->why);
	fflush(stdout);
}

static int run_all(struct session *s)
{
	const char *prefix = s->options.ktap ? "# " : "";
	unsigned int i;
	int ret = 0;

	if (s->options.ktap)
		sm_ktap_begin(stdout, s->nr);
	if (s->ready)
		sm_show_header(stdout, prefix, &s->options.spec);
	fflush(stdout);
	for (i = 0; i < s->nr && !ret; i++) {
		run_spec(s, i);
		s->tally.nr[s->result.verdict]++;
		ret = sm_report_add(s->report, &s->runs[i].spec, &s->result);
		if (s->options.ktap)
			show_ktap(s, i);
		else
			show_text(s, i);
	}
	return ret;
}

static int session_run(struct session *s)
{
	const char *json = s->options.json;
	int ret;

	if (!plan(s))
		return SM_EXIT_USAGE;
	s->report = sm_report_new(json, s->options.spec.seed);
	if (!s->report) {
		fprintf(stderr, "stalemate: %s: %s\n", json ? json : "report",
			strerror(errno));
		return SM_EXIT_BROKEN;
	}
	probe_all(s);
	ret = run_all(s);
	return sm_report_end(s->report, json, sm_report_overall(&s->tally), ret);
}

int sm_run_command(int argc, char **argv)
{
	struct session *s = calloc(1, sizeof(*s));
	int ret;

	if (!s) {
		perror("stalemate");
		return SM_EXIT_BROKEN;
	}
	sm_options_init(&s->options);
	argp_parse(&sm_options_argp, argc, argv, 0, NULL, &s->options);
	ret = session_run(s);
	sm_options_free(&s->options);
	free(s->runs);
	free(s);
	return ret;
}
