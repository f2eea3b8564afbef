// SPDX-License-Identifier: GPL-2.0-only
/* Choosing ops: see choose.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "actors/actor.h"
#include "backends/host.h"
#include "base/ops.h"
#include "choose.h"
#include "memory/scene.h"
#include "module/profiles.h"
#include "storm/ops/table.h"

static int choose_add(const struct sm_op *const *families, size_t step)
{
	int err = 0;

	for (; families && *families && !err; families++)
		err = sm_ops_add(*families, step);
	return err;
}

int sm_choose_fill(const struct sm_backend *const *backends)
{
	int err = choose_add(sm_table, sizeof(struct sm_op));

	if (!err)
		err = sm_ops_add(sm_release_ops, sizeof(*sm_release_ops));
	for (; *backends && !err; backends++)
		err = choose_add((*backends)->ops, (*backends)->op_size);
	return err;
}

bool sm_choose_fits(const struct sm_op *op, const struct sm_backend *backend)
{
	if (!op->backend || !backend->apply)
		return !op->backend && !backend->apply;
	return !strcmp(op->backend, backend->name);
}

bool sm_choose_pins(const struct sm_run_spec *spec)
{
	unsigned int i;

	for (i = 0; i < spec->nr_profiles; i++)
		if (sm_profiles[spec->profiles[i]].pinned)
			return true;
	return false;
}

/* What a run stays away from, or may not do. */
static bool choose_forbids(const struct sm_run_spec *spec,
			   const struct sm_op *op, const char **why)
{
	if (op->avoid & spec->avoid && !op->avoid_on)
		*why = "what is to be avoided is all that they find";
	else if (op->not_with && !strcmp(op->not_with, spec->backend->name))
		*why = "this driver kills who meets what they do";
	else if (op->unused && spec->backend->touched)
		*why = "this device must not be the first to use a page";
	else if (op->machine && !spec->machine)
		*why = "they change what the whole machine does, which takes --allow-machine";
	else
		return false;
	return true;
}

/* Where can it not be done, be it for the kernel's sake or for what is to be avoided? */
static unsigned int choose_lacks(const struct sm_run_spec *spec,
				 const struct sm_op *op, const char **why)
{
	unsigned int lacks = sm_ops_lacks(op, why);

	if (!(op->avoid & spec->avoid))
		return lacks;
	if (op->avoid_on & spec->memory & ~lacks)
		*why = "on this memory they find what is to be avoided";
	return lacks | op->avoid_on;
}

static void choose_skip(struct sm_scene *scene, unsigned int row, const char *why)
{
	char *skipped = scene->result->skipped[row];

	snprintf(skipped, sizeof(scene->result->skipped[row]), "%s", why);
}

/* Can it be done on one of these kinds? Those of a backend's own memory ask for none. */
static bool choose_has_memory(const struct sm_scene *scene, unsigned int row,
			      unsigned int memory)
{
	return sm_ops[row].backend ||
	       sm_ops[row].memory & ~scene->lacks[row] & memory;
}

void sm_choose_skip(struct sm_scene *scene)
{
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if (sm_set_has(&scene->ops, row) &&
		    !scene->result->skipped[row][0] &&
		    !choose_has_memory(scene, row, scene->arena.memory))
			choose_skip(scene, row, "not on this memory");
}

int sm_choose_ops(struct sm_scene *scene)
{
	struct sm_run_result *r = scene->result;
	bool any = false, pins = sm_choose_pins(scene->spec) ||
				 scene->spec->backend->pins;
	const char *why = "none";
	const struct sm_op *op;
	unsigned int row;

	for (row = 0, op = sm_ops; op->name; row++, op++) {
		if (!sm_choose_fits(op, scene->spec->backend))
			sm_set_remove(&scene->ops, row);
		if (!sm_set_has(&scene->ops, row))
			continue;
		if (pins && op->not_pinned) {
			sm_set_remove(&scene->ops, row);
			why = op->not_pinned;
			choose_skip(scene, row, why);
			continue;
		}
		if (choose_forbids(scene->spec, op, &why)) {
			sm_set_remove(&scene->ops, row);
			choose_skip(scene, row, why);
			continue;
		}
		scene->lacks[row] = choose_lacks(scene->spec, op, &why);
		if (choose_has_memory(scene, row, scene->spec->memory))
			any = true;
		else if (op->memory & scene->lacks[row] & scene->spec->memory)
			choose_skip(scene, row, why);
	}
	if (any)
		return 0;
	snprintf(r->reason, sizeof(r->reason),
		 "this run has none of the ops: %s", why);
	return -EOPNOTSUPP;
}
