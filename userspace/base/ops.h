/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ops there are. Each is a row beside its function, in a file that holds a
 * family of them; who knows the families adds them, once, before anybody looks.
 *
 * The numbers of rows are those of this program: what is kept, or told to anybody
 * else, goes by name.
 */
#ifndef SM_OPS_H
#define SM_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of the rows that are not applied by storm threads: see actors/release.c. */
#define SM_OPS_EXIT	"exit"
#define SM_OPS_KILL	"kill"
#define SM_OPS_EXEC	"exec"
#define SM_OPS_BRK	"brk"
#define SM_OPS_REAP	"reap"
#define SM_OPS_PART	"hugetlb-unshare"
#define SM_OPS_OOM	"oom"

#define SM_OPS_EMITTERS	8
#define SM_OPS_NEEDS	5
#define SM_OPS_SWITCHES	8

struct sm_span;
struct sm_storm_thread;

/**
 * struct sm_need - something that an op needs of the kernel
 * @memory: mask of enum sm_memory on which it needs this; 0: on all
 * @lacks: asks the kernel, and not its version: distributions backport. Returns
 *	what is missing in one line, mostly @why, or NULL
 * @advice: for sm_needs_advice()
 * @feature: for sm_needs_feature()
 * @why: what to say if the kernel does not have it
 */
struct sm_need {
	unsigned int memory;
	const char *(*lacks)(const struct sm_need *n);
	int advice;
	uint64_t feature;
	const char *why;
};

/**
 * struct sm_op - a row of the op table
 * @name: name on the command line and in results
 * @class: map, unmap, protect, advise, file, move, fork, thp, track, migrate,
 *	ksm, text, size, flags, outside, cgroup, machine
 * @about: one line
 * @backend: name of the backend to whose own memory it applies; NULL: it
 *	applies to the arena's
 * @memory: mask of enum sm_memory it works on; 0 if it is a backend's
 * @needs_root: root alone can do it, as a kernel is by default
 * @silent: emits nothing by design; never reported as unreached
 * @slow: takes many times as long as others, or stops them: done less often
 * @often: sees what no other does, of several kinds of memory: done more often
 * @rare: as slow, and what it reaches is no more than one place: now and then
 * @machine: it changes what the whole machine does: only where that is allowed
 * @cgroup: it wants memory cgroups of the run's own, see cgroup.h
 * @switches: "PATH=VALUE": what is switched meanwhile; "PATH?OLD=VALUE": if it is that;
 *	"PATH": what the op itself switches; up to the first that is NULL
 * @swaps: it takes from the machine what that swaps to, and gives it back
 * @blocks: and memory, in blocks
 * @avoid: mask of enum sm_known: what it cannot but find
 * @avoid_on: mask of enum sm_memory on which it does; 0: on all
 * @not_pinned: why it is not for pages that a profile pins; NULL: it is
 * @unused: leaves entries that look as if nobody had used their pages
 * @not_with: name of a backend whose driver kills who meets it; NULL: none
 * @emitters: canonical names (see symbols.h) of the emitters that its own call
 *	reaches, NULL terminated: what brings a span into shape before the op may
 *	fire others
 * @needs: what it needs, up to the first that does not ask
 * @apply: does it to a span of the thread's slice and updates the model;
 *	returns 0 or a negative errno (the run is then broken, not failed)
 */
struct sm_op {
	const char *name;
	const char *class;
	const char *about;
	const char *backend;
	unsigned int memory;
	bool needs_root;
	bool silent;
	bool often;
	bool slow;
	bool rare;
	bool machine;
	bool cgroup;
	const char *switches[SM_OPS_SWITCHES];
	bool swaps;
	bool blocks;
	uint64_t avoid;
	unsigned int avoid_on;
	const char *not_pinned;
	bool unused;
	const char *not_with;
	const char *emitters[SM_OPS_EMITTERS];
	struct sm_need needs[SM_OPS_NEEDS];
	int (*apply)(struct sm_storm_thread *t, const struct sm_span *s);
};

/* All rows, SM_MAX_OPS at most; the one after the last has no name. */
extern const struct sm_op *const sm_ops;

/**
 * sm_ops_add() - add the rows of a family, in the order that they stand in
 * @rows: the first of them; a row without a name ends them
 * @step: bytes from one to the next: each may be the head of something larger
 *
 * Return: 0, or -ENOSPC if there are too many, of which some are added.
 */
int sm_ops_add(const struct sm_op *rows, size_t step);

/**
 * sm_ops_lacks() - where can this kernel not do an op that says it works there?
 * @op: the op
 * @why: gets what the kernel lacks, or forbids, if there is such memory
 *
 * Return: mask of enum sm_memory; 0 if there is none.
 */
unsigned int sm_ops_lacks(const struct sm_op *op, const char **why);

#endif /* SM_OPS_H */
