// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of emitters, made of sources, against the functions of the kernel that
 * runs. Only where the table is of that very version: others are near enough for
 * people, and not for a test. CI says (STALEMATE_TEST_TABLE) where there has to be one.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/reach.h"
#include "ksm.h"

static const struct sm_symbols *symbols;
static const char *version;

/* Functions with one caller are inlined: then what they go by is their caller. */
static void places_are_functions(void)
{
	const struct sm_site *site;
	unsigned int i;

	for (site = sm_sites; site->version; site++) {
		if (strcmp(site->version, version) ||
		    sm_symbols_has(symbols, site->function))
			continue;
		for (i = 0; sm_emitters[i].name; i++)
			if (sm_symbols_stands(site->function,
					      sm_emitters[i].name))
				break;
		ASSERT_TRUE(sm_emitters[i].name);
		if (!sm_symbols_has_emitter(symbols, sm_emitters[i].name)) {
			ksm_note("%s: no such function, CONFIG_%s",
				 site->function, site->config);
			/* Of what may be off, not of what is always there. */
			EXPECT_TRUE(site->config[0]);
		}
	}
}

/* A function with the name of an emitter is in the table of its version. */
static void emitters_are_places(void)
{
	unsigned int i;

	for (i = 0; sm_emitters[i].name; i++)
		if (sm_symbols_has(symbols, sm_emitters[i].name)) {
			if (!sm_reach_site(version, i))
				ksm_note("%s is in no source of Linux %s",
					 sm_emitters[i].name, version);
			EXPECT_TRUE(sm_reach_site(version, i));
		}
}

static bool has_table(const char *release)
{
	size_t len = strlen(version);

	return !strncmp(release, version, len) && release[len] == '.';
}

int main(void)
{
	static const struct ksm_case cases[] = {
		KSM_CASE(places_are_functions),
		KSM_CASE(emitters_are_places),
	};
	struct utsname uts;

	uname(&uts);
	version = sm_reach_version(uts.release);
	if (sm_symbols_load(&symbols) || !symbols) {
		printf("1..0 # SKIP this kernel names no functions\n");
		return 4;
	}
	if (!has_table(uts.release)) {
		if (!getenv("STALEMATE_TEST_TABLE")) {
			printf("1..0 # SKIP no table of this kernel's sources\n");
			return 4;
		}
		printf("1..1\nnot ok 1 - table # ci/emitters/make %s=TREE\n",
		       uts.release);
		return 1;
	}
	return ksm_main(cases, ARRAY_SIZE(cases));
}
