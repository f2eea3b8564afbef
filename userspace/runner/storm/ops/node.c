// SPDX-License-Identifier: GPL-2.0-only
/* NUMA: pages that move between nodes, and policies that say where they come from. */
#include <errno.h>
#ifdef HAVE_NUMA
#include <numa.h>
#include <numaif.h>
#endif
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "module/needs.h"
#include "node.h"
#include "op.h"
#include "storm/touch.h"

#define BALANCING	"/proc/sys/kernel/numa_balancing"
#define BALANCING_SOON	"/sys/kernel/debug/sched/numa_balancing/"

#ifdef HAVE_NUMA

#define BALANCE_NS	(2 * SM_NSEC)
#define MAX_PAGES	SM_GRANULE_PAGES
#define NODE_ROOM	2	/* arenas that have to be free where nothing else will do */

/* What a cpuset forbids now it may allow later: it is asked, see node_try(). */
bool sm_node_pair(int node[2])
{
	int i, nr = 0;

	for (i = 0; numa_available() >= 0 && nr < 2 && i <= numa_max_node(); i++)
		if (numa_node_size64(i, NULL) > 0)
			node[nr++] = i;
	return nr == 2;
}

/* Memory may be taken away (op unplug), and with it a node. */
static int node_away(struct sm_storm_thread *t)
{
	t->counted = false;
	return 0;
}

static int node_call(void **page, unsigned long nr, const int *node,
		     int *status)
{
	int ret = numa_move_pages(0, nr, page, node, status, MPOL_MF_MOVE);

	return ret < 0 ? -errno : ret;
}

void sm_node_send(void *page, int node)
{
	int status;

	node_call(&page, 1, &node, &status);
}

/* In one call, as each has all processors give back what they hold. */
void sm_node_send_all(const struct sm_span *s, int to)
{
	unsigned long i, nr = s->nr < MAX_PAGES ? s->nr : MAX_PAGES;
	int node[MAX_PAGES], status[MAX_PAGES];
	void *page[MAX_PAGES];

	for (i = 0; i < nr; i++) {
		page[i] = (void *)(s->start + i * SM_PAGE_SIZE);
		node[i] = to;
	}
	node_call(page, nr, node, status);
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
	int ret;

	if (!sm_node_pair(node))
		return node_away(t);
	for (i = 0; i < nr; i++)
		page[i] = (void *)(s->start + i * SM_PAGE_SIZE);
	ret = node_call(page, nr, NULL, status);
	if (ret < 0)
		return ret;
	for (i = 0; i < nr; i++)
		to[i] = status[i] == node[0] ? node[1] : node[0];
	sm_touch_before(t);
	ret = node_call(page, nr, to, status);
	t->counted = ret >= 0 && ret < (int)nr;
	switch (ret) {
	case -ENODEV:	/* it has no memory any more */
	case -ENOMEM:	/* none there */
	case -ENOENT:	/* nothing to move */
	case -EACCES:	/* a cpuset that changes: not there just now */
		return 0;
	default:
		return ret > 0 ? 0 : ret;
	}
}

/* A mask of nodes; NULL for want of memory. */
static struct bitmask *node_mask(const int *node, unsigned int nr)
{
	struct bitmask *mask = numa_allocate_nodemask();

	while (mask && nr--)
		numa_bitmask_setbit(mask, node[nr]);
	return mask;
}

/* Where nothing but one node will do, and that is full, somebody is killed. */
static bool node_has_room(const struct sm_storm_thread *t, int node)
{
	uint64_t need = NODE_ROOM * (t->scene->arena.end - t->scene->arena.start);
	long long left = 0;

	return numa_node_size64(node, &left) > 0 && (uint64_t)left > need;
}

/* One node, or else nearest; both in turn; or whatever the thread has. */
static int node_bind_to(const struct sm_storm_thread *t, const struct sm_span *s,
			const int *node, unsigned int nr)
{
	struct bitmask *mask = node_mask(node, nr);
	int mode = MPOL_DEFAULT, err = 0;

	if (!mask)
		return -ENOMEM;
	if (nr == 1)
		mode = node_has_room(t, *node) ? MPOL_BIND : MPOL_PREFERRED;
	else if (nr)
		mode = MPOL_INTERLEAVE;
	if (mbind((void *)s->start, s->end - s->start, mode,
		  nr ? mask->maskp : NULL, nr ? mask->size + 1 : 0,
		  MPOL_MF_MOVE) < 0)
		err = -errno;
	numa_free_nodemask(mask);
	return err;
}

/* What is there moves to where the new policy wants it: to both of them, in turn. */
static int node_bind(struct sm_storm_thread *t, const struct sm_span *s)
{
	unsigned int first = sm_rng_below(&t->rng, 2);
	int node[2], err;

	if (!sm_node_pair(node))
		return node_away(t);
	t->vmas += 2;
	sm_touch_before(t);
	err = node_bind_to(t, s, &node[first], 1);
	if (!err) {
		sm_touch_after(t);
		err = node_bind_to(t, s, &node[!first], 1);
	}
	if (!err) {
		sm_touch_after(t);
		err = node_bind_to(t, s, node, sm_rng_one_in(&t->rng, 2) ? 2 : 0);
	}
	return err == -EINVAL && !sm_node_pair(node) ? node_away(t) : err;
}

/* All that this process has on one node, whoever is at work there. */
static int node_migrate(struct sm_storm_thread *t, const struct sm_span *s)
{
	unsigned int from = sm_rng_below(&t->rng, 2);
	struct bitmask *out, *in;
	int node[2], err = 0;

	(void)s;
	if (!sm_node_pair(node))
		return node_away(t);
	out = node_mask(&node[from], 1);
	in = node_mask(&node[!from], 1);
	sm_touch_before(t);
	if (!out || !in)
		err = -ENOMEM;
	else if (numa_migrate_pages(0, out, in) < 0)
		err = -errno;
	t->counted = !err;
	if (out)
		numa_free_nodemask(out);
	if (in)
		numa_free_nodemask(in);
	return err == -ENOMEM || err == -EPERM || err == -EINVAL ? 0 : err;
}

/*
 * The thread goes to a node, and stays on processors that it may use: where somebody
 * has bound the run, it runs on no other. @before: for sched_setaffinity(), if it went.
 */
static bool node_go(int node, cpu_set_t *before)
{
	struct bitmask *there = numa_allocate_cpumask();
	unsigned int i;
	cpu_set_t cpus;
	bool went;

	if (!there)
		return false;
	CPU_ZERO(&cpus);
	went = !sched_getaffinity(0, sizeof(*before), before) &&
	       !numa_node_to_cpus(node, there);
	for (i = 0; went && i < CPU_SETSIZE && i < there->size; i++)
		if (CPU_ISSET(i, before) && numa_bitmask_isbitset(there, i))
			CPU_SET(i, &cpus);
	numa_free_cpumask(there);
	return went && CPU_COUNT(&cpus) &&
	       !sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* To node[*@here], or where it may not, to the other one. */
static bool node_go_either(const int *node, unsigned int *here, cpu_set_t *before)
{
	if (node_go(node[*here], before))
		return true;
	*here = !*here;
	return node_go(node[*here], before);
}

/*
 * The thread is here, and its pages come from there: all that devices and processors do
 * with them goes from one node to the other. Half of them come from both in turn.
 */
static int node_apart(struct sm_storm_thread *t, const struct sm_span *s)
{
	unsigned int here = sm_rng_below(&t->rng, 2);
	struct bitmask *both;
	cpu_set_t before;
	int node[2], err;
	bool bound;

	if (!sm_node_pair(node))
		return node_away(t);
	bound = node_go_either(node, &here, &before);
	t->counted = bound;
	both = node_mask(node, 2);
	if (both && sm_rng_one_in(&t->rng, 2))
		numa_set_interleave_mask(both);
	else
		numa_set_preferred(node[!here]);
	err = sm_span_drop(t, s);
	if (!err) {
		sm_span_stamp(t, s);
		sm_touch_before(t);
	}
	numa_set_localalloc();
	if (both)
		numa_free_nodemask(both);
	if (bound)
		sched_setaffinity(0, sizeof(before), &before);
	return err;
}

/* A line of /proc/vmstat, or 0. */
static uint64_t node_seen(const char *name)
{
	char text[16384], *line;

	if (sm_util_read_file("/proc/vmstat", text, sizeof(text)) <= 0)
		return 0;
	line = strstr(text, name);
	return line ? strtoull(line + strlen(name), NULL, 10) : 0;
}

/*
 * Who runs for a while is sent through his memory, to make it inaccessible, so that a
 * use of it says who wants it where. Did it happen? That a page has moved as well is
 * worth some waiting.
 */
static bool node_wait(struct sm_storm_thread *t, const struct sm_span *s)
{
	uint64_t marked = node_seen("numa_pte_updates ");
	uint64_t moved = node_seen("numa_pages_migrated ");
	uint64_t end = sm_util_now() + BALANCE_NS;

	while (node_seen("numa_pages_migrated ") == moved &&
	       sm_util_now() < end && !sm_end_stopping(t->end)) {
		sm_span_verify(t, s);
		sm_touch_after(t);
		sm_storm_beat(t);
	}
	return node_seen("numa_pte_updates ") != marked;
}

/*
 * The kernel looks from which node pages are used (NUMA balancing), and brings them
 * there. Nothing may change but the place: nobody is forbidden anything, and what a
 * device or a processor asks for it gets, although nobody may use it just then.
 */
static int node_balance(struct sm_storm_thread *t, const struct sm_span *s)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	unsigned int here = sm_rng_below(&t->rng, 2);
	cpu_set_t before;
	int node[2], err;
	bool bound;

	t->counted = false;
	if (!sm_node_pair(node))
		return node_away(t);
	/* Who has a policy of his own wants no balance: see node_apart(). */
	err = node_bind_to(t, s, NULL, 0);
	if (err || pthread_mutex_trylock(&lock))
		return err;
	bound = node_go_either(node, &here, &before);
	set_mempolicy(MPOL_DEFAULT, NULL, 0);
	sm_node_send_all(s, node[!here]);
	sm_touch_before(t);
	err = sm_util_write_file(BALANCING, "1");
	if (!err) {
		t->counted = node_wait(t, s);
		err = sm_util_write_file(BALANCING, "0");
	}
	sm_touch_after(t);
	if (bound)
		sched_setaffinity(0, sizeof(before), &before);
	pthread_mutex_unlock(&lock);
	return err;
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

#else

#define node_move	NULL
#define node_bind	NULL
#define node_migrate	NULL
#define node_apart	NULL
#define node_balance	NULL

bool sm_node_pair(int node[2])
{
	(void)node;
	return false;
}

void sm_node_send(void *page, int node)
{
	(void)page;
	(void)node;
}

void sm_node_send_all(const struct sm_span *s, int node)
{
	(void)s;
	(void)node;
}

static const char *node_second(const struct sm_need *n)
{
	(void)n;
	return "built without libnuma (apt-get install libnuma-dev)";
}

#endif /* HAVE_NUMA */

static const char *node_unbalanced(const struct sm_need *n)
{
	if (access(BALANCING, F_OK))
		return n->why;
	return sm_needs_switch(BALANCING);
}

#define NODE_NEEDED							\
	{ .lacks = node_second, .why = "no second NUMA node to move memory to" }

const struct sm_op sm_ops_node[] = {
	{
		.name = "move-node",
		.class = "migrate",
		.about = "moves pages to another NUMA node (move_pages)",
		.memory = SM_MEM_MOVES,
		.slow = true,
		.emitters = { "try_to_migrate_one", NULL },
		.needs = { NODE_NEEDED },
		.apply = node_move,
	},
	{
		.name = "mbind",
		.class = "migrate",
		.about = "has pages belong to one NUMA node after the other (mbind)",
		.memory = SM_MEM_MOVES,
		.slow = true,
		.rare = true,
		.emitters = { "try_to_migrate_one", NULL },
		.needs = { NODE_NEEDED },
		.apply = node_bind,
	},
	{
		.name = "migrate-pages",
		.class = "migrate",
		.about = "moves all of the process to another NUMA node (migrate_pages)",
		.memory = SM_MEM_MOVES,
		.slow = true,
		.rare = true,
		.emitters = { "try_to_migrate_one", NULL },
		.needs = { NODE_NEEDED },
		.apply = node_migrate,
	},
	{
		.name = "apart",
		.class = "migrate",
		.about = "has pages come from other NUMA nodes than the thread's (set_mempolicy)",
		.memory = SM_MEM_ANY_ANON | SM_BIT(SM_MEM_ANON_LOCKED),
		.slow = true,
		.rare = true,
		.emitters = { "zap_page_range_single", NULL },
		.needs = { NODE_NEEDED },
		.apply = node_apart,
	},
	{
		.name = "numa-balancing",
		.class = "machine",
		.about = "has the kernel move pages to where they are used (NUMA balancing)",
		.memory = SM_MEM_MOVES,
		.slow = true,
		.rare = true,
		.machine = true,
		/* At once, and often; before Linux 5.13 these were sysctls. */
		.switches = {
			BALANCING,
			BALANCING_SOON "scan_delay_ms=1",
			BALANCING_SOON "scan_period_min_ms=100",
			BALANCING_SOON "scan_period_max_ms=200",
			BALANCING "_scan_delay_ms=1",
			BALANCING "_scan_period_min_ms=100",
			BALANCING "_scan_period_max_ms=200",
			NULL
		},
		.needs_root = true,
		.emitters = { "change_pud_range", "try_to_migrate_one", NULL },
		.needs = { NODE_NEEDED, {
			.lacks = node_unbalanced,
			.why = "no NUMA balancing (CONFIG_NUMA_BALANCING)",
		} },
		.apply = node_balance,
	},
	{ .name = NULL }
};
