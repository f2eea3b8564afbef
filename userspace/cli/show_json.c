// SPDX-License-Identifier: GPL-2.0-only
/* Results that are not ours, but read, as text for people. */
#include <ctype.h>

#include "session/member.h"
#include "show_json.h"

static size_t print(FILE *f, const char *text)
{
	size_t len;

	for (len = 0; text[len]; len++)
		fputc(iscntrl((unsigned char)text[len]) ? ' ' : text[len], f);
	return len;
}

void sm_show_json_text(FILE *f, struct json_object *o, const char *key,
		       unsigned int width)
{
	size_t len = print(f, sm_member_text(o, key));

	if (len < width)
		fprintf(f, "%*s", (int)(width - len), "");
}

static void show_violation(FILE *f, const char *prefix, struct json_object *v)
{
	const char *signature = sm_member_text(v, "signature");
	const char *va = sm_member_text(v, "va");
	const char *op = sm_member_text(v, "op");

	fprintf(f, "%s  ", prefix);
	print(f, sm_member_text(v, "oracle"));
	fputs(": ", f);
	print(f, sm_member_text(v, "text"));
	fputc('\n', f);
	if (*va || *op || *signature)
		fprintf(f, "%s   ", prefix);
	if (*va) {
		fputs(" page ", f);
		print(f, va);
	}
	if (*op) {
		fputs(" op ", f);
		print(f, op);
	}
	if (*signature) {
		fputs(" signature ", f);
		print(f, signature);
	}
	if (*va || *op || *signature)
		fputc('\n', f);
}

void sm_show_json_run(FILE *f, const char *prefix, struct json_object *run)
{
	const char *reason = sm_member_text(run, "reason");
	struct json_object *a;
	size_t i, nr;

	fputs(prefix, f);
	sm_show_json_text(f, run, "verdict", 10);
	fputc(' ', f);
	print(f, sm_member_text(run, "name"));
	fprintf(f, "  %.1f s\n",
		json_object_get_double(sm_member_get(run, "seconds")));
	if (*reason) {
		fprintf(f, "%s  ", prefix);
		print(f, reason);
		fputc('\n', f);
	}
	a = sm_member_array(run, "violations", &nr);
	for (i = 0; i < nr; i++)
		show_violation(f, prefix, json_object_array_get_idx(a, i));
}
