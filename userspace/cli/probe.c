// SPDX-License-Identifier: GPL-2.0-only
/*
 * stalemate probe: what can run here, and how to get what is missing.
 */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "cli.h"
#include "report.h"
#include "tables.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'j':
		*(bool *)state->input = true;
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

static int print_json(struct json_object *backends)
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
	json_object_object_add(o, "backends", backends);
	return sm_report_print(stdout, o);
}

int sm_probe_command(int argc, char **argv)
{
	struct json_object *backends = json_object_new_array();
	struct sm_report_tally tally = { { 0 } };
	bool json = false;
	unsigned int i;

	argp_parse(&argp, argc, argv, 0, NULL, &json);
	for (i = 0; sm_backends[i]; i++) {
		char why[256] = "";
		enum sm_verdict v = sm_backends[i]->probe(why, sizeof(why));

		tally.nr[v]++;
		json_object_array_add(backends,
				      backend_json(sm_backends[i], v, why));
		if (!json)
			printf("%-10s %-7s %s\n", sm_backends[i]->name,
			       v == SM_PASS ? "ready" : sm_verdict_names[v],
			       why[0] ? why : sm_backends[i]->about);
	}
	if (json)
		print_json(backends);
	else
		json_object_put(backends);
	return sm_report_exit(sm_report_overall(&tally));
}
