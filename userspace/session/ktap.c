// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of tests, and KTAP version 1.
 */
#include <ctype.h>
#include <string.h>

#include "catalogue.h"
#include "ktap.h"

static void append(char *s, size_t size, char sep, const char *word)
{
	size_t len = strlen(s);

	if (len)
		snprintf(s + len, size - len, "%c%s", sep, word);
	else
		snprintf(s, size, "%s", word);
}

void sm_ktap_profiles(const struct sm_run_spec *spec, char sep, char *s,
		      size_t size)
{
	unsigned int i;

	s[0] = '\0';
	for (i = 0; i < spec->nr_profiles; i++)
		append(s, size, sep, sm_catalogue_profile(spec->profiles[i]));
}

void sm_ktap_defects(const struct sm_run_spec *spec, char sep, char *s,
		     size_t size)
{
	unsigned int i;

	s[0] = '\0';
	sm_set_for_each(i, &spec->defects)
		append(s, size, sep, sm_catalogue_defect(i)->name);
}

/* The op if there is only one, else "storm". */
static const char *op_word(const struct sm_set *ops)
{
	return sm_set_count(ops) == 1 ? sm_catalogue_op(sm_set_next(ops, 0)) :
					"storm";
}

void sm_ktap_name(const struct sm_run_spec *spec, char *name, size_t size)
{
	char profiles[SM_KTAP_NAME], defects[SM_KTAP_NAME];

	sm_ktap_profiles(spec, '_', profiles, sizeof(profiles));
	sm_ktap_defects(spec, '_', defects, sizeof(defects));
	snprintf(name, size, "%s.%s.%s%s%s",
		 sm_catalogue_backend(spec->backend)->name,
		 profiles[0] ? profiles : "native", op_word(&spec->ops),
		 defects[0] ? "." : "", defects);
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_.-", *name))
			*name = '_';
}

void sm_ktap_begin(FILE *f, unsigned int nr)
{
	fprintf(f, "KTAP version 1\n1..%u\n", nr);
	fflush(f);
}

/* A directive's text: one line, without another '#'. */
static void print_text(FILE *f, const char *text)
{
	for (; *text; text++)
		fputc(*text == '#' || iscntrl((unsigned char)*text) ?
		      ' ' : *text, f);
}

void sm_ktap_result(FILE *f, unsigned int number, const char *name,
		    enum sm_verdict verdict, const char *reason)
{
	static const char *const directives[] = {
		[SM_SKIP] = "SKIP",
		[SM_BROKEN] = "ERROR",
		[SM_INCOMPLETE] = "ERROR",
		[SM_TIMEOUT] = "TIMEOUT",
	};
	const char *directive = directives[verdict];

	fprintf(f, "%s %u %s", verdict == SM_PASS || verdict == SM_SKIP ?
		"ok" : "not ok", number, name);
	if (directive) {
		fprintf(f, " # %s ", directive);
		print_text(f, reason);
	}
	fputc('\n', f);
	fflush(f);
}
