/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A directory for a test's files, and what is in them. Included by one file per
 * test program.
 */
#ifndef SM_SCRATCH_H
#define SM_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#define SCRATCH_PATH	64

static char scratch_dir[32];

static int scratch_make(void **state)
{
	(void)state;
	snprintf(scratch_dir, sizeof(scratch_dir), "/tmp/stalemate-test-XXXXXX");
	return mkdtemp(scratch_dir) ? 0 : -1;
}

/* Returns how many files there were. */
static unsigned int scratch_empty(void)
{
	char path[512];
	struct dirent *entry;
	unsigned int nr = 0;
	DIR *d = opendir(scratch_dir);

	assert_non_null(d);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", scratch_dir, entry->d_name);
		unlink(path);
		nr++;
	}
	closedir(d);
	return nr;
}

static int scratch_remove(void **state)
{
	(void)state;
	scratch_empty();
	return rmdir(scratch_dir);
}

static inline void scratch_path(char *path, const char *name)
{
	snprintf(path, SCRATCH_PATH, "%s/%s", scratch_dir, name);
}

/* Returns what is in a file, with a zero at the end. */
static inline char *scratch_read(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t len = 0, room = 0;
	char *text = NULL;

	if (!f)
		fail_msg("cannot read %s", path);
	do {
		room = 2 * room + 4096;
		text = realloc(text, room + 1);
		assert_non_null(text);
		len += fread(text + len, 1, room - len, f);
	} while (len == room);
	fclose(f);
	text[len] = '\0';
	return text;
}

static inline void scratch_write(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static inline struct json_object *at(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, key, &value))
		fail_msg("no \"%s\"", key);
	return value;
}

static inline const char *text_at(struct json_object *o, const char *key)
{
	return json_object_get_string(at(o, key));
}

static inline uint64_t number_at(struct json_object *o, const char *key)
{
	assert_true(json_object_is_type(at(o, key), json_type_int));
	return json_object_get_uint64(at(o, key));
}

static inline struct json_object *nth_of(struct json_object *o, const char *key,
					 size_t i)
{
	struct json_object *a = at(o, key);

	if (json_object_array_length(a) <= i)
		fail_msg("%s has only %zu elements", key,
			 json_object_array_length(a));
	return json_object_array_get_idx(a, i);
}

#endif /* SM_SCRATCH_H */
