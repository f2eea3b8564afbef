/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks of memory that a machine can do without: memory hotplug, as sysfs shows it. */
#ifndef SM_BLOCKS_H
#define SM_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#define SM_BLOCKS_DIR	"/sys/devices/system/memory"	/* another one in a test */
#define SM_BLOCKS	16384	/* 2 TiB of 128 MiB each, or 32 TiB of 2 GiB */
#define SM_BLOCKS_PATH	128

/**
 * struct sm_blocks - those that can be taken away
 * @movable: by number: is it in use, and of the zone that is for what can be moved? Of
 *	others mostly something cannot, and who takes one at the edge of its zone may
 *	not get it back into that.
 */
struct sm_blocks {
	bool movable[SM_BLOCKS];
};

/* sm_blocks_bytes() - how large each is; 0 if the kernel has none */
uint64_t sm_blocks_bytes(const char *dir);

/* sm_blocks_path() - of @file of block @nr */
void sm_blocks_path(const char *dir, unsigned int nr, const char *file,
		    char path[SM_BLOCKS_PATH]);

/* sm_blocks_node() - the NUMA node that block @nr belongs to; -1 if nobody says */
int sm_blocks_node(const char *dir, unsigned int nr);

/**
 * sm_blocks_read() - which can be taken away?
 * @dir: SM_BLOCKS_DIR
 * @b: gets them
 *
 * Return: how many.
 */
unsigned int sm_blocks_read(const char *dir, struct sm_blocks *b);

/* sm_blocks_away() - is block @nr not in use? One that is about to go still is. */
bool sm_blocks_away(const char *dir, unsigned int nr);

/**
 * sm_blocks_return() - have a block back as it was
 * @dir: SM_BLOCKS_DIR
 * @nr: number of one that was in sm_blocks.movable
 *
 * Return: 0, which it is too if it was not away, or a negative errno, if some tries did
 * not help: -EBUSY if it is still on its way, -EHWPOISON (since Linux 6.2) if it has a
 * page that is broken.
 */
int sm_blocks_return(const char *dir, unsigned int nr);

/**
 * sm_blocks_restore() - have those back that are away
 * @dir: SM_BLOCKS_DIR
 * @b: filled in by sm_blocks_read()
 *
 * Return: 0, or what the last one of those said that stay away.
 */
int sm_blocks_restore(const char *dir, const struct sm_blocks *b);

#endif /* SM_BLOCKS_H */
