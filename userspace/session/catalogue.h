/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is, as far as a session has to know: words for the rows that runs are
 * described with, and something of each backend. Who has the tables hands it in,
 * once, before anything of a session is used.
 */
#ifndef SM_CATALOGUE_H
#define SM_CATALOGUE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

/**
 * struct sm_catalogue_backend - a backend
 * @backend: which, as in struct sm_run_spec
 * @name: name in results
 * @profiled: the module owns its mirrors, and awaits what they leave behind
 */
struct sm_catalogue_backend {
	const struct sm_backend *backend;
	const char *name;
	bool profiled;
};

/**
 * struct sm_catalogue_defect - a defect
 * @name: name in results
 * @oracles: names of the oracles that may catch it, NULL terminated
 */
struct sm_catalogue_defect {
	const char *name;
	const char *const *oracles;
};

/**
 * struct sm_catalogue_known - a known finding
 * @name: name in results
 * @about: one line: what is wrong
 */
struct sm_catalogue_known {
	const char *name;
	const char *about;
};

/**
 * struct sm_catalogue - what there is; each list ends with NULL, or a NULL name
 * @backends: backends, in any order
 * @ops: names of ops, by row of the op table
 * @oracles: names of oracles, by row of the oracle table
 * @profiles: names of profiles, by enum sm_profile
 * @defects: defects, by enum sm_defect
 * @known: known findings, by enum sm_known
 */
struct sm_catalogue {
	const struct sm_catalogue_backend *backends;
	const char *const *ops;
	const char *const *oracles;
	const char *const *profiles;
	const struct sm_catalogue_defect *defects;
	const struct sm_catalogue_known *known;
};

/**
 * sm_catalogue_use() - from now on, this is what there is
 * @c: the catalogue; it stays the caller's, and has to stay
 */
void sm_catalogue_use(const struct sm_catalogue *c);

/**
 * sm_catalogue_backend() - what is to be known of a backend
 * @backend: which; it is in the catalogue
 *
 * Return: its row.
 */
const struct sm_catalogue_backend *
sm_catalogue_backend(const struct sm_backend *backend);

/**
 * sm_catalogue_op() - the name of an op
 * @row: any number
 *
 * Return: NULL behind the last row.
 */
const char *sm_catalogue_op(unsigned int row);

/**
 * sm_catalogue_oracle() - the name of an oracle
 * @row: any number
 *
 * Return: NULL behind the last row.
 */
const char *sm_catalogue_oracle(unsigned int row);

/**
 * sm_catalogue_profile() - the name of a profile
 * @row: any number
 *
 * Return: NULL behind the last row.
 */
const char *sm_catalogue_profile(unsigned int row);

/**
 * sm_catalogue_defect() - a defect
 * @row: any number
 *
 * Return: NULL behind the last row.
 */
const struct sm_catalogue_defect *sm_catalogue_defect(unsigned int row);

/**
 * sm_catalogue_known() - a known finding
 * @row: any number
 *
 * Return: NULL behind the last row.
 */
const struct sm_catalogue_known *sm_catalogue_known(unsigned int row);

/**
 * sm_catalogue_oracle_row() - the row of an oracle
 * @name: its name
 *
 * Return: -1 if there is none of that name.
 */
int sm_catalogue_oracle_row(const char *name);

#endif /* SM_CATALOGUE_H */
