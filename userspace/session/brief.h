/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of a journal, without what only who looks at that one test wants to know. */
#ifndef SM_BRIEF_H
#define SM_BRIEF_H

#include <stddef.h>

/**
 * sm_brief_line() - leave out lists and objects of a run but its violations: counters,
 * and its options, which are told of when it begins as well
 * @line: an "end" record; any other line is left as it is
 * @len: bytes of it, without its end
 *
 * It is most of what a journal has, and reading it is most of what an import does.
 *
 * Return: how many bytes are left.
 */
size_t sm_brief_line(char *line, size_t len);

/**
 * sm_brief_options() - find what a test was told to do
 * @line: a "begin" record; in any other there is nothing
 * @len: bytes of it, without its end
 * @size: set to how many bytes it has
 *
 * Tests that follow one another mostly have the same, and it is most of the line.
 *
 * Return: the object "options" of the record, or NULL.
 */
char *sm_brief_options(char *line, size_t len, size_t *size);

#endif /* SM_BRIEF_H */
