/* SPDX-License-Identifier: GPL-2.0-only */
/* The sessions that a report is made of: of a journal, a folder, or a night. */
#ifndef SM_SESSIONS_H
#define SM_SESSIONS_H

#include <json-c/json.h>

/**
 * struct sm_sessions - the sessions of a report
 * @all: an array of results
 * @compared: how the night differs from the one before, see sm_compare_nights(); or
 *	NULL, if that is not known
 * @status: what could not be read, as an exit status: SM_EXIT_PASS: all was read
 */
struct sm_sessions {
	struct json_object *all;
	struct json_object *compared;
	int status;
};

/**
 * sm_sessions_of_journals() - read those of a journal, or of a folder of them
 * @s: filled in
 * @path: the journal, or the folder
 *
 * Says on stderr what cannot be read.
 *
 * Return: 0, or an exit status if there is nothing to make a report of.
 */
int sm_sessions_of_journals(struct sm_sessions *s, const char *path);

/**
 * sm_sessions_of_night() - read those of a night of a history
 * @s: filled in
 * @db: file of the history
 * @night: which night
 *
 * Return: as sm_sessions_of_journals().
 */
int sm_sessions_of_night(struct sm_sessions *s, const char *db,
			 const char *night);

/**
 * sm_sessions_close() - forget them
 * @s: the sessions
 */
void sm_sessions_close(struct sm_sessions *s);

#endif /* SM_SESSIONS_H */
