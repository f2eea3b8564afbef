/* SPDX-License-Identifier: GPL-2.0-only */
/* How a run ends, before its time perhaps, and what it says of that. */
#ifndef SM_END_H
#define SM_END_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/await.h"
#include "base/util.h"
#include "wire.h"

struct sm_child_end;

/**
 * struct sm_end - the end of a run
 * @wire: what the session wants of it, and sees of its main thread
 * @lock: @broken, @stuck and @why
 * @stop: everybody returns
 * @broken: the run cannot be judged, @why says what happened
 * @stuck: it takes too long, @why says who made no progress and where
 * @hung: the device did not answer, and may still use what it was given
 * @why: one line
 */
struct sm_end {
	struct sm_wire *wire;
	pthread_mutex_t lock;
	bool stop;
	bool broken;
	bool stuck;
	bool hung;
	char why[192];
};

void sm_end_init(struct sm_end *end, struct sm_wire *wire);
void sm_end_destroy(struct sm_end *end);
void sm_end_break(struct sm_end *end, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void sm_end_stick(struct sm_end *end, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void sm_end_lose(struct sm_end *end, const char *who,
		 const struct sm_child_end *child);
int sm_end_child(struct sm_end *end, pid_t child, const char *op,
		 uint64_t *beats, int *status);
void sm_end_nap(const struct sm_end *end, uint64_t ns);

static inline bool sm_end_stopping(const struct sm_end *end)
{
	return sm_read(&end->stop);
}

/* Has the session asked for an end? What is found then does not count less. */
static inline bool sm_end_asked(const struct sm_end *end)
{
	return sm_read(&end->wire->stop) == SM_STOP_ASKED;
}

/*
 * The main thread is alive. Wherever it may work for long it says so, often
 * enough that ten seconds without a beat mean that it hangs.
 */
static inline void sm_end_beat(struct sm_end *end)
{
	sm_count(&end->wire->beats, 1);
}

/* What the main thread has for a wait: one part in @share of all patience. */
static inline struct sm_patience sm_end_patience(struct sm_end *end,
						 unsigned int share)
{
	return (struct sm_patience){
		.naps = sm_await_naps / share,
		.beats = &end->wire->beats,
	};
}

#endif /* SM_END_H */
