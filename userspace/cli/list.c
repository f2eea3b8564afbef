// SPDX-License-Identifier: GPL-2.0-only
/*
 * stalemate list: the tables, for people and for programs.
 *
 * Every table becomes an array of JSON objects first; the text is printed
 * from those.
 */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "backends/backends.h"
#include "backends/host.h"
#include "base/ops.h"
#include "base/util.h"
#include "cli.h"
#include "judge/known.h"
#include "judge/lacks.h"
#include "judge/legal.h"
#include "judge/oracles.h"
#include "list_emitters.h"
#include "module/defects.h"
#include "module/load.h"
#include "module/profiles.h"
#include "names.h"
#include "proofs.h"
#include "session/report.h"
#include "session/status.h"

struct options {
	const char *what;
	bool json;
	bool load;
	const char *results;
};

static void put(struct json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key, s ? json_object_new_string(s) : NULL);
}

static struct json_object *row(struct json_object *rows, const char *name,
			       const char *about)
{
	struct json_object *o = json_object_new_object();

	put(o, "name", name);
	put(o, "about", about);
	json_object_array_add(rows, o);
	return o;
}

static void put_words(struct json_object *o, const char *key,
		      const char *const *words)
{
	struct json_object *a = json_object_new_array();

	for (; *words; words++)
		json_object_array_add(a, json_object_new_string(*words));
	json_object_object_add(o, key, a);
}

static void put_names(struct json_object *o, const char *key,
		      enum sm_names kind, uint64_t mask)
{
	const char *words[65] = { NULL };
	unsigned int i, nr = 0;

	for (i = 0; i < 64 && sm_names_get(kind, i); i++)
		if (mask >> i & 1)
			words[nr++] = sm_names_get(kind, i);
	put_words(o, key, words);
}

static void list_backends(struct json_object *rows)
{
	unsigned int i;

	for (i = 0; sm_backends[i]; i++)
		row(rows, sm_backends[i]->name, sm_backends[i]->about);
}

static void list_profiles(struct json_object *rows)
{
	char why[256];
	unsigned int i;

	for (i = 0; i < SM_PROFILE_NR; i++) {
		struct json_object *o;

		o = row(rows, sm_profiles[i].name, sm_profiles[i].about);
		if (!sm_names_has_profile(i, why, sizeof(why)))
			put(o, "missing", why);
	}
}

/* What this kernel cannot do stays in the list, with the reason. */
static void put_lacks(struct json_object *o, const struct sm_op *op)
{
	const char *why;
	unsigned int memory = sm_ops_lacks(op, &why);

	if (!memory)
		return;
	put(o, "missing", why);
	put_names(o, "missing_on", SM_NAMES_MEMORY, memory);
}

static void list_ops(struct json_object *rows)
{
	const struct sm_op *op;

	for (op = sm_ops; op->name; op++) {
		struct json_object *o = row(rows, op->name, op->about);
		struct json_object *root;

		root = json_object_new_boolean(op->needs_root);
		put(o, "class", op->class);
		if (op->backend)
			put(o, "backend", op->backend);
		json_object_object_add(o, "root", root);
		if (op->rare)
			put(o, "rare", op->machine ? "of the machine" : "yes");
		put_names(o, "memory", SM_NAMES_MEMORY, op->memory);
		put_words(o, "emitters", op->emitters);
		put_lacks(o, op);
	}
}

static void list_oracles(struct json_object *rows)
{
	char why[512];
	unsigned int i;

	for (i = 0; sm_oracles[i].name; i++) {
		struct json_object *o;

		o = row(rows, sm_oracles[i].name, sm_oracles[i].about);
		put(o, "side", sm_oracles[i].side);
		if (sm_lacks_oracle(sm_lacks_here(), i, why, sizeof(why)))
			put(o, "missing", why);
		json_object_object_add(o, "sees", sm_proofs_json(i));
	}
}

static void list_defects(struct json_object *rows)
{
	char why[512];
	unsigned int i;

	for (i = 0; sm_defects[i].name; i++) {
		const struct sm_defect_info *d = &sm_defects[i];
		struct json_object *o = row(rows, d->name, d->about);

		put_names(o, "profiles", SM_NAMES_PROFILE, d->profiles);
		put_words(o, "oracles", d->oracles);
		put_names(o, "memory", SM_NAMES_MEMORY,
			  d->memory ? d->memory : SM_BIT(SM_MEM_NR) - 1);
		put(o, "models", d->models);
		if (sm_lacks_defect(sm_lacks_here(), i, why, sizeof(why)))
			put(o, "missing", why);
	}
}

static void list_known(struct json_object *rows)
{
	unsigned int i;

	for (i = 0; i < SM_KNOWN_NR; i++) {
		struct json_object *o;

		o = row(rows, sm_known[i].name, sm_known[i].about);
		put(o, "backend", sm_known[i].backend);
		put(o, "avoided", sm_known[i].avoided);
		put(o, "since", sm_known[i].since);
		put(o, "mended", sm_known[i].mended);
		put(o, "page", sm_known[i].page);
	}
}

/* Of all profiles, and all kinds of memory, nothing is said. */
static void list_legal(struct json_object *rows)
{
	const unsigned int all = SM_BIT(SM_MEM_NR) - 1;
	const struct sm_legal_info *l;
	unsigned int i, p;
	uint64_t profiles;

	for (i = 0; i < SM_LEGAL_NR; i++) {
		struct json_object *o;

		l = &sm_legals[i];
		o = row(rows, l->name, l->about);
		put(o, "why", l->why);
		put(o, "place", l->place);
		for (p = 0, profiles = 0; l->has && p < SM_PROFILE_NR; p++)
			if (l->has(&sm_profiles[p]))
				profiles |= SM_BIT(p);
		put_names(o, "profiles", SM_NAMES_PROFILE, profiles);
		if (l->memory)
			put_names(o, "memory", SM_NAMES_MEMORY,
				  l->memory == all ? 0 : l->memory);
		else
			put(o, "memory", "none of --memory");
		json_object_object_add(o, "exact",
				       json_object_new_boolean(l->exact));
		put(o, "judged", l->judged);
	}
}

static const struct {
	const char *name;
	void (*list)(struct json_object *rows);
} tables[] = {
	{ "backends", list_backends },
	{ "profiles", list_profiles },
	{ "ops", list_ops },
	{ "oracles", list_oracles },
	{ "defects", list_defects },
	{ "emitters", NULL },	/* see list_emitters.c */
	{ "known", list_known },
	{ "legal", list_legal },
	{ NULL, NULL }
};

static void print_value(const char *key, struct json_object *v)
{
	size_t i, n;

	if (!v || !strcmp(key, "name") || !strcmp(key, "about"))
		return;
	if (!strcmp(key, "sees")) {
		sm_proofs_print(v);
		return;
	}
	if (!json_object_is_type(v, json_type_array)) {
		printf("%20s%s: %s\n", "", key, json_object_get_string(v));
		return;
	}
	n = json_object_array_length(v);
	if (!n)
		return;
	printf("%20s%s:", "", key);
	for (i = 0; i < n; i++) {
		struct json_object *word = json_object_array_get_idx(v, i);

		printf(" %s", json_object_get_string(word));
	}
	putchar('\n');
}

static void print_row(struct json_object *o)
{
	const char *name, *about;

	name = json_object_get_string(json_object_object_get(o, "name"));
	about = json_object_get_string(json_object_object_get(o, "about"));
	if (strlen(name) < 20)
		printf("%-19s %s\n", name, about);
	else
		printf("%s\n%20s%s\n", name, "", about);
	json_object_object_foreach(o, key, value)
		print_value(key, value);
}

static void print_rows(struct json_object *rows)
{
	size_t i, n = json_object_array_length(rows);

	for (i = 0; i < n; i++)
		print_row(json_object_array_get_idx(rows, i));
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'j':
		o->json = true;
		return 0;
	case 'l':
		o->load = true;
		return 0;
	case 'r':
		o->results = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (o->what)
			argp_error(state, "list one table at a time");
		o->what = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "Print JSON", 0 },
	{ "load", 'l', NULL, 0, "Load the module, to ask it too", 0 },
	{ "reached", 'r', "FILE", 0,
	  "Of emitters: reached in the runs of this file (run --json), or why not", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "backends|profiles|ops|oracles|defects|emitters|known|legal",
	.doc = "List what exists.",
};

int sm_list_command(int argc, char **argv)
{
	struct options o = { .what = NULL };
	struct json_object *rows;
	size_t i;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (!o.load)
		sm_load_forbid();
	for (i = 0; o.what && tables[i].name; i++) {
		if (strcmp(tables[i].name, o.what))
			continue;
		rows = json_object_new_array();
		if (tables[i].list)
			tables[i].list(rows);
		else if (sm_list_emitters(rows, o.results))
			return SM_EXIT_USAGE;
		if (o.json)
			return sm_report_print(stdout, rows) ?
			       SM_EXIT_BROKEN : SM_EXIT_PASS;
		print_rows(rows);
		json_object_put(rows);
		return SM_EXIT_PASS;
	}
	fprintf(stderr, "stalemate: %s%s%s; known:", o.what ?
		"unknown list '" : "list what", o.what ? o.what : "",
		o.what ? "'" : "?");
	for (i = 0; tables[i].name; i++)
		fprintf(stderr, "%s %s", i ? "," : "", tables[i].name);
	fputc('\n', stderr);
	return SM_EXIT_USAGE;
}
