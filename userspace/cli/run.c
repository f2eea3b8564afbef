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

#define MAX_RUNS	256
#define MAX_BACKENDS	64

/**
 * struct probed - what a backend said of this machine
 * @verdict: SM_PASS: it can run
 * @why: what is missing
 */
struct probed {
	enum sm_verdict verdict;
	char why[256];
};

/**
 * struct session - the runs of one command
 * @options: what was asked for
 * @probed: by row of sm_backends[]
 * @spec: the runs
 * @row: row of sm_backends[] of each run
 * @nr: how many
 * @ready: how many of them can run here
 * @report: JSON
 * @tally: verdicts
 * @result: of the current run
 */
struct session {
	struct sm_options options;
	struct probed probed[MAX_BACKENDS];
	struct sm_run_spec spec[MAX_RUNS];
	unsigned int row[MAX_RUNS];
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

	if (s->nr == MAX_RUNS)
		return;
	s->row[s->nr] = row;
	spec = &s->spec[s->nr++];
	*spec = s->options.spec;
	spec->backend = sm_backends[row];
	if (!c)
		return;
	memcpy(spec->profiles, c->profile, sizeof(spec->profiles));
	spec->nr_profiles = c->nr;
}

static void plan_backend(struct session *s, unsigned int row)
{
	const struct sm_options *o = &s->options;
	unsigned int i;

	if (!sm_backends[row]->profiled) {
		add_run(s, row, NULL);
		return;
	}
	for (i = 0; i < o->nr_combos; i++)
		if (!o->every_profile || (combo_fits(o, &o->combos[i]) &&
					  combo_runs(&o->combos[i])))
			add_run(s, row, &o->combos[i]);
}

/* Finds every mistake before anything is started. */
static bool plan(struct session *s)
{
	char why[256];
	unsigned int i;

	for (i = 0; sm_backends[i] && i < MAX_BACKENDS; i++)
		if (s->options.backends >> i & 1)
			plan_backend(s, i);
	for (i = 0; i < s->nr; i++) {
		if (!s->spec[i].backend->attach ||
		    sm_run_check(&s->spec[i], why, sizeof(why)))
			continue;
		fprintf(stderr, "stalemate: %s\n", why);
		return false;
	}
	if (!s->nr)
		fprintf(stderr, "stalemate: no profile has all these defects\n");
	return s->nr;
}

static void probe_backend(struct session *s, unsigned int row)
{
	const struct sm_backend *backend = sm_backends[row];
	struct probed *p = &s->probed[row];

	p->verdict = backend->probe(p->why, sizeof(p->why));
	if (p->verdict != SM_PASS || backend->attach)
		return;
	p->verdict = SM_SKIP;
	snprintf(p->why, sizeof(p->why), "%s can only be probed so far",
		 backend->name);
}

static void probe_all(struct session *s)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		if (!i || s->row[i] != s->row[i - 1])
			probe_backend(s, s->row[i]);
		s->ready += s->probed[s->row[i]].verdict == SM_PASS;
	}
}

static void run_spec(struct session *s, unsigned int i)
{
	const struct probed *p = &s->probed[s->row[i]];
	struct sm_run_result *r = &s->result;
	char name[SM_KTAP_NAME];

	memset(r, 0, sizeof(*r));
	if (p->verdict != SM_PASS) {
		r->verdict = p->verdict;
		snprintf(r->reason, sizeof(r->reason), "%s", p->why);
		return;
	}
	sm_ktap_name(&s->spec[i], name, sizeof(name));
	sm_progress_start(name);
	sm_run(&s->spec[i], r, sm_progress_show, NULL);
	sm_progress_stop();
}

static void show_ktap(const struct session *s, unsigned int i)
{
	const struct sm_run_result *r = &s->result;
	char name[SM_KTAP_NAME];

	if (s->probed[s->row[i]].verdict == SM_PASS)
		sm_show_run(stdout, "# ", &s->spec[i], r);
	sm_ktap_name(&s->spec[i], name, sizeof(name));
	sm_ktap_result(stdout, i + 1, name, r->verdict, r->reason);
}

/* A backend that cannot run says so in one line, however many runs it has. */
static void show_text(const struct session *s, unsigned int i)
{
	const struct probed *p = &s->probed[s->row[i]];

	if (p->verdict == SM_PASS)
		sm_show_run(stdout, "", &s->spec[i], &s->result);
	else if (!i || s->row[i] != s->row[i - 1])
		printf("%-10s %s: %s\n", sm_verdict_names[p->verdict],
		       s->spec[i].backend->name, p->why);
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
		ret = sm_report_add(s->report, &s->spec[i], &s->result);
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
	enum sm_verdict verdict;
	int ret, err;

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
	verdict = ret ? SM_BROKEN : sm_report_overall(&s->tally);
	err = sm_report_close(s->report, verdict);
	if (!ret)
		ret = err;
	if (ret) {
		fprintf(stderr, "stalemate: %s: %s\n", json, strerror(-ret));
		return SM_EXIT_BROKEN;
	}
	return sm_report_exit(verdict);
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
	free(s);
	return ret;
}
