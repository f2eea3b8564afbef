// SPDX-License-Identifier: GPL-2.0-only
/*
 * From words on the command line to rows of the tables.
 */
#include <stdio.h>
#include <string.h>

#include "backends/backends.h"
#include "base/ops.h"
#include "base/symbols.h"
#include "base/util.h"
#include "judge/known.h"
#include "judge/oracles.h"
#include "module/defects.h"
#include "module/profiles.h"
#include "names.h"

#define MAX_CLASSES	32
#define MAX_CLOSEST	3	/* emitters that are offered for one that is not known */

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
		return i < SM_MAX_DEFECTS ? sm_defects[i].name : NULL;
	case SM_NAMES_MEMORY:
		return i < SM_MEM_NR ? sm_memory_names[i] : NULL;
	case SM_NAMES_KNOWN:
		return i < SM_KNOWN_NR ? sm_known[i].name : NULL;
	case SM_NAMES_ORACLE:
		return sm_oracles[i].name;
	}
	return NULL;
}

struct sm_set sm_names_all(enum sm_names kind)
{
	struct sm_set rows = { { 0 } };
	unsigned int i;

	for (i = 0; sm_names_get(kind, i); i++)
		if (kind != SM_NAMES_BACKEND || !sm_backends[i]->example)
			sm_set_add(&rows, i);
	return rows;
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

static bool is_word(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && !memcmp(name, word, len);
}

static int find_row(enum sm_names kind, const char *word, size_t len)
{
	const char *name;
	unsigned int i;

	for (i = 0; (name = sm_names_get(kind, i)); i++)
		if (is_word(name, word, len))
			return i;
	return -1;
}

/* Ops of a class may stand apart in the table; each class is told once. */
static void tell_classes(void)
{
	const char *told[MAX_CLASSES];
	const struct sm_op *op;
	unsigned int i, nr = 0;

	for (op = sm_ops; op->name && nr < MAX_CLASSES; op++) {
		for (i = 0; i < nr && strcmp(told[i], op->class); i++)
			;
		if (i < nr)
			continue;
		fprintf(stderr, "%s %s", nr ? "," : "; classes:", op->class);
		told[nr++] = op->class;
	}
	fputs("; @EMITTER: those that reach it", stderr);
}

int sm_names_find(enum sm_names kind, const char *word, size_t len)
{
	const char *name;
	unsigned int i;
	int row = find_row(kind, word, len);

	if (row >= 0)
		return row;
	fprintf(stderr, "stalemate: unknown %s '%.*s'; known:", kinds[kind],
		(int)len, word);
	for (i = 0; (name = sm_names_get(kind, i)); i++)
		fprintf(stderr, "%s %s", i ? "," : "", name);
	if (kind == SM_NAMES_OP)
		tell_classes();
	fputc('\n', stderr);
	return -1;
}

static struct sm_set ops_of_class(const char *word, size_t len)
{
	struct sm_set rows = { { 0 } };
	unsigned int i;

	for (i = 0; sm_ops[i].name; i++)
		if (is_word(sm_ops[i].class, word, len))
			sm_set_add(&rows, i);
	return rows;
}

static struct sm_set ops_of_emitter(const char *word, size_t len)
{
	struct sm_set rows = { { 0 } };
	const char *const *name;
	unsigned int i;

	for (i = 0; sm_ops[i].name; i++)
		for (name = sm_ops[i].emitters; *name; name++)
			if (is_word(*name, word, len))
				sm_set_add(&rows, i);
	return rows;
}

static bool is_reached(const char *emitter)
{
	struct sm_set ops = ops_of_emitter(emitter, strlen(emitter));

	return !sm_set_empty(&ops);
}

/* How long is the longest piece that a word and a name have in common? */
static size_t likeness(const char *word, size_t len, const char *name)
{
	size_t i, n, best = 0;
	const char *at;

	for (i = 0; i < len; i++)
		for (at = name; *at; at++) {
			for (n = 0; i + n < len && at[n] == word[i + n]; n++)
				;
			if (n > best)
				best = n;
		}
	return best;
}

/* Offers only what some op reaches. */
static void tell_closest(const char *word, size_t len)
{
	unsigned int i, nr, best = 0;
	struct sm_set told = { { 0 } };

	for (nr = 0; nr < MAX_CLOSEST; nr++) {
		size_t most = 0;

		for (i = 0; i < SM_SET_ROOM && sm_emitters[i].name; i++) {
			const char *name = sm_emitters[i].name;

			if (sm_set_has(&told, i) || !is_reached(name) ||
			    likeness(word, len, name) <= most)
				continue;
			most = likeness(word, len, name);
			best = i;
		}
		if (!most)
			return;
		sm_set_add(&told, best);
		fprintf(stderr, "%s %s", nr ? "," : "; closest:",
			sm_emitters[best].name);
	}
}

static bool find_emitter(const char *word, size_t len, struct sm_set *rows)
{
	const struct sm_emitter_info *e;

	*rows = ops_of_emitter(word, len);
	if (!sm_set_empty(rows))
		return true;
	for (e = sm_emitters; e->name && !is_word(e->name, word, len); e++)
		;
	if (e->name) {
		fprintf(stderr,
			"stalemate: emitter '%s' is reached by no op; `stalemate list ops' shows which are\n",
			e->name);
		return false;
	}
	fprintf(stderr, "stalemate: unknown emitter '%.*s'", (int)len, word);
	tell_closest(word, len);
	fputs("; `stalemate list emitters' shows all\n", stderr);
	return false;
}

/* One word, without its minus. */
static bool find_rows(enum sm_names kind, const char *word, size_t len,
		      struct sm_set *rows)
{
	int row;

	if (is_word(SM_NAMES_ALL, word, len)) {
		*rows = sm_names_all(kind);
		return true;
	}
	if (kind == SM_NAMES_OP) {
		if (len && *word == '@')
			return find_emitter(word + 1, len - 1, rows);
		*rows = ops_of_class(word, len);
		if (!sm_set_empty(rows) && find_row(kind, word, len) < 0)
			return true;
	}
	row = sm_names_find(kind, word, len);
	if (row < 0)
		return false;
	*rows = sm_set_of(row);
	return true;
}

bool sm_names_is_all(const char *list)
{
	size_t len;

	if (*list == '-')
		return true;
	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (is_word(SM_NAMES_ALL, list, len))
			return true;
		if (!list[len])
			return false;
	}
}

bool sm_names_set(enum sm_names kind, const char *list, struct sm_set *rows)
{
	const char *word = list;
	struct sm_set named;
	size_t len;
	bool minus;

	*rows = *list == '-' ? sm_names_all(kind) : (struct sm_set){ { 0 } };
	for (;; word += len + 1) {
		minus = *word == '-';
		word += minus;
		len = strcspn(word, ",");
		if (!find_rows(kind, word, len, &named))
			return false;
		if (minus)
			sm_set_andnot(rows, &named);
		else
			sm_set_or(rows, &named);
		if (!word[len])
			break;
	}
	if (!sm_set_empty(rows))
		return true;
	fprintf(stderr, "stalemate: no %s is left of '%s'; want one at least\n",
		kinds[kind], list);
	return false;
}
