// SPDX-License-Identifier: GPL-2.0-only
/* The lines of a journal, as they are read. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "brief.h"
#include "lines.h"
#include "member.h"

#define READ_CHUNK	65536	/* bytes */

int sm_lines_read(int fd, char **text, size_t *len)
{
	size_t room = 0;
	ssize_t n;
	char *more;

	*text = NULL;
	for (*len = 0;; *len += n) {
		if (room - *len < READ_CHUNK) {
			room += room + READ_CHUNK;
			more = realloc(*text, room);
			if (!more)
				return -ENOMEM;
			*text = more;
		}
		do {
			n = read(fd, *text + *len, room - *len);
		} while (n < 0 && errno == EINTR);
		if (n <= 0)
			return n ? -errno : 0;
	}
}

/* A record, if the line is one as a whole. */
static struct json_object *parse(const char *line, size_t len)
{
	struct json_tokener *t = json_tokener_new();
	struct json_object *o = NULL;

	if (!t)
		return NULL;
	if (len < INT32_MAX)
		o = json_tokener_parse_ex(t, line, len);
	if (json_tokener_get_parse_end(t) != len ||
	    !*sm_member_text(o, "record")) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(t);
	return o;
}

/* Who died while he wrote left a line that is cut, or zeroes. */
bool sm_lines_parse(struct json_object *records, char *text, size_t len,
		    bool brief, unsigned int *damaged)
{
	char *end = text + len, *eol;
	struct json_object *o;
	bool torn = false;
	size_t n;

	for (; text < end; text = eol + 1) {
		eol = memchr(text, '\n', end - text);
		torn = !eol;
		if (!eol)
			eol = end;
		if (eol == text)
			continue;
		n = brief ? sm_brief_line(text, eol - text) : (size_t)(eol - text);
		o = parse(text, n);
		if (o)
			json_object_array_add(records, o);
		else if (!torn)
			++*damaged;
	}
	return torn;
}
