/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks of memory that a machine can do without: memory hotplug, as sysfs shows it. */
#ifndef SM_BLOCKS_H
#define SM_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SM_BLOCKS_DIR	"/sys/devices/system/memory"	/* another one in a test */
#define SM_BLOCKS	16384	/* 2 TiB of 128 MiB each, or 32 TiB of 2 GiB */
#define SM_BLOCKS_PATH	128

/**
 * struct sm_blocks - those that were in use at some time
 * @used: by number: is it in use, and could it go?
 * @movable: is it of the zone that is for what can be moved?
 */
struct sm_blocks {
	bool used[SM_BLOCKS];
	bool movable[SM_BLOCKS];
};

/* sm_blocks_bytes() - how large each is; 0 if the kernel has none */
uint64_t sm_blocks_bytes(const char *dir);

/* sm_blocks_path() - of @file of block @nr */
void sm_blocks_path(const char *dir, unsigned int nr, const char *file,
		    char path[SM_BLOCKS_PATH]);

/**
 * sm_blocks_zone() - how would it come back as it is?
 * @dir: SM_BLOCKS_DIR
 * @nr: number of a block
 *
 * "online" alone leaves the choice to the kernel, which takes a movable block at the
 * edge of that zone for its own.
 *
 * Return: what to write to the file "state"; NULL if it is not in use, or belongs to
 * more than one zone, so that it never goes.
 */
const char *sm_blocks_zone(const char *dir, unsigned int nr);

/* sm_blocks_node() - the NUMA node that block @nr belongs to; -1 if nobody says */
int sm_blocks_node(const char *dir, unsigned int nr);

/**
 * sm_blocks_read() - which are in use?
 * @dir: SM_BLOCKS_DIR
 * @b: gets them
 *
 * Return: how many.
 */
unsigned int sm_blocks_read(const char *dir, struct sm_blocks *b);

/**
 * sm_blocks_restore() - have those back that are not in use any more
 * @dir: SM_BLOCKS_DIR
 * @b: filled in by sm_blocks_read()
 */
void sm_blocks_restore(const char *dir, const struct sm_blocks *b);

#endif /* SM_BLOCKS_H */
