// SPDX-License-Identifier: GPL-2.0-only
/* The line between the command line and the engine: checking, dispatching. */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "engine.h"
#include "memory.h"
#include "run.h"
#include "tables.h"
#include "util.h"

#define RUN_THREADS_MAX		16
#define RUN_AGENTS_MAX		4
#define RUN_AMPLIFY_MAX_NS	(10 * SM_MSEC)
#define RUN_SLACK_BYTES		(64ULL << 20)
#define RUN_LATE_NS		(60 * SM_NSEC)	/* past its time */
#define RUN_LATE_TIMES		20		/* with a defect */

/* Atomic, as a signal handler sets it while threads look. */
static bool run_stop;

void sm_run_stop(void)
{
	sm_write(&run_stop, true);
}

bool sm_run_stopped(void)
{
	return sm_read(&run_stop);
}

enum sm_verdict sm_run(const struct sm_run_spec *spec,
		       struct sm_run_result *result,
		       void (*progress)(const struct sm_progress *p, void *arg),
		       void *arg)
{
	if (spec->backend->attach)
		return sm_engine_run(spec, result, progress, arg);
	memset(result, 0, sizeof(*result));
	result->verdict = spec->backend->probe(result->reason,
					       sizeof(result->reason));
	return result->verdict;
}

static bool run_check_numbers(const struct sm_run_spec *s, char *why,
			      size_t size)
{
	if (s->threads < 1 || s->threads > RUN_THREADS_MAX)
		snprintf(why, size, "%u threads: 1 to %u can run", s->threads,
			 RUN_THREADS_MAX);
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

	if (s->backend->defects >> d & 1)
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

	for (d = 0; d < SM_DEFECT_NR; d++)
		if ((s->defects >> d & 1) && !run_fits_defect(s, d, why, size))
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

	if (s->keep_going && (s->defects & s->backend->defects)) {
		snprintf(why, size,
			 "a driver that is broken takes the kernel down in time: no --keep-going with --defect here");
		return false;
	}
	if (s->muted && !s->defects) {
		snprintf(why, size,
			 "--oracles is to see what one is worth, and needs a --defect to be found");
		return false;
	}
	if (!run_fits_defects(s, why, size))
		return false;
	for (d = 0; d < SM_DEFECT_NR; d++)
		if ((s->defects & ~s->backend->defects) >> d & 1 &&
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
		if (!(s->ops >> row & 1) ||
		    !sm_tables_op_of(&sm_ops[row], s->backend))
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
 * What a run takes: the arena itself, and per 2 MiB of it the page table, one
 * leaf per mirror, the tags, and the last writes of every agent.
 */
static uint64_t run_bytes(const struct sm_run_spec *s, uint64_t arena)
{
	uint64_t pages = arena >> SM_PAGE_SHIFT;
	uint64_t granules = arena >> SM_GRANULE_SHIFT;
	uint64_t mirrors = s->nr_profiles ? s->nr_profiles : 1;

	return arena + granules * SM_PAGE_SIZE +
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

bool sm_run_check(const struct sm_run_spec *spec, char *why, size_t size)
{
	return run_check_numbers(spec, why, size) &&
	       run_check_profiles(spec, why, size) &&
	       run_check_defects(spec, why, size) &&
	       run_check_ops(spec, why, size) &&
	       run_check_memory(spec, why, size);
}

/* What a defect has to be given to be caught. */
static double run_ops(const struct sm_run_spec *s)
{
	return s->duration_ns / (double)SM_NSEC *
	       (s->backend->profiled ? SM_RUN_OPS_PER_S :
				       SM_RUN_DRIVER_OPS_PER_S);
}

static double run_accesses(const struct sm_run_spec *s)
{
	return s->agents ? s->duration_ns / (double)SM_NSEC *
			   SM_RUN_ACCESSES_PER_S : 0;
}

static bool run_has_worked(const struct sm_run_spec *s, uint64_t ops,
			   uint64_t accesses)
{
	if (ops < SM_RUN_LEAST_OPS)
		return false;
	return !s->defects ||
	       (ops >= run_ops(s) && accesses >= run_accesses(s));
}

bool sm_run_idled(const struct sm_run_spec *spec, double seconds, uint64_t ops,
		  uint64_t accesses, char *why, size_t size)
{
	bool few = ops < run_ops(spec);

	if (!spec->defects || spec->count ||
	    run_has_worked(spec, ops, accesses))
		return false;
	snprintf(why, size,
		 "only %llu of %.0f %s in %.0f s: too slow a machine to say",
		 (unsigned long long)(few ? ops : accesses),
		 few ? run_ops(spec) : run_accesses(spec),
		 few ? "ops" : "accesses", seconds);
	return true;
}

bool sm_run_over(const struct sm_run_spec *spec, uint64_t ns, uint64_t ops,
		 uint64_t accesses)
{
	uint64_t end = spec->duration_ns;

	if (!end || ns < end)
		return false;
	if (run_has_worked(spec, ops, accesses))
		return true;
	return ns >= (spec->defects ? RUN_LATE_TIMES * end : end + RUN_LATE_NS);
}
