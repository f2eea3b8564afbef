// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options that describe storms.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "arena.h"
#include "known.h"
#include "names.h"
#include "options.h"
#include "report.h"
#include "tables.h"
#include "util.h"

#define MAX_SECONDS	(30 * 24 * 3600.0)

enum {
	OPT_BACKEND = 256,
	OPT_PROFILE,
	OPT_OPS,
	OPT_THREADS,
	OPT_AGENTS,
	OPT_ARENA,
	OPT_MEMORY,
	OPT_DURATION,
	OPT_COUNT,
	OPT_SEED,
	OPT_DEFECT,
	OPT_AVOID,
	OPT_ORACLES,
	OPT_AMPLIFY,
	OPT_KEEP_GOING,
	OPT_ALLOW,
	OPT_ALLOW_SPLAT,
	OPT_JSON,
	OPT_KTAP,
};

static const struct argp_option options[] = {
	{ "backend", OPT_BACKEND, "B,..|all", 0, "Backends (mock)", 0 },
	{ "profile", OPT_PROFILE, "P,Q|P+Q|all", 0,
	  "Profiles, in turn (,) or together on one arena (+) (all)", 0 },
	{ "ops", OPT_OPS, "O,..|all", 0, "Memory operations (all)", 0 },
	{ "threads", OPT_THREADS, "N", 0, "Storm threads (2)", 0 },
	{ "agents", OPT_AGENTS, "N", 0, "Agents per mirror (2)", 0 },
	{ "arena", OPT_ARENA, "SIZE", 0, "Bytes, or with K, M, G (64M)", 0 },
	{ "memory", OPT_MEMORY, "KIND,..|all", 0, "Memory kinds (all but file)", 0 },
	{ "duration", OPT_DURATION, "S", 0, "Seconds per storm (10)", 0 },
	{ "count", OPT_COUNT, "N", 0,
	  "Ops per thread, instead of a duration", 0 },
	{ "seed", OPT_SEED, "N", 0,
	  "The same seed gives the same ops per thread (random)", 0 },
	{ "defect", OPT_DEFECT, "D,..", 0,
	  "Seed known bugs into the mirrors (none)", 0 },
	{ "oracles", OPT_ORACLES, "O,..|all", 0,
	  "With --defect: these alone may accuse (all)", 0 },
	{ "avoid", OPT_AVOID, "NAME,..|all", 0,
	  "Stay away from known findings (none)", 0 },
	{ "amplify", OPT_AMPLIFY, "US", 0,
	  "Widen race windows by microseconds, 0 is off (50)", 0 },
	{ "keep-going", OPT_KEEP_GOING, NULL, 0,
	  "Do not stop at the first violation", 0 },
	{ "allow", OPT_ALLOW, "FILE", 0,
	  "Complaints of the kernel that do not count, each until some day", 0 },
	{ "allow-splat", OPT_ALLOW_SPLAT, "REGEX", 0,
	  "A complaint of the kernel that does not count", 0 },
	{ "json", OPT_JSON, "FILE", 0, "Write results to FILE as JSON", 0 },
	{ "ktap", OPT_KTAP, NULL, 0, "Print KTAP version 1", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static noreturn void bad(const char *name, const char *arg,
			 const char *wanted)
{
	fprintf(stderr, "stalemate: --%s %s: %s\n", name, arg, wanted);
	exit(SM_EXIT_USAGE);
}

/* strtoull() takes a sign, which is no number of anything here. */
static bool parse_number(const char *s, char **end, uint64_t *value)
{
	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	*value = strtoull(s, end, 0);
	return !errno;
}

uint64_t sm_options_number(const char *name, const char *arg, uint64_t min,
			   uint64_t max)
{
	char wanted[80];
	uint64_t value;
	char *end;

	if (parse_number(arg, &end, &value) && !*end &&
	    value >= min && value <= max)
		return value;
	snprintf(wanted, sizeof(wanted), "want a number from %llu to %llu",
		 (unsigned long long)min, (unsigned long long)max);
	bad(name, arg, wanted);
}

uint64_t sm_options_seconds(const char *name, const char *arg)
{
	double value;
	char *end;

	errno = 0;
	value = strtod(arg, &end);
	if (errno || end == arg || *end || !(value >= 0.01) ||
	    value > MAX_SECONDS)
		bad(name, arg, "want seconds, at least 0.01");
	return value * SM_NSEC;
}

static uint64_t parse_size(const char *name, const char *arg)
{
	static const char units[] = "KMGT";
	unsigned int shift = 0;
	uint64_t value;
	const char *unit;
	char *end;

	if (!parse_number(arg, &end, &value) || !value)
		bad(name, arg, "want a size, such as 64M");
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
	}
	if (*end || value > UINT64_MAX >> shift)
		bad(name, arg, "want a size, such as 64M");
	return value << shift;
}

static void add_combo(struct sm_options *o, const struct sm_options_combo *c)
{
	struct sm_options_combo *all;
	unsigned int i;

	for (i = 0; i < o->nr_combos; i++)
		if (!memcmp(&o->combos[i], c, sizeof(*c)))
			return;
	all = reallocarray(o->combos, o->nr_combos + 1, sizeof(*all));
	if (!all) {
		perror("stalemate");
		exit(SM_EXIT_BROKEN);
	}
	all[o->nr_combos++] = *c;
	o->combos = all;
}

static void add_every_profile(struct sm_options *o)
{
	unsigned int i;

	for (i = 0; i < SM_PROFILE_NR; i++) {
		struct sm_options_combo c;

		memset(&c, 0, sizeof(c));
		c.profile[0] = i;
		c.nr = 1;
		add_combo(o, &c);
	}
	o->every_profile = true;
}

/* "P" or "P+Q". */
static void parse_combo(struct sm_options *o, const char *s, size_t len)
{
	const char *end = s + len;
	struct sm_options_combo c;
	int i;

	memset(&c, 0, sizeof(c));
	for (;;) {
		const char *plus = memchr(s, '+', end - s);

		if (!plus)
			plus = end;
		if (c.nr == SM_MAX_PROFILES)
			bad("profile", s, "too many profiles on one arena");
		i = sm_names_find(SM_NAMES_PROFILE, s, plus - s);
		if (i < 0)
			exit(SM_EXIT_USAGE);
		c.profile[c.nr++] = i;
		if (plus == end)
			break;
		s = plus + 1;
	}
	add_combo(o, &c);
}

static void parse_profiles(struct sm_options *o, const char *list)
{
	o->nr_combos = 0;
	o->every_profile = false;
	for (;;) {
		size_t len = strcspn(list, ",");

		if (len == 3 && !memcmp(list, "all", len))
			add_every_profile(o);
		else
			parse_combo(o, list, len);
		if (!list[len])
			return;
		list += len + 1;
	}
}

static uint64_t parse_mask(enum sm_names kind, const char *list)
{
	uint64_t mask;

	if (!sm_names_mask(kind, list, &mask))
		exit(SM_EXIT_USAGE);
	return mask;
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
		bad(key == OPT_COUNT ? "count" : "duration", arg,
		    "--count and --duration exclude each other");
}

static void parse_defects(struct sm_options *o, const char *arg)
{
	if (!strcmp(arg, "none"))
		o->spec.defects = 0;
	else
		o->spec.defects = parse_mask(SM_NAMES_DEFECT, arg);
}

static void parse_allowed(struct sm_options *o, int key, const char *arg)
{
	char why[512];
	int err;

	err = key == OPT_ALLOW ?
		      sm_allow_read(&o->allow, arg, why, sizeof(why)) :
		      sm_allow_add(&o->allow, arg, why, sizeof(why));
	if (!err)
		return;
	fprintf(stderr, "stalemate: %s\n", why);
	exit(SM_EXIT_USAGE);
}

/* Who wrote them wanted to be reminded. */
static void tell_expired(const struct sm_allow *a)
{
	unsigned int i, today = sm_allow_today();

	for (i = 0; i < a->nr; i++)
		if (a->entries[i].expires && today >= a->entries[i].expires)
			fprintf(stderr,
				"stalemate: %s: expired, excuses nothing: %s\n",
				a->entries[i].where, a->entries[i].reason);
}

/* "all" names what cannot be avoided, too; who asks for just that is told. */
static uint64_t parse_avoid(const char *list)
{
	uint64_t mask = parse_mask(SM_NAMES_KNOWN, list);
	unsigned int i;

	if (mask == sm_names_all(SM_NAMES_KNOWN))
		return mask;
	for (i = 0; i < SM_KNOWN_NR; i++)
		if ((mask >> i & 1) && !sm_known[i].avoided)
			bad("avoid", sm_known[i].name,
			    "nothing can be left out to avoid it");
	return mask;
}

static error_t parse_what(struct sm_options *o, int key, char *arg)
{
	switch (key) {
	case OPT_BACKEND:
		o->backends = parse_mask(SM_NAMES_BACKEND, arg);
		o->every_backend = !strcmp(arg, "all");
		return 0;
	case OPT_PROFILE:
		parse_profiles(o, arg);
		return 0;
	case OPT_OPS:
		o->spec.ops = parse_mask(SM_NAMES_OP, arg);
		return 0;
	case OPT_MEMORY:
		o->spec.memory = parse_mask(SM_NAMES_MEMORY, arg);
		return 0;
	case OPT_DEFECT:
		parse_defects(o, arg);
		return 0;
	case OPT_ORACLES:
		o->spec.muted = sm_names_all(SM_NAMES_ORACLE) &
				~parse_mask(SM_NAMES_ORACLE, arg);
		return 0;
	case OPT_AVOID:
		o->spec.avoid = parse_avoid(arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_how(struct sm_options *o, int key, char *arg)
{
	struct sm_run_spec *s = &o->spec;

	switch (key) {
	case OPT_THREADS:
		s->threads = sm_options_number("threads", arg, 1, 16);
		return 0;
	case OPT_AGENTS:
		s->agents = sm_options_number("agents", arg, 0, 4);
		return 0;
	case OPT_ARENA:
		s->arena = parse_size("arena", arg);
		return 0;
	case OPT_DURATION:
	case OPT_COUNT:
		parse_limit(o, key, arg);
		return 0;
	case OPT_SEED:
		s->seed = sm_options_number("seed", arg, 0, UINT64_MAX);
		return 0;
	case OPT_AMPLIFY:
		s->amplify_ns = 1000 *
				sm_options_number("amplify", arg, 0, 10000);
		return 0;
	case OPT_KEEP_GOING:
		s->keep_going = true;
		return 0;
	case OPT_ALLOW:
	case OPT_ALLOW_SPLAT:
		parse_allowed(o, key, arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/*
 * "all" names what other backends meet, too, and what cannot be avoided: that
 * changes nothing here.
 */
static void avoid_what_can_be_met(struct sm_options *o)
{
	unsigned int i, row;

	for (i = 0; i < SM_KNOWN_NR; i++) {
		row = sm_names_find(SM_NAMES_BACKEND, sm_known[i].backend,
				    strlen(sm_known[i].backend));
		if (!(o->backends >> row & 1) || !sm_known[i].avoided)
			o->spec.avoid &= ~SM_BIT(i);
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sm_options *o = state->input;

	switch (key) {
	case OPT_JSON:
		o->json = arg;
		return 0;
	case OPT_KTAP:
		o->ktap = true;
		return 0;
	case ARGP_KEY_END:
		tell_expired(&o->allow);
		avoid_what_can_be_met(o);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'?", arg);
		return 0;
	default:
		if (!parse_what(o, key, arg))
			return 0;
		return parse_how(o, key, arg);
	}
}

const struct argp sm_options_argp = {
	.options = options,
	.parser = parse,
	.doc = "Run storms of memory operations and judge them.",
};

/* 32 bits are easier to type again, and enough. */
static uint64_t random_seed(void)
{
	uint32_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == sizeof(seed))
		return seed;
	return time(NULL);
}

void sm_options_init(struct sm_options *o)
{
	memset(o, 0, sizeof(*o));
	o->spec.allow = &o->allow;
	o->spec.ops = sm_names_all(SM_NAMES_OP);
	o->spec.threads = 2;
	o->spec.agents = 2;
	o->spec.arena = 64ULL << 20;
	/* Nobody's disk is written to unasked. */
	o->spec.memory = SM_MEM_ANY_MEMORY;
	o->spec.duration_ns = 10 * SM_NSEC;
	o->spec.amplify_ns = 50 * 1000;
	o->spec.seed = random_seed();
	o->backends = 1ULL << sm_names_find(SM_NAMES_BACKEND, "mock", 4);
	add_every_profile(o);
}

void sm_options_free(struct sm_options *o)
{
	free(o->combos);
	sm_allow_free(&o->allow);
}
