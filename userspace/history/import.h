/* SPDX-License-Identifier: GPL-2.0-only */
/* What a session has found, put into the history. */
#ifndef SM_IMPORT_H
#define SM_IMPORT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct sm_db;

/**
 * enum sm_import_note - what is to be said of what was put in
 * @SM_IMPORT_KNOWN: it was there already, as it is: nothing was done
 * @SM_IMPORT_LESS: it was there, and more was known of it: nothing was done
 * @SM_IMPORT_AHEAD: it began in the future: it was taken to have begun now
 */
enum sm_import_note {
	SM_IMPORT_KNOWN = 1,
	SM_IMPORT_LESS = 2,
	SM_IMPORT_AHEAD = 4,
};

/**
 * struct sm_import - what was put in
 * @notes: mask of enum sm_import_note
 * @ahead: seconds that it began in the future
 * @tests: tests that were put in
 */
struct sm_import {
	unsigned int notes;
	double ahead;
	uint64_t tests;
};

/**
 * sm_import_results() - put the results of a session in
 * @db: the history
 * @root: the results, see sm_results_make()
 * @journal: the file they are from, to find it again
 * @night: name of the night; NULL: the day on which it began, at noon, UTC
 * @now: the time, seconds since 1970
 * @import: filled in
 *
 * A session that is there already is replaced if more is known of it now, as it
 * may have gone on since. Its times are corrected by its clock offset.
 *
 * Return: 0; -EINVAL: these results cannot be put in, others may be; -EIO: the
 * history cannot be written. Nothing of them is in the history then.
 */
int sm_import_results(struct sm_db *db, struct json_object *root,
		      const char *journal, const char *night, double now,
		      struct sm_import *import);

/**
 * sm_import_forget() - drop nights that are old
 * @db: the history
 * @before: seconds since 1970: nights that began before this go
 * @dropped: set to how many went
 *
 * When and where each signature was seen first is kept.
 *
 * Return: 0 or -EIO; nothing was dropped then.
 */
int sm_import_forget(struct sm_db *db, double before, uint64_t *dropped);

#endif /* SM_IMPORT_H */
