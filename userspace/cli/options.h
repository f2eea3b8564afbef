/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options that describe storms, shared by the commands that run them, and the
 * default settings.
 */
#ifndef SM_OPTIONS_H
#define SM_OPTIONS_H

#include <argp.h>

#include "allow.h"
#include "run.h"

/**
 * struct sm_options_combo - profiles that share one arena
 * @profile: the profiles
 * @nr: how many
 */
struct sm_options_combo {
	enum sm_profile profile[SM_MAX_PROFILES];
	unsigned int nr;
};

/**
 * struct sm_options - what was asked for
 * @spec: everything but the backend and the profiles
 * @allow: complaints of the kernel that are excused
 * @backends: mask of rows of sm_backends[]
 * @every_backend: they were not chosen one by one, so those that do not have the
 *	ops or the defects may be left out
 * @combos: profiles to run in turn
 * @nr_combos: how many
 * @every_profile: the profiles were not chosen one by one, so those to which
 *	a defect does not apply may be left out
 * @timed: --duration was given
 * @json: file for the results, or NULL
 * @ktap: print KTAP
 */
struct sm_options {
	struct sm_run_spec spec;
	struct sm_allow allow;
	uint64_t backends;
	bool every_backend;
	struct sm_options_combo *combos;
	unsigned int nr_combos;
	bool every_profile;
	bool timed;
	const char *json;
	bool ktap;
};

/* The parser, to be used as it is or as a child of another one. */
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
