/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User pointers over parts of the arena: a table of those that a lane of a GPU's has. A
 * page has one set of them, with its neighbours, in which one makes way for another. Who
 * has the table makes them and drops them; here it is said which, and over what.
 */
#ifndef SM_USERPTR_H
#define SM_USERPTR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"

#define SM_USERPTR_WAYS		8U
#define SM_USERPTR_PAGES	128U	/* of one, at most */

/**
 * struct sm_userptr - some pages of the arena
 * @start: first byte
 * @end: end, exclusive; not above @start: there is none
 * @va: where the device has it, if its user says where
 * @handle: the driver's name of it
 * @readonly: it is for reading alone
 * @job: number of the newest job that uses it
 */
struct sm_userptr {
	uint64_t start;
	uint64_t end;
	uint64_t va;
	uint32_t handle;
	bool readonly;
	uint64_t job;
};

/**
 * struct sm_userptr_ask - what one is wanted for
 * @va: an address in the page that is used
 * @write: it is written to
 * @alone: the page is all that is in it, and for no more than that: what is refused then
 *	is that use
 * @low: first byte that may be in it
 * @high: end of those, exclusive
 * @job: number of the job, whose others have to stay
 */
struct sm_userptr_ask {
	uint64_t va;
	bool write;
	bool alone;
	uint64_t low;
	uint64_t high;
	uint64_t job;
};

bool sm_userptr_fits(const struct sm_userptr *u,
		     const struct sm_userptr_ask *ask);

/**
 * sm_userptr_place() - the one that fits, or one that makes way for it
 * @table: sets of SM_USERPTR_WAYS
 * @nr_sets: how many of them: a power of two
 * @ask: what it is wanted for
 * @rng: says which one makes way
 *
 * Return: it; NULL if the job uses all of the set.
 */
struct sm_userptr *sm_userptr_place(struct sm_userptr *table,
				    unsigned int nr_sets,
				    const struct sm_userptr_ask *ask,
				    struct sm_rng *rng);

/** sm_userptr_range() - set @u->start and @u->end: 2^n pages, if there are as many */
void sm_userptr_range(struct sm_userptr *u, const struct sm_userptr_ask *ask,
		      struct sm_rng *rng);

#endif /* SM_USERPTR_H */
