// SPDX-License-Identifier: GPL-2.0-only
/*
 * stalemate probe: what can run here, what cannot, and how to get what is
 * missing.
 */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "backends/backends.h"
#include "backends/host.h"
#include "base/ops.h"
#include "cli.h"
#include "judge/lacks.h"
#include "judge/oracles.h"
#include "module/defects.h"
#include "module/load.h"
#include "module/profiles.h"
#include "names.h"
#include "session/report.h"
#include "session/status.h"

struct options {
	bool json;
	bool load;
};

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
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'?", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "Print JSON", 0 },
	{ "load", 'l', NULL, 0, "Load the module, to ask it too", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Say which backends can run here, and what the others lack.",
};

static struct json_object *backend_json(const struct sm_backend *b,
					enum sm_verdict v, const char *why)
{
	struct json_object *o = json_object_new_object();
	const char *verdict = sm_verdict_names[v];

	json_object_object_add(o, "backend", json_object_new_string(b->name));
	json_object_object_add(o, "about", json_object_new_string(b->about));
	json_object_object_add(o, "verdict", json_object_new_string(verdict));
	json_object_object_add(o, "reason",
			       why[0] ? json_object_new_string(why) : NULL);
	return o;
}

/**
 * struct found - what the probe found
 * @backends: verdict and reason of each
 * @missing: what else this kernel cannot do, with the reason
 */
struct found {
	struct json_object *backends;
	struct json_object *missing;
};

static void add_missing(struct found *f, const char *kind, const char *name,
			const char *why)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "kind", json_object_new_string(kind));
	json_object_object_add(o, "name", json_object_new_string(name));
	json_object_object_add(o, "reason", json_object_new_string(why));
	json_object_array_add(f->missing, o);
}

/* "no MADV_THIS", or "no MADV_THIS: not on anon, shmem" if others remain. */
static void lacks_text(const struct sm_op *op, unsigned int memory,
		       const char *why, char *text, size_t size)
{
	const char *sep = ": not on ";
	size_t used = snprintf(text, size, "%s", why);
	unsigned int i;

	if (memory == op->memory)
		return;
	for (i = 0; i < SM_MEM_NR && used < size; i++) {
		if (!(memory >> i & 1))
			continue;
		used += snprintf(text + used, size - used, "%s%s", sep,
				 sm_memory_names[i]);
		sep = ", ";
	}
}

/* What holds for all of them is said once, under the name that means all. */
static void find_blind(struct found *f)
{
	const struct sm_lacks *here = sm_lacks_here();
	const char *all = sm_lacks_arming(here);
	char why[512];
	unsigned int i;

	for (i = 0; sm_oracles[i].name; i++)
		if (sm_lacks_oracle(here, i, why, sizeof(why)))
			add_missing(f, "oracle", sm_oracles[i].name, why);
	for (i = 0; sm_defects[i].name && !all; i++)
		if (sm_lacks_defect(here, i, why, sizeof(why)))
			add_missing(f, "defect", sm_defects[i].name, why);
	if (all)
		add_missing(f, "defect", "all", all);
	all = sm_lacks_emitters(here);
	if (all)
		add_missing(f, "emitter", "all", all);
}

static void find_missing(struct found *f)
{
	const struct sm_op *op;
	unsigned int i, memory;
	const char *lack;
	char why[256];

	for (i = 0; i < SM_PROFILE_NR; i++)
		if (!sm_names_has_profile(i, why, sizeof(why)))
			add_missing(f, "profile", sm_profiles[i].name, why);
	for (op = sm_ops; op->name; op++) {
		memory = sm_ops_lacks(op, &lack);
		if (!memory)
			continue;
		lacks_text(op, memory, lack, why, sizeof(why));
		add_missing(f, "op", op->name, why);
	}
}

static void print_missing(struct json_object *missing)
{
	size_t i, n = json_object_array_length(missing);

	for (i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(missing, i);
		struct json_object *name = json_object_object_get(o, "name");
		struct json_object *why = json_object_object_get(o, "reason");
		struct json_object *kind = json_object_object_get(o, "kind");

		printf("%-10s missing %s: %s\n", json_object_get_string(kind),
		       json_object_get_string(name),
		       json_object_get_string(why));
	}
}

static int print_json(const struct found *f)
{
	struct json_object *o = json_object_new_object();
	struct utsname u;

	json_object_object_add(o, "stalemate",
			       json_object_new_string(STALEMATE_VERSION));
	if (!uname(&u)) {
		json_object_object_add(o, "kernel",
				       json_object_new_string(u.release));
		json_object_object_add(o, "arch",
				       json_object_new_string(u.machine));
	}
	json_object_object_add(o, "backends", f->backends);
	json_object_object_add(o, "missing", f->missing);
	return sm_report_print(stdout, o);
}

int sm_probe_command(int argc, char **argv)
{
	struct found f = {
		.backends = json_object_new_array(),
		.missing = json_object_new_array(),
	};
	struct sm_status_tally tally = { { 0 } };
	struct options o = { .json = false };
	unsigned int i;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (!o.load)
		sm_load_forbid();
	for (i = 0; sm_backends[i]; i++) {
		char why[256] = "";
		enum sm_verdict v = sm_backends[i]->probe(why, sizeof(why));

		if (!sm_backends[i]->example)
			tally.nr[v]++;
		json_object_array_add(f.backends,
				      backend_json(sm_backends[i], v, why));
		if (!o.json)
			printf("%-10s %-7s %s\n", sm_backends[i]->name,
			       v == SM_PASS ? "ready" : sm_verdict_names[v],
			       why[0] ? why : sm_backends[i]->about);
	}
	find_missing(&f);
	find_blind(&f);
	if (o.json) {
		print_json(&f);
	} else {
		print_missing(f.missing);
		json_object_put(f.backends);
		json_object_put(f.missing);
	}
	return sm_status_exit(sm_status_overall(&tally));
}
