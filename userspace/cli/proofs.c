// SPDX-License-Identifier: GPL-2.0-only
/* stalemate list oracles: which mirrors each can see, and what proves it. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "backends/backends.h"
#include "backends/host.h"
#include "judge/proof.h"
#include "module/profiles.h"
#include "proofs.h"

static void proofs_add(struct json_object *sees, const char *kind,
		       const char *name, struct sm_proof proof)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, kind, json_object_new_string(name));
	if (proof.by)
		json_object_object_add(o, "by", json_object_new_string(proof.by));
	if (proof.blind)
		json_object_object_add(o, "blind",
				       json_object_new_string(proof.blind));
	json_object_array_add(sees, o);
}

struct json_object *sm_proofs_json(unsigned int row)
{
	struct json_object *sees = json_object_new_array();
	unsigned int i;

	for (i = 0; i < SM_PROFILE_NR; i++)
		proofs_add(sees, "profile", sm_profiles[i].name,
			   sm_proof_of_profile(row, i));
	for (i = 0; sm_backends[i]; i++)
		if (sm_backends[i]->attach && !sm_backends[i]->profiled)
			proofs_add(sees, "driver", sm_backends[i]->name,
				   sm_proof_of_driver(row, sm_backends[i]->name));
	return sees;
}

static const char *proofs_text(struct json_object *o, const char *key)
{
	struct json_object *v = json_object_object_get(o, key);

	return v ? json_object_get_string(v) : "";
}

static bool proofs_alike(struct json_object *a, struct json_object *b)
{
	return !strcmp(proofs_text(a, "by"), proofs_text(b, "by")) &&
	       !strcmp(proofs_text(a, "blind"), proofs_text(b, "blind"));
}

static bool proofs_told(struct json_object *sees, size_t i)
{
	struct json_object *o = json_object_array_get_idx(sees, i);
	size_t j;

	for (j = 0; j < i; j++)
		if (proofs_alike(json_object_array_get_idx(sees, j), o))
			return true;
	return false;
}

static void proofs_print_name(struct json_object *o)
{
	const char *driver = proofs_text(o, "driver");

	if (driver[0])
		printf(" %s(driver)", driver);
	else
		printf(" %s", proofs_text(o, "profile"));
}

static void proofs_print_alike(struct json_object *sees, size_t i)
{
	struct json_object *o = json_object_array_get_idx(sees, i);
	const char *by = proofs_text(o, "by"), *blind = proofs_text(o, "blind");
	size_t j;

	printf("%20s", "");
	if (by[0])
		printf("proved by %s:", by);
	else
		printf(blind[0] ? "blind:" : "not proved:");
	for (j = i; j < json_object_array_length(sees); j++) {
		struct json_object *other = json_object_array_get_idx(sees, j);

		if (proofs_alike(o, other))
			proofs_print_name(other);
	}
	printf(blind[0] ? ": %s\n" : "%s\n", blind);
}

void sm_proofs_print(struct json_object *sees)
{
	size_t i;

	for (i = 0; i < json_object_array_length(sees); i++)
		if (!proofs_told(sees, i))
			proofs_print_alike(sees, i);
}
