/* SPDX-License-Identifier: GPL-2.0-only */
/* How much memory there still is, for the machine and for us. */
#ifndef SM_MEMORY_H
#define SM_MEMORY_H

#include <stdint.h>

#define SM_MEMORY_LIMIT		256	/* path of what limits us */

/**
 * struct sm_memory_left - what can still be had without swapping
 * @bytes: how much; UINT64_MAX if nobody says
 * @limit: file of a memory cgroup that allows no more, or "": it is all there is
 * @cgroup: folder of our own, if they are of version 2 and it can be seen; else ""
 */
struct sm_memory_left {
	uint64_t bytes;
	char limit[SM_MEMORY_LIMIT];
	char cgroup[SM_MEMORY_LIMIT];
};

/**
 * sm_memory_left() - ask the machine, and each memory cgroup that we are in
 * @root: put before every path that is read; "" but in a test
 *
 * Return: the least of what they say.
 */
struct sm_memory_left sm_memory_left(const char *root);

#endif /* SM_MEMORY_H */
