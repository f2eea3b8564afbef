/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Oracle flush: was the IOMMU told of what the witness was told?
 *
 * The core calls the driver, and then the witness, in the same thread, and lets go of
 * the pages when both have returned:
 *
 *	thread			clears entries, flushes the TLB
 *	  driver		submits descriptors, and waits until they are done
 *	  witness		writes a record
 *	thread			pages are freed
 *
 * So descriptors of the thread that are older than the record have to cover it: of the
 * IOMMU's own cache, and of the TLB of each card. This file gets both, in order of
 * time, and decides; where they come from is in queue.h.
 */
#ifndef SM_INTEL_SVA_FLUSH_H
#define SM_INTEL_SVA_FLUSH_H

#include <stdbool.h>
#include <stdint.h>

#define SVA_FLUSH_THREADS	64U
#define SVA_FLUSH_KEPT		64U	/* of each: more than one flush takes */
#define SVA_FLUSH_SLACK_NS	50000U	/* by which the clocks of the two may differ */

#define SVA_IOTLB		(-1)	/* sva_inval.device */

/**
 * struct sva_inval - what a descriptor invalidates
 * @pasid: of which process
 * @device: source of the requests whose device TLB is meant; SVA_IOTLB: the IOMMU's
 * @t_ns: CLOCK_MONOTONIC
 * @first: first byte
 * @last: the last one
 */
struct sva_inval {
	uint32_t pasid;
	int device;
	uint64_t t_ns;
	uint64_t first;
	uint64_t last;
};

/**
 * struct sva_flush_thread - what a thread has submitted
 * @tid: it; 0: nobody
 * @told_ns: time of the last record that it wrote
 * @used_ns: when it submitted the last one
 * @invals: what it has submitted, in order of time
 * @nr: how many
 * @room: for how many there is room
 * @done: the first of them that is not older than the last record
 */
struct sva_flush_thread {
	int tid;
	uint64_t told_ns;
	uint64_t used_ns;
	struct sva_inval *invals;
	unsigned int nr;
	unsigned int room;
	unsigned int done;
};

/**
 * struct sva_flush - who judges
 * @pasid: the process
 * @devices: cards that it has all the time
 * @threads: those that were at work last
 */
struct sva_flush {
	uint32_t pasid;
	unsigned int devices;
	struct sva_flush_thread threads[SVA_FLUSH_THREADS];
};

/**
 * enum sva_flushed - what came of it
 * @SVA_FLUSHED: all were told
 * @SVA_FLUSHED_NOT: the IOMMU was not told of all of it
 * @SVA_FLUSHED_SOME: it was, and the TLB of a card was not
 */
enum sva_flushed {
	SVA_FLUSHED,
	SVA_FLUSHED_NOT,
	SVA_FLUSHED_SOME,
};

/**
 * sva_flush_decode() - what a descriptor of the queue invalidates
 * @qw: its first two words
 * @out: gets all but the time
 *
 * Return: false if it is not about a process's pages.
 */
bool sva_flush_decode(const uint64_t qw[2], struct sva_inval *out);

/**
 * sva_flush_submit() - a thread submits a descriptor; to be called in order of time
 * @f: who judges
 * @tid: the thread
 * @inval: what it invalidates
 *
 * Return: false if there is no memory to note it.
 */
bool sva_flush_submit(struct sva_flush *f, int tid,
		      const struct sva_inval *inval);

/**
 * sva_flush_told() - the witness was told of a flush
 * @f: who judges
 * @tid: by which thread
 * @t_ns: and when
 * @first: first byte
 * @last: the last one
 *
 * To be called when all that is not younger was submitted. What it says may be asked for
 * again, until sva_flush_done().
 *
 * Return: what came of it.
 */
enum sva_flushed sva_flush_told(struct sva_flush *f, int tid, uint64_t t_ns,
				uint64_t first, uint64_t last);

/** sva_flush_done() - thread @tid's record of @t_ns was judged: nothing else counts for it */
void sva_flush_done(struct sva_flush *f, int tid, uint64_t t_ns);

/**
 * sva_flush_settle() - what is old need not be remembered
 * @f: who judges
 * @t_ns: all records that had begun by then were judged
 */
void sva_flush_settle(struct sva_flush *f, uint64_t t_ns);

void sva_flush_free(struct sva_flush *f);

/**
 * sva_flush_is_wide() - does a descriptor cover more than the driver's rounding of
 *	what was asked for?
 * @first: first byte that was asked for
 * @last: the last one
 * @addr: where the descriptor begins
 * @order: how many pages it has, as a power of two
 *
 * The driver rounds to the least power of two that is aligned and has all of it.
 *
 * Return: true if it does.
 */
bool sva_flush_is_wide(uint64_t first, uint64_t last, uint64_t addr,
		       unsigned int order);

#endif /* SM_INTEL_SVA_FLUSH_H */
