/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From words on the command line to rows of the tables. A word that no row
 * has is answered with one line that lists those that exist.
 */
#ifndef SM_NAMES_H
#define SM_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/set.h"

#define SM_NAMES_ALL	"all"	/* every row, where a list is asked for */

/**
 * enum sm_names - tables that can be named on the command line
 * @SM_NAMES_BACKEND: sm_backends[]
 * @SM_NAMES_PROFILE: sm_profiles[]
 * @SM_NAMES_OP: sm_ops[]
 * @SM_NAMES_DEFECT: sm_defects[]
 * @SM_NAMES_MEMORY: sm_memory_names[]
 * @SM_NAMES_KNOWN: sm_known[]
 * @SM_NAMES_ORACLE: sm_oracles[]
 */
enum sm_names {
	SM_NAMES_BACKEND,
	SM_NAMES_PROFILE,
	SM_NAMES_OP,
	SM_NAMES_DEFECT,
	SM_NAMES_MEMORY,
	SM_NAMES_KNOWN,
	SM_NAMES_ORACLE,
};

/**
 * sm_names_get() - the name of a row
 * @kind: table
 * @i: row
 *
 * Return: NULL behind the last row.
 */
const char *sm_names_get(enum sm_names kind, unsigned int i);

/**
 * sm_names_all() - the rows of a table, of backends without the examples
 * @kind: table
 *
 * Return: all of them.
 */
struct sm_set sm_names_all(enum sm_names kind);

/**
 * sm_names_has_profile() - can the mock follow this profile here?
 * @profile: row of sm_profiles[]
 * @why: gets one line if it cannot
 * @size: room at @why
 *
 * Return: also true if nobody can tell, as without the module.
 */
bool sm_names_has_profile(unsigned int profile, char *why, size_t size);

/**
 * sm_names_find() - find one name, or complain
 * @kind: table
 * @word: the name
 * @len: its length
 *
 * Return: the row, or -1 after one line on stderr.
 */
int sm_names_find(enum sm_names kind, const char *word, size_t len);

/**
 * sm_names_is_all() - was a list not chosen one by one?
 * @list: the list
 *
 * Return: true if "all" is among its words, or it begins with a minus.
 */
bool sm_names_is_all(const char *list);

/**
 * sm_names_set() - parse a list of names, or complain
 * @kind: table
 * @list: words with commas between them, which add rows or, with a minus before
 *	them, take some away, from left to right; one that begins with a minus
 *	starts from all. A word is the name of a row, or "all"; of ops also a
 *	class (the op of that name, if there is one), or "@EMITTER": all ops
 *	whose rows name that emitter
 * @rows: set to the rows, of which there is one at least
 *
 * Return: false after one line on stderr.
 */
bool sm_names_set(enum sm_names kind, const char *list, struct sm_set *rows);

#endif /* SM_NAMES_H */
