/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal of a session: JSON, one record a line, in the order in which things
 * happened. A record is written with one write() and synced before anything else
 * is done, so that it is there whatever happens next; nothing is ever rewritten.
 * It is kept in memory as well: what a full disk does not take is written when
 * there is room again, and results are made from what is in memory.
 *
 * Each record has a member "record" that says what it is:
 *
 *	session	what runs, on what, with which seed; see sm_report_new()
 *	begin	a test begins: its number, name, parameters, time
 *	finding	a violation, as in the results, and the number of its test
 *	end	a test has ended: its number, and its run as in the results, but
 *		for the violations that have a record of their own
 *	set	a member of the results: what bench measured, for example
 *	resumed	another session goes on with this journal; what the machine said before
 *		it went down, if that is known
 *	close	the session has ended, with this verdict
 *
 * A second "begin" of a number, after "resumed", replaces what was known of it.
 */
#ifndef SM_JOURNAL_H
#define SM_JOURNAL_H

#include <json-c/json.h>
#include <stdbool.h>

struct sm_journal;

/**
 * sm_journal_new() - begin a journal
 * @path: its file; NULL: memory only
 *
 * A file of that name is another session's: it is renamed to @path with ".old"
 * appended, as is a symbolic link, which is not followed. A file that has this
 * name is replaced, unless its session has no end either: then ".old.1" and so on
 * to ".old.99" is appended. What is not a file, or is our own standard output, is
 * written to as it is.
 *
 * Return: the journal; NULL if it cannot be written (errno says why; EBUSY: a
 * session that still goes on, or has just begun, writes to it; EEXIST: there is no
 * name left for the old one).
 */
struct sm_journal *sm_journal_new(const char *path);

/**
 * sm_journal_open() - read a journal, and go on with it
 * @path: its file
 *
 * Return: the journal; NULL on error. errno is EBUSY if a session that still
 * goes on writes to it, and EBADMSG if it is no journal.
 */
struct sm_journal *sm_journal_open(const char *path);

/**
 * sm_journal_read() - read a journal, and nothing else
 * @path: its file, which a session may be writing to
 *
 * Lines that are cut or torn are left out.
 *
 * Return: the journal, to which nothing can be added; NULL on error (errno says
 * why; EBADMSG: it is no journal).
 */
struct sm_journal *sm_journal_read(const char *path);

/**
 * sm_journal_read_brief() - the same, without what sm_brief_line() leaves out
 * @path: its file
 *
 * Return: as sm_journal_read().
 */
struct sm_journal *sm_journal_read_brief(const char *path);

/**
 * sm_journal_add() - add a record, and sync it
 * @j: the journal
 * @record: the record; ownership goes to the journal
 *
 * Return: 0, or the negative errno of what could not be written, or synced. The
 * record is in memory in any case; records that were not written are tried again
 * with the next one.
 */
int sm_journal_add(struct sm_journal *j, struct json_object *record);

/**
 * sm_journal_records() - all records
 * @j: the journal
 *
 * Return: an array; it goes on being the journal's.
 */
struct json_object *sm_journal_records(const struct sm_journal *j);

/**
 * sm_journal_damaged() - lines that could not be read
 * @j: the journal
 *
 * Return: how many there were; a last line that is cut is none.
 */
unsigned int sm_journal_damaged(const struct sm_journal *j);

/**
 * sm_journal_torn() - is its last line cut?
 * @j: the journal
 *
 * Return: true if so, as when who wrote it died over it.
 */
bool sm_journal_torn(const struct sm_journal *j);

/**
 * sm_journal_path() - where it is
 * @j: the journal
 *
 * Return: its file, or NULL.
 */
const char *sm_journal_path(const struct sm_journal *j);

/**
 * sm_journal_is() - is a file the journal's, whatever it is called?
 * @j: the journal
 * @path: the file
 *
 * Return: true if so: what is written there would destroy it. Never of what is
 * no file, as a terminal or a pipe.
 */
bool sm_journal_is(const struct sm_journal *j, const char *path);

/**
 * sm_journal_kept() - was a journal put aside whose session has not ended?
 * @j: what sm_journal_new() returned
 *
 * Return: where it is now, or NULL if there was none.
 */
const char *sm_journal_kept(const struct sm_journal *j);

/**
 * sm_journal_free() - close the file, and forget the records
 * @j: the journal, or NULL
 */
void sm_journal_free(struct sm_journal *j);

#endif /* SM_JOURNAL_H */
