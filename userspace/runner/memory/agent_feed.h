/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Agents that leave samples in a ring: threads that go to random pages, three times
 * in four to where an op is at work, and half of the time to the first or last page
 * there, or elsewhere to that of a block.
 */
#ifndef SM_AGENT_FEED_H
#define SM_AGENT_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "access.h"
#include "agent_thread.h"
#include "base/rng.h"
#include "model.h"

#define SM_AGENT_BATCH	64

/**
 * struct sm_agent_feed - an agent and its ring; the first member of what it has
 * @thread: who fills the ring
 * @access: @nr accesses, as sm_backend.access; an error ends the agent. Accesses
 *	that were left out say -ECANCELED: one that reads leaves no sample then, but
 *	a write may be done nevertheless, and is told of
 * @batch: accesses at a time, 1 to SM_AGENT_BATCH
 * @wary: to be refused takes as long as many accesses: where that is likely it is
 *	tried only now and then
 * @how: what it was told
 * @model: of the pages from @how.start on
 * @ring: sm_agent_feed_bytes() bytes of zeroes
 * @rng: its numbers
 * @writes: words written
 *
 * The owner fills in the members up to @ring, but for @thread; or those up to @wary,
 * and calls sm_agent_feed_begin().
 */
struct sm_agent_feed {
	struct sm_agent_thread thread;
	int (*access)(struct sm_agent_feed *f, struct sm_access *a,
		      unsigned int nr);
	unsigned int batch;
	bool wary;
	struct sm_ioc_agent_start how;
	const struct sm_model *model;
	struct sm_agent_ring *ring;
	struct sm_rng rng;
	uint64_t writes;
};

/* Bytes of a ring. */
static inline size_t sm_agent_feed_bytes(unsigned int order)
{
	return sizeof(struct sm_agent_ring) +
	       (sizeof(struct sm_sample) << order);
}

/**
 * sm_agent_feed_start() - start an agent
 * @f: the agent
 * @id: its number, which gives it numbers of its own
 *
 * sm_agent_thread_stop() ends it.
 *
 * Return: 0 or a negative errno.
 */
int sm_agent_feed_start(struct sm_agent_feed *f, unsigned int id);

/**
 * sm_agent_feed_begin() - start an agent that has a ring of its own
 * @f: the agent
 * @how: what it is told
 * @model: of the pages from @how.start on
 * @id: its number, which gives it numbers of its own
 *
 * sm_agent_thread_stop() ends it; then whoever has the ring calls free().
 *
 * Return: 0 or a negative errno.
 */
int sm_agent_feed_begin(struct sm_agent_feed *f,
			const struct sm_ioc_agent_start *how,
			const struct sm_model *model, unsigned int id);

/**
 * sm_agent_feed_page() - where an agent goes next
 * @ring: says where an op is at work; that may change at any time
 * @rng: its numbers
 * @start: first byte of what it may access
 * @end: its end, exclusive
 *
 * Return: the address of a page.
 */
uint64_t sm_agent_feed_page(const struct sm_agent_ring *ring,
			    struct sm_rng *rng, uint64_t start, uint64_t end);

#endif /* SM_AGENT_FEED_H */
