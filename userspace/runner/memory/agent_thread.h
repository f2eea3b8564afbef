/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Agents that are threads of ours: each plays an engine of a device, and accesses
 * memory flat out while ops are at work on it.
 */
#ifndef SM_AGENT_THREAD_H
#define SM_AGENT_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/await.h"
#include "base/util.h"

#define SM_AGENT_FULL_NS	(200 * SM_USEC)	/* until a full ring has room */

/* What a step says, beside 0 and a negative errno. */
#define SM_AGENT_NAP		1
#define SM_AGENT_DONE		2

/**
 * struct sm_agent_thread - one of them; the first member of what the agent has
 * @step: some accesses. Returns 0 to be called at once again, SM_AGENT_NAP to be
 *	called after @nap_ns, SM_AGENT_DONE or a negative errno to be called no more
 * @nap_ns: see there
 * @ended: that errno, which the thread has told of; 0: none
 * @stop: it has to end
 * @thread: the thread
 *
 * The owner fills in @step and @nap_ns, the others are zero.
 */
struct sm_agent_thread {
	int (*step)(struct sm_agent_thread *t);
	uint64_t nap_ns;
	int ended;
	bool stop;
	pthread_t thread;
};

/**
 * sm_agent_thread_start() - start the thread
 * @t: which must stay where it is until it was stopped
 *
 * Return: 0 or a negative errno.
 */
int sm_agent_thread_start(struct sm_agent_thread *t);

/**
 * sm_agent_thread_stop() - end the thread, after the step that it is at
 * @t: one that was started
 * @p: how long to wait for that
 *
 * Return: 0; the negative errno of its last step; or -ETIMEDOUT if it does not come
 * back: then it may use for ever what it was given.
 */
int sm_agent_thread_stop(struct sm_agent_thread *t, struct sm_patience *p);

#endif /* SM_AGENT_THREAD_H */
