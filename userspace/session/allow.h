/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Complaints of the kernel that are not held against a run: asked for by the
 * user, each with a reason, and those of a file until some day.
 */
#ifndef SM_ALLOW_H
#define SM_ALLOW_H

#include <regex.h>
#include <stddef.h>

/**
 * struct sm_allow_entry - what is excused
 * @pattern: extended regular expression, searched in the complaint's line
 * @regex: the same, compiled
 * @reason: why it says nothing of the driver under test
 * @where: who says so: "FILE:LINE", or the option
 * @expires: year, month and day (20271231) from which it counts again; 0: never
 */
struct sm_allow_entry {
	char *pattern;
	regex_t regex;
	char *reason;
	char *where;
	unsigned int expires;
};

/**
 * struct sm_allow - the list
 * @entries: its entries
 * @nr: how many
 */
struct sm_allow {
	struct sm_allow_entry *entries;
	unsigned int nr;
};

/**
 * sm_allow_add() - excuse what matches a pattern, for as long as we run
 * @a: the list
 * @pattern: extended regular expression
 * @why: gets one line that says what is wrong with it
 * @size: room at @why
 *
 * Return: 0 or a negative errno.
 */
int sm_allow_add(struct sm_allow *a, const char *pattern, char *why,
		 size_t size);

/**
 * sm_allow_read() - add the entries of a file
 * @a: the list
 * @path: the file: lines of a day (2027-12-31), a pattern and a reason, with
 *	tabs between them; empty lines and those that begin with # are left out
 * @why: gets one line that says what is wrong, and where
 * @size: room at @why
 *
 * Return: 0 or a negative errno.
 */
int sm_allow_read(struct sm_allow *a, const char *path, char *why,
		  size_t size);

/**
 * sm_allow_find() - find what excuses a line
 * @a: the list, or NULL
 * @line: the line
 * @today: year, month and day as one number
 * @expired: set to an entry that would have excused it until some day, if no
 *	other one does
 *
 * Return: the entry, or NULL.
 */
const struct sm_allow_entry *sm_allow_find(const struct sm_allow *a,
					   const char *line, unsigned int today,
					   const struct sm_allow_entry **expired);

/**
 * sm_allow_today() - what day it is (UTC), as one number
 *
 * Return: year, month and day: 20271231.
 */
unsigned int sm_allow_today(void);

/**
 * sm_allow_free() - forget all entries
 * @a: the list
 */
void sm_allow_free(struct sm_allow *a);

#endif /* SM_ALLOW_H */
