/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of tests, and KTAP version 1.
 */
#ifndef SM_KTAP_H
#define SM_KTAP_H

#include <stdio.h>

#include "wire.h"

#define SM_KTAP_NAME	160	/* bytes that hold any test name */

/**
 * sm_ktap_profiles() - the profiles of a spec in one word
 * @spec: the spec
 * @sep: what goes between them
 * @s: filled in; "" if the backend has none
 * @size: bytes at @s
 */
void sm_ktap_profiles(const struct sm_run_spec *spec, char sep, char *s,
		      size_t size);

/**
 * sm_ktap_defects() - the defects of a spec in one word
 * @spec: the spec
 * @sep: what goes between them
 * @s: filled in; "" if there are none
 * @size: bytes at @s
 */
void sm_ktap_defects(const struct sm_run_spec *spec, char sep, char *s,
		     size_t size);

/**
 * sm_ktap_name() - the name of a test
 * @spec: what it runs
 * @name: filled in with backend.profile.op[.defect], of [A-Za-z0-9_.-] only
 * @size: bytes at @name
 */
void sm_ktap_name(const struct sm_run_spec *spec, char *name, size_t size);

/**
 * sm_ktap_begin() - print the version and the plan
 * @f: where to
 * @nr: number of tests
 */
void sm_ktap_begin(FILE *f, unsigned int nr);

/**
 * sm_ktap_result() - print the line of one test
 * @f: where to
 * @number: its number, from 1
 * @name: its name
 * @verdict: its verdict
 * @reason: why it did not pass, or ""
 */
void sm_ktap_result(FILE *f, unsigned int number, const char *name,
		    enum sm_verdict verdict, const char *reason);

#endif /* SM_KTAP_H */
