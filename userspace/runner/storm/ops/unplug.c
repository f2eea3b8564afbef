// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the machine loses, and gets back: a block of it is taken out of use
 * (memory hotplug), so all that is there goes elsewhere, pages of ours too.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/kernel-page-flags.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/await.h"
#include "base/blocks.h"
#include "base/child.h"
#include "base/memory.h"
#include "base/pagemap.h"
#include "base/util.h"
#include "memory/source.h"
#include "module/needs.h"
#include "node.h"
#include "op.h"
#include "storm/touch.h"
#include "uapi/stalemate.h"
#include "unplug.h"

#define UNPLUG_NAPS	150
#define PAGE_FLAGS	"/proc/kpageflags"
#define HUGE_PAGES	"/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define HUGER_PAGES	"/sys/kernel/mm/hugepages/hugepages-*kB/nr_hugepages"

pthread_mutex_t sm_unplug_lock = PTHREAD_MUTEX_INITIALIZER;

/**
 * struct unplug - what a thread that has sm_unplug_lock knows of the machine
 * @read: was it looked at?
 * @bytes: of a block; 0: the kernel takes none
 * @blocks: those that can be taken away
 * @huge: pages that the pool of huge pages had
 */
static struct unplug {
	bool read;
	uint64_t bytes;
	struct sm_blocks blocks;
	uint64_t huge;
} unplug;

static void unplug_read(void)
{
	if (unplug.read)
		return;
	unplug.read = true;
	unplug.huge = sm_util_read_u64(HUGE_PAGES "nr_hugepages", 0);
	if (sm_blocks_read(SM_BLOCKS_DIR, &unplug.blocks))
		unplug.bytes = sm_blocks_bytes(SM_BLOCKS_DIR);
}

/*
 * Pages of ours are in one of these by chance only, so they are sent to its node, where
 * this zone is asked first. -1: nobody knows which node that is.
 */
static int unplug_node(struct sm_storm_thread *t)
{
	unsigned int nr, seen = 0, chosen = 0;

	for (nr = 0; nr < SM_BLOCKS; nr++)
		if (unplug.blocks.movable[nr] &&
		    sm_rng_one_in(&t->rng, ++seen))
			chosen = nr;
	return sm_blocks_node(SM_BLOCKS_DIR, chosen);
}

/* The block that a page is in, if that can be taken away; else SM_BLOCKS. */
static unsigned int unplug_where(int pagemap, uint64_t va)
{
	uint64_t entry, nr;

	if (sm_pagemap_read(pagemap, va, 1, &entry) || !(entry & SM_ENT_PRESENT))
		return SM_BLOCKS;
	nr = ((entry & SM_ENT_PFN) << SM_PAGE_SHIFT) / unplug.bytes;
	return nr < SM_BLOCKS && unplug.blocks.movable[nr] ? nr : SM_BLOCKS;
}

/*
 * A block with a page that is broken would not come back, or before Linux 6.2 with that
 * page as good as new.
 */
static bool unplug_may_go(unsigned int nr)
{
	uint64_t flags[512], huge = 0, pfn = nr * (unplug.bytes >> SM_PAGE_SHIFT);
	uint64_t end = pfn + (unplug.bytes >> SM_PAGE_SHIFT);
	int fd = open(PAGE_FLAGS, O_RDONLY | O_CLOEXEC);
	bool broken = fd < 0;
	unsigned int i;

	for (; pfn < end && !broken; pfn += SM_ARRAY_SIZE(flags)) {
		if (pread(fd, flags, sizeof(flags), pfn * sizeof(*flags)) !=
		    sizeof(flags))
			broken = true;
		for (i = 0; i < SM_ARRAY_SIZE(flags) && !broken; i++) {
			broken = flags[i] & SM_BIT(KPF_HWPOISON);
			huge += flags[i] >> KPF_HUGE & 1;
		}
	}
	if (fd >= 0)
		close(fd);
	return !broken && (!huge || sm_source_spare(SM_MEM_HUGETLB,
						       huge / SM_GRANULE_PAGES));
}

/*
 * The kernel tries for ever to move what somebody holds, or until it gets a signal: so a
 * child does it, which is killed then, and all stays where it was.
 */
static bool unplug_take(struct sm_storm_thread *t, unsigned int nr)
{
	struct sm_patience p = {
		.naps = UNPLUG_NAPS,
		.beats = &t->flight->beats,
	};
	struct sm_child_end how;
	char state[SM_BLOCKS_PATH];
	pid_t child;

	sm_blocks_path(SM_BLOCKS_DIR, nr, "state", state);
	child = sm_child_fork();
	if (!child)
		_exit(!!sm_util_write_file(state, "offline"));
	if (child < 0)
		return false;
	if (sm_child_wait(child, &how, &p) == -ETIMEDOUT && how.left)
		sm_end_lose(t->end, "a child of op unplug", &how);
	return !how.left && sm_blocks_away(SM_BLOCKS_DIR, nr);
}

/* The pool has lost the huge pages that were free there, if it went or not. */
static void unplug_refill(void)
{
	char text[24];

	if (sm_util_read_u64(HUGE_PAGES "nr_hugepages", 0) >= unplug.huge)
		return;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)unplug.huge);
	sm_util_write_file(HUGE_PAGES "nr_hugepages", text);
}

/* What does not come back now is the session's to bring back. */
static void unplug_block(struct sm_storm_thread *t, const struct sm_span *s,
			 unsigned int nr)
{
	if (!unplug_may_go(nr))
		return;
	if (unplug_take(t, nr)) {
		t->counted = true;
		sm_touch_survived(t, "unplug");
		sm_span_verify(t, s);
		sm_touch_after(t);
		sm_blocks_return(SM_BLOCKS_DIR, nr);
	}
	unplug_refill();
}

/* Nothing may change but the place. A block that did not go does not go a moment later. */
static void unplug_span(struct sm_storm_thread *t, const struct sm_span *s, int pagemap)
{
	const uint64_t start = t->scene->arena.start;
	unsigned int i, nr, last = SM_BLOCKS;
	int node = unplug_node(t);

	if (node >= 0)
		sm_node_send_all(s, node);
	sm_touch_write(t);
	for (i = 0; i < t->nr_touched && !t->counted && !sm_end_stopping(t->end); i++) {
		nr = unplug_where(pagemap, start + (t->touched[i] << SM_PAGE_SHIFT));
		if (nr < SM_BLOCKS && nr != last)
			unplug_block(t, s, nr);
		last = nr;
	}
}

static int unplug_apply(struct sm_storm_thread *t, const struct sm_span *s)
{
	char why[128];
	int pagemap;

	t->counted = false;
	if (pthread_mutex_trylock(&sm_unplug_lock))
		return 0;
	unplug_read();
	pagemap = sm_pagemap_open(why, sizeof(why));
	if (pagemap >= 0) {
		if (unplug.bytes && sm_memory_left("").bytes / 2 > unplug.bytes)
			unplug_span(t, s, pagemap);
		close(pagemap);
	}
	pthread_mutex_unlock(&sm_unplug_lock);
	return pagemap < 0 ? pagemap : 0;
}

static const char *unplug_nothing(const struct sm_need *n)
{
	struct sm_blocks b;
	char path[SM_BLOCKS_PATH];
	unsigned int nr = 0;

	if (!sm_blocks_read(SM_BLOCKS_DIR, &b))
		return n->why;
	if (geteuid())
		return "taking memory away is for root alone";
	while (!b.movable[nr])
		nr++;
	sm_blocks_path(SM_BLOCKS_DIR, nr, "state", path);
	return access(path, W_OK) || access(PAGE_FLAGS, R_OK) ?
		       SM_NEEDS_FORBIDDEN : NULL;
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
		if (strcmp(found.gl_pathv[i], HUGE_PAGES "nr_hugepages") &&
		    sm_util_read_u64(found.gl_pathv[i], 0))
			why = n->why;
	globfree(&found);
	return why;
}

/* Written back, the number of all would be that of those that stay. */
static const char *unplug_beyond(const struct sm_need *n)
{
	return sm_util_read_u64(HUGE_PAGES "nr_overcommit_hugepages", 0) ||
	       sm_util_read_u64(HUGE_PAGES "surplus_hugepages", 0) ? n->why : NULL;
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
		.switches = { HUGE_PAGES "nr_hugepages", NULL },
		.needs_root = true,
		.not_pinned = "memory with pages that are pinned does not go",
		.emitters = { "try_to_migrate_one", NULL },
		.needs = { {
			.lacks = unplug_nothing,
			.why = "no memory that can be taken away (Movable in " SM_BLOCKS_DIR ")",
		}, {
			.lacks = unplug_not_again,
			.why = "huge pages of other sizes than 2M would go for good",
		}, {
			.lacks = unplug_beyond,
			.why = "the pool of huge pages may grow (nr_overcommit_hugepages)",
		} },
		.apply = unplug_apply,
	},
	{ .name = NULL }
};
