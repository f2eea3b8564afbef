// SPDX-License-Identifier: GPL-2.0-only
/* Emitters, and why one of them was not reached: see list_emitters.h. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/ops.h"
#include "base/reach.h"
#include "judge/lacks.h"
#include "list_emitters.h"
#include "session/member.h"

#define UNKNOWN	"unknown:"	/* how such a name begins */

/**
 * struct look - what the rows are made of
 * @version: whose sites describe this kernel
 * @symbols: its symbols, or NULL
 * @runs: what was run, or NULL
 */
struct look {
	const char *version;
	const struct sm_symbols *symbols;
	struct json_object *runs;
};

/* The sum over all runs of member @name of their @table. */
static uint64_t look_sum(const struct look *l, const char *table,
			 const char *name)
{
	struct json_object *run, *words, *nr;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < json_object_array_length(l->runs); i++) {
		run = json_object_array_get_idx(l->runs, i);
		if (json_object_object_get_ex(run, table, &words) &&
		    json_object_object_get_ex(words, name, &nr))
			sum += json_object_get_int64(nr);
	}
	return sum;
}

static bool op_reaches(const struct sm_op *op, const char *emitter)
{
	unsigned int i;

	for (i = 0; i < SM_OPS_EMITTERS && op->emitters[i]; i++)
		if (!strcmp(op->emitters[i], emitter))
			return true;
	return false;
}

/* What is said if the kernel cannot do one, and no other reaches it. */
static const char *ops_lack(const char *emitter)
{
	const struct sm_lacks *here = sm_lacks_here();
	const char *why = "no op reaches it";
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++) {
		if (!op_reaches(&sm_ops[row], emitter))
			continue;
		if (!here->ops[row])
			return NULL;
		why = here->ops[row];
	}
	return why;
}

static void put_ops(struct json_object *o, const char *emitter)
{
	struct json_object *words = json_object_new_array();
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if (op_reaches(&sm_ops[row], emitter))
			json_object_array_add(words,
					      json_object_new_string(sm_ops[row].name));
	json_object_object_add(o, "ops", words);
}

static bool any_op_ran(const struct look *l, const char *emitter)
{
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if (op_reaches(&sm_ops[row], emitter) &&
		    look_sum(l, "ops", sm_ops[row].name))
			return true;
	return false;
}

static void put_reached(struct json_object *o, const struct look *l,
			unsigned int emitter)
{
	const char *name = sm_emitters[emitter].name;
	uint64_t nr = look_sum(l, "emitters", name);
	char why[160];

	sm_member_u64(o, "reached", nr);
	if (nr)
		return;
	if (sm_reach_lacks(l->symbols, l->version, emitter, why, sizeof(why)))
		sm_member_string(o, "why_not", why);
	else if (ops_lack(name))
		sm_member_string(o, "why_not", ops_lack(name));
	else if (!any_op_ran(l, name))
		sm_member_string(o, "why_not", "none of its ops was applied");
	else
		sm_member_string(o, "why_not",
				 "its ops were applied, and it did not fire: on such memory, or that often");
}

static void put_emitter(struct json_object *rows, const struct look *l,
			unsigned int i)
{
	const struct sm_site *site = sm_reach_site(l->version, i);
	const char *why = sm_lacks_emitters(sm_lacks_here());
	struct json_object *o = json_object_new_object();
	char text[160];

	sm_member_string(o, "name", sm_emitters[i].name);
	sm_member_string(o, "about", sm_emitters[i].about);
	sm_member_string(o, "event", site ? site->event : sm_emitters[i].event);
	if (site) {
		snprintf(text, sizeof(text), "%s (%s, Linux %s)", site->place,
			 site->function, l->version);
		sm_member_string(o, "place", text);
		if (site->config[0])
			sm_member_string(o, "config", site->config);
	}
	put_ops(o, sm_emitters[i].name);
	if (why)
		sm_member_string(o, "missing", why);
	if (sm_reach_lacks(l->symbols, l->version, i, text, sizeof(text)))
		sm_member_string(o, "unreachable", text);
	if (l->runs)
		put_reached(o, l, i);
	json_object_array_add(rows, o);
}

static bool is_listed(struct json_object *rows, const char *name)
{
	struct json_object *o;
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++) {
		o = json_object_array_get_idx(rows, i);
		if (!strcmp(json_object_get_string(sm_member_get(o, "name")),
			    name))
			return true;
	}
	return false;
}

/* Those that were seen, and are in no table. */
static void put_unknown(struct json_object *rows, const struct look *l)
{
	struct json_object *seen, *o;
	size_t i;

	for (i = 0; i < json_object_array_length(l->runs); i++) {
		o = json_object_array_get_idx(l->runs, i);
		if (!json_object_object_get_ex(o, "emitters", &seen) ||
		    !json_object_is_type(seen, json_type_object))
			continue;
		json_object_object_foreach(seen, name, nr) {
			(void)nr;
			if (strncmp(name, UNKNOWN, strlen(UNKNOWN)) ||
			    is_listed(rows, name))
				continue;
			o = json_object_new_object();
			sm_member_string(o, "name", name);
			sm_member_string(o, "about",
					 "was seen, and is in no table: tell its maintainers");
			sm_member_u64(o, "reached",
				      look_sum(l, "emitters", name));
			json_object_array_add(rows, o);
		}
	}
}

int sm_list_emitters(struct json_object *rows, const char *results)
{
	struct look l = { .runs = NULL };
	struct json_object *root = NULL;
	struct utsname uts = { .release = "" };
	unsigned int i;

	if (results)
		root = json_object_from_file(results);
	if (results && (!root || !json_object_object_get_ex(root, "runs", &l.runs) ||
			!json_object_is_type(l.runs, json_type_array))) {
		fprintf(stderr, "stalemate: no results of runs in '%s'\n",
			results);
		json_object_put(root);
		return -EINVAL;
	}
	uname(&uts);
	l.version = sm_reach_version(uts.release);
	if (sm_symbols_load(&l.symbols))
		l.symbols = NULL;
	for (i = 0; sm_emitters[i].name; i++)
		put_emitter(rows, &l, i);
	if (l.runs)
		put_unknown(rows, &l);
	json_object_put(root);
	return 0;
}
