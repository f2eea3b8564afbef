/* SPDX-License-Identifier: GPL-2.0-only */
/* Where in the kernel processes hang, even such that cannot be killed. */
#ifndef SM_STACKS_H
#define SM_STACKS_H

#include <stddef.h>
#include <sys/types.h>

/**
 * sm_stacks_read() - say where each thread of a process group is in the kernel
 * @group: the group: a runner's, which has its children too
 * @buf: gets lines: a thread's ID, name, state, what it waits in and what system
 *	call it is in, then its kernel stack, indented; "..." where it was cut
 * @size: room at @buf, bytes, at least 8
 *
 * Never blocks on what they hang in. To root alone the kernel shows the system
 * call and the stack; "not readable" and why stands in their place.
 *
 * Return: number of threads told of.
 */
unsigned int sm_stacks_read(pid_t group, char *buf, size_t size);

#endif /* SM_STACKS_H */
