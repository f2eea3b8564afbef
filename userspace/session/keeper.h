/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeping a process that may crash, hang or refuse to die: a child with a process
 * group of its own, which dies with the session, and all of its children with it.
 */
#ifndef SM_KEEPER_H
#define SM_KEEPER_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#define SM_KEEPER_LOOKS	750	/* some 15 s if nothing else goes on */
#define SM_KEEPER_TASKS	64	/* of a process that is left behind */

/**
 * struct sm_keeper - a child
 * @pid: its number, and that of its group
 * @fd: pidfd: readable when all of its threads are gone
 * @status: what waitpid(2) told of it; valid if @gone
 * @gone: it is
 */
struct sm_keeper {
	pid_t pid;
	int fd;
	int status;
	bool gone;
};

/**
 * sm_keeper_start() - fork a child
 * @k: the keeper
 * @fn: what the child does; it ends when that returns
 * @arg: for @fn
 *
 * The child has no file of the session's, default signals,
 * and is the first that the kernel takes when memory runs out. The session must
 * have one thread.
 *
 * Return: 0 or a negative errno.
 */
int sm_keeper_start(struct sm_keeper *k, void (*fn)(void *arg), void *arg);

/**
 * sm_keeper_wait() - wait for the child, a signal, or some other file
 * @k: the keeper
 * @other: a file that may become readable, or -1
 * @ms: for how long
 * @mask: signals that are blocked meanwhile, and no others
 *
 * Return: true if the child is gone, with all its threads.
 */
bool sm_keeper_wait(struct sm_keeper *k, int other, int ms,
		    const sigset_t *mask);

/**
 * sm_keeper_end() - end the child and all that is left of its group
 * @k: the keeper
 * @mask: as above
 * @looks: how often to look, every 20 ms, before they are given up: one that waits
 *	in the kernel for what never comes cannot be killed
 *
 * Return: true if none of them is left.
 */
bool sm_keeper_end(struct sm_keeper *k, const sigset_t *mask,
		   unsigned int looks);

/**
 * sm_keeper_is_gone() - is nobody left of a child's group?
 * @group: its number
 *
 * Return: true if all have ended, and were waited for.
 */
bool sm_keeper_is_gone(pid_t group);

/**
 * sm_keeper_tasks() - the tasks of a child's group, and of what it left
 * @k: the keeper
 * @tids: gets their numbers
 *
 * Return: how many were found.
 */
unsigned int sm_keeper_tasks(const struct sm_keeper *k,
			     pid_t tids[SM_KEEPER_TASKS]);

#endif /* SM_KEEPER_H */
