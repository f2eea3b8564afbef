// SPDX-License-Identifier: GPL-2.0-only
/* Blocks of memory: see blocks.h. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "util.h"

static const char block_kernel[] = "online_kernel";
static const char block_movable[] = "online_movable";

/* The first word of a file. */
static bool block_says(const char *dir, unsigned int nr, const char *file, char word[32])
{
	char path[SM_BLOCKS_PATH];

	sm_blocks_path(dir, nr, file, path);
	if (sm_util_read_file(path, word, 32) <= 0)
		return false;
	word[strcspn(word, "\n ")] = '\0';
	return true;
}

uint64_t sm_blocks_bytes(const char *dir)
{
	char path[SM_BLOCKS_PATH], hex[32];

	snprintf(path, sizeof(path), "%.80s/block_size_bytes", dir);
	return sm_util_read_file(path, hex, sizeof(hex)) > 0 ?
		       strtoull(hex, NULL, 16) : 0;
}

void sm_blocks_path(const char *dir, unsigned int nr, const char *file,
		    char path[SM_BLOCKS_PATH])
{
	snprintf(path, SM_BLOCKS_PATH, "%.80s/memory%u/%.24s", dir, nr, file);
}

const char *sm_blocks_zone(const char *dir, unsigned int nr)
{
	char word[32];

	if (nr >= SM_BLOCKS || !block_says(dir, nr, "state", word) ||
	    strcmp(word, "online"))
		return NULL;
	if (!block_says(dir, nr, "valid_zones", word) || !strcmp(word, "none"))
		return NULL;
	return strcmp(word, "Movable") ? block_kernel : block_movable;
}

int sm_blocks_node(const char *dir, unsigned int nr)
{
	char path[SM_BLOCKS_PATH];
	struct dirent *e;
	int node = -1;
	DIR *d;

	sm_blocks_path(dir, nr, "", path);
	d = opendir(path);
	if (!d)
		return -1;
	while (node < 0 && (e = readdir(d)))
		sscanf(e->d_name, "node%d", &node);
	closedir(d);
	return node;
}

unsigned int sm_blocks_read(const char *dir, struct sm_blocks *b)
{
	unsigned int nr, found = 0;
	const char *zone;
	struct dirent *e;
	DIR *d;

	memset(b, 0, sizeof(*b));
	d = opendir(dir);
	if (!d)
		return 0;
	while ((e = readdir(d))) {
		if (sscanf(e->d_name, "memory%u", &nr) != 1 || nr >= SM_BLOCKS)
			continue;
		zone = sm_blocks_zone(dir, nr);
		b->used[nr] = zone;
		b->movable[nr] = zone == block_movable;
		found += b->used[nr];
	}
	closedir(d);
	return found;
}

/* One that is about to go is asked, too: the kernel answers when that is settled. */
void sm_blocks_restore(const char *dir, const struct sm_blocks *b)
{
	char path[SM_BLOCKS_PATH], word[32];
	unsigned int nr;

	for (nr = 0; nr < SM_BLOCKS; nr++) {
		if (!b->used[nr] || !block_says(dir, nr, "state", word) ||
		    !strcmp(word, "online"))
			continue;
		sm_blocks_path(dir, nr, "state", path);
		sm_util_write_file(path, b->movable[nr] ? block_movable : block_kernel);
	}
}
