// SPDX-License-Identifier: GPL-2.0-only
/* Tests that are not to be run: see skip.h. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "skip.h"

#define SPACE	" \t\r\n\f\v"

/* What names of tests are made of, and what fnmatch(3) makes patterns of. */
#define LETTERS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define PATTERN	LETTERS "0123456789_.-*?[]!^:"

static void skip_drop(struct sm_skip_entry *n)
{
	free(n->pattern);
	free(n->reason);
	free(n->where);
}

static int skip_append(struct sm_skip *s, const char *where,
		       const char *pattern, const char *reason)
{
	struct sm_skip_entry *more, n = { .used = false };

	more = reallocarray(s->entries, s->nr + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->entries = more;
	n.pattern = strdup(pattern);
	n.where = strdup(where);
	if (!n.pattern || !n.where ||
	    asprintf(&n.reason, "%s (%s)", *reason ? reason : "asked to",
		     where) < 0) {
		n.reason = NULL;
		skip_drop(&n);
		return -ENOMEM;
	}
	s->entries[s->nr++] = n;
	return 0;
}

static char *skip_trim(char *s)
{
	size_t len;

	s += strspn(s, SPACE);
	for (len = strlen(s); len && strchr(SPACE, s[len - 1]); len--)
		;
	s[len] = '\0';
	return s;
}

static int skip_line(struct sm_skip *s, const char *where, char *line,
		     char *why, size_t size)
{
	char *pattern = skip_trim(line);
	char *reason = pattern + strcspn(pattern, SPACE);
	int err;

	if (!*pattern || *pattern == '#')
		return 0;
	if (*reason)
		*reason++ = '\0';
	if (pattern[strspn(pattern, PATTERN)]) {
		snprintf(why, size,
			 "%s: '%s' is no test; want a name or a pattern, such as mock.*.munmap, then the reason",
			 where, pattern);
		return -EINVAL;
	}
	err = skip_append(s, where, pattern, skip_trim(reason));
	if (err)
		snprintf(why, size, "%s: out of memory", where);
	return err;
}

static int skip_lines(struct sm_skip *s, const char *path, FILE *f, char *why,
		      size_t size)
{
	unsigned int number = 0;
	char *line = NULL;
	char where[256];
	size_t room = 0;
	ssize_t len;
	int err = 0;

	while (!err && (len = getline(&line, &room, f)) >= 0) {
		snprintf(where, sizeof(where), "%s:%u", path, ++number);
		if (strlen(line) == (size_t)len) {
			err = skip_line(s, where, line, why, size);
			continue;
		}
		snprintf(why, size, "%s: this is no text", where);
		err = -EINVAL;
	}
	if (!err && !feof(f)) {
		err = errno ? -errno : -EIO;
		snprintf(why, size, "%s: %s", path, strerror(-err));
	}
	free(line);
	return err;
}

int sm_skip_read(struct sm_skip *s, const char *path, char *why, size_t size)
{
	FILE *f = fopen(path, "re");
	int err;

	if (!f) {
		err = -errno;
		snprintf(why, size, "%s: %s", path, strerror(-err));
		return err;
	}
	err = skip_lines(s, path, f, why, size);
	fclose(f);
	return err;
}

const char *sm_skip_find(struct sm_skip *s, const char *name)
{
	const char *reason = NULL;
	struct sm_skip_entry *n;

	for (n = s->entries; n < s->entries + s->nr; n++) {
		if (fnmatch(n->pattern, name, 0))
			continue;
		n->used = true;
		if (!reason)
			reason = n->reason;
	}
	return reason;
}

const struct sm_skip_entry *sm_skip_unused(const struct sm_skip *s,
					   unsigned int *from)
{
	while (*from < s->nr) {
		const struct sm_skip_entry *n = &s->entries[(*from)++];

		if (!n->used)
			return n;
	}
	return NULL;
}

void sm_skip_warn(const struct sm_skip *s)
{
	const struct sm_skip_entry *n;
	unsigned int from = 0;

	while ((n = sm_skip_unused(s, &from)))
		fprintf(stderr,
			"stalemate: %s: '%s' matches no test of this command, see --list-only\n",
			n->where, n->pattern);
}

void sm_skip_free(struct sm_skip *s)
{
	while (s->nr)
		skip_drop(&s->entries[--s->nr]);
	free(s->entries);
	s->entries = NULL;
}
