// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reclaim in the memory cgroup of the run, as who shares a machine with others has it:
 * of what is charged there the kernel takes what it likes. So pages are said to be cold
 * first. The cgroup is the run's own (base/cgroup.h), or for "reclaim" whoever's started us,
 * where none can be made; "pressure" lowers what it may have below what it has.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/memory.h"
#include "base/util.h"
#include "module/needs.h"
#include "op.h"
#include "storm/touch.h"

#ifndef MADV_COLD
#define MADV_COLD	20
#endif

#define LRU_GEN		"/sys/kernel/mm/lru_gen/enabled"

/* A file of our cgroup; the root of them all has none that say what is charged. */
static void cgroup_path(const char *file, char *path, size_t size)
{
	struct sm_memory_left left = sm_memory_left("");

	snprintf(path, size, "%s/%s", left.cgroup, file);
}

static int cgroup_open(void)
{
	char path[SM_MEMORY_LIMIT + 32];
	int fd;

	cgroup_path("memory.reclaim", path, sizeof(path));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The kernel may find less than it was asked for. */
static int cgroup_reclaim(struct sm_storm_thread *t, const struct sm_span *s)
{
	int fd = cgroup_open();
	int err;

	if (fd < 0)
		return fd;
	sm_touch_write(t);
	err = sm_span_advise(s, MADV_COLD);
	if (!err && dprintf(fd, "%llu", (unsigned long long)(s->end - s->start)) < 0)
		err = -errno;
	close(fd);
	t->counted = !err;
	if (err && err != -EAGAIN && err != -EINTR)
		return err;
	sm_touch_survived(t, "reclaim");
	return 0;
}

/*
 * By the lists and by generations, in one order or the other: each asks mirrors in its
 * own way what devices have used, and all pages go from what has them to what will.
 */
static int cgroup_lru(struct sm_storm_thread *t, const struct sm_span *s)
{
	bool by_generations = sm_rng_one_in(&t->rng, 2);
	unsigned int i;
	int err = 0;

	for (i = 0; i < 2 && !err; i++, by_generations = !by_generations) {
		err = sm_util_write_file(LRU_GEN, by_generations ? "y" : "n");
		if (!err)
			err = cgroup_reclaim(t, s);
	}
	return err;
}

static const char *cgroup_no_generations(const struct sm_need *n)
{
	if (access(LRU_GEN, F_OK))
		return n->why;
	return sm_needs_switch(LRU_GEN);
}

/*
 * Who writes this reclaims until no more is charged than that, or nothing is found. What
 * others are charged for meanwhile slows them down, so it is not for long.
 */
static int cgroup_press(uint64_t bytes)
{
	char current[SM_MEMORY_LIMIT + 32], high[SM_MEMORY_LIMIT + 32], text[24];
	uint64_t used;
	int err, back;

	if (!sm_cgroup_file(SM_CGROUP_RUN, "memory.current", current, sizeof(current)) ||
	    !sm_cgroup_file(SM_CGROUP_RUN, "memory.high", high, sizeof(high)))
		return -ENOENT;
	used = sm_util_read_u64(current, 0);
	snprintf(text, sizeof(text), "%llu",
		 (unsigned long long)(used > bytes ? used - bytes : 0));
	err = sm_util_write_file(high, text);
	back = sm_util_write_file(high, "max");
	return err ? err : back;
}

static int cgroup_pressure(struct sm_storm_thread *t, const struct sm_span *s)
{
	int err;

	sm_touch_write(t);
	err = sm_span_advise(s, MADV_COLD);
	if (!err)
		err = cgroup_press(s->end - s->start);
	if (!err)
		sm_touch_survived(t, "pressure");
	return err;
}

static const char *cgroup_lacks(const struct sm_need *n)
{
	char path[SM_MEMORY_LIMIT + 32];
	int fd;

	cgroup_path("memory.current", path, sizeof(path));
	if (access(path, F_OK))
		return sm_cgroup_lacks("") ?
		       "in no memory cgroup of version 2, as systemd-run --scope makes one" :
		       NULL;
	fd = cgroup_open();
	if (fd >= 0) {
		close(fd);
		return NULL;
	}
	return fd == -ENOENT ? n->why :
			       "memory.reclaim is not for who does not own the cgroup";
}

const struct sm_op sm_ops_cgroup[] = {
	{
		.name = "reclaim",
		.class = "cgroup",
		.about = "reclaims pages of the run's memory cgroup (memory.reclaim)",
		.memory = SM_MEM_ANY & ~SM_MEM_KEPT,
		.slow = true,
		.rare = true,
		.needs_root = true,
		.cgroup = true,
		.unused = true,
		.emitters = { "try_to_unmap_one", "__split_huge_pmd", NULL },
		.needs = { {
			.lacks = cgroup_lacks,
			.why = "no memory.reclaim (Linux 5.19)",
		} },
		.apply = cgroup_reclaim,
	},
	{
		.name = "lru",
		.class = "machine",
		.about = "switches from LRU lists to generations and back, and reclaims by each",
		.memory = SM_MEM_ANY & ~SM_MEM_KEPT,
		.slow = true,
		.rare = true,
		.machine = true,
		.switches = { LRU_GEN },
		.needs_root = true,
		.cgroup = true,
		.unused = true,
		.emitters = { "try_to_unmap_one", "__split_huge_pmd", NULL },
		.needs = { {
			.lacks = cgroup_no_generations,
			.why = "no multi-generational LRU (CONFIG_LRU_GEN, Linux 6.1)",
		}, {
			.lacks = cgroup_lacks,
			.why = "no memory.reclaim (Linux 5.19)",
		} },
		.apply = cgroup_lru,
	},
	{
		.name = "pressure",
		.class = "cgroup",
		.about = "lowers memory.high of the run's own cgroup below what it has",
		.memory = SM_MEM_ANY & ~SM_MEM_KEPT,
		.slow = true,
		.rare = true,
		.needs_root = true,
		.cgroup = true,
		.unused = true,
		.emitters = { "try_to_unmap_one", "__split_huge_pmd", NULL },
		.needs = { { .lacks = sm_needs_cgroup } },
		.apply = cgroup_pressure,
	},
	{ .name = NULL }
};
