// SPDX-License-Identifier: GPL-2.0-only
/*
 * From words on the command line to rows of the tables.
 */
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "tables.h"

static const char *const kinds[] = {
	[SM_NAMES_BACKEND] = "backend",
	[SM_NAMES_PROFILE] = "profile",
	[SM_NAMES_OP] = "op",
	[SM_NAMES_DEFECT] = "defect",
	[SM_NAMES_MEMORY] = "memory kind",
	[SM_NAMES_KNOWN] = "finding",
	[SM_NAMES_ORACLE] = "oracle",
};

const char *sm_names_get(enum sm_names kind, unsigned int i)
{
	switch (kind) {
	case SM_NAMES_BACKEND:
		return sm_backends[i] ? sm_backends[i]->name : NULL;
	case SM_NAMES_PROFILE:
		return i < SM_PROFILE_NR ? sm_profiles[i].name : NULL;
	case SM_NAMES_OP:
		return i < SM_MAX_OPS ? sm_ops[i].name : NULL;
	case SM_NAMES_DEFECT:
		return i < SM_DEFECT_NR ? sm_defects[i].name : NULL;
	case SM_NAMES_MEMORY:
		return i < SM_MEM_NR ? sm_memory_names[i] : NULL;
	case SM_NAMES_KNOWN:
		return i < SM_KNOWN_NR ? sm_known[i].name : NULL;
	case SM_NAMES_ORACLE:
		return sm_oracles[i].name;
	}
	return NULL;
}

uint64_t sm_names_all(enum sm_names kind)
{
	uint64_t mask = 0;
	unsigned int i;

	for (i = 0; i < 64 && sm_names_get(kind, i); i++)
		if (kind != SM_NAMES_BACKEND || !sm_backends[i]->example)
			mask |= 1ULL << i;
	return mask;
}

bool sm_names_has_profile(unsigned int profile, char *why, size_t size)
{
	unsigned int i;

	for (i = 0; sm_backends[i]; i++)
		if (sm_backends[i]->profiled && sm_backends[i]->has &&
		    !sm_backends[i]->has(profile, why, size))
			return false;
	return true;
}

int sm_names_find(enum sm_names kind, const char *word, size_t len)
{
	const char *name;
	unsigned int i;

	for (i = 0; (name = sm_names_get(kind, i)); i++)
		if (strlen(name) == len && !memcmp(name, word, len))
			return i;
	fprintf(stderr, "stalemate: unknown %s '%.*s'; known:", kinds[kind],
		(int)len, word);
	for (i = 0; (name = sm_names_get(kind, i)); i++)
		fprintf(stderr, "%s %s", i ? "," : "", name);
	fputc('\n', stderr);
	return -1;
}

bool sm_names_mask(enum sm_names kind, const char *list, uint64_t *mask)
{
	*mask = 0;
	for (;;) {
		size_t len = strcspn(list, ",");
		int i;

		if (len == 3 && !memcmp(list, "all", len)) {
			*mask |= sm_names_all(kind);
		} else {
			i = sm_names_find(kind, list, len);
			if (i < 0)
				return false;
			*mask |= 1ULL << i;
		}
		if (!list[len])
			return true;
		list += len + 1;
	}
}
