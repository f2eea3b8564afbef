/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests that are not to be run, each for a reason: files of lines
 *
 *	NAME-OR-PATTERN [REASON]
 *
 * with patterns as of the shell, see fnmatch(3). Empty lines and those that begin
 * with # are left out.
 */
#ifndef SM_SKIP_H
#define SM_SKIP_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct sm_skip_entry - a line of such a file
 * @pattern: the names that are meant
 * @reason: why, and who says so: "REASON (FILE:LINE)"
 * @where: who says so: "FILE:LINE"
 * @used: it has matched the name of a test
 */
struct sm_skip_entry {
	char *pattern;
	char *reason;
	char *where;
	bool used;
};

/**
 * struct sm_skip - all of them
 * @entries: the lines, in the order in which they were read
 * @nr: how many
 */
struct sm_skip {
	struct sm_skip_entry *entries;
	unsigned int nr;
};

/**
 * sm_skip_read() - add the lines of a file
 * @s: where to
 * @path: the file
 * @why: gets one line that says what is wrong, and where
 * @size: room at @why
 *
 * Return: 0 or a negative errno.
 */
int sm_skip_read(struct sm_skip *s, const char *path, char *why, size_t size);

/**
 * sm_skip_find() - is a test not to be run?
 * @s: what was read; all lines that match count as used
 * @name: name of the test
 *
 * Return: why not, as the first line that matches says, for as long as @s is
 * neither read into nor freed; or NULL if it is to be run.
 */
const char *sm_skip_find(struct sm_skip *s, const char *name);

/**
 * sm_skip_unused() - the next line that has matched nothing so far
 * @s: what was read
 * @from: 0, then what the last call left there
 *
 * Return: the line, or NULL if there is no other.
 */
const struct sm_skip_entry *sm_skip_unused(const struct sm_skip *s,
					   unsigned int *from);

/**
 * sm_skip_warn() - say on stderr which lines have matched nothing, one by one
 * @s: what was read, when sm_skip_find() was asked for all tests
 */
void sm_skip_warn(const struct sm_skip *s);

/**
 * sm_skip_free() - forget all lines
 * @s: what was read
 */
void sm_skip_free(struct sm_skip *s);

#endif /* SM_SKIP_H */
