// SPDX-License-Identifier: GPL-2.0-only
/*
 * stalemate matrix: can the oracles fail, and can they stay silent?
 *
 * Every defect is seeded into every profile it applies to and has to be
 * caught; every profile without a defect has to pass.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "ktap.h"
#include "matrix.h"
#include "names.h"
#include "options.h"
#include "progress.h"
#include "report.h"
#include "show.h"
#include "tables.h"
#include "util.h"

#define AT_END_NS	(3 * SM_NSEC)	/* of a run that has to end first */

static const enum sm_verdict outcome_verdict[] = {
	[SM_NOT_APPLICABLE] = SM_PASS,
	[SM_SILENT] = SM_PASS,
	[SM_CAUGHT] = SM_PASS,
	[SM_MENDED] = SM_PASS,
	[SM_MISSED] = SM_FAIL,
	[SM_FALSE_ALARM] = SM_FAIL,
	[SM_CELL_TIMEOUT] = SM_TIMEOUT,
	[SM_CELL_BROKEN] = SM_BROKEN,
	[SM_CELL_SKIP] = SM_SKIP,
};

struct matrix {
	struct sm_options options;
	uint64_t limit_ns;
	unsigned int runs;
	uint64_t profiles;
	bool every_profile;
	uint64_t defects;
	unsigned int shown;
	struct sm_cell cell[SM_MATRIX_ROWS][SM_PROFILE_NR];
	struct sm_report *report;
	struct sm_run_result result;
};

enum {
	OPT_JSON = 256, OPT_DURATION, OPT_LIMIT, OPT_SEED, OPT_RUNS,
	OPT_PROFILE, OPT_DEFECT, OPT_KTAP,
};

static const struct argp_option argp_options[] = {
	{ "json", OPT_JSON, "FILE", 0, "Write results to FILE as JSON", 0 },
	{ "duration", OPT_DURATION, "S", 0,
	  "Seconds for a profile without a defect (30)", 0 },
	{ "limit", OPT_LIMIT, "S", 0,
	  "Seconds in which a defect must be caught (30)", 0 },
	{ "seed", OPT_SEED, "N", 0, "Seed of the first run (random)", 0 },
	{ "seeds", OPT_RUNS, "N", 0,
	  "Runs per cell, each with the next seed (1)", 0 },
	{ "runs", OPT_RUNS, NULL, OPTION_ALIAS, NULL, 0 },
	{ "profile", OPT_PROFILE, "P,Q|all", 0, "Columns (all)", 0 },
	{ "defect", OPT_DEFECT, "D,E|all", 0, "Rows (all)", 0 },
	{ "ktap", OPT_KTAP, NULL, 0, "Print KTAP: a test for each cell", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct matrix *m = state->input;

	switch (key) {
	case OPT_JSON:
		m->options.json = arg;
		return 0;
	case OPT_DURATION:
		m->options.spec.duration_ns =
			sm_options_seconds("duration", arg);
		return 0;
	case OPT_LIMIT:
		m->limit_ns = sm_options_seconds("limit", arg);
		return 0;
	case OPT_SEED:
		m->options.spec.seed =
			sm_options_number("seed", arg, 0, UINT64_MAX);
		return 0;
	case OPT_RUNS:
		m->runs = sm_options_number("seeds", arg, 1, 1000);
		return 0;
	case OPT_PROFILE:
		if (!sm_names_mask(SM_NAMES_PROFILE, arg, &m->profiles))
			exit(SM_EXIT_USAGE);
		m->every_profile = !strcmp(arg, "all");
		return 0;
	case OPT_DEFECT:
		if (!sm_names_mask(SM_NAMES_DEFECT, arg, &m->defects))
			exit(SM_EXIT_USAGE);
		return 0;
	case OPT_KTAP:
		m->options.ktap = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'?", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.doc = "Seed every defect into every profile it applies to.",
};

static bool cell_wanted(const struct matrix *m, unsigned int row,
			unsigned int profile)
{
	if (!(m->profiles >> profile & 1))
		return false;
	if (row == SM_MATRIX_CORRECT)
		return true;
	return (m->defects >> (row - 1) & 1) &&
	       sm_matrix_applies(row, profile) &&
	       !sm_matrix_unseen(row, profile);
}

static uint64_t result_oracles(const struct sm_run_result *r)
{
	uint64_t mask = 0;
	unsigned int i, j;

	for (i = 0; i < r->nr_findings; i++)
		for (j = 0; sm_oracles[j].name; j++)
			if (!strcmp(sm_oracles[j].name, r->findings[i].oracle))
				mask |= SM_BIT(j);
	return mask;
}

static enum sm_outcome run_outcome(const struct sm_run_result *r, bool correct)
{
	switch (r->verdict) {
	case SM_PASS:
		if (correct)
			return SM_SILENT;
		return r->mended[0] ? SM_MENDED : SM_MISSED;
	case SM_FAIL:
		return correct ? SM_FALSE_ALARM : SM_CAUGHT;
	case SM_SKIP:
		return SM_CELL_SKIP;
	case SM_TIMEOUT:
		return SM_CELL_TIMEOUT;
	default:
		return SM_CELL_BROKEN;
	}
}

/* Adds a run to its cell: the outcome is the worst, the time the longest. */
static int cell_add(struct sm_cell *c, const struct sm_run_result *r,
		    bool correct)
{
	enum sm_outcome outcome = run_outcome(r, correct);
	bool found = r->verdict == SM_FAIL;
	double seconds = found ? r->first_ns / 1e9 : r->seconds;
	unsigned int i;

	if (found && sm_matrix_note(c, seconds, r->first_ops))
		return -ENOMEM;
	c->runs++;
	c->caught += found;
	for (i = 0; i < SM_MAX_OPS; i++)
		c->ops += r->ops[i];
	c->pages += r->pages_compared + r->pages_swept;
	c->violations += r->violations_total;
	c->oracles |= result_oracles(r);
	if (outcome >= c->outcome) {
		c->outcome = outcome;
		snprintf(c->reason, sizeof(c->reason), "%s",
			 r->mended[0] ? r->mended : r->reason);
	}
	if (c->runs > 1 && seconds < c->seconds)
		return 0;
	c->seconds = seconds;
	c->first_ops = r->first_ops;
	if (found && r->nr_findings)
		c->oracle = r->findings[0].oracle;
	return 0;
}

static struct json_object *oracles_json(uint64_t mask)
{
	struct json_object *a = json_object_new_array();
	unsigned int i;

	for (i = 0; sm_oracles[i].name; i++) {
		const char *name = sm_oracles[i].name;

		if (mask >> i & 1)
			json_object_array_add(a, json_object_new_string(name));
	}
	return a;
}

static void put(struct json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key, s ? json_object_new_string(s) : NULL);
}

static void put_seconds(struct json_object *o, const char *key, double seconds)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3f", seconds);
	json_object_object_add(o, key, json_object_new_double_s(seconds, text));
}

/* Of all runs that found something, in the cells that are given. */
static void put_times(struct json_object *o, const struct sm_cell *cells,
		      unsigned int nr)
{
	struct sm_catch median, worst;

	if (!sm_matrix_median(cells, nr, &median, &worst))
		return;
	put_seconds(o, "median_seconds", median.seconds);
	put_seconds(o, "worst_seconds", worst.seconds);
	json_object_object_add(o, "median_ops",
			       json_object_new_uint64(median.ops));
	json_object_object_add(o, "worst_ops",
			       json_object_new_uint64(worst.ops));
}

static struct json_object *cell_json(const struct sm_cell *c, unsigned int row,
				     unsigned int profile)
{
	struct json_object *o = json_object_new_object();
	uint64_t expected = sm_matrix_oracles(row);

	put(o, "defect", row == SM_MATRIX_CORRECT ? NULL : sm_matrix_row(row));
	put(o, "profile", sm_profiles[profile].name);
	put(o, "outcome", sm_matrix_outcome(c->outcome));
	put(o, "verdict", sm_verdict_names[outcome_verdict[c->outcome]]);
	json_object_object_add(o, "runs", json_object_new_int(c->runs));
	json_object_object_add(o, "caught", json_object_new_int(c->caught));
	put(o, "oracle", c->oracle);
	put_seconds(o, "seconds", c->seconds);
	json_object_object_add(o, "ops", json_object_new_uint64(c->first_ops));
	json_object_object_add(o, "oracles", oracles_json(c->oracles));
	json_object_object_add(o, "unexpected_oracles",
			       oracles_json(c->oracles & ~expected));
	put(o, "reason", c->reason[0] ? c->reason : NULL);
	put_times(o, c, 1);
	return o;
}

/* What only another kernel shows is said, and not counted as anything. */
static struct json_object *unseen_json(unsigned int row, unsigned int profile)
{
	struct json_object *o = json_object_new_object();

	put(o, "defect", sm_matrix_row(row));
	put(o, "profile", sm_profiles[profile].name);
	put(o, "outcome", sm_defects[row - 1].debug ? "debug-only" : "unseen");
	put(o, "verdict", sm_verdict_names[SM_SKIP]);
	json_object_object_add(o, "runs", json_object_new_int(0));
	put(o, "reason", sm_matrix_unseen(row, profile));
	return o;
}

/* One element for each defect: its times over all profiles and seeds. */
static struct json_object *defects_json(const struct matrix *m)
{
	struct json_object *a = json_object_new_array();
	unsigned int row, p, runs, caught;

	for (row = SM_MATRIX_CORRECT + 1; row < SM_MATRIX_ROWS; row++) {
		struct json_object *o;

		for (p = 0, runs = 0, caught = 0; p < SM_PROFILE_NR; p++) {
			runs += m->cell[row][p].runs;
			caught += m->cell[row][p].caught;
		}
		if (!runs)
			continue;
		o = json_object_new_object();
		put(o, "defect", sm_matrix_row(row));
		json_object_object_add(o, "runs", json_object_new_int(runs));
		json_object_object_add(o, "caught",
				       json_object_new_int(caught));
		put_times(o, m->cell[row], SM_PROFILE_NR);
		json_object_array_add(a, o);
	}
	return a;
}

/* Cells that were not reached yet are left out. */
static void tell(struct matrix *m)
{
	struct json_object *cells = json_object_new_array();
	unsigned int row, p;

	for (row = 0; row < SM_MATRIX_ROWS; row++)
		for (p = 0; p < SM_PROFILE_NR; p++) {
			const struct sm_cell *c = &m->cell[row][p];

			if (c->runs)
				json_object_array_add(cells,
						      cell_json(c, row, p));
			else if ((m->profiles >> p & 1) && row &&
				 (m->defects >> (row - 1) & 1) &&
				 sm_matrix_unseen(row, p))
				json_object_array_add(cells,
						      unseen_json(row, p));
		}
	sm_report_set(m->report, "defects", defects_json(m));
	sm_report_set(m->report, "matrix", cells);
}

static int run_once(struct matrix *m, unsigned int row, unsigned int profile)
{
	struct sm_run_spec spec = m->options.spec;
	struct sm_cell *c = &m->cell[row][profile];
	char name[SM_KTAP_NAME];
	int err;

	spec.profiles[0] = profile;
	spec.nr_profiles = 1;
	spec.seed += c->runs;
	if (row != SM_MATRIX_CORRECT) {
		spec.defects = SM_BIT(row - 1);
		spec.duration_ns = m->limit_ns;
		if (sm_defects[row - 1].beside)
			spec.profiles[spec.nr_profiles++] =
				__builtin_ctzll(sm_defects[row - 1].beside);
		if (sm_defects[row - 1].at_end && m->limit_ns > AT_END_NS)
			spec.duration_ns = AT_END_NS;
	}
	memset(&m->result, 0, sizeof(m->result));
	sm_ktap_name(&spec, name, sizeof(name));
	sm_progress_start(name);
	sm_run(&spec, &m->result, sm_progress_show, NULL);
	sm_progress_stop();
	err = cell_add(c, &m->result, row == SM_MATRIX_CORRECT);
	if (err)
		return err;
	tell(m);
	return sm_report_add(m->report, &spec, &m->result);
}

static void show_ktap(struct matrix *m, unsigned int row, unsigned int profile)
{
	const struct sm_cell *c = &m->cell[row][profile];
	struct sm_run_spec spec = m->options.spec;
	char name[SM_KTAP_NAME], test[SM_KTAP_NAME + 8];

	spec.profiles[0] = profile;
	spec.nr_profiles = 1;
	if (row != SM_MATRIX_CORRECT)
		spec.defects = SM_BIT(row - 1);
	sm_ktap_name(&spec, name, sizeof(name));
	snprintf(test, sizeof(test), "matrix.%s", name);
	sm_ktap_result(stdout, ++m->shown, test, outcome_verdict[c->outcome],
		       c->outcome == SM_MISSED ? "missed" : c->reason);
}

static int run_cell(struct matrix *m, unsigned int row, unsigned int profile)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < m->runs && !ret; i++)
		ret = run_once(m, row, profile);
	if (m->options.ktap)
		show_ktap(m, row, profile);
	return ret;
}

static int run_row(struct matrix *m, unsigned int row, const char *prefix)
{
	bool any = false;
	unsigned int p;
	int ret = 0;

	for (p = 0; p < SM_PROFILE_NR && !ret; p++) {
		if (!cell_wanted(m, row, p))
			continue;
		any = true;
		ret = run_cell(m, row, p);
	}
	if (any)
		sm_matrix_show_row(prefix, m->profiles, m->cell, row);
	return ret;
}

static unsigned int count_cells(const struct matrix *m)
{
	unsigned int row, p, nr = 0;

	for (row = 0; row < SM_MATRIX_ROWS; row++)
		for (p = 0; p < SM_PROFILE_NR; p++)
			nr += cell_wanted(m, row, p);
	return nr;
}

static int run_rows(struct matrix *m)
{
	const char *prefix = m->options.ktap ? "# " : "";
	unsigned int row;
	int ret = 0;

	if (m->options.ktap)
		sm_ktap_begin(stdout, count_cells(m));
	sm_show_header(stdout, prefix, &m->options.spec);
	printf("%sa defect must be caught within %g s", prefix, m->limit_ns / 1e9);
	printf(", or %.0f ops and %.0f accesses, %u run%s per cell\n%s\n",
	       m->limit_ns / 1e9 * SM_RUN_OPS_PER_S,
	       m->limit_ns / 1e9 * SM_RUN_ACCESSES_PER_S, m->runs,
	       m->runs > 1 ? "s" : "", prefix);
	sm_matrix_show_head(prefix, m->profiles);
	for (row = 0; row < SM_MATRIX_ROWS && !ret; row++)
		ret = run_row(m, row, prefix);
	sm_matrix_show_table(prefix, m->cell);
	return ret;
}

/* A cell that could not run is not as expected, whatever the others say. */
static enum sm_verdict verdict_of(const struct matrix *m)
{
	enum sm_verdict overall;
	struct sm_report_tally t = { { 0 } };
	unsigned int row, p;

	for (row = 0; row < SM_MATRIX_ROWS; row++)
		for (p = 0; p < SM_PROFILE_NR; p++)
			if (m->cell[row][p].runs)
				t.nr[outcome_verdict[m->cell[row][p].outcome]]++;
	overall = sm_report_overall(&t);
	return overall == SM_PASS && t.nr[SM_SKIP] ? SM_SKIP : overall;
}

/* "all" means all that this kernel can do. */
static void drop_profiles(struct matrix *m)
{
	char why[256];
	unsigned int p;

	for (p = 0; m->every_profile && p < SM_PROFILE_NR; p++)
		if (!sm_names_has_profile(p, why, sizeof(why)))
			m->profiles &= ~SM_BIT(p);
}

/* Bad settings and a machine that cannot run it end the matrix early. */
static int check(struct matrix *m)
{
	struct sm_run_spec spec = m->options.spec;
	enum sm_verdict verdict;
	char why[256] = "";

	verdict = spec.backend->probe(why, sizeof(why));
	if (verdict != SM_PASS)
		return sm_report_refuse(m->options.json, spec.seed, verdict,
					why);
	drop_profiles(m);
	spec.nr_profiles = 1;
	if (sm_run_check(&spec, why, sizeof(why)))
		return 0;
	fprintf(stderr, "stalemate: %s\n", why);
	return SM_EXIT_USAGE;
}

static int run_matrix(struct matrix *m)
{
	const char *json = m->options.json;
	int ret;

	ret = check(m);
	if (ret)
		return ret;
	m->report = sm_report_new(json, m->options.spec.seed);
	if (!m->report) {
		fprintf(stderr, "stalemate: %s: %s\n", json ? json : "report",
			strerror(errno));
		return SM_EXIT_BROKEN;
	}
	ret = run_rows(m);
	tell(m);
	return sm_report_end(m->report, json, verdict_of(m), ret);
}

int sm_matrix_command(int argc, char **argv)
{
	struct matrix *m = calloc(1, sizeof(*m));
	unsigned int i;
	int ret;

	if (!m) {
		perror("stalemate");
		return SM_EXIT_BROKEN;
	}
	sm_options_init(&m->options);
	m->options.spec.backend =
		sm_backends[sm_names_find(SM_NAMES_BACKEND, "mock", 4)];
	m->options.spec.duration_ns = 30 * SM_NSEC;
	m->limit_ns = 30 * SM_NSEC;
	m->runs = 1;
	m->profiles = sm_names_all(SM_NAMES_PROFILE);
	m->every_profile = true;
	m->defects = sm_names_all(SM_NAMES_DEFECT);
	argp_parse(&argp, argc, argv, 0, NULL, m);
	ret = run_matrix(m);
	for (i = 0; i < SM_MATRIX_ROWS * SM_PROFILE_NR; i++)
		free(m->cell[i / SM_PROFILE_NR][i % SM_PROFILE_NR].times);
	sm_options_free(&m->options);
	free(m);
	return ret;
}
