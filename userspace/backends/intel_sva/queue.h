/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What oracle flush (flush.h) goes by: descriptors, by the tracepoint
 * intel_iommu:qi_submit, the driver's rounding, by cache_tag_flush_range, and records of
 * flushes, by the witness.
 *
 * The trace is an instance of its own, by the clock of the witness. First it is noted how
 * far the witness's ring is; what these records are about is in the trace by then:
 *
 *	thread				we
 *	submits: event in the trace
 *	record in the ring
 *					head = where the ring ends
 *					read all of the trace
 *					judge the records before head
 */
#ifndef SM_INTEL_SVA_QUEUE_H
#define SM_INTEL_SVA_QUEUE_H

#include "state.h"

/**
 * sva_queue_open() - have descriptors traced, and judged by sva_queue_look()
 * @s: cards are bound; those stay so. If nothing can be traced the oracle's sight says
 *	why, and the run goes on without it
 */
void sva_queue_open(struct sva_state *s);

/** sva_queue_begin() - judge what is flushed from here on */
void sva_queue_begin(struct sva_state *s);

/** sva_queue_look() - judge what was flushed so far. One thread's. */
void sva_queue_look(struct sva_state *s);

/** sva_queue_behind() - flushes whose descriptors the trace had later than was looked */
uint64_t sva_queue_behind(const struct sva_state *s);

/** sva_queue_close() - also of one that was not opened, or in vain */
void sva_queue_close(struct sva_state *s);

#endif /* SM_INTEL_SVA_QUEUE_H */
