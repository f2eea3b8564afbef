/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs and violations as JSON.
 */
#ifndef SM_RUN_JSON_H
#define SM_RUN_JSON_H

#include <json-c/json.h>

#include "wire.h"

/**
 * sm_run_json_identity() - what is run: name, backend, profile, defect, seed and
 * options
 * @spec: what is run
 *
 * Return: a new object.
 */
struct json_object *sm_run_json_identity(const struct sm_run_spec *spec);

/**
 * sm_run_json_finding() - a violation
 * @f: the violation
 *
 * Return: a new object.
 */
struct json_object *sm_run_json_finding(const struct sm_finding *f);

/**
 * sm_run_json_make() - a run
 * @spec: what was run
 * @result: what came of it
 *
 * Return: a new object: the identity, and all that is known of the result.
 */
struct json_object *sm_run_json_make(const struct sm_run_spec *spec,
				     const struct sm_run_result *result);

#endif /* SM_RUN_JSON_H */
