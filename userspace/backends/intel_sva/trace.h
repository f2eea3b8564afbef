/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of an instance of the trace, of all processors, in order of time, as far as
 * they are there. What is read is gone; what comes meanwhile is there the next time.
 *
 * (Not by tracefs_iterate_raw_events(), which in libtracefs 1.8 opens the buffers anew
 * each time: what is written between two calls may be lost. Not shown, but feared.)
 */
#ifndef SM_INTEL_SVA_TRACE_H
#define SM_INTEL_SVA_TRACE_H

#ifdef HAVE_TRACEFS

#include <stdbool.h>
#include <stdint.h>
#include <event-parse.h>
#include <kbuffer.h>
#include <tracefs.h>

/**
 * struct sva_trace_cpu - the buffer of one processor
 * @file: where it is read
 * @page: the part that was read last
 * @kbuf: how far in there
 * @record: the event that is next, if it has data
 */
struct sva_trace_cpu {
	struct tracefs_cpu *file;
	void *page;
	struct kbuffer *kbuf;
	struct tep_record record;
};

/**
 * struct sva_trace - an instance
 * @instance: it
 * @tep: what its events look like
 * @cpus: by processor
 * @nr: how many
 * @taken: the event that was given out last
 * @lost: events were lost since somebody reset it
 */
struct sva_trace {
	struct tracefs_instance *instance;
	struct tep_handle *tep;
	struct sva_trace_cpu *cpus;
	unsigned int nr;
	struct tep_record taken;
	bool lost;
};

/**
 * sva_trace_open() - an instance of this name, with the clock CLOCK_MONOTONIC
 * @t: zeroed; sva_trace_close() must follow in any case
 * @name: one that is left of a run that was killed is taken over, empty
 * @system: whose events are known
 *
 * Return: NULL, or why not.
 */
const char *sva_trace_open(struct sva_trace *t, const char *name,
			   const char *system);
void sva_trace_close(struct sva_trace *t);

/**
 * sva_trace_next() - take the next event
 * @t: the instance
 * @until: younger ones stay where they are, in nanoseconds
 *
 * Return: it, valid until the next call; or NULL, there is none yet.
 */
struct tep_record *sva_trace_next(struct sva_trace *t, uint64_t until);

#endif /* HAVE_TRACEFS */

#endif /* SM_INTEL_SVA_TRACE_H */
