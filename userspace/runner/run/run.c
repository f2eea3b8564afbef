// SPDX-License-Identifier: GPL-2.0-only
/* The line between the command line and the engine: checking, dispatching. */
#include <stdio.h>
#include <string.h>

#include "backends/host.h"
#include "base/memory.h"
#include "base/ops.h"
#include "base/util.h"
#include "choose.h"
#include "memory/arena.h"
#include "module/defects.h"
#include "module/profiles.h"
#include "run.h"
#include "stages.h"

#define RUN_AGENTS_MAX		4
#define RUN_AMPLIFY_MAX_NS	(10 * SM_MSEC)
#define RUN_SLACK_BYTES		(64ULL << 20)

enum sm_verdict sm_run(const struct sm_run_spec *spec, struct sm_wire *wire)
{
	struct sm_run_result *r = &wire->result;

	if (spec->backend->attach)
		return sm_stages_run(spec, wire);
	r->verdict = spec->backend->probe(r->reason, sizeof(r->reason));
	sm_store_release(&wire->stage, SM_STAGE_DONE);
	return r->verdict;
}

static bool run_check_numbers(const struct sm_run_spec *s, char *why,
			      size_t size)
{
	if (s->threads < 1 || s->threads > SM_WIRE_THREADS)
		snprintf(why, size, "%u threads: 1 to %u can run", s->threads,
			 SM_WIRE_THREADS);
	else if (s->agents > RUN_AGENTS_MAX)
		snprintf(why, size, "%u agents: 0 to %u per mirror can run",
			 s->agents, RUN_AGENTS_MAX);
	else if (!s->duration_ns && !s->count)
		snprintf(why, size,
			 "no end: give a duration or a count of ops");
	else if (s->amplify_ns > RUN_AMPLIFY_MAX_NS)
		snprintf(why, size, "amplify %u us: at most %llu us",
			 (unsigned int)(s->amplify_ns / SM_USEC),
			 RUN_AMPLIFY_MAX_NS / SM_USEC);
	else if (!s->arena || s->arena % SM_GRANULE_SIZE)
		snprintf(why, size, "the arena must be a multiple of 2M");
	else if (s->arena < s->threads * SM_GRANULE_SIZE)
		snprintf(why, size,
			 "an arena of %lluM is too small for %u threads: each needs 2M",
			 (unsigned long long)s->arena >> 20, s->threads);
	else if (s->arena > SM_ARENA_MAX)
		snprintf(why, size, "the arena can be at most %lluG",
			 SM_ARENA_MAX >> 30);
	else
		return true;
	return false;
}

static bool run_check_profiles(const struct sm_run_spec *s, char *why,
			       size_t size)
{
	unsigned int i;

	if (!s->backend->profiled)
		return true;
	if (s->nr_profiles < 1 || s->nr_profiles > SM_MAX_PROFILES) {
		snprintf(why, size, "%u profiles: 1 to %u can share an arena",
			 s->nr_profiles, SM_MAX_PROFILES);
		return false;
	}
	for (i = 0; i < s->nr_profiles; i++) {
		if ((unsigned int)s->profiles[i] < SM_PROFILE_NR)
			continue;
		snprintf(why, size, "there is no profile number %u",
			 s->profiles[i]);
		return false;
	}
	return true;
}

static void run_list(char *buf, size_t size, const char *name)
{
	size_t used = strlen(buf);

	snprintf(buf + used, size - used, "%s%s", used ? ", " : "", name);
}

/* Is a defect one of the backend's own, or of the profiles that it has? */
static bool run_fits_defect(const struct sm_run_spec *s, unsigned int d,
			    char *why, size_t size)
{
	const struct sm_defect_info *info = &sm_defects[d];

	if (sm_set_has(&s->backend->defects, d))
		return true;
	if (!s->backend->profiled)
		snprintf(why, size, "backend %s does not have defect %s",
			 s->backend->name, info->name);
	else if (!info->profiles)
		snprintf(why, size, "defect %s is for real drivers, not for %s",
			 info->name, s->backend->name);
	else
		return true;
	return false;
}

static bool run_fits_defects(const struct sm_run_spec *s, char *why,
			     size_t size)
{
	unsigned int d;

	sm_set_for_each(d, &s->defects)
		if (!run_fits_defect(s, d, why, size))
			return false;
	return true;
}

static bool run_check_defect(const struct sm_run_spec *s, unsigned int d,
			     char *why, size_t size)
{
	const struct sm_defect_info *info = &sm_defects[d];
	char list[128] = "";
	unsigned int i;

	for (i = 0; i < s->nr_profiles; i++)
		if (info->profiles >> s->profiles[i] & 1)
			break;
	if (i == s->nr_profiles) {
		for (i = 0; i < SM_PROFILE_NR; i++)
			if (info->profiles >> i & 1)
				run_list(list, sizeof(list),
					 sm_profiles[i].name);
		snprintf(why, size, "defect %s exists only in profile %s",
			 info->name, list);
		return false;
	}
	if (!info->memory || (info->memory & s->memory))
		return true;
	for (i = 0; i < SM_MEM_NR; i++)
		if (sm_arena_is(i, info->memory))
			run_list(list, sizeof(list), sm_memory_names[i]);
	snprintf(why, size, "defect %s shows only in memory of kind %s",
		 info->name, list);
	return false;
}

static bool run_check_defects(const struct sm_run_spec *s, char *why,
			      size_t size)
{
	unsigned int d;

	if (s->keep_going && sm_set_meets(&s->defects, &s->backend->defects)) {
		snprintf(why, size,
			 "a driver that is broken takes the kernel down in time: no --keep-going with --defect here");
		return false;
	}
	if (s->muted && sm_set_empty(&s->defects)) {
		snprintf(why, size,
			 "--oracles is to see what one is worth, and needs a --defect to be found");
		return false;
	}
	if (!run_fits_defects(s, why, size))
		return false;
	sm_set_for_each(d, &s->defects)
		if (!sm_set_has(&s->backend->defects, d) &&
		    !run_check_defect(s, d, why, size))
			return false;
	return true;
}

static bool run_check_ops(const struct sm_run_spec *s, char *why, size_t size)
{
	unsigned int row, memory;
	bool own = false;

	if (!(s->memory & SM_MEM_ANY) || (s->memory & ~SM_MEM_ANY)) {
		snprintf(why, size, "no kind of memory");
		return false;
	}
	for (row = 0; sm_ops[row].name; row++) {
		if (!sm_set_has(&s->ops, row) ||
		    !sm_choose_fits(&sm_ops[row], s->backend))
			continue;
		own = true;
		memory = s->backend->apply ? SM_MEM_ANY : sm_ops[row].memory;
		if (memory & s->memory)
			return true;
	}
	snprintf(why, size, own ?
		 "none of the ops works on this kind of memory" :
		 "none of the ops is one of backend %s",
		 s->backend->name);
	return false;
}

bool sm_run_fits(const struct sm_run_spec *spec, char *why, size_t size)
{
	return run_fits_defects(spec, why, size) &&
	       run_check_ops(spec, why, size);
}

/*
 * What a run takes: the arena itself, if it is not all of a pool that is no longer
 * counted as available, and per 2 MiB of it the page table, one leaf per mirror, the
 * tags, and the last writes of every agent.
 */
static uint64_t run_bytes(const struct sm_run_spec *s, uint64_t arena)
{
	uint64_t pages = arena >> SM_PAGE_SHIFT;
	uint64_t granules = arena >> SM_GRANULE_SHIFT;
	uint64_t mirrors = s->nr_profiles ? s->nr_profiles : 1;

	return (s->memory & ~SM_MEM_ANY_HUGETLB ? arena : 0) +
	       granules * SM_PAGE_SIZE +
	       granules * mirrors * 3 * SM_PAGE_SIZE +
	       pages * (sizeof(struct sm_tag) + 1) +
	       pages * 16 * s->agents * mirrors;
}

static bool run_check_memory(const struct sm_run_spec *s, char *why,
			     size_t size)
{
	struct sm_memory_left left = sm_memory_left("");
	uint64_t need = run_bytes(s, s->arena) + RUN_SLACK_BYTES;
	char n[16], a[16], f[16];
	uint64_t fits = 0;
	bool any;

	if (need <= left.bytes)
		return true;
	if (left.bytes > RUN_SLACK_BYTES)
		fits = (left.bytes - RUN_SLACK_BYTES) * (double)s->arena /
		       run_bytes(s, s->arena);
	fits &= ~(SM_GRANULE_SIZE - 1);
	any = fits >= s->threads * SM_GRANULE_SIZE;
	sm_util_human(need, n, sizeof(n));
	sm_util_human(left.bytes, a, sizeof(a));
	sm_util_human(fits, f, sizeof(f));
	snprintf(why, size,
		 "the arena needs %s with its tables, and %s is available: %s%s fits%s%s%s",
		 n, a, any ? "at most " : "", any ? f : "none",
		 left.limit[0] ? " (" : "", left.limit,
		 left.limit[0] ? ")" : "");
	return false;
}

/* Alone; beside others it is left out, and the run says so. */
static bool run_check_blocks(const struct sm_run_spec *s, char *why,
			     size_t size)
{
	if (s->memory != SM_BIT(SM_MEM_HUGETLB_1G) ||
	    !(s->arena %
	      ((uint64_t)s->threads << sm_source_shift(SM_MEM_HUGETLB_1G))))
		return true;
	snprintf(why, size,
		 "hugetlb-1g takes whole GiB for each thread: --threads 1 --arena 1G");
	return false;
}

bool sm_run_check(const struct sm_run_spec *spec, char *why, size_t size)
{
	return run_check_numbers(spec, why, size) &&
	       run_check_profiles(spec, why, size) &&
	       run_check_defects(spec, why, size) &&
	       run_check_ops(spec, why, size) &&
	       run_check_blocks(spec, why, size) &&
	       run_check_memory(spec, why, size);
}
