/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader of the witness's record ring: who sent how many invalidations,
 * and what happened to one page.
 */
#ifndef SM_WITNESS_H
#define SM_WITNESS_H

#include <stdint.h>

#include "device.h"
#include "run.h"
#include "symbols.h"

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
 * struct sm_witness - the reader
 * @dev: where the ring is mapped
 * @symbols: names
 * @next: number of the next record to read
 * @lost: records overwritten before they were read
 * @emitters: starts by emitter
 * @nr_emitters: how many
 * @cache: by hash of the return addresses
 */
struct sm_witness {
	const struct sm_device *dev;
	const struct sm_symbols *symbols;
	uint64_t next;
	uint64_t lost;
	struct sm_emitter_count emitters[SM_MAX_EMITTERS];
	unsigned int nr_emitters;
	struct sm_witness_cached cache[SM_WITNESS_CACHE];
};

void sm_witness_init(struct sm_witness *w, const struct sm_device *dev,
		     const struct sm_symbols *symbols);
unsigned int sm_witness_drain(struct sm_witness *w);
void sm_witness_add(struct sm_witness *w, const char *emitter, uint64_t nr);
void sm_witness_history(const struct sm_witness *w, struct sm_finding *f);
void sm_witness_finish(struct sm_witness *w, struct sm_run_result *r);

#endif /* SM_WITNESS_H */
