/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Canaries: what fills pages that the storm has freed. A device that reads one
 * through a stale translation reads what its page never held; one that writes is
 * found out when the canary is looked at.
 */
#ifndef SM_CANARY_H
#define SM_CANARY_H

#include <stdint.h>

#include "memory/model.h"

#define SM_CANARY_WORDS (SM_WORD_AGENT + SM_MAX_AGENTS + 1)

struct sm_docket;

void sm_canary_put(uint64_t *page, uint64_t round, uint64_t cookie);
unsigned int sm_canary_check(const uint64_t *page);
void sm_canary_accuse(struct sm_docket *docket, const char *who,
		      uint64_t value);

#endif /* SM_CANARY_H */
