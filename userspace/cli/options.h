/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options that describe storms, and the default settings: those that all commands
 * share that run storms (options.c), and what else `stalemate run' has
 * (options_run.c).
 */
#ifndef SM_OPTIONS_H
#define SM_OPTIONS_H

#include <argp.h>
#include <stdnoreturn.h>

#include "combos.h"
#include "names.h"
#include "session/allow.h"
#include "skip.h"
#include "wire.h"

/**
 * struct sm_options - what was asked for
 * @spec: everything but the backend and the profiles
 * @allow: complaints of the kernel that are excused
 * @skip: tests that are not to be run
 * @backends: mask of rows of sm_backends[]
 * @every_backend: they were not chosen one by one, so those that do not have the
 *	ops or the defects may be left out
 * @combos: profiles to run in turn
 * @every_op: not chosen one by one
 * @every_profile: the profiles were not chosen one by one, so those to which
 *	a defect does not apply may be left out
 * @timed: --duration was given
 * @seeded: --seed was given
 * @json: file for the results, or NULL
 * @ktap: print KTAP
 * @list_only: print the names of the tests, and run none
 * @journal: file for a journal of the tests, or NULL
 * @resume: journal to go on with, or NULL
 */
struct sm_options {
	struct sm_run_spec spec;
	struct sm_allow allow;
	struct sm_skip skip;
	uint64_t backends;
	bool every_backend;
	struct sm_combos combos;
	bool every_op;
	bool every_profile;
	bool timed;
	bool seeded;
	const char *json;
	bool ktap;
	bool list_only;
	const char *journal;
	const char *resume;
};

/*
 * The parsers, whose input is a struct sm_options: of what commands share, to be a
 * child of the command's own, and of all that `stalemate run' has.
 */
extern const struct argp sm_options_shared_argp;
extern const struct argp sm_options_argp;

/**
 * sm_options_init() - fill in the defaults, with a random seed
 * @o: options
 */
void sm_options_init(struct sm_options *o);

/**
 * sm_options_free() - free what was parsed
 * @o: options
 */
void sm_options_free(struct sm_options *o);

/**
 * sm_options_refuse() - say what is wrong with an option, and exit
 * @name: the option
 * @arg: its argument, or NULL
 * @wanted: what would be right
 */
noreturn void sm_options_refuse(const char *name, const char *arg,
				const char *wanted);

/**
 * sm_options_set() - parse a list of names, or complain and exit
 * @kind: table
 * @list: the list, see sm_names_set()
 *
 * Return: its rows.
 */
struct sm_set sm_options_set(enum sm_names kind, const char *list);

/**
 * sm_options_mask() - likewise, of a table that has 64 rows at most
 * @kind: neither SM_NAMES_OP nor SM_NAMES_DEFECT
 * @list: the list
 *
 * Return: mask of its rows.
 */
uint64_t sm_options_mask(enum sm_names kind, const char *list);

/**
 * sm_options_seconds() - parse a time in seconds, or complain and exit
 * @name: the option
 * @arg: its argument
 *
 * Return: nanoseconds.
 */
uint64_t sm_options_seconds(const char *name, const char *arg);

/**
 * sm_options_number() - parse a number, or complain and exit
 * @name: the option
 * @arg: its argument
 * @min: least value
 * @max: greatest value
 *
 * Return: the number.
 */
uint64_t sm_options_number(const char *name, const char *arg, uint64_t min,
			   uint64_t max);

#endif /* SM_OPTIONS_H */
