/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader of the witness's record ring: who sent how many invalidations,
 * and what happened to one page.
 */
#ifndef SM_WITNESS_H
#define SM_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/symbols.h"
#include "device.h"
#include "wire.h"

#define SM_WITNESS_CACHE	1024

/**
 * struct sm_witness_cached - an emitter resolved before
 * @ips: return addresses
 * @emitter: index in &sm_witness.emitters plus one; 0: free
 */
struct sm_witness_cached {
	uint64_t ips[SM_RECORD_IPS];
	unsigned int emitter;
};

/**
 * struct sm_witness_place - how far a reader of the ring is
 * @next: number of the next record to read
 * @lost: records overwritten before they were read
 */
struct sm_witness_place {
	uint64_t next;
	uint64_t lost;
};

/**
 * struct sm_witness - the reader
 * @dev: where the ring is mapped
 * @symbols: names
 * @at: how far it is
 * @emitters: starts by emitter
 * @nr_emitters: how many
 * @cache: by hash of the return addresses
 */
struct sm_witness {
	const struct sm_device *dev;
	const struct sm_symbols *symbols;
	struct sm_witness_place at;
	struct sm_emitter_count emitters[SM_MAX_EMITTERS];
	unsigned int nr_emitters;
	struct sm_witness_cached cache[SM_WITNESS_CACHE];
};

void sm_witness_init(struct sm_witness *w, const struct sm_device *dev,
		     const struct sm_symbols *symbols);

/** sm_witness_head() - number of the record that comes next: all before have begun */
uint64_t sm_witness_head(const struct sm_device *d);

/**
 * sm_witness_next() - the next record, for a reader that has a place of its own
 * @d: where the ring is mapped
 * @at: goes on by one, and by those that were lost
 * @head: a number that sm_witness_head() gave, where to end
 * @r: gets it
 *
 * Return: false if there is none yet: what it is to say may be under way.
 */
bool sm_witness_next(const struct sm_device *d, struct sm_witness_place *at,
		     uint64_t head, struct sm_record *r);

unsigned int sm_witness_drain(struct sm_witness *w);
void sm_witness_add(struct sm_witness *w, const char *emitter, uint64_t nr);
void sm_witness_each(const struct sm_witness *w,
		     bool (*show)(const struct sm_record *r, void *arg),
		     void *arg);
void sm_witness_history(const struct sm_witness *w, struct sm_finding *f);
void sm_witness_finish(struct sm_witness *w, struct sm_run_result *r);

#endif /* SM_WITNESS_H */
