/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of a journal, as they are read. */
#ifndef SM_LINES_H
#define SM_LINES_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * sm_lines_read() - read a file to its end
 * @fd: the file
 * @text: set to what is in it, to be freed also on an error
 * @len: set to its length
 *
 * Return: 0 or a negative errno.
 */
int sm_lines_read(int fd, char **text, size_t *len);

/**
 * sm_lines_parse() - make records of lines
 * @records: array that gets those that are whole
 * @text: the lines; if @brief, they are changed
 * @len: bytes of them
 * @brief: without what sm_brief_line() leaves out
 * @damaged: counts up for each line that is none, but for a last one that is cut
 *
 * Return: does the last line lack its end?
 */
bool sm_lines_parse(struct json_object *records, char *text, size_t len,
		    bool brief, unsigned int *damaged);

#endif /* SM_LINES_H */
