/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a matrix found, and how it is shown.
 */
#ifndef SM_MATRIX_H
#define SM_MATRIX_H

#include <stdbool.h>
#include <stdint.h>

#include "run.h"
#include "tables.h"

#define SM_MATRIX_ROWS	(1 + SM_DEFECT_NR)	/* correct, then defects */
#define SM_MATRIX_COLUMN	15	/* characters */
#define SM_MATRIX_CORRECT	0

/**
 * enum sm_outcome - what became of a cell, from best to worst
 * @SM_NOT_APPLICABLE: the defect makes no sense for the profile
 * @SM_SILENT: the correct profile passed
 * @SM_CAUGHT: the defect was found
 * @SM_MENDED: it was not, as this kernel has none of what it brings about
 * @SM_MISSED: it was not
 * @SM_FALSE_ALARM: the correct profile was accused
 * @SM_CELL_TIMEOUT: the run did not end
 * @SM_CELL_BROKEN: the set-up failed
 * @SM_CELL_SKIP: it cannot run here
 */
enum sm_outcome {
	SM_NOT_APPLICABLE,
	SM_SILENT,
	SM_CAUGHT,
	SM_MENDED,
	SM_MISSED,
	SM_FALSE_ALARM,
	SM_CELL_TIMEOUT,
	SM_CELL_BROKEN,
	SM_CELL_SKIP,
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
 * @oracles: mask of rows of sm_oracles[] that found something
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
 * sm_matrix_row() - the name of a row
 * @row: row
 *
 * Return: the defect, or "(correct)".
 */
const char *sm_matrix_row(unsigned int row);

/**
 * sm_matrix_applies() - does a row's defect make sense in a profile?
 * @row: row
 * @profile: enum sm_profile
 *
 * Return: true if it does, and always for the correct row.
 */
bool sm_matrix_applies(unsigned int row, unsigned int profile);

/**
 * sm_matrix_unseen() - does it take another kernel to see a cell's defect?
 * @row: row
 * @profile: enum sm_profile
 *
 * Return: what this one lacks, or NULL if the defect can be seen here.
 */
const char *sm_matrix_unseen(unsigned int row, unsigned int profile);

/**
 * sm_matrix_oracles() - the oracles that may catch a row's defect
 * @row: row
 *
 * Return: mask of rows of sm_oracles[].
 */
uint64_t sm_matrix_oracles(unsigned int row);

/**
 * sm_matrix_note() - remember how long one more run of a cell took
 * @c: cell, whose @caught does not count the run yet
 * @seconds: seconds until something was found
 * @ops: ops until then
 *
 * Return: 0, or -ENOMEM.
 */
int sm_matrix_note(struct sm_cell *c, double seconds, double ops);

/**
 * sm_matrix_median() - the median of all runs of some cells that found something
 * @cells: the cells
 * @nr: how many
 * @median: seconds and ops, each a median of its own
 * @worst: the most of each
 *
 * Return: runs that found something; 0: neither result is set.
 */
unsigned int sm_matrix_median(const struct sm_cell *cells, unsigned int nr,
			      struct sm_catch *median, struct sm_catch *worst);

/**
 * sm_matrix_outcome() - the name of an outcome
 * @outcome: outcome
 *
 * Return: its name in results.
 */
const char *sm_matrix_outcome(enum sm_outcome outcome);

/**
 * sm_matrix_show_head() - the line above the first row
 * @prefix: printed before it
 * @profiles: mask of enum sm_profile that have a column
 */
void sm_matrix_show_head(const char *prefix, uint64_t profiles);

/**
 * sm_matrix_show_row() - one row of the grid
 * @prefix: printed before it
 * @profiles: mask of enum sm_profile that have a column
 * @cells: the cells, a row each
 * @row: row
 */
void sm_matrix_show_row(const char *prefix, uint64_t profiles,
			struct sm_cell cells[][SM_PROFILE_NR],
			unsigned int row);

/**
 * sm_matrix_show_table() - one line for each cell, and what is to be noted
 * @prefix: printed before each line
 * @cells: the cells, a row each
 */
void sm_matrix_show_table(const char *prefix,
			  struct sm_cell cells[][SM_PROFILE_NR]);

#endif /* SM_MATRIX_H */
