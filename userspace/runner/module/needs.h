/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Needs of ops that many have: see struct sm_need. Those of one op alone stand
 * beside it.
 */
#ifndef SM_NEEDS_H
#define SM_NEEDS_H

#include "base/ops.h"

/* Said often; why it cannot be used is said once. */
#define SM_LACKS_MODULE	"not without the module (see mock in stalemate probe)"

#define SM_NEEDS_FORBIDDEN						\
	"the system call is forbidden here, as by a container's filter"

/* Who may debug whom: 0, or there is no such file, is as it always was. */
#define SM_NEEDS_YAMA	"/proc/sys/kernel/yama/ptrace_scope"

/**
 * sm_needs_why() - what the kernel has not is one thing, what it forbids another
 * @n: the need
 * @err: what trying it gave: 0 or a negative errno
 * @forbidden: what to say if it is forbidden
 *
 * Return: one line, or NULL if nothing is missing.
 */
const char *sm_needs_why(const struct sm_need *n, int err,
			 const char *forbidden);

/* sm_needs_advice() - an advice of madvise(): &sm_need.advice */
const char *sm_needs_advice(const struct sm_need *n);

/* sm_needs_tracer() - who may use ptrace() at all */
const char *sm_needs_tracer(const struct sm_need *n);

/**
 * sm_needs_switch() - may it be written to?
 * @path: a file of /proc/sys or /sys that is there
 *
 * Return: NULL if it may, else why not, in one line.
 */
const char *sm_needs_switch(const char *path);

/* sm_needs_cgroup() - memory cgroups of the run's own: &sm_op.cgroup, too */
const char *sm_needs_cgroup(const struct sm_need *n);

/* sm_needs_module() - the module */
const char *sm_needs_module(const struct sm_need *n);

/* sm_needs_feature() - SM_FEATURE_* of the module: &sm_need.feature */
const char *sm_needs_feature(const struct sm_need *n);

/* sm_needs_told() - one that is only missing where a module says so */
const char *sm_needs_told(const struct sm_need *n);

#endif /* SM_NEEDS_H */
