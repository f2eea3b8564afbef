/* SPDX-License-Identifier: GPL-2.0-only */
/* What a matrix found, and how it is shown. */
#ifndef SM_MATRIX_SHOW_H
#define SM_MATRIX_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "session/cells.h"
#include "wire.h"

#define SM_MATRIX_COLUMN	15	/* characters */

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

#endif /* SM_MATRIX_SHOW_H */
