// SPDX-License-Identifier: GPL-2.0-only
/* Options that all commands share that run storms. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/ops.h"
#include "base/util.h"
#include "memory/arena.h"
#include "options.h"
#include "session/status.h"

#define OUR_GUEST	"/run/stalemate-guest"	/* see fixtures/guest/init */
#define MAX_SECONDS	(30 * 24 * 3600.0)

enum {
	OPT_OPS = 256,
	OPT_THREADS,
	OPT_AGENTS,
	OPT_ARENA,
	OPT_MEMORY,
	OPT_SEED,
	OPT_AMPLIFY,
	OPT_MACHINE,
	OPT_ALLOW,
	OPT_ALLOW_SPLAT,
	OPT_SKIP,
	OPT_LIST_ONLY,
	OPT_JSON,
	OPT_KTAP,
	OPT_JOURNAL,
	OPT_RESUME,
};

static const struct argp_option options[] = {
	{ "ops", OPT_OPS, "O,-P,..|all", 0,
	  "Ops: names, classes, @EMITTERs; - takes away (all but rare ones)", 0 },
	{ "threads", OPT_THREADS, "N", 0, "Storm threads (2)", 0 },
	{ "agents", OPT_AGENTS, "N", 0, "Agents per mirror (2)", 0 },
	{ "arena", OPT_ARENA, "SIZE", 0, "Bytes, or with K, M, G (64M)", 0 },
	{ "memory", OPT_MEMORY, "KIND,-KIND,..|all", 0,
	  "Memory kinds (anon, shmem, each with and without huge pages)", 0 },
	{ "seed", OPT_SEED, "N", 0,
	  "The same seed gives the same ops per thread (random)", 0 },
	{ "allow-machine", OPT_MACHINE, NULL, 0,
	  "Ops may change what the whole machine does (only in our guest)", 0 },
	{ "amplify", OPT_AMPLIFY, "US", 0,
	  "Widen race windows by microseconds, 0 is off (50)", 0 },
	{ "allow", OPT_ALLOW, "FILE", 0,
	  "Complaints of the kernel that do not count, each until some day", 0 },
	{ "allow-splat", OPT_ALLOW_SPLAT, "REGEX", 0,
	  "A complaint of the kernel that does not count", 0 },
	{ "skip", OPT_SKIP, "FILE", 0,
	  "Tests that are not to be run: a name or pattern a line, and why", 0 },
	{ "list-only", OPT_LIST_ONLY, NULL, 0,
	  "Print the names of the tests, and run none", 0 },
	{ "json", OPT_JSON, "FILE", 0, "Write results to FILE as JSON", 0 },
	{ "ktap", OPT_KTAP, NULL, 0, "Print KTAP version 1", 0 },
	{ "journal", OPT_JOURNAL, "FILE", 0,
	  "Keep the journal of the session in FILE", 0 },
	{ "resume", OPT_RESUME, "FILE", 0,
	  "Go on with the session whose journal this is", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

noreturn void sm_options_refuse(const char *name, const char *arg,
				const char *wanted)
{
	fprintf(stderr, "stalemate: --%s%s%s: %s\n", name, arg ? " " : "",
		arg ? arg : "", wanted);
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
	sm_options_refuse(name, arg, wanted);
}

uint64_t sm_options_seconds(const char *name, const char *arg)
{
	double value;
	char *end;

	errno = 0;
	value = strtod(arg, &end);
	if (errno || end == arg || *end || !(value >= 0.01) ||
	    value > MAX_SECONDS)
		sm_options_refuse(name, arg, "want seconds, at least 0.01");
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
		sm_options_refuse(name, arg, "want a size, such as 64M");
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
	}
	if (*end || value > UINT64_MAX >> shift)
		sm_options_refuse(name, arg, "want a size, such as 64M");
	return value << shift;
}

struct sm_set sm_options_set(enum sm_names kind, const char *list)
{
	struct sm_set rows;

	if (!sm_names_set(kind, list, &rows))
		exit(SM_EXIT_USAGE);
	return rows;
}

uint64_t sm_options_mask(enum sm_names kind, const char *list)
{
	return sm_options_set(kind, list).word[0];
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

static void parse_skip(struct sm_options *o, const char *path)
{
	char why[512];

	if (!sm_skip_read(&o->skip, path, why, sizeof(why)))
		return;
	fprintf(stderr, "stalemate: %s\n", why);
	exit(SM_EXIT_USAGE);
}

/*
 * What changes the whole machine, and what is of use only now and then, is done where
 * it is asked for by name, or by all.
 */
static void drop_ops(struct sm_set *ops, bool rare)
{
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if (sm_ops[row].machine || (rare && sm_ops[row].rare))
			sm_set_remove(ops, row);
}

static error_t parse_storm(struct sm_run_spec *s, int key, const char *arg)
{
	switch (key) {
	case OPT_OPS:
		s->ops = sm_options_set(SM_NAMES_OP, arg);
		if (*arg == '-')
			drop_ops(&s->ops, true);
		return 0;
	case OPT_MACHINE:
		s->machine = true;
		return 0;
	case OPT_MEMORY:
		s->memory = sm_options_mask(SM_NAMES_MEMORY, arg);
		return 0;
	case OPT_THREADS:
		s->threads = sm_options_number("threads", arg, 1, 16);
		return 0;
	case OPT_AGENTS:
		s->agents = sm_options_number("agents", arg, 0, 4);
		return 0;
	case OPT_ARENA:
		s->arena = parse_size("arena", arg);
		return 0;
	case OPT_SEED:
		s->seed = sm_options_number("seed", arg, 0, UINT64_MAX);
		return 0;
	case OPT_AMPLIFY:
		s->amplify_ns = 1000 *
				sm_options_number("amplify", arg, 0, 10000);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sm_options *o = state->input;

	switch (key) {
	case OPT_ALLOW:
	case OPT_ALLOW_SPLAT:
		parse_allowed(o, key, arg);
		return 0;
	case OPT_SKIP:
		parse_skip(o, arg);
		return 0;
	case OPT_LIST_ONLY:
		o->list_only = true;
		return 0;
	case OPT_JSON:
		o->json = arg;
		return 0;
	case OPT_KTAP:
		o->ktap = true;
		return 0;
	case OPT_JOURNAL:
		o->journal = arg;
		return 0;
	case OPT_RESUME:
		o->resume = arg;
		return 0;
	case ARGP_KEY_END:
		tell_expired(&o->allow);
		if (o->every_op && !o->spec.machine)
			drop_ops(&o->spec.ops, false);
		return 0;
	default:
		o->seeded |= key == OPT_SEED;
		if (key == OPT_OPS)
			o->every_op = sm_names_is_all(arg);
		return parse_storm(&o->spec, key, arg);
	}
}

const struct argp sm_options_shared_argp = {
	.options = options,
	.parser = parse,
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
	drop_ops(&o->spec.ops, true);
	o->spec.machine = !access(OUR_GUEST, F_OK);
	o->spec.threads = 2;
	o->spec.agents = 2;
	o->spec.arena = 64ULL << 20;
	/* Nobody's disk is written to unasked. */
	o->spec.memory = SM_MEM_DEFAULT;
	o->spec.duration_ns = 10 * SM_NSEC;
	o->spec.amplify_ns = 50 * 1000;
	o->spec.seed = random_seed();
	o->backends = 1ULL << sm_names_find(SM_NAMES_BACKEND, "mock", 4);
	sm_combos_add_every(&o->combos);
	o->every_profile = true;
}

void sm_options_free(struct sm_options *o)
{
	sm_combos_free(&o->combos);
	sm_skip_free(&o->skip);
	sm_allow_free(&o->allow);
}
