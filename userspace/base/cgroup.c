// SPDX-License-Identifier: GPL-2.0-only
/* Memory cgroups of a run: see cgroup.h. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "memory.h"
#include "util.h"

#define CGROUP_NAME	"/stalemate."

static bool cgroup_read(const char *dir, const char *file, char *text, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return sm_util_read_file(path, text, size) >= 0;
}

/* Is memory in a list of controllers? */
static bool cgroup_has_memory(const char *dir, const char *file)
{
	char text[512], *word, *save;

	if (!cgroup_read(dir, file, text, sizeof(text)))
		return false;
	for (word = strtok_r(text, "\n ", &save); word;
	     word = strtok_r(NULL, "\n ", &save))
		if (!strcmp(word, "memory"))
			return true;
	return false;
}

static bool cgroup_has(const char *dir, const char *file, int mode)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return !access(path, mode);
}

/* Are we the only process in there? */
static bool cgroup_is_ours(const char *dir)
{
	char text[64], *end;

	return cgroup_read(dir, "cgroup.procs", text, sizeof(text)) &&
	       strtol(text, &end, 10) == getpid() && !*end;
}

/* The part of its name that says which it is, if it is the runner's; or NULL. */
static char *cgroup_of_run(char *dir)
{
	char *name = strrchr(dir, '/');
	char *which = strrchr(dir, '.');

	return name && which && !strncmp(name, CGROUP_NAME, strlen(CGROUP_NAME)) &&
	       !strcmp(which + 1, SM_CGROUP_RUN) ? which + 1 : NULL;
}

bool sm_cgroup_is_root(const char *dir)
{
	return !cgroup_has(dir, "cgroup.type", F_OK);
}

const char *sm_cgroup_lacks(const char *root)
{
	struct sm_memory_left left = sm_memory_left(root);
	char *dir = left.cgroup;

	if (!dir[0])
		return "no cgroup of version 2 is in sight";
	if (cgroup_of_run(dir))
		return NULL;
	if (!cgroup_has_memory(dir, "cgroup.controllers"))
		return "its cgroup has no memory controller";
	if (!cgroup_has(dir, "cgroup.subtree_control", W_OK))
		return "its cgroup cannot be written to";
	if (!sm_cgroup_is_root(dir))
		return cgroup_is_ours(dir) ? NULL :
		       "not alone in its cgroup, as systemd-run --scope -p Delegate=yes has it";
	return cgroup_has_memory(dir, "cgroup.subtree_control") ? NULL :
	       "the root cgroup keeps the memory controller for itself";
}

void sm_cgroup_name(const char *dir, pid_t session, const char *which, char *path,
		    size_t size)
{
	snprintf(path, size, "%s" CGROUP_NAME "%d.%s", dir, session, which);
}

bool sm_cgroup_file(const char *which, const char *file, char *path, size_t size)
{
	struct sm_memory_left left = sm_memory_left("");
	char *run = cgroup_of_run(left.cgroup);

	if (!run)
		return false;
	snprintf(path, size, "%.*s%s/%s", (int)(run - left.cgroup), left.cgroup, which,
		 file);
	return true;
}
