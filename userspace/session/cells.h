/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cells of a matrix: what became of each defect in each profile, as told by
 * the runs, whether they have just ended or are read from a journal.
 */
#ifndef SM_CELLS_H
#define SM_CELLS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "status.h"
#include "wire.h"

#define SM_MATRIX_ROWS		(1 + SM_MAX_DEFECTS)	/* correct, then defects */
#define SM_MATRIX_CORRECT	0

/**
 * enum sm_outcome - what became of a cell, from best to worst
 * @SM_NOT_APPLICABLE: the defect makes no sense for the profile
 * @SM_SILENT: the correct profile passed
 * @SM_CAUGHT: the defect was found
 * @SM_MENDED: it was not, as this kernel has none of what it brings about
 * @SM_CELL_SKIP: it cannot run here
 * @SM_CELL_TIMEOUT: the run did not end
 * @SM_CELL_BROKEN: the set-up failed
 * @SM_MISSED: the defect was not found
 * @SM_FALSE_ALARM: the correct profile was accused
 */
enum sm_outcome {
	SM_NOT_APPLICABLE,
	SM_SILENT,
	SM_CAUGHT,
	SM_MENDED,
	SM_CELL_SKIP,
	SM_CELL_TIMEOUT,
	SM_CELL_BROKEN,
	SM_MISSED,
	SM_FALSE_ALARM,
};

/**
 * struct sm_catch - how long it took to find a defect
 * @seconds: seconds of the storm
 * @ops: ops applied
 */
struct sm_catch {
	double seconds;
	double ops;
};

/**
 * struct sm_cell - one defect (or none) in one profile
 * @outcome: worst of all runs
 * @runs: runs made
 * @caught: runs in which something was found
 * @times: of those, the seconds until then, and the ops
 * @oracle: which found it first, in the slowest run
 * @seconds: until then, or the length of a silent run
 * @first_ops: ops applied until then
 * @oracles: mask of rows of the oracle table that found something
 * @ops: ops of all runs
 * @pages: pages compared in all runs
 * @violations: violations of all runs
 * @reason: what went wrong
 */
struct sm_cell {
	enum sm_outcome outcome;
	unsigned int runs;
	unsigned int caught;
	struct sm_catch *times;
	const char *oracle;
	double seconds;
	uint64_t first_ops;
	uint64_t oracles;
	uint64_t ops;
	uint64_t pages;
	uint64_t violations;
	char reason[256];
};

/**
 * struct sm_cells_run - what a cell has to know of a run
 * @verdict: its verdict
 * @first_ns: from the start of the storm to the first violation
 * @seconds: length of the storm, in whole milliseconds, as in the results
 * @first_ops: ops applied until the first violation
 * @ops: ops applied
 * @pages: pages compared, or swept
 * @violations: violations found
 * @oracles: mask of rows of the oracle table that found one of those listed
 * @oracle: which found the first, a name of the catalogue; NULL: none
 * @mended: see struct sm_run_result
 * @reason: see there
 */
struct sm_cells_run {
	enum sm_verdict verdict;
	uint64_t first_ns;
	double seconds;
	uint64_t first_ops;
	uint64_t ops;
	uint64_t pages;
	uint64_t violations;
	uint64_t oracles;
	const char *oracle;
	char mended[128];
	char reason[256];
};

/**
 * sm_cells_of_result() - sum up a run that has just ended
 * @spec: what was run
 * @r: what came of it
 * @run: filled in
 */
void sm_cells_of_result(const struct sm_run_spec *spec,
			const struct sm_run_result *r,
			struct sm_cells_run *run);

/**
 * sm_cells_of_json() - sum up a run of the results
 * @o: the run
 * @run: filled in, as sm_cells_of_result() did when it ended
 */
void sm_cells_of_json(struct json_object *o, struct sm_cells_run *run);

/**
 * sm_cells_place() - in which cell is a run of the results?
 * @o: the run
 * @row: set to its row
 * @profile: set to its column, that of its first profile
 *
 * Return: false if the defect or the profile is not known here.
 */
bool sm_cells_place(struct json_object *o, unsigned int *row,
		    unsigned int *profile);

/**
 * sm_cells_add() - add a run: the outcome is the worst, the time the longest
 * @c: the cell; zeroes are one without runs
 * @run: the run
 * @correct: it was one without a defect
 *
 * Return: 0, or -ENOMEM.
 */
int sm_cells_add(struct sm_cell *c, const struct sm_cells_run *run,
		 bool correct);

/**
 * sm_cells_overall() - the verdict of a matrix
 * @t: verdicts of the cells' outcomes
 *
 * A cell that could not run is not as expected, whatever the others say; and
 * where no cell ran nothing is.
 *
 * Return: as sm_status_overall(), but that skip beats pass, and no cells are skip.
 */
enum sm_verdict sm_cells_overall(const struct sm_status_tally *t);

/**
 * sm_cells_put() - add "defects" and "matrix" to the results
 * @cells: the cells, a row each
 * @not_run: array of cells that are not run, made by sm_cells_not_run(); or NULL
 * @root: the results
 */
void sm_cells_put(struct sm_cell cells[][SM_PROFILE_NR],
		  struct json_object *not_run, struct json_object *root);

/**
 * sm_cells_not_run() - a cell that is not run, and counts for nothing
 * @row: row
 * @profile: enum sm_profile
 * @outcome: "unseen", "debug-only", "skip"
 * @why: what this kernel lacks to show it, or why it is left out
 *
 * An array of these is told of with sm_report_put(), as "not_run", before the
 * first run.
 *
 * Return: a new object.
 */
struct json_object *sm_cells_not_run(unsigned int row, unsigned int profile,
				     const char *outcome, const char *why);

/**
 * sm_cells_row() - the name of a row
 * @row: row, at most the first behind the last
 *
 * Return: the defect, or "(correct)"; NULL behind the last row.
 */
const char *sm_cells_row(unsigned int row);

/**
 * sm_cells_oracles() - the oracles that may catch a row's defect
 * @row: row
 *
 * Return: mask of rows of the oracle table.
 */
uint64_t sm_cells_oracles(unsigned int row);

/**
 * sm_cells_outcome() - the name of an outcome
 * @outcome: outcome
 *
 * Return: its name in results.
 */
const char *sm_cells_outcome(enum sm_outcome outcome);

/**
 * sm_cells_outcome_verdict() - the verdict of an outcome
 * @outcome: outcome
 *
 * Return: pass if it is as expected.
 */
enum sm_verdict sm_cells_outcome_verdict(enum sm_outcome outcome);

/**
 * sm_cells_median() - the median of all runs of some cells that found something
 * @cells: the cells
 * @nr: how many
 * @median: seconds and ops, each a median of its own
 * @worst: the most of each
 *
 * Return: runs that found something; 0: neither result is set.
 */
unsigned int sm_cells_median(const struct sm_cell *cells, unsigned int nr,
			     struct sm_catch *median, struct sm_catch *worst);

/**
 * sm_cells_free() - forget all runs
 * @cells: the cells, a row each
 */
void sm_cells_free(struct sm_cell cells[][SM_PROFILE_NR]);

#endif /* SM_CELLS_H */
