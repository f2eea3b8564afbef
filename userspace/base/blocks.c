// SPDX-License-Identifier: GPL-2.0-only
/* Blocks of memory: see blocks.h. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "util.h"

#define RETURN_TRIES	100	/* ten milliseconds apart */

/* Is it all that a file says? */
static bool block_says(const char *dir, unsigned int nr, const char *file,
		       const char *what)
{
	char path[SM_BLOCKS_PATH], text[32];
	size_t len = strlen(what);

	sm_blocks_path(dir, nr, file, path);
	return sm_util_read_file(path, text, sizeof(text)) > 0 &&
	       strcspn(text, "\n") == len && !memcmp(text, what, len);
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

/* Of one that is in use "valid_zones" has the zone that it is of, and no other. */
unsigned int sm_blocks_read(const char *dir, struct sm_blocks *b)
{
	unsigned int nr, found = 0;
	struct dirent *e;
	DIR *d;

	memset(b, 0, sizeof(*b));
	d = opendir(dir);
	if (!d)
		return 0;
	while ((e = readdir(d))) {
		if (sscanf(e->d_name, "memory%u", &nr) != 1 || nr >= SM_BLOCKS)
			continue;
		b->movable[nr] = block_says(dir, nr, "state", "online") &&
				 block_says(dir, nr, "valid_zones", "Movable");
		found += b->movable[nr];
	}
	closedir(d);
	return found;
}

bool sm_blocks_away(const char *dir, unsigned int nr)
{
	return block_says(dir, nr, "state", "offline");
}

/*
 * Somebody may not have the memory just now that he keeps books of memory in. Nothing is
 * written while the block is on its way: that would wait, and no signal would end it.
 */
int sm_blocks_return(const char *dir, unsigned int nr)
{
	char path[SM_BLOCKS_PATH];
	int err = -EBUSY;
	unsigned int i;

	sm_blocks_path(dir, nr, "state", path);
	for (i = 0; i < RETURN_TRIES; i++) {
		if (!block_says(dir, nr, "state", "going-offline") &&
		    !sm_blocks_away(dir, nr))
			return 0;
		if (i)
			sm_util_nap(10 * SM_MSEC);
		if (sm_blocks_away(dir, nr))
			err = sm_util_write_file(path, "online_movable");
	}
	return err;
}

int sm_blocks_restore(const char *dir, const struct sm_blocks *b)
{
	int err, last = 0;
	unsigned int nr;

	for (nr = 0; nr < SM_BLOCKS; nr++) {
		err = b->movable[nr] ? sm_blocks_return(dir, nr) : 0;
		if (err)
			last = err;
	}
	return last;
}
