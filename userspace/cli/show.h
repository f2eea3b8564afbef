/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results as text for people.
 */
#ifndef SM_SHOW_H
#define SM_SHOW_H

#include <stdio.h>

#include "wire.h"

#define SM_SHOW_COUNT	32	/* bytes that hold any number */

/**
 * sm_show_count() - a number with thousands separators
 * @n: the number
 * @buf: filled in
 * @size: bytes at @buf
 *
 * Return: @buf.
 */
const char *sm_show_count(uint64_t n, char *buf, size_t size);

/**
 * sm_show_header() - what runs, on what, with which seed
 * @f: where to
 * @prefix: starts every line
 * @spec: what all runs have in common
 */
void sm_show_header(FILE *f, const char *prefix,
		    const struct sm_run_spec *spec);

/**
 * sm_show_run() - one finished run
 * @f: where to
 * @prefix: starts every line
 * @spec: what was run
 * @result: what came of it
 */
void sm_show_run(FILE *f, const char *prefix, const struct sm_run_spec *spec,
		 const struct sm_run_result *result);

#endif /* SM_SHOW_H */
