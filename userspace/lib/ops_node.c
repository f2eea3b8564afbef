// SPDX-License-Identifier: GPL-2.0-only
/* Moving pages between NUMA nodes. */
#include <ctype.h>
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine.h"
#include "ops.h"
#include "touch.h"

#define NODES	"/sys/devices/system/node/has_memory"
#define MAX_PAGES	SM_GRANULE_PAGES

/* The first two nodes that have memory: "0-1", "0,2". */
static bool node_list(int node[2])
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
 * sm_ops_node_try() - 0 if pages can be moved from node to node, or a negative
 * errno. A cpuset may forbid it, and not every kernel can.
 */
int sm_ops_node_try(void)
{
	void *page = NULL;
	int node[2], status, err;

	if (!node_list(node))
		return -ENODEV;
	err = node_call(&page, 1, &node[0], &status);
	return err < 0 ? err : node_call(&page, 1, &node[1], &status);
}

/*
 * Nothing may change but the place. The kernel may leave pages where they are,
 * pinned ones for example.
 */
int sm_ops_node_move(struct sm_storm_thread *t, const struct sm_span *s)
{
	unsigned long i, nr = s->nr < MAX_PAGES ? s->nr : MAX_PAGES;
	int node[2], to[MAX_PAGES], status[MAX_PAGES];
	void *page[MAX_PAGES];
	long ret;

	if (!node_list(node))
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
