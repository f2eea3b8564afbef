// SPDX-License-Identifier: GPL-2.0-only
/* The command line that runs a test again: see replay.h. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "member.h"
#include "replay.h"

static const char plain[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,+:-";

/* It was read, and is pasted into a shell: quoted, and without control characters. */
static void put_word(FILE *f, const char *word)
{
	if (*word && !word[strspn(word, plain)]) {
		fputs(word, f);
		return;
	}
	fputc('\'', f);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", f);
		else
			fputc(iscntrl((unsigned char)*word) ? ' ' : *word, f);
	}
	fputc('\'', f);
}

static void put_text(FILE *f, const char *option, struct json_object *o,
		     const char *key)
{
	const char *text = sm_member_text(o, key);

	if (!*text)
		return;
	fprintf(f, " --%s ", option);
	put_word(f, text);
}

static void put_number(FILE *f, const char *option, struct json_object *o,
		       const char *key, uint64_t unit)
{
	if (sm_member_get(o, key))
		fprintf(f, " --%s %" PRIu64, option,
			sm_member_number(o, key) / unit);
}

/* "" if it is none. */
static const char *word_at(struct json_object *a, size_t i)
{
	const char *word = json_object_get_string(json_object_array_get_idx(a, i));

	return word ? word : "";
}

static void put_list(FILE *f, const char *option, struct json_object *o,
		     const char *key)
{
	struct json_object *a;
	size_t i, nr;

	a = sm_member_array(o, key, &nr);
	for (i = 0; i < nr; i++) {
		if (i)
			fputc(',', f);
		else
			fprintf(f, " --%s ", option);
		put_word(f, word_at(a, i));
	}
}

static bool has_all_ops(struct json_object *options)
{
	struct json_object *a;
	const char *op;
	size_t i, nr;

	a = sm_member_array(options, "ops", &nr);
	for (i = 0; i < nr && i < SM_MAX_OPS && (op = sm_catalogue_op(i)); i++)
		if (strcmp(word_at(a, i), op))
			return false;
	return nr && i == nr && (i == SM_MAX_OPS || !sm_catalogue_op(i));
}

/* A storm that was to make so many ops has no time. */
static void put_length(FILE *f, struct json_object *options)
{
	struct json_object *duration = sm_member_get(options, "duration");

	if (sm_member_number(options, "count")) {
		put_number(f, "count", options, "count", 1);
	} else if (duration) {
		fputs(" --duration ", f);
		put_word(f, json_object_get_string(duration));
	}
}

static void put_options(FILE *f, struct json_object *options)
{
	put_length(f, options);
	if (has_all_ops(options))
		fputs(" --ops all", f);
	else
		put_list(f, "ops", options, "ops");
	put_number(f, "threads", options, "threads", 1);
	put_number(f, "agents", options, "agents", 1);
	put_number(f, "arena", options, "arena", 1);
	put_list(f, "memory", options, "memory");
	put_number(f, "amplify", options, "amplify_ns", 1000);
	put_list(f, "avoid", options, "avoid");
	if (json_object_get_boolean(sm_member_get(options, "keep_going")))
		fputs(" --keep-going", f);
}

char *sm_replay_command(struct json_object *run)
{
	char *text = NULL;
	size_t size;
	FILE *f;

	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	fputs("stalemate run", f);
	put_text(f, "backend", run, "backend");
	put_text(f, "profile", run, "profile");
	put_text(f, "defect", run, "defect");
	put_number(f, "seed", run, "seed", 1);
	put_options(f, sm_member_get(run, "options"));
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
