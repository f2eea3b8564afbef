// SPDX-License-Identifier: GPL-2.0-only
/*
 * stalemate matrix: can the oracles fail, and can they stay silent?
 *
 * Every defect is seeded into every profile it applies to and has to be
 * caught; every profile without a defect has to pass.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "backends/backends.h"
#include "base/util.h"
#include "cli.h"
#include "head.h"
#include "judge/lacks.h"
#include "matrix_options.h"
#include "matrix_show.h"
#include "module/defects.h"
#include "module/load.h"
#include "names.h"
#include "options.h"
#include "progress.h"
#include "run/run.h"
#include "run/runner.h"
#include "session/ktap.h"
#include "session/report.h"
#include "session/resume.h"
#include "session/session.h"
#include "session/signals.h"
#include "session/status.h"
#include "show.h"

#define TEST_NAME	(SM_KTAP_NAME + 8)
#define AT_END_NS	(3 * SM_NSEC)	/* of a run that has to end first */

struct matrix {
	struct sm_options options;
	struct sm_matrix_wanted wanted;
	unsigned int shown;
	struct sm_cell cell[SM_MATRIX_ROWS][SM_PROFILE_NR];
	struct sm_report_head head;
	struct sm_session session;
	struct sm_run_result result;
};

/* What is only listed is left out only if the module can tell that it would be. */
static bool cell_wanted(const struct matrix *m, unsigned int row,
			unsigned int profile)
{
	if (!(m->wanted.profiles >> profile & 1))
		return false;
	if (row == SM_MATRIX_CORRECT)
		return true;
	if (!sm_set_has(&m->wanted.defects, row - 1) ||
	    !sm_matrix_applies(row, profile))
		return false;
	return (m->options.list_only && !sm_lacks_here()->told) ||
	       !sm_matrix_unseen(row, profile);
}

/* As KTAP calls it. */
static void cell_name(const struct matrix *m, unsigned int row,
		      unsigned int profile, char *test, size_t size)
{
	struct sm_run_spec spec = m->options.spec;
	char name[SM_KTAP_NAME];

	spec.profiles[0] = profile;
	spec.nr_profiles = 1;
	if (row != SM_MATRIX_CORRECT)
		spec.defects = sm_set_of(row - 1);
	sm_ktap_name(&spec, name, sizeof(name));
	snprintf(test, size, "matrix.%s", name);
}

/* Why a cell is not to be run, or NULL. */
static const char *leave_out(struct matrix *m, unsigned int row,
			     unsigned int profile)
{
	char test[TEST_NAME];

	cell_name(m, row, profile, test, sizeof(test));
	return sm_skip_find(&m->options.skip, test);
}

static bool cell_asked(const struct matrix *m, unsigned int row,
		       unsigned int profile)
{
	return (m->wanted.profiles >> profile & 1) &&
	       (row == SM_MATRIX_CORRECT || sm_set_has(&m->wanted.defects, row - 1));
}

/* A cell that is not run, or NULL. */
static struct json_object *not_run(struct matrix *m, unsigned int row,
				   unsigned int profile)
{
	const char *why = sm_matrix_unseen(row, profile);

	if (!cell_asked(m, row, profile))
		return NULL;
	if (why)
		return sm_cells_not_run(row, profile, sm_defects[row - 1].debug ?
					"debug-only" : "unseen", why);
	why = cell_wanted(m, row, profile) ? leave_out(m, row, profile) : NULL;
	return why ? sm_cells_not_run(row, profile, "skip", why) : NULL;
}

/* What is not run is said, and not counted as anything. */
static void tell_not_run(struct matrix *m)
{
	struct json_object *cells = json_object_new_array(), *o;
	unsigned int row, p;

	for (row = 0; sm_cells_row(row); row++)
		for (p = 0; p < SM_PROFILE_NR; p++) {
			o = not_run(m, row, p);
			if (o)
				json_object_array_add(cells, o);
		}
	sm_report_put(m->session.report, "not_run", cells);
}

static bool stopped(const struct matrix *m)
{
	return sm_session_stopped(&m->session);
}

static struct sm_run_spec spec_of(const struct matrix *m, unsigned int row,
				  unsigned int profile, unsigned int run)
{
	struct sm_run_spec spec = m->options.spec;

	spec.profiles[0] = profile;
	spec.nr_profiles = 1;
	spec.seed += run;
	if (row != SM_MATRIX_CORRECT) {
		spec.defects = sm_set_of(row - 1);
		spec.duration_ns = m->wanted.limit_ns;
		if (sm_defects[row - 1].beside)
			spec.profiles[spec.nr_profiles++] =
				__builtin_ctzll(sm_defects[row - 1].beside);
		if (sm_defects[row - 1].at_end && m->wanted.limit_ns > AT_END_NS)
			spec.duration_ns = AT_END_NS;
	}
	return spec;
}

/* What an earlier session knows of it is as good as a run. */
static int run_once(struct matrix *m, unsigned int row, unsigned int profile)
{
	struct sm_cell *c = &m->cell[row][profile];
	struct sm_run_spec spec = spec_of(m, row, profile, c->runs);
	struct json_object *earlier;
	struct sm_cells_run run;
	char name[SM_KTAP_NAME];

	sm_resume_find(m->head.resume, &spec, &earlier);
	if (earlier) {
		sm_cells_of_json(earlier, &run);
		return sm_cells_add(c, &run, row == SM_MATRIX_CORRECT);
	}
	sm_ktap_name(&spec, name, sizeof(name));
	sm_progress_start(name);
	sm_session_run(&m->session, &spec, &m->result);
	sm_progress_stop();
	sm_cells_of_result(&spec, &m->result, &run);
	return sm_cells_add(c, &run, row == SM_MATRIX_CORRECT);
}

static void show_ktap(struct matrix *m, unsigned int row, unsigned int profile)
{
	const struct sm_cell *c = &m->cell[row][profile];
	char test[TEST_NAME];

	cell_name(m, row, profile, test, sizeof(test));
	sm_ktap_result(stdout, ++m->shown, test,
		       sm_cells_outcome_verdict(c->outcome),
		       c->outcome == SM_MISSED ? "missed" : c->reason);
}

/* What was planned, and is not done, or not as often, as somebody wants an end. */
static void leave_undone(struct matrix *m, unsigned int row,
			 unsigned int profile)
{
	char test[TEST_NAME], why[64];

	if (!m->options.ktap)
		return;
	cell_name(m, row, profile, test, sizeof(test));
	snprintf(why, sizeof(why), "%u of %u runs: stopped by %s",
		 m->cell[row][profile].runs, m->wanted.runs,
		 sm_session_stopped(&m->session));
	sm_ktap_result(stdout, ++m->shown, test, SM_SKIP, why);
}

static int run_cell(struct matrix *m, unsigned int row, unsigned int profile)
{
	const char *why = leave_out(m, row, profile);
	struct sm_cell *c = &m->cell[row][profile];
	unsigned int i;
	int ret = 0;

	if (why) {
		c->outcome = SM_CELL_SKIP;
		snprintf(c->reason, sizeof(c->reason), "%s", why);
	}
	for (i = 0; !why && i < m->wanted.runs && !ret && !stopped(m); i++)
		ret = run_once(m, row, profile);
	if (!why && c->runs < m->wanted.runs && stopped(m) &&
	    sm_cells_outcome_verdict(c->outcome) == SM_PASS)
		leave_undone(m, row, profile);
	else if (m->options.ktap)
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
		if (stopped(m)) {
			leave_undone(m, row, p);
			continue;
		}
		any = true;
		ret = run_cell(m, row, p);
	}
	if (any)
		sm_matrix_show_row(prefix, m->wanted.profiles, m->cell, row);
	return ret;
}

static unsigned int count_cells(const struct matrix *m)
{
	unsigned int row, p, nr = 0;

	for (row = 0; sm_cells_row(row); row++)
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
	printf("%sa defect must be caught within %g s", prefix, m->wanted.limit_ns / 1e9);
	printf(", or %.0f ops and %.0f accesses, %u run%s per cell\n%s\n",
	       m->wanted.limit_ns / 1e9 * SM_RUN_OPS_PER_S,
	       m->wanted.limit_ns / 1e9 * SM_RUN_ACCESSES_PER_S, m->wanted.runs,
	       m->wanted.runs > 1 ? "s" : "", prefix);
	sm_matrix_show_head(prefix, m->wanted.profiles);
	for (row = 0; sm_cells_row(row) && !ret; row++)
		ret = run_row(m, row, prefix);
	sm_matrix_show_table(prefix, m->cell);
	return ret;
}

/* Bad settings and a machine that cannot run it end the matrix early. */
static int check(struct matrix *m)
{
	struct sm_run_spec spec = m->options.spec;
	struct sm_ask_probed probed = { .verdict = SM_PASS };
	char why[256] = "";

	if (!m->options.list_only)
		sm_answer_probe(spec.backend, &probed);
	if (probed.verdict != SM_PASS)
		return sm_report_refuse(&m->head, probed.verdict, probed.why);
	spec.nr_profiles = 1;
	if (sm_matrix_narrow(&m->wanted, why, sizeof(why)) &&
	    sm_run_check(&spec, why, sizeof(why)))
		return 0;
	fprintf(stderr, "stalemate: %s\n", why);
	return SM_EXIT_USAGE;
}

/* Says, too, what is not to be run and was never asked for. */
static void name_cells(struct matrix *m)
{
	char test[TEST_NAME];
	unsigned int row, p;

	for (row = 0; sm_cells_row(row); row++)
		for (p = 0; p < SM_PROFILE_NR; p++) {
			if (!cell_wanted(m, row, p))
				continue;
			cell_name(m, row, p, test, sizeof(test));
			sm_skip_find(&m->options.skip, test);
			if (m->options.list_only)
				puts(test);
		}
	sm_skip_warn(&m->options.skip);
}

static void plan_cell(struct matrix *m, unsigned int row, unsigned int profile)
{
	unsigned int i;

	for (i = 0; i < m->wanted.runs; i++) {
		struct sm_run_spec spec = spec_of(m, row, profile, i);

		sm_head_plan(&m->head, &spec);
	}
}

static void plan(struct matrix *m)
{
	unsigned int row, p;

	for (row = 0; sm_cells_row(row); row++)
		for (p = 0; p < SM_PROFILE_NR; p++)
			if (cell_wanted(m, row, p))
				plan_cell(m, row, p);
}

static int run_matrix(struct matrix *m)
{
	enum sm_verdict verdict;
	int ret;

	/* Nothing is loaded to list what there is. */
	if (m->options.list_only)
		sm_load_forbid();
	ret = check(m);
	if (ret)
		return ret;
	name_cells(m);
	if (m->options.list_only)
		return SM_EXIT_PASS;
	plan(m);
	if (!sm_head_check(&m->head))
		return SM_EXIT_USAGE;
	m->session.report = sm_report_new(&m->head);
	if (!m->session.report)
		return sm_report_not_begun();
	m->session.runner = sm_runner_run;
	m->session.warm = sm_runner_warm;
	m->session.sabotaged = sm_answer_sabotaged;
	m->session.progress = sm_progress_show;
	sm_session_begin(&m->session);
	tell_not_run(m);
	ret = run_rows(m);
	sm_report_signal(m->session.report, sm_session_end(&m->session));
	verdict = sm_report_verdict(m->session.report);
	return sm_report_end(m->session.report, verdict, ret);
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
	sm_matrix_parse(&m->wanted, &m->options, argc, argv);
	ret = SM_EXIT_USAGE;
	if (sm_head_open(&m->head, &m->options, "matrix", argc, argv))
		ret = run_matrix(m);
	sm_head_close(&m->head);
	sm_cells_free(m->cell);
	sm_options_free(&m->options);
	free(m);
	return ret;
}
