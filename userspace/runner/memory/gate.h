/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate between two ops: who needs memory to stay as it is for a moment closes
 * it, and waits until every storm thread stands before it.
 */
#ifndef SM_GATE_H
#define SM_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct sm_end;

/**
 * struct sm_gate - where storm threads wait
 * @end: nobody waits any longer when the run ends
 * @nr: storm threads
 * @begun: the storm has begun
 * @pausing: held by who closes it
 * @closed: threads wait
 * @parked: threads that do
 * @left: threads that will not come again
 */
struct sm_gate {
	struct sm_end *end;
	unsigned int nr;
	bool begun;
	pthread_mutex_t pausing;
	bool closed;
	unsigned int parked;
	unsigned int left;
};

void sm_gate_init(struct sm_gate *gate, struct sm_end *end, unsigned int nr);
void sm_gate_destroy(struct sm_gate *gate);

/* For who waits for the storm. */
bool sm_gate_begun(struct sm_gate *gate);
bool sm_gate_pause(struct sm_gate *gate);
void sm_gate_resume(struct sm_gate *gate);
bool sm_gate_all_left(const struct sm_gate *gate);

/* For its main thread. */
void sm_gate_begin(struct sm_gate *gate);

/* For storm threads; @beats are a thread's signs of life. */
void sm_gate_wait(struct sm_gate *gate, uint64_t *beats);
void sm_gate_park(struct sm_gate *gate, uint64_t *beats);
void sm_gate_leave(struct sm_gate *gate);

#endif /* SM_GATE_H */
