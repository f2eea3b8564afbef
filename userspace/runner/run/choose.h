/* SPDX-License-Identifier: GPL-2.0-only */
/* Which ops there are, and which of them a run applies. */
#ifndef SM_CHOOSE_H
#define SM_CHOOSE_H

#include <stdbool.h>

#include "base/ops.h"

struct sm_backend;
struct sm_run_spec;
struct sm_scene;

/**
 * sm_choose_fill() - make the op table: those of the storm, of the actors, and of
 * backends
 * @backends: the table of them, NULL at its end
 *
 * For main, once, before anybody looks.
 *
 * Return: 0 or a negative errno.
 */
int sm_choose_fill(const struct sm_backend *const *backends);

/**
 * sm_choose_fits() - does an op apply to the memory of a backend?
 * @op: the op
 * @backend: the backend
 *
 * Return: true if it does.
 */
bool sm_choose_fits(const struct sm_op *op, const struct sm_backend *backend);

/**
 * sm_choose_ops() - leave out ops that are not for this run's backend, or not for
 * its profiles
 * @scene: what the run is about; its ops, what they lack, and in the result those
 *	that are skipped, are filled in
 *
 * Return: 0; or -EOPNOTSUPP if none is left that this kernel can do on this memory,
 * and the reason is in the result.
 */
int sm_choose_ops(struct sm_scene *scene);

/**
 * sm_choose_skip() - note in the result which ops are for none of the memory there is
 * @scene: what the run is about, its arena open and its ops chosen
 */
void sm_choose_skip(struct sm_scene *scene);

/**
 * sm_choose_pins() - does a mirror hold on to its pages?
 * @spec: what to run
 *
 * Return: true if one of the profiles pins them.
 */
bool sm_choose_pins(const struct sm_run_spec *spec);

#endif /* SM_CHOOSE_H */
