// SPDX-License-Identifier: GPL-2.0-only
/* Switches of the machine: see switches.h. */
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/ops.h"
#include "base/util.h"
#include "switches.h"
#include "wire_spec.h"

/* "1", or "always [madvise] never". */
static bool switch_read(struct sm_switch *k)
{
	char text[256], *word = text, *end;

	if (sm_util_read_file(k->path, text, sizeof(text)) <= 0)
		return false;
	if (strchr(text, '['))
		word = strchr(text, '[') + 1;
	end = word + strcspn(word, " ]\n");
	*end = '\0';
	if (!*word || strlen(word) >= sizeof(k->old))
		return false;
	snprintf(k->old, sizeof(k->old), "%.63s", word);
	return true;
}

/* Of two ops that want the same only the first finds what was there before. */
static bool switch_is_kept(const struct sm_switches *s, const char *path)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		if (!strcmp(s->kept[i].path, path))
			return true;
	return false;
}

static void switch_set(struct sm_switches *s, const char *path, size_t len,
		       const char *value)
{
	struct sm_switch *k = &s->kept[s->nr];

	if (s->nr == SM_SWITCHES || len >= sizeof(k->path))
		return;
	memcpy(k->path, path, len);
	k->path[len] = '\0';
	if (!switch_is_kept(s, k->path) && switch_read(k) &&
	    (!*value || !sm_util_write_file(k->path, value)))
		s->nr++;
}

static void switch_set_all(struct sm_switches *s, const struct sm_memory_switch *m)
{
	glob_t found;
	size_t i;

	if (!m->files || glob(m->files, GLOB_BRACE, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++)
		switch_set(s, found.gl_pathv[i], strlen(found.gl_pathv[i]),
			   m->value);
	globfree(&found);
}

static bool switch_reads(const char *wanted, size_t len, const char *word, size_t size)
{
	char path[SM_SWITCHES_PATH], text[SM_SWITCHES_VALUE];

	snprintf(path, sizeof(path), "%.*s", (int)len, wanted);
	return sm_util_read_file(path, text, sizeof(text)) > 0 &&
	       strcspn(text, "\n") == size && !strncmp(text, word, size);
}

/*
 * "PATH", "PATH=VALUE" or "PATH?OLD=VALUE". Without a value the op itself switches it,
 * back and forth; with an old one it is left alone if it is another.
 */
static void switch_set_word(struct sm_switches *s, const char *wanted)
{
	size_t len = strcspn(wanted, "?="), end = strcspn(wanted, "=");

	if (len == end || switch_reads(wanted, len, wanted + len + 1, end - len - 1))
		switch_set(s, wanted, len, wanted + end + (wanted[end] == '='));
}

void sm_switches_set(struct sm_switches *s, const struct sm_set *ops,
		     unsigned int memory)
{
	const char *const *wanted;
	unsigned int row, kind;

	s->nr = 0;
	s->nr_swaps = 0;
	s->takes_blocks = false;
	for (kind = 0; kind < SM_MEM_NR; kind++)
		if (memory >> kind & 1)
			switch_set_all(s, &sm_memory_switches[kind]);
	for (row = 0; sm_ops[row].name; row++) {
		if (!sm_set_has(ops, row))
			continue;
		if (sm_ops[row].swaps)
			s->nr_swaps = sm_swaps_read(s->swaps);
		if (sm_ops[row].blocks)
			s->takes_blocks = sm_blocks_read(SM_BLOCKS_DIR, &s->blocks);
		for (wanted = sm_ops[row].switches;
		     wanted < sm_ops[row].switches + SM_OPS_SWITCHES && *wanted;
		     wanted++)
			switch_set_word(s, *wanted);
	}
}

void sm_switches_restore(struct sm_switches *s)
{
	int err;

	while (s->nr_swaps)
		sm_swaps_on(&s->swaps[--s->nr_swaps]);
	/* Before the pool of huge pages, which needs the memory. */
	err = s->takes_blocks ? sm_blocks_restore(SM_BLOCKS_DIR, &s->blocks) : 0;
	if (err)
		fprintf(stderr, "stalemate: memory stays away (see " SM_BLOCKS_DIR "): %s\n",
			strerror(-err));
	s->takes_blocks = false;
	while (s->nr) {
		s->nr--;
		sm_util_write_file(s->kept[s->nr].path, s->kept[s->nr].old);
	}
}
