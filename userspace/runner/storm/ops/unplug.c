// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the machine loses, and gets back: a block of it is taken out of use
 * (memory hotplug), so all that is there goes elsewhere, pages of ours too.
 */
#include <errno.h>
#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/await.h"
#include "base/blocks.h"
#include "base/child.h"
#include "base/memory.h"
#include "base/pagemap.h"
#include "base/util.h"
#include "module/needs.h"
#include "node.h"
#include "op.h"
#include "storm/touch.h"
#include "uapi/stalemate.h"

#define UNPLUG_NAPS	150
#define HUGE_PAGES	"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
#define HUGER_PAGES	"/sys/kernel/mm/hugepages/hugepages-*kB/nr_hugepages"

/* The block that a page is in; SM_BLOCKS if it is in none. */
static unsigned int unplug_where(int pagemap, uint64_t va, uint64_t bytes)
{
	uint64_t entry, nr;

	if (sm_pagemap_read(pagemap, va, 1, &entry) || !(entry & SM_ENT_PRESENT))
		return SM_BLOCKS;
	nr = ((entry & SM_ENT_PFN) << SM_PAGE_SHIFT) / bytes;
	return nr < SM_BLOCKS ? nr : SM_BLOCKS;
}

/*
 * The kernel tries for ever to move what somebody holds, or until it gets a signal: so a
 * child does it, which is killed then, and all stays where it was.
 */
static bool unplug_take(struct sm_storm_thread *t, const char *state)
{
	struct sm_patience p = {
		.naps = UNPLUG_NAPS,
		.beats = &t->flight->beats,
	};
	struct sm_child_end how;
	pid_t child = sm_child_fork();

	if (!child)
		_exit(!!sm_util_write_file(state, "offline"));
	if (child < 0)
		return false;
	if (sm_child_wait(child, &how, &p) && how.left)
		sm_end_lose(t->end, "a child of op unplug", &how);
	return !how.left && WIFEXITED(how.status) && !WEXITSTATUS(how.status);
}

/* The pool has lost the huge pages that were free there. */
static void unplug_refill(uint64_t had)
{
	char text[24];

	if (sm_util_read_u64(HUGE_PAGES, had) >= had)
		return;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)had);
	sm_util_write_file(HUGE_PAGES, text);
}

/* Who brings it back does so although the run is about to end, or has found something. */
static int unplug_block(struct sm_storm_thread *t, const struct sm_span *s,
			unsigned int nr)
{
	const char *zone = sm_blocks_zone(SM_BLOCKS_DIR, nr);
	uint64_t had = sm_util_read_u64(HUGE_PAGES, 0);
	char state[SM_BLOCKS_PATH];
	int err;

	if (!zone)
		return 0;
	sm_blocks_path(SM_BLOCKS_DIR, nr, "state", state);
	if (!unplug_take(t, state)) {
		/* Killed when it was done? (In the end the session sees to it.) */
		if (!sm_end_stopping(t->end) && !sm_blocks_zone(SM_BLOCKS_DIR, nr))
			sm_util_write_file(state, zone);
		return 0;
	}
	t->counted = true;
	sm_touch_survived(t, "unplug");
	sm_span_verify(t, s);
	sm_touch_after(t);
	err = sm_util_write_file(state, zone);
	unplug_refill(had);
	return err;
}

/*
 * A node that has a block which is there to be taken away, or else any: where pages of
 * ours are by chance there is mostly one that cannot be moved. -1: nobody knows.
 */
static int unplug_node(struct sm_storm_thread *t)
{
	unsigned int nr, some = 0, movable = 0, chosen = 0;
	struct sm_blocks b;

	sm_blocks_read(SM_BLOCKS_DIR, &b);
	for (nr = 0; nr < SM_BLOCKS; nr++) {
		if (b.movable[nr] && sm_rng_one_in(&t->rng, ++movable))
			chosen = nr;
		else if (b.used[nr] && !movable && sm_rng_one_in(&t->rng, ++some))
			chosen = nr;
	}
	return sm_blocks_node(SM_BLOCKS_DIR, chosen);
}

/* Nothing may change but the place; not all that is in a block can have another. */
static int unplug_apply(struct sm_storm_thread *t, const struct sm_span *s)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	uint64_t bytes = sm_blocks_bytes(SM_BLOCKS_DIR);
	const uint64_t start = t->scene->arena.start;
	int node, pagemap, err = 0;
	char why[128];
	unsigned int i;

	t->counted = false;
	if (sm_memory_left("").bytes / 2 < bytes || pthread_mutex_trylock(&lock))
		return 0;
	node = unplug_node(t);
	if (node >= 0)
		sm_node_send_all(s, node);
	pagemap = sm_pagemap_open(why, sizeof(why));
	sm_touch_write(t);
	for (i = 0; pagemap >= 0 && i < t->nr_touched && !t->counted && !err; i++)
		err = unplug_block(t, s, unplug_where(pagemap, start +
				   (t->touched[i] << SM_PAGE_SHIFT), bytes));
	if (pagemap >= 0)
		close(pagemap);
	pthread_mutex_unlock(&lock);
	return pagemap < 0 ? pagemap : err;
}

static const char *unplug_nothing(const struct sm_need *n)
{
	struct sm_blocks b;
	char path[SM_BLOCKS_PATH];
	unsigned int nr = 0;

	if (!sm_blocks_read(SM_BLOCKS_DIR, &b))
		return n->why;
	while (!b.used[nr])
		nr++;
	sm_blocks_path(SM_BLOCKS_DIR, nr, "removable", path);
	if (!sm_util_read_u64(path, 0))
		return n->why;
	if (geteuid())
		return "taking memory away is for root alone";
	sm_blocks_path(SM_BLOCKS_DIR, nr, "state", path);
	return access(path, W_OK) ? SM_NEEDS_FORBIDDEN : NULL;
}

/* What is free of a pool goes with its block. */
static const char *unplug_not_again(const struct sm_need *n)
{
	const char *why = NULL;
	glob_t found;
	size_t i;

	if (glob(HUGER_PAGES, 0, NULL, &found))
		return NULL;
	for (i = 0; i < found.gl_pathc; i++)
		if (strcmp(found.gl_pathv[i], HUGE_PAGES) &&
		    sm_util_read_u64(found.gl_pathv[i], 0))
			why = n->why;
	globfree(&found);
	return why;
}

const struct sm_op sm_ops_unplug[] = {
	{
		.name = "unplug",
		.class = "machine",
		.about = "takes memory away from the machine, and gives it back (hotplug)",
		.memory = SM_MEM_MOVES | SM_MEM_HUGETLB_2M,
		.slow = true,
		.rare = true,
		.machine = true,
		.blocks = true,
		.switches = { HUGE_PAGES, NULL },
		.needs_root = true,
		.not_pinned = "memory with pages that are pinned does not go",
		.emitters = { "try_to_migrate_one", NULL },
		.needs = { {
			.lacks = unplug_nothing,
			.why = "no memory can be taken away (CONFIG_MEMORY_HOTREMOVE)",
		}, {
			.lacks = unplug_not_again,
			.why = "huge pages of other sizes than 2M would go for good",
		} },
		.apply = unplug_apply,
	},
	{ .name = NULL }
};
