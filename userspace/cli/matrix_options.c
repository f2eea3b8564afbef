// SPDX-License-Identifier: GPL-2.0-only
/* What a matrix is made of: its options, and which of its rows and columns can be. */
#include <stdio.h>
#include <string.h>

#include "base/ops.h"
#include "base/util.h"
#include "matrix_options.h"
#include "module/defects.h"

enum {
	OPT_DURATION = 256,
	OPT_LIMIT,
	OPT_RUNS,
	OPT_PROFILE,
	OPT_DEFECT,
	OPT_NOT_HERE,	/* the first of them */
};

static const struct argp_option argp_options[] = {
	{ "duration", OPT_DURATION, "S", 0,
	  "Seconds for a profile without a defect (30)", 0 },
	{ "limit", OPT_LIMIT, "S", 0,
	  "Seconds in which a defect must be caught (30)", 0 },
	{ "seeds", OPT_RUNS, "N", 0,
	  "Runs per cell, each with the next seed (1)", 0 },
	{ "runs", OPT_RUNS, NULL, OPTION_ALIAS, NULL, 0 },
	{ "profile", OPT_PROFILE, "P,-Q|all", 0, "Columns (all)", 0 },
	{ "defect", OPT_DEFECT, "D,-E|all", 0, "Rows (all)", 0 },
	{ "backend", OPT_NOT_HERE, "B", OPTION_HIDDEN,
	  "the mock alone can have every defect: see stalemate run", 0 },
	{ "count", OPT_NOT_HERE + 1, "N", OPTION_HIDDEN,
	  "a cell ends by time: use --duration and --limit", 0 },
	{ "keep-going", OPT_NOT_HERE + 2, NULL, OPTION_HIDDEN,
	  "a cell is done with its first violation: see stalemate run", 0 },
	{ "oracles", OPT_NOT_HERE + 3, "O", OPTION_HIDDEN,
	  "here all of them may accuse: see stalemate run", 0 },
	{ "avoid", OPT_NOT_HERE + 4, "NAME", OPTION_HIDDEN,
	  "nothing is left out of a matrix", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

/* Whoever knows them from `stalemate run' is told what to use. */
static error_t refuse(int key)
{
	const struct argp_option *o;

	for (o = argp_options; o->key; o++)
		if (key >= OPT_NOT_HERE && o->key == key)
			sm_options_refuse(o->name, NULL, o->doc);
	return ARGP_ERR_UNKNOWN;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sm_matrix_wanted *w = state->input;

	switch (key) {
	case OPT_DURATION:
		w->options->spec.duration_ns =
			sm_options_seconds("duration", arg);
		return 0;
	case OPT_LIMIT:
		w->limit_ns = sm_options_seconds("limit", arg);
		return 0;
	case OPT_RUNS:
		w->runs = sm_options_number("seeds", arg, 1, 1000);
		return 0;
	case OPT_PROFILE:
		w->profiles = sm_options_mask(SM_NAMES_PROFILE, arg);
		w->every_profile = sm_names_is_all(arg);
		return 0;
	case OPT_DEFECT:
		w->defects = sm_options_set(SM_NAMES_DEFECT, arg);
		w->every_defect = sm_names_is_all(arg);
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = w->options;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'?", arg);
		return 0;
	default:
		return refuse(key);
	}
}

static const struct argp_child children[] = {
	{ &sm_options_shared_argp, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 }
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.doc = "Seed every defect into every profile it applies to.",
	.children = children,
};

/* "all" means all that this kernel can do. */
static void drop_profiles(struct sm_matrix_wanted *w)
{
	char why[256];
	unsigned int p;

	for (p = 0; w->every_profile && p < SM_PROFILE_NR; p++)
		if (!sm_names_has_profile(p, why, sizeof(why)))
			w->profiles &= ~SM_BIT(p);
}

static bool has_op(const struct sm_run_spec *s, const char *name)
{
	unsigned int i;

	for (i = 0; sm_ops[i].name; i++)
		if (sm_set_has(&s->ops, i) && !strcmp(sm_ops[i].name, name))
			return true;
	return false;
}

/* Is there in the storm what a defect shows in? */
static bool can_show(const struct sm_run_spec *s, unsigned int d, char *why,
		     size_t size)
{
	const struct sm_defect_info *info = &sm_defects[d];

	if (info->op && !has_op(s, info->op)) {
		snprintf(why, size,
			 "defect %s shows only with op %s, which --ops has to name",
			 info->name, info->op);
		return false;
	}
	if (!info->memory || (info->memory & s->memory))
		return true;
	snprintf(why, size,
		 "defect %s shows only in other memory, such as --memory %s",
		 info->name, sm_memory_names[__builtin_ctz(info->memory)]);
	return false;
}

bool sm_matrix_narrow(struct sm_matrix_wanted *w, char *why, size_t size)
{
	unsigned int d;

	drop_profiles(w);
	sm_set_for_each(d, &w->defects) {
		if (can_show(&w->options->spec, d, why, size))
			continue;
		if (!w->every_defect)
			return false;
		sm_set_remove(&w->defects, d);
	}
	return true;
}

void sm_matrix_parse(struct sm_matrix_wanted *w, struct sm_options *o, int argc,
		     char **argv)
{
	w->options = o;
	w->limit_ns = 30 * SM_NSEC;
	w->runs = 1;
	w->profiles = SM_BIT(SM_PROFILE_NR) - 1;
	w->every_profile = true;
	w->defects = sm_names_all(SM_NAMES_DEFECT);
	w->every_defect = true;
	o->spec.duration_ns = 30 * SM_NSEC;
	argp_parse(&argp, argc, argv, 0, NULL, w);
}
