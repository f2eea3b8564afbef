// SPDX-License-Identifier: GPL-2.0-only
/* The gate between two ops: see gate.h. */
#include "base/util.h"
#include "end.h"
#include "gate.h"

#define BEGIN_NAP_NS (10 * SM_MSEC)
#define WAIT_NS	     (100 * SM_USEC)

void sm_gate_init(struct sm_gate *gate, struct sm_end *end, unsigned int nr)
{
	gate->end = end;
	gate->nr = nr;
	pthread_mutex_init(&gate->pausing, NULL);
}

void sm_gate_destroy(struct sm_gate *gate)
{
	pthread_mutex_destroy(&gate->pausing);
}

/* sm_gate_begin() - every thread has filled its slice: the storm begins. */
void sm_gate_begin(struct sm_gate *gate)
{
	sm_store_release(&gate->begun, true);
}

/*
 * sm_gate_begun() - wait until the arena is filled and the storm begins; false
 * if it does not come to that. Who looks at the arena takes mmap_lock again and
 * again, and those who fill it would wait for that most of the time.
 */
bool sm_gate_begun(struct sm_gate *gate)
{
	while (!sm_load_acquire(&gate->begun)) {
		if (sm_end_stopping(gate->end))
			return false;
		sm_util_nap(BEGIN_NAP_NS);
	}
	return true;
}

/* sm_gate_wait() - a thread that has filled its slice waits for the others. */
void sm_gate_wait(struct sm_gate *gate, uint64_t *beats)
{
	while (!sm_load_acquire(&gate->begun) && !sm_end_stopping(gate->end)) {
		sm_count(beats, 1);
		sm_util_nap(WAIT_NS);
	}
}

/* sm_gate_park() - between two ops: wait while the gate is closed. */
void sm_gate_park(struct sm_gate *gate, uint64_t *beats)
{
	if (!sm_load_acquire(&gate->closed))
		return;
	/* What this thread did is done for whoever sees it counted. */
	__atomic_fetch_add(&gate->parked, 1, __ATOMIC_ACQ_REL);
	while (sm_load_acquire(&gate->closed) && !sm_end_stopping(gate->end)) {
		sm_count(beats, 1);
		sm_util_nap(WAIT_NS);
	}
	__atomic_fetch_sub(&gate->parked, 1, __ATOMIC_ACQ_REL);
}

/* sm_gate_leave() - a thread changes nothing any more. */
void sm_gate_leave(struct sm_gate *gate)
{
	__atomic_fetch_add(&gate->left, 1, __ATOMIC_ACQ_REL);
}

/* sm_gate_all_left() - have all threads applied all their ops? */
bool sm_gate_all_left(const struct sm_gate *gate)
{
	return __atomic_load_n(&gate->left, __ATOMIC_ACQUIRE) == gate->nr;
}

static unsigned int gate_at_rest(const struct sm_gate *gate)
{
	return __atomic_load_n(&gate->parked, __ATOMIC_ACQUIRE) +
	       __atomic_load_n(&gate->left, __ATOMIC_ACQUIRE);
}

/*
 * sm_gate_pause() - wait until every thread rests between two ops; false if the
 * run ends before. sm_gate_resume() must follow, whatever it returns.
 */
bool sm_gate_pause(struct sm_gate *gate)
{
	pthread_mutex_lock(&gate->pausing);
	sm_store_release(&gate->closed, true);
	while (gate_at_rest(gate) < gate->nr) {
		if (sm_end_stopping(gate->end))
			return false;
		sm_util_nap(WAIT_NS);
	}
	return sm_load_acquire(&gate->begun);
}

/* sm_gate_resume() - returns when no thread rests any more. */
void sm_gate_resume(struct sm_gate *gate)
{
	sm_store_release(&gate->closed, false);
	while (__atomic_load_n(&gate->parked, __ATOMIC_ACQUIRE))
		sm_util_nap(WAIT_NS / 4);
	pthread_mutex_unlock(&gate->pausing);
}
