// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much memory there still is. A memory cgroup may leave less than the machine
 * has, and so may each of its ancestors: who takes more is killed.
 *
 * What can be seen of them depends on the cgroup namespace and on what is mounted:
 * /proc/self/cgroup and the roots in /proc/self/mountinfo are both told as seen
 * from the namespace's root, so one is looked up below the other. Ancestors that
 * are mounted nowhere cannot be asked.
 */
#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "util.h"

/**
 * struct memcg - names of one version's files
 * @used: bytes charged
 * @limits: bytes allowed: to be killed for, or to be held up at
 * @clean: in memory.stat, what is charged but can be had at once
 */
struct memcg {
	const char *used;
	const char *limits[2];
	const char *clean[3];
};

/* Pages of tmpfs lie with those of processes, and are not among the clean. */
static const struct memcg memcg_v2 = {
	.used = "memory.current",
	.limits = { "memory.max", "memory.high" },
	.clean = { "inactive_file ", "active_file ", "slab_reclaimable " },
};

static const struct memcg memcg_v1 = {
	.used = "memory.usage_in_bytes",
	.limits = { "memory.limit_in_bytes" },
	.clean = { "total_inactive_file ", "total_active_file " },
};

/* The number behind @key at the start of a line, or 0. */
static uint64_t memory_value(const char *text, const char *key)
{
	const char *p = text;

	while (p && strncmp(p, key, strlen(key))) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	return p ? strtoull(p + strlen(key), NULL, 10) : 0;
}

/* MemAvailable knows what is clean. */
static uint64_t memory_machine(const char *root)
{
	char path[PATH_MAX], text[4096];
	uint64_t kib;

	snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	if (sm_util_read_file(path, text, sizeof(text)) <= 0)
		return UINT64_MAX;
	kib = memory_value(text, "MemAvailable:");
	return kib ? kib << 10 : UINT64_MAX;
}

/* What is charged to the cgroup @dir and will stay so. */
static uint64_t memcg_held(const struct memcg *v, const char *dir)
{
	char path[PATH_MAX + 32], stat[8192];
	uint64_t used, clean = 0;
	unsigned int i;

	snprintf(path, sizeof(path), "%s/%s", dir, v->used);
	used = sm_util_read_u64(path, 0);
	snprintf(path, sizeof(path), "%s/memory.stat", dir);
	if (sm_util_read_file(path, stat, sizeof(stat)) <= 0)
		return used;
	for (i = 0; i < SM_ARRAY_SIZE(v->clean) && v->clean[i]; i++)
		clean += memory_value(stat, v->clean[i]);
	return used > clean ? used - clean : 0;
}

/* Some levels have no limit, and the root has no files at all. */
static void memcg_level(const struct memcg *v, const char *root,
			const char *dir, struct sm_memory_left *left)
{
	char path[PATH_MAX + 32];
	uint64_t limit, held;
	unsigned int i;

	for (i = 0; i < SM_ARRAY_SIZE(v->limits) && v->limits[i]; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, v->limits[i]);
		limit = sm_util_read_u64(path, UINT64_MAX);
		if (limit == UINT64_MAX)	/* or "max" */
			continue;
		held = memcg_held(v, dir);
		limit = limit > held ? limit - held : 0;
		if (limit >= left->bytes)
			continue;
		left->bytes = limit;
		snprintf(left->limit, sizeof(left->limit), "%s",
			 path + strlen(root));
	}
}

/*
 * Our cgroup, below what is mounted; NULL if it is not in there. What is mounted
 * may be an ancestor of the namespace's root (all dots): that is asked alone.
 */
static const char *memcg_below(const char *mounted, const char *ours)
{
	size_t len = strlen(mounted);

	if (strspn(mounted, "/.") == len && len > 1)
		return "";
	if (!strncmp(ours, "/..", 3))
		return NULL;
	if (len == 1)
		return strcmp(ours, "/") ? ours : "";
	if (strncmp(ours, mounted, len) || (ours[len] && ours[len] != '/'))
		return NULL;
	return ours + len;
}

static void memcg_climb(const struct memcg *v, const char *root,
			const char *mount, const char *below,
			struct sm_memory_left *left)
{
	char dir[PATH_MAX];
	size_t top = strlen(root) + strlen(mount);

	if ((size_t)snprintf(dir, sizeof(dir), "%s%s%s", root, mount, below) >=
	    sizeof(dir))
		return;
	if (v == &memcg_v2 && strlen(dir) < sizeof(left->cgroup))
		memcpy(left->cgroup, dir, strlen(dir) + 1);
	for (;;) {
		memcg_level(v, root, dir, left);
		if (strlen(dir) <= top)
			return;
		*strrchr(dir, '/') = '\0';
	}
}

/* Is @word in a list of words with commas between them? */
static bool memory_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (list) {
		if (!strncmp(list, word, len) && (!list[len] || list[len] == ','))
			return true;
		list = strchr(list, ',');
		if (list)
			list++;
	}
	return false;
}

/* Our cgroup in the hierarchy that has the memory controller, or that of v2. */
static bool memcg_ours(const char *root, bool second, char *ours, size_t size)
{
	char line[PATH_MAX + 256];
	bool found = false;
	FILE *f;

	snprintf(line, sizeof(line), "%s/proc/self/cgroup", root);
	f = fopen(line, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		char *list = strchr(line, ':');
		char *path = list ? strchr(list + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		found = second ? !list[1] : memory_has(list + 1, "memory");
		if (found)
			snprintf(ours, size, "%s", path);
	}
	if (f)
		fclose(f);
	return found;
}

/* Blanks and the like are told as three octal digits. */
static void memory_unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && isdigit(s[1]) && isdigit(s[2]) &&
		    isdigit(s[3])) {
			*to++ = (s[1] - '0') << 6 | (s[2] - '0') << 3 |
				(s[3] - '0');
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* One line of mountinfo: fields 4 and 5, and after " - " the type and options. */
static void memcg_mount(char *line, const char *root, bool second,
			const char *ours, struct sm_memory_left *left)
{
	char *mounted, *mount, *type, *options, *save;
	const char *below;

	type = strstr(line, " - ");
	if (!type)
		return;
	*type = '\0';
	type = strtok_r(type + 3, " ", &save);
	strtok_r(NULL, " ", &save);
	options = strtok_r(NULL, "\n ", &save);
	if (!options || strcmp(type, second ? "cgroup2" : "cgroup") ||
	    (!second && !memory_has(options, "memory")))
		return;
	strtok_r(line, " ", &save);
	strtok_r(NULL, " ", &save);
	strtok_r(NULL, " ", &save);
	mounted = strtok_r(NULL, " ", &save);
	mount = strtok_r(NULL, " ", &save);
	if (!mount)
		return;
	memory_unescape(mounted);
	memory_unescape(mount);
	below = memcg_below(mounted, ours);
	if (below)
		memcg_climb(second ? &memcg_v2 : &memcg_v1, root, mount, below,
			    left);
}

static void memcg_look(const char *root, bool second,
		       struct sm_memory_left *left)
{
	char ours[PATH_MAX], path[PATH_MAX];
	char *line = NULL;
	size_t size = 0;
	FILE *f;

	if (!memcg_ours(root, second, ours, sizeof(ours)))
		return;
	snprintf(path, sizeof(path), "%s/proc/self/mountinfo", root);
	f = fopen(path, "re");
	while (f && getline(&line, &size, f) > 0)
		memcg_mount(line, root, second, ours, left);
	free(line);
	if (f)
		fclose(f);
}

struct sm_memory_left sm_memory_left(const char *root)
{
	struct sm_memory_left left = { .bytes = memory_machine(root) };

	memcg_look(root, false, &left);
	memcg_look(root, true, &left);
	return left;
}
