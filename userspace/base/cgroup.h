/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory cgroups that a run has for itself, of version 2: below the one that the session
 * was started in, whose limits hold on. The session makes them (session/groups.h), and
 * the runner lives in one.
 *
 * A cgroup whose children have controllers has no processes of its own, but for the root
 * of them all. So the session leaves its own for a child of that; and what a run wants
 * below itself is beside it.
 */
#ifndef SM_CGROUP_H
#define SM_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Names of them end so: the session's, the runner's, and that of a child of its. */
#define SM_CGROUP_SESSION	"session"
#define SM_CGROUP_RUN		"run"
#define SM_CGROUP_CHILD		"child"

/**
 * sm_cgroup_is_root() - is it the root of them all?
 * @dir: folder of a cgroup
 *
 * Return: true if it is.
 */
bool sm_cgroup_is_root(const char *dir);

/**
 * sm_cgroup_lacks() - can a run have cgroups of its own?
 * @root: put before every path that is read; "" but in a test
 *
 * Return: NULL if it can, or we are in one; else why not, in one line.
 */
const char *sm_cgroup_lacks(const char *root);

/**
 * sm_cgroup_name() - the folder of one of them
 * @dir: where the session was started
 * @session: its number
 * @which: SM_CGROUP_*
 * @path: gets its path
 * @size: bytes there
 */
void sm_cgroup_name(const char *dir, pid_t session, const char *which, char *path,
		    size_t size);

/**
 * sm_cgroup_file() - a file of one of them, for who is in the runner's
 * @which: SM_CGROUP_*
 * @file: its name
 * @path: gets its path
 * @size: bytes there
 *
 * Return: false if we are not in there.
 */
bool sm_cgroup_file(const char *which, const char *file, char *path, size_t size);

#endif /* SM_CGROUP_H */
