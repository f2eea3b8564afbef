// SPDX-License-Identifier: GPL-2.0-only
/* Memory cgroups for a run: see groups.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/ops.h"
#include "base/util.h"
#include "groups.h"

#define GROUPS_PATH	(SM_MEMORY_LIMIT + 32)

static const char *const groups[] = { SM_CGROUP_RUN, SM_CGROUP_CHILD };

static bool groups_wanted(const struct sm_set *ops)
{
	unsigned int row;

	for (row = 0; sm_ops[row].name; row++)
		if (sm_ops[row].cgroup && sm_set_has(ops, row))
			return true;
	return false;
}

static int groups_write(const char *dir, const char *file, const char *text)
{
	char path[GROUPS_PATH + 32];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return sm_util_write_file(path, text);
}

/* There is one of an earlier run, if its runner is. */
static int groups_add(const struct sm_groups *g, const char *which, char *path,
		      size_t size)
{
	sm_cgroup_name(g->dir, getpid(), which, path, size);
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* Out of the way: else its children get no controllers. */
static int groups_leave(struct sm_groups *g)
{
	char path[GROUPS_PATH];
	int err = groups_add(g, SM_CGROUP_SESSION, path, sizeof(path));

	if (err)
		return err;
	g->left = true;
	err = groups_write(path, "cgroup.procs", "0");
	return err ? err : groups_write(g->dir, "cgroup.subtree_control", "+memory");
}

void sm_groups_make(struct sm_groups *g, const struct sm_set *ops)
{
	char path[GROUPS_PATH];
	unsigned int i;
	int err = 0;

	*g = (struct sm_groups){ .left = false };
	if (!groups_wanted(ops) || sm_cgroup_lacks(""))
		return;
	snprintf(g->dir, sizeof(g->dir), "%s", sm_memory_left("").cgroup);
	if (!sm_cgroup_is_root(g->dir))
		err = groups_leave(g);
	for (i = 0; i < SM_ARRAY_SIZE(groups) && !err; i++)
		err = groups_add(g, groups[i], path, sizeof(path));
	if (!err)
		return;
	fprintf(stderr, "stalemate: cannot make a memory cgroup in %s: %s\n", g->dir,
		strerror(-err));
	sm_groups_remove(g);
}

void sm_groups_enter(const struct sm_groups *g)
{
	char path[GROUPS_PATH];

	if (!g->dir[0])
		return;
	sm_cgroup_name(g->dir, getppid(), SM_CGROUP_RUN, path, sizeof(path));
	groups_write(path, "cgroup.procs", "0");
}

void sm_groups_remove(struct sm_groups *g)
{
	char path[GROUPS_PATH];
	unsigned int i;

	if (!g->dir[0])
		return;
	for (i = 0; i < SM_ARRAY_SIZE(groups); i++) {
		sm_cgroup_name(g->dir, getpid(), groups[i], path, sizeof(path));
		rmdir(path);
	}
	if (g->left) {
		groups_write(g->dir, "cgroup.subtree_control", "-memory");
		groups_write(g->dir, "cgroup.procs", "0");
		sm_cgroup_name(g->dir, getpid(), SM_CGROUP_SESSION, path, sizeof(path));
		rmdir(path);
	}
	g->dir[0] = '\0';
}
