/* SPDX-License-Identifier: GPL-2.0-only */
/* Comparing tables with pagemap: during the storm, and at rest. */
#ifndef SM_COMPARE_H
#define SM_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire_spec.h"

struct sm_host;

/**
 * struct sm_compare - what who compares remembers
 * @rest_tries: times that something was in the way of comparing, in the end
 * @last: of each mirror, the entry of each page as it was last compared, in the
 *	first of its tables; NULL before that, or for want of memory
 */
struct sm_compare {
	unsigned int rest_tries;
	uint64_t *last[SM_MAX_PROFILES];
};

void sm_compare_free(struct sm_host *host, void *state);
void sm_compare_tables(struct sm_host *host, struct sm_compare *state,
		       uint64_t granule, bool rest);

#endif /* SM_COMPARE_H */
