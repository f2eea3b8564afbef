// SPDX-License-Identifier: GPL-2.0-only
/* Moving pages between NUMA nodes. */
#include <ctype.h>
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"
#include "module/needs.h"
#include "node.h"
#include "op.h"
#include "storm/touch.h"

#define NODES	"/sys/devices/system/node/has_memory"
#define MAX_PAGES	SM_GRANULE_PAGES

/* They are listed as "0-1", or "0,2". */
bool sm_node_pair(int node[2])
{
	char list[256], *end;
	ssize_t n = sm_util_read_file(NODES, list, sizeof(list));

	if (n <= 0 || !isdigit((unsigned char)list[0]))
		return false;
	node[0] = strtol(list, &end, 10);
	if (!*end || !isdigit((unsigned char)end[1]))
		return false;
	node[1] = strtol(end + 1, NULL, 10);
	return true;
}

static long node_call(void **page, unsigned long nr, const int *node,
		      int *status)
{
	long ret = syscall(SYS_move_pages, 0, nr, page, node, status,
			   MPOL_MF_MOVE);

	return ret < 0 ? -errno : ret;
}

/*
 * Nothing may change but the place. The kernel may leave pages where they are,
 * pinned ones for example.
 */
static int node_move(struct sm_storm_thread *t, const struct sm_span *s)
{
	unsigned long i, nr = s->nr < MAX_PAGES ? s->nr : MAX_PAGES;
	int node[2], to[MAX_PAGES], status[MAX_PAGES];
	void *page[MAX_PAGES];
	long ret;

	if (!sm_node_pair(node))
		return -ENODEV;
	for (i = 0; i < nr; i++)
		page[i] = (void *)(s->start + i * SM_PAGE_SIZE);
	ret = node_call(page, nr, NULL, status);
	if (ret < 0)
		return ret;
	for (i = 0; i < nr; i++)
		to[i] = status[i] == node[0] ? node[1] : node[0];
	sm_touch_before(t);
	ret = node_call(page, nr, to, status);
	t->counted = ret >= 0 && ret < (long)nr;
	switch (ret) {
	case -ENOMEM:	/* none there */
	case -ENOENT:	/* nothing to move */
	case -EACCES:	/* a cpuset that changes: not there just now */
		return 0;
	default:
		return ret > 0 ? 0 : ret;
	}
}

/* A cpuset may forbid to move pages from node to node, and not every kernel can. */
static int node_try(void)
{
	void *page = NULL;
	int node[2], status, err;

	if (!sm_node_pair(node))
		return -ENODEV;
	err = node_call(&page, 1, &node[0], &status);
	return err < 0 ? err : node_call(&page, 1, &node[1], &status);
}

static const char *node_second(const struct sm_need *n)
{
	switch (node_try()) {
	case 0:
		return NULL;
	case -ENODEV:
		return n->why;
	case -EACCES:
		return "a cpuset keeps memory on one NUMA node";
	case -EPERM:
		return SM_NEEDS_FORBIDDEN;
	default:
		return "no move_pages() (CONFIG_MIGRATION, CONFIG_NUMA)";
	}
}

const struct sm_op sm_ops_node[] = {
	{
		.name = "move-node",
		.class = "migrate",
		.about = "moves pages to another NUMA node (move_pages)",
		.memory = SM_MEM_MOVES,
		.slow = true,
		.emitters = { "try_to_migrate_one", NULL },
		.needs = { {
			.lacks = node_second,
			.why = "no second NUMA node to move memory to",
		} },
		.apply = node_move,
	},
	{ .name = NULL }
};
