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
#include "names.h"
#include "options.h"
#include "progress.h"
#include "report.h"
#include "show.h"
#include "tables.h"
#include "util.h"

#define ROWS	(1 + SM_DEFECT_NR)	/* the correct profile, then defects */
#define CORRECT	0

enum outcome {
	NOT_APPLICABLE,
	SILENT,
	CAUGHT,
	MISSED,
	FALSE_ALARM,
	TIMEOUT,
	BROKEN,
	SKIP,
};

static const struct {
	const char *name;
	enum sm_verdict verdict;
} outcomes[] = {
	[NOT_APPLICABLE] = { "n-a", SM_PASS },
	[SILENT] = { "silent", SM_PASS },
	[CAUGHT] = { "caught", SM_PASS },
	[MISSED] = { "missed", SM_FAIL },
	[FALSE_ALARM] = { "false-alarm", SM_FAIL },
	[TIMEOUT] = { "timeout", SM_TIMEOUT },
	[BROKEN] = { "broken", SM_BROKEN },
	[SKIP] = { "skip", SM_SKIP },
};

/**
 * struct cell - one defect (or none) in one profile
 * @outcome: worst of all runs
 * @runs: runs made
 * @caught: runs in which something was found
 * @oracle: which found it first, in the slowest run
 * @seconds: until then, or the length of a silent run
 * @ops: applied until then
 * @oracles: mask of rows of sm_oracles[] that found something
 * @reason: what went wrong
 */
struct cell {
	enum outcome outcome;
	unsigned int runs;
	unsigned int caught;
	const char *oracle;
	double seconds;
	uint64_t ops;
	uint64_t oracles;
	char reason[256];
};

struct matrix {
	struct sm_options options;
	uint64_t limit_ns;
	unsigned int runs;
	struct cell cell[ROWS][SM_PROFILE_NR];
	struct sm_report *report;
	struct sm_run_result result;
};

enum { OPT_JSON = 256, OPT_DURATION, OPT_LIMIT, OPT_SEED, OPT_RUNS };

static const struct argp_option argp_options[] = {
	{ "json", OPT_JSON, "FILE", 0, "Write results to FILE as JSON", 0 },
	{ "duration", OPT_DURATION, "S", 0,
	  "Seconds for a profile without a defect (10)", 0 },
	{ "limit", OPT_LIMIT, "S", 0,
	  "Seconds in which a defect must be caught (20)", 0 },
	{ "seed", OPT_SEED, "N", 0, "Seed of the first run (random)", 0 },
	{ "runs", OPT_RUNS, "N", 0,
	  "Runs per cell, each with the next seed (1)", 0 },
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
		m->runs = sm_options_number("runs", arg, 1, 1000);
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

static const char *row_name(unsigned int row)
{
	return row == CORRECT ? "(correct)" : sm_defects[row - 1].name;
}

static bool row_applies(unsigned int row, unsigned int profile)
{
	return row == CORRECT || sm_defects[row - 1].profiles >> profile & 1;
}

/* Mask of the oracles that may catch the defect of a row. */
static uint64_t row_oracles(unsigned int row)
{
	const char *const *name;
	uint64_t mask = 0;
	unsigned int i;

	if (row == CORRECT)
		return 0;
	for (name = sm_defects[row - 1].oracles; *name; name++)
		for (i = 0; sm_oracles[i].name; i++)
			if (!strcmp(sm_oracles[i].name, *name))
				mask |= SM_BIT(i);
	return mask;
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

static enum outcome run_outcome(const struct sm_run_result *r, bool correct)
{
	switch (r->verdict) {
	case SM_PASS:
		return correct ? SILENT : MISSED;
	case SM_FAIL:
		return correct ? FALSE_ALARM : CAUGHT;
	case SM_SKIP:
		return SKIP;
	case SM_TIMEOUT:
		return TIMEOUT;
	default:
		return BROKEN;
	}
}

/* Adds a run to its cell: the outcome is the worst, the time the longest. */
static void cell_add(struct cell *c, const struct sm_run_result *r,
		     bool correct)
{
	enum outcome outcome = run_outcome(r, correct);
	bool found = r->verdict == SM_FAIL;
	double seconds = found ? r->first_ns / 1e9 : r->seconds;

	c->runs++;
	c->caught += found;
	c->oracles |= result_oracles(r);
	if (outcome >= c->outcome) {
		c->outcome = outcome;
		snprintf(c->reason, sizeof(c->reason), "%s", r->reason);
	}
	if (c->runs > 1 && seconds < c->seconds)
		return;
	c->seconds = seconds;
	c->ops = r->first_ops;
	if (found && r->nr_findings)
		c->oracle = r->findings[0].oracle;
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

static struct json_object *cell_json(const struct cell *c, unsigned int row,
				     unsigned int profile)
{
	struct json_object *o = json_object_new_object();
	uint64_t expected = row_oracles(row);
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%.3f", c->seconds);
	put(o, "defect", row == CORRECT ? NULL : row_name(row));
	put(o, "profile", sm_profiles[profile].name);
	put(o, "outcome", outcomes[c->outcome].name);
	put(o, "verdict", sm_verdict_names[outcomes[c->outcome].verdict]);
	json_object_object_add(o, "runs", json_object_new_int(c->runs));
	json_object_object_add(o, "caught", json_object_new_int(c->caught));
	put(o, "oracle", c->oracle);
	json_object_object_add(o, "seconds",
			       json_object_new_double_s(c->seconds, seconds));
	json_object_object_add(o, "ops", json_object_new_uint64(c->ops));
	json_object_object_add(o, "oracles", oracles_json(c->oracles));
	json_object_object_add(o, "unexpected_oracles",
			       oracles_json(c->oracles & ~expected));
	put(o, "reason", c->reason[0] ? c->reason : NULL);
	return o;
}

/* Cells that were not reached yet are left out. */
static int save(struct matrix *m)
{
	struct json_object *cells = json_object_new_array();
	unsigned int row, p;

	for (row = 0; row < ROWS; row++)
		for (p = 0; p < SM_PROFILE_NR; p++) {
			const struct cell *c = &m->cell[row][p];

			if (!c->runs && row_applies(row, p))
				continue;
			json_object_array_add(cells, cell_json(c, row, p));
		}
	return sm_report_put(m->report, "matrix", cells);
}

static int run_once(struct matrix *m, unsigned int row, unsigned int profile)
{
	struct sm_run_spec spec = m->options.spec;
	struct cell *c = &m->cell[row][profile];
	char name[SM_KTAP_NAME];

	spec.profiles[0] = profile;
	spec.nr_profiles = 1;
	spec.seed += c->runs;
	if (row != CORRECT) {
		spec.defects = SM_BIT(row - 1);
		spec.duration_ns = m->limit_ns;
	}
	memset(&m->result, 0, sizeof(m->result));
	sm_ktap_name(&spec, name, sizeof(name));
	sm_progress_start(name);
	sm_run(&spec, &m->result, sm_progress_show, NULL);
	sm_progress_stop();
	cell_add(c, &m->result, row == CORRECT);
	return sm_report_add(m->report, &spec, &m->result);
}

static void cell_text(const struct matrix *m, unsigned int row,
		      unsigned int profile, char *s, size_t size)
{
	const struct cell *c = &m->cell[row][profile];
	char ops[SM_SHOW_COUNT], runs[32] = "";
	bool strange = c->oracles & ~row_oracles(row);

	if (c->runs > 1)
		snprintf(runs, sizeof(runs), " %u/%u", c->caught, c->runs);
	sm_show_count(c->ops, ops, sizeof(ops));
	switch (c->outcome) {
	case CAUGHT:
		snprintf(s, size, "%s%s %.2f s %s ops%s", strange ? "*" : "",
			 c->oracle ? c->oracle : "?", c->seconds, ops, runs);
		break;
	case FALSE_ALARM:
		snprintf(s, size, "FALSE ALARM %s %.2f s%s",
			 c->oracle ? c->oracle : "?", c->seconds, runs);
		break;
	case MISSED:
		snprintf(s, size, "MISSED in %.0f s%s", c->seconds, runs);
		break;
	case SILENT:
		snprintf(s, size, "silent %.0f s", c->seconds);
		break;
	default:
		snprintf(s, size, "%s", outcomes[c->outcome].name);
	}
}

static void show_row(const struct matrix *m, unsigned int row)
{
	unsigned int p;

	printf("%-22s", row_name(row));
	for (p = 0; p < SM_PROFILE_NR; p++) {
		char text[96];

		cell_text(m, row, p, text, sizeof(text));
		printf(p + 1 < SM_PROFILE_NR ? "%-38s" : "%s\n", text);
	}
	fflush(stdout);
}

static void show_words(uint64_t mask)
{
	unsigned int i;

	for (i = 0; sm_oracles[i].name; i++)
		if (mask >> i & 1)
			printf(" %s", sm_oracles[i].name);
}

static void show_notes(const struct matrix *m)
{
	unsigned int row, p;

	for (row = 0; row < ROWS; row++)
		for (p = 0; p < SM_PROFILE_NR; p++) {
			const struct cell *c = &m->cell[row][p];
			uint64_t strange = c->oracles & ~row_oracles(row);

			if (strange && row != CORRECT) {
				printf("* %s in %s was found by",
				       row_name(row), sm_profiles[p].name);
				show_words(strange);
				printf(", not one of its oracles\n");
			}
			if (c->reason[0] && c->outcome != CAUGHT)
				printf("%s in %s: %s\n", row_name(row),
				       sm_profiles[p].name, c->reason);
		}
}

static int run_row(struct matrix *m, unsigned int row)
{
	unsigned int p, i;
	int ret = 0;

	for (p = 0; p < SM_PROFILE_NR && !ret; p++) {
		if (!row_applies(row, p))
			continue;
		for (i = 0; i < m->runs && !ret; i++)
			ret = run_once(m, row, p);
		if (!ret)
			ret = save(m);
	}
	return ret;
}

static int run_rows(struct matrix *m)
{
	unsigned int row, p;
	int ret = 0;

	sm_show_header(stdout, "", &m->options.spec);
	printf("a defect must be caught within %g s, %u run%s per cell\n\n",
	       m->limit_ns / 1e9, m->runs, m->runs > 1 ? "s" : "");
	printf("%-22s", "defect");
	for (p = 0; p < SM_PROFILE_NR; p++)
		printf(p + 1 < SM_PROFILE_NR ? "%-38s" : "%s\n",
		       sm_profiles[p].name);
	for (row = 0; row < ROWS && !ret; row++) {
		ret = run_row(m, row);
		show_row(m, row);
	}
	show_notes(m);
	return ret;
}

/* A cell that could not run is not as expected, whatever the others say. */
static enum sm_verdict verdict_of(const struct matrix *m)
{
	enum sm_verdict overall;
	struct sm_report_tally t = { { 0 } };
	unsigned int row, p;

	for (row = 0; row < ROWS; row++)
		for (p = 0; p < SM_PROFILE_NR; p++)
			if (m->cell[row][p].runs)
				t.nr[outcomes[m->cell[row][p].outcome].verdict]++;
	overall = sm_report_overall(&t);
	return overall == SM_PASS && t.nr[SM_SKIP] ? SM_SKIP : overall;
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
	spec.nr_profiles = 1;
	if (sm_run_check(&spec, why, sizeof(why)))
		return 0;
	fprintf(stderr, "stalemate: %s\n", why);
	return SM_EXIT_USAGE;
}

static int run_matrix(struct matrix *m)
{
	const char *json = m->options.json;
	enum sm_verdict verdict;
	int ret, err;

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
	verdict = ret ? SM_BROKEN : verdict_of(m);
	err = sm_report_close(m->report, verdict);
	if (!ret)
		ret = err;
	if (ret) {
		fprintf(stderr, "stalemate: %s: %s\n", json, strerror(-ret));
		return SM_EXIT_BROKEN;
	}
	return sm_report_exit(verdict);
}

int sm_matrix_command(int argc, char **argv)
{
	struct matrix *m = calloc(1, sizeof(*m));
	int ret;

	if (!m) {
		perror("stalemate");
		return SM_EXIT_BROKEN;
	}
	sm_options_init(&m->options);
	m->options.spec.backend =
		sm_backends[sm_names_find(SM_NAMES_BACKEND, "mock", 4)];
	m->limit_ns = 20 * SM_NSEC;
	m->runs = 1;
	argp_parse(&argp, argc, argv, 0, NULL, m);
	ret = run_matrix(m);
	free(m);
	return ret;
}
