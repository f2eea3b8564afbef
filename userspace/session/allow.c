// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel may complain about: see allow.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "allow.h"

#define ALLOW_LINE	1024
#define ALLOW_OPTION	"--allow-splat"

static void allow_drop(struct sm_allow_entry *n)
{
	free(n->pattern);
	free(n->reason);
	free(n->where);
}

static int allow_compile(struct sm_allow_entry *n, const char *pattern,
			 char *why, size_t size)
{
	int err = regcomp(&n->regex, pattern, REG_EXTENDED | REG_NOSUB);
	char text[128];

	if (!err)
		return 0;
	regerror(err, &n->regex, text, sizeof(text));
	snprintf(why, size, "%s: '%s': %s", n->where, pattern, text);
	return -EINVAL;
}

static int allow_append(struct sm_allow *a, const char *where,
			unsigned int expires, const char *pattern,
			const char *reason, char *why, size_t size)
{
	struct sm_allow_entry *more, n = { .expires = expires };
	int err = -ENOMEM;

	more = realloc(a->entries, (a->nr + 1) * sizeof(*more));
	if (more)
		a->entries = more;
	n.pattern = strdup(pattern);
	n.reason = strdup(reason);
	n.where = strdup(where);
	if (!more || !n.pattern || !n.reason || !n.where)
		snprintf(why, size, "out of memory");
	else
		err = allow_compile(&n, pattern, why, size);
	if (err)
		allow_drop(&n);
	else
		a->entries[a->nr++] = n;
	return err;
}

int sm_allow_add(struct sm_allow *a, const char *pattern, char *why,
		 size_t size)
{
	return allow_append(a, ALLOW_OPTION, 0, pattern, "asked for", why,
			    size);
}

/* "2027-12-31" as a number; 0 if it is no day. */
static unsigned int allow_day(const char *s)
{
	struct tm tm = { .tm_isdst = -1 };
	unsigned int year, month, day;
	int len = 0;

	if (strspn(s, "0123456789-") != strlen(s) ||
	    sscanf(s, "%4u-%2u-%2u%n", &year, &month, &day, &len) != 3 ||
	    s[len] || len != 10 || year < 1970)
		return 0;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	/* What is no day of a calendar is another day of it then. */
	if (timegm(&tm) == -1 || tm.tm_mon + 1 != (int)month ||
	    tm.tm_mday != (int)day)
		return 0;
	return year * 10000 + month * 100 + day;
}

static int allow_line(struct sm_allow *a, const char *where, char *line,
		      char *why, size_t size)
{
	char *pattern, *reason;
	unsigned int expires;

	line[strcspn(line, "\n")] = '\0';
	if (!line[0] || line[0] == '#')
		return 0;
	pattern = strchr(line, '\t');
	reason = pattern ? strchr(pattern + 1, '\t') : NULL;
	if (!reason || reason == pattern + 1 || !reason[1]) {
		snprintf(why, size,
			 "%s: want a day, a pattern and a reason, with tabs between them",
			 where);
		return -EINVAL;
	}
	*pattern++ = '\0';
	*reason++ = '\0';
	expires = allow_day(line);
	if (expires)
		return allow_append(a, where, expires, pattern, reason, why,
				    size);
	snprintf(why, size, "%s: '%s' is no day such as 2027-12-31", where,
		 line);
	return -EINVAL;
}

int sm_allow_read(struct sm_allow *a, const char *path, char *why, size_t size)
{
	FILE *f = fopen(path, "re");
	char line[ALLOW_LINE], where[256];
	unsigned int number = 0;
	int err = 0;

	if (!f) {
		err = -errno;
		snprintf(why, size, "%s: %s", path, strerror(-err));
		return err;
	}
	while (!err && fgets(line, sizeof(line), f)) {
		snprintf(where, sizeof(where), "%s:%u", path, ++number);
		if (!strchr(line, '\n') && !feof(f)) {
			snprintf(why, size, "%s: the line is too long", where);
			err = -EINVAL;
			continue;
		}
		err = allow_line(a, where, line, why, size);
	}
	if (!err && ferror(f)) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		err = -EIO;
	}
	fclose(f);
	return err;
}

const struct sm_allow_entry *sm_allow_find(const struct sm_allow *a,
					   const char *line, unsigned int today,
					   const struct sm_allow_entry **expired)
{
	const struct sm_allow_entry *n;
	unsigned int i;

	*expired = NULL;
	for (i = 0; a && i < a->nr; i++) {
		n = &a->entries[i];
		if (regexec(&n->regex, line, 0, NULL, 0))
			continue;
		if (!n->expires || today < n->expires) {
			*expired = NULL;
			return n;
		}
		*expired = n;
	}
	return NULL;
}

unsigned int sm_allow_today(void)
{
	time_t now = time(NULL);
	struct tm tm;

	if (!gmtime_r(&now, &tm))
		return 0;
	return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

void sm_allow_free(struct sm_allow *a)
{
	while (a->nr) {
		a->nr--;
		regfree(&a->entries[a->nr].regex);
		allow_drop(&a->entries[a->nr]);
	}
	free(a->entries);
	a->entries = NULL;
}
