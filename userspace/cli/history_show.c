// SPDX-License-Identifier: GPL-2.0-only
/* What the history says, as text for people. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "history_show.h"
#include "session/member.h"
#include "session/replay.h"
#include "show_json.h"

static void show_night(FILE *f, const char *before, struct json_object *o,
		       const char *key)
{
	struct json_object *place = sm_member_get(o, key);

	fputs(before, f);
	if (!place) {
		fputs("never", f);
		return;
	}
	sm_show_json_text(f, place, "night", 0);
	fputs(" (", f);
	sm_show_json_text(f, place, "kernel", 0);
	fputc(')', f);
}

static void show_finding(FILE *f, struct json_object *o)
{
	char *again = sm_replay_command(sm_member_get(o, "run"));

	sm_show_json_text(f, o, "state", *sm_member_text(o, "state") ? 8 : 0);
	sm_show_json_text(f, o, "title", 0);
	fputs("\n        ", f);
	sm_show_json_text(f, o, "place", 0);
	fputc(' ', f);
	sm_show_json_text(f, o, "test", 0);
	fputs(" on ", f);
	sm_show_json_text(f, sm_member_get(o, "last_seen"), "host", 0);
	fputs(", signature ", f);
	sm_show_json_text(f, o, "signature", 0);
	show_night(f, "\n        first seen ", o, "first_seen");
	show_night(f, ", last seen ", o, "last_seen");
	show_night(f, ", last good ", o, "last_good");
	fprintf(f, "; %" PRIu64 " of %" PRIu64 " results\n        ",
		sm_member_number(o, "bad"), sm_member_number(o, "decided"));
	fprintf(f, "%s\n", again ? again : "");
	free(again);
}

static void show_findings(FILE *f, struct json_object *a)
{
	size_t i;

	for (i = 0; a && i < json_object_array_length(a); i++)
		show_finding(f, json_object_array_get_idx(a, i));
}

void sm_history_show_compare(FILE *f, struct json_object *root)
{
	struct json_object *counts = sm_member_get(root, "counts");

	show_findings(f, sm_member_get(root, "findings"));
	sm_show_json_text(f, root, "a", 0);
	fputs(" to ", f);
	sm_show_json_text(f, root, "b", 0);
	fputc(':', f);
	json_object_object_foreach(counts, key, value)
		fprintf(f, " %" PRIu64 " %s%s", json_object_get_uint64(value), key,
			strcmp(key, "same") ? "," : "\n");
}

static void show_counts(FILE *f, struct json_object *o)
{
	static const char *const keys[] = { "pass", "fail", "skip", "other", NULL };
	const char *const *key;

	for (key = keys; *key; key++)
		fprintf(f, " %6" PRIu64 " %s", sm_member_number(o, *key), *key);
}

static void show_test(FILE *f, struct json_object *o)
{
	sm_show_json_text(f, o, "place", 8);
	fputc(' ', f);
	sm_show_json_text(f, o, "test", 48);
	show_counts(f, o);
	fputs(", last ", f);
	sm_show_json_text(f, o, "last_verdict", 0);
	fputs(" in ", f);
	sm_show_json_text(f, o, "last_night", 0);
	fputc('\n', f);
}

static void show_a_night(FILE *f, struct json_object *o)
{
	sm_show_json_text(f, o, "night", 12);
	fprintf(f, " %6" PRIu64 " runs %6" PRIu64 " tests:",
		sm_member_number(o, "runs"), sm_member_number(o, "tests"));
	show_counts(f, o);
	fputc('\n', f);
}

void sm_history_show_query(FILE *f, const char *what, struct json_object *a)
{
	size_t i;

	if (!strcmp(what, "findings")) {
		show_findings(f, a);
		return;
	}
	for (i = 0; i < json_object_array_length(a); i++) {
		struct json_object *o = json_object_array_get_idx(a, i);

		if (!strcmp(what, "tests"))
			show_test(f, o);
		else
			show_a_night(f, o);
	}
}
