/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads beside the main one. */
#ifndef SM_THREAD_H
#define SM_THREAD_H

#include <pthread.h>

/**
 * sm_thread_start() - start a thread that gets no signals
 * @thread: filled in
 * @name: at most 15 characters, for who looks at a process that hangs
 * @fn: what it does
 * @arg: with what
 *
 * Signals are for the main thread: nobody else is woken from a nap.
 *
 * Return: 0 or a negative errno.
 */
int sm_thread_start(pthread_t *thread, const char *name, void *(*fn)(void *arg),
		    void *arg);

/**
 * sm_thread_take_nudges() - the calling thread may be nudged: see below
 */
void sm_thread_take_nudges(void);

/**
 * sm_thread_nudge() - have a system call begin again that a thread waits in
 * @thread: one that takes nudges, and is not joined yet
 *
 * Some that may not begin again (a nap, epoll_wait()) end with EINTR.
 */
void sm_thread_nudge(pthread_t thread);

/**
 * sm_thread_give_way() - the calling thread does not take the processor from a storm
 *
 * For who looks on, or is a device: there are more of those than storm threads, and
 * storms are to be fast. Not for a thread that stops the storm, or that keeps it from
 * the device.
 */
void sm_thread_give_way(void);

#endif /* SM_THREAD_H */
