/* SPDX-License-Identifier: GPL-2.0-only */
/* The journals of a folder, and the results that they tell of. */
#ifndef SM_JOURNALS_H
#define SM_JOURNALS_H

#include <json-c/json.h>
#include <stdbool.h>

/**
 * typedef sm_journals_fn - what is done with the results of a journal
 * @arg: whatever the caller needs
 * @path: the journal
 * @root: its results, which go when this returns
 * @cut: its last line is cut, or lines before that are damaged
 *
 * Return: 0, or a negative errno to stop.
 */
typedef int sm_journals_fn(void *arg, const char *path, struct json_object *root,
			   bool cut);

/**
 * sm_journals_each() - read journals, one after the other
 * @brief: without what sm_brief_line() leaves out
 * @path: a journal, or a folder: all files in it, and in its folders, whose names
 *	end in .jsonl, in the order of their names
 * @fn: what is done with each
 * @arg: given to @fn
 * @unread: counts up for each that could not be read, which is said on stderr
 *
 * Return: 0; what @fn returned, if that is not 0; or -ENOENT: there was none.
 */
int sm_journals_each(bool brief, const char *path, sm_journals_fn *fn, void *arg,
		     unsigned int *unread);

#endif /* SM_JOURNALS_H */
