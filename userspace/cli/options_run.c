// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of `stalemate run' that no other command has: which tests there are, of
 * backends, profiles and defects, and when one ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/util.h"
#include "judge/known.h"
#include "options.h"
#include "session/status.h"

enum {
	OPT_BACKEND = 256,
	OPT_PROFILE,
	OPT_DURATION,
	OPT_COUNT,
	OPT_DEFECT,
	OPT_AVOID,
	OPT_ORACLES,
	OPT_KEEP_GOING,
};

static const struct argp_option options[] = {
	{ "backend", OPT_BACKEND, "B,-B,..|all", 0, "Backends (mock)", 0 },
	{ "profile", OPT_PROFILE, "P,Q|P+Q|-P|all", 0,
	  "Profiles, in turn (,) or together on one arena (+) (all)", 0 },
	{ "duration", OPT_DURATION, "S", 0, "Seconds per storm (10)", 0 },
	{ "count", OPT_COUNT, "N", 0,
	  "Ops per thread, instead of a duration", 0 },
	{ "defect", OPT_DEFECT, "D,..", 0,
	  "Seed known bugs into the mirrors (none)", 0 },
	{ "oracles", OPT_ORACLES, "O,-O,..|all", 0,
	  "With --defect: these alone may accuse (all)", 0 },
	{ "avoid", OPT_AVOID, "NAME,..|all", 0,
	  "Stay away from known findings (none)", 0 },
	{ "keep-going", OPT_KEEP_GOING, NULL, 0,
	  "Do not stop at the first violation", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

/* "P" or "P+Q" */
static void parse_combo(struct sm_combo *c, const char *s, size_t len)
{
	const char *end = s + len;
	int i;

	memset(c, 0, sizeof(*c));
	for (;;) {
		const char *plus = memchr(s, '+', end - s);

		if (!plus)
			plus = end;
		if (c->nr == SM_MAX_PROFILES)
			sm_options_refuse("profile", s,
					  "too many profiles on one arena");
		i = sm_names_find(SM_NAMES_PROFILE, s, plus - s);
		if (i < 0)
			exit(SM_EXIT_USAGE);
		c->profile[c->nr++] = i;
		if (plus == end)
			return;
		s = plus + 1;
	}
}

static void every_profile(struct sm_options *o)
{
	sm_combos_add_every(&o->combos);
	o->every_profile = true;
}

/* A word of the list, without its minus. */
static void parse_profile(struct sm_options *o, const char *s, size_t len,
			  bool minus)
{
	struct sm_combo c;
	bool all = len == strlen(SM_NAMES_ALL) && !memcmp(s, SM_NAMES_ALL, len);

	if (all && minus) {
		o->combos.nr = 0;
	} else if (all) {
		every_profile(o);
	} else {
		parse_combo(&c, s, len);
		if (minus)
			sm_combos_remove(&o->combos, &c);
		else
			sm_combos_add(&o->combos, &c);
	}
}

static void parse_profiles(struct sm_options *o, const char *list)
{
	const char *word = list;
	size_t len;
	bool minus;

	o->combos.nr = 0;
	o->every_profile = false;
	if (*list == '-')
		every_profile(o);
	for (;; word += len + 1) {
		minus = *word == '-';
		word += minus;
		len = strcspn(word, ",");
		parse_profile(o, word, len, minus);
		if (!word[len])
			break;
	}
	if (!o->combos.nr)
		sm_options_refuse("profile", list,
				  "no profile is left; want one at least");
}

static void parse_limit(struct sm_options *o, int key, const char *arg)
{
	struct sm_run_spec *s = &o->spec;

	if (key == OPT_DURATION) {
		s->duration_ns = sm_options_seconds("duration", arg);
		o->timed = true;
	} else {
		s->count = sm_options_number("count", arg, 1, UINT64_MAX);
		if (!o->timed)
			s->duration_ns = 0;
	}
	if (s->count && s->duration_ns)
		sm_options_refuse(key == OPT_COUNT ? "count" : "duration", arg,
				  "--count and --duration exclude each other");
}

static void parse_defects(struct sm_options *o, const char *arg)
{
	if (!strcmp(arg, "none"))
		o->spec.defects = (struct sm_set){ { 0 } };
	else
		o->spec.defects = sm_options_set(SM_NAMES_DEFECT, arg);
}

/*
 * "all" names what cannot be avoided, too; who asks for just that is told. And it leaves
 * out nothing that this kernel does well.
 */
static uint64_t parse_avoid(const char *list)
{
	uint64_t mask = sm_options_mask(SM_NAMES_KNOWN, list);
	struct utsname uts;
	unsigned int i;

	if (sm_names_is_all(list))
		return uname(&uts) ? mask : mask & ~sm_known_gone(uts.release);
	for (i = 0; i < SM_KNOWN_NR; i++)
		if ((mask >> i & 1) && !sm_known[i].avoided)
			sm_options_refuse("avoid", sm_known[i].name,
					  "nothing can be left out to avoid it");
	return mask;
}

static bool met_by(const struct sm_known_info *known, uint64_t backends)
{
	return !known->backend ||
	       (backends >> sm_names_find(SM_NAMES_BACKEND, known->backend,
					  strlen(known->backend)) & 1);
}

/*
 * "all" names what other backends meet, too, and what cannot be avoided: that
 * changes nothing here.
 */
static void avoid_what_can_be_met(struct sm_options *o)
{
	unsigned int i;

	for (i = 0; i < SM_KNOWN_NR; i++)
		if (!met_by(&sm_known[i], o->backends) || !sm_known[i].avoided)
			o->spec.avoid &= ~SM_BIT(i);
}

static error_t parse_what(struct sm_options *o, int key, const char *arg)
{
	switch (key) {
	case OPT_BACKEND:
		o->backends = sm_options_mask(SM_NAMES_BACKEND, arg);
		o->every_backend = sm_names_is_all(arg);
		return 0;
	case OPT_PROFILE:
		parse_profiles(o, arg);
		return 0;
	case OPT_DEFECT:
		parse_defects(o, arg);
		return 0;
	case OPT_ORACLES:
		o->spec.muted = sm_names_all(SM_NAMES_ORACLE).word[0] &
				~sm_options_mask(SM_NAMES_ORACLE, arg);
		return 0;
	case OPT_AVOID:
		o->spec.avoid = parse_avoid(arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sm_options *o = state->input;

	switch (key) {
	case OPT_DURATION:
	case OPT_COUNT:
		parse_limit(o, key, arg);
		return 0;
	case OPT_KEEP_GOING:
		o->spec.keep_going = true;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = o;
		return 0;
	case ARGP_KEY_END:
		avoid_what_can_be_met(o);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'?", arg);
		return 0;
	default:
		return parse_what(o, key, arg);
	}
}

static const struct argp_child children[] = {
	{ &sm_options_shared_argp, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 }
};

const struct argp sm_options_argp = {
	.options = options,
	.parser = parse,
	.doc = "Run storms of memory operations and judge them.",
	.children = children,
};
