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

/**
 * struct options - what the last test was told to do
 * @text: as it is written
 * @len: bytes of it
 * @object: as it was read, or NULL
 */
struct options {
	const char *text;
	size_t len;
	struct json_object *object;
};

/* What was read once is not read again, but shared. */
static struct json_object *parse_brief(struct options *last, char *line,
				       size_t len)
{
	struct json_object *o;
	size_t size;
	char *text;

	text = sm_brief_options(line, len, &size);
	if (!text)
		return parse(line, sm_brief_line(line, len));
	if (last->object && size == last->len && !memcmp(text, last->text, size)) {
		memset(text, ' ', size);
		memcpy(text, "{}", 2);
		o = parse(line, len);
		if (o)
			json_object_object_add(o, "options",
					       json_object_get(last->object));
		return o;
	}
	o = parse(line, len);
	json_object_put(last->object);
	last->object = json_object_get(sm_member_get(o, "options"));
	last->text = text;
	last->len = size;
	return o;
}

/* Who died while he wrote left a line that is cut, or zeroes. */
bool sm_lines_parse(struct json_object *records, char *text, size_t len,
		    bool brief, unsigned int *damaged)
{
	char *end = text + len, *eol;
	struct options last = { 0 };
	struct json_object *o;
	bool torn = false;

	for (; text < end; text = eol + 1) {
		eol = memchr(text, '\n', end - text);
		torn = !eol;
		if (!eol)
			eol = end;
		if (eol == text)
			continue;
		o = brief ? parse_brief(&last, text, eol - text) :
			    parse(text, eol - text);
		if (o)
			json_object_array_add(records, o);
		else if (!torn)
			++*damaged;
	}
	json_object_put(last.object);
	return torn;
}
