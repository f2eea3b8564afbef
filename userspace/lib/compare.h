/* SPDX-License-Identifier: GPL-2.0-only */
/* Comparing mirrors with pagemap: during the storm, and at rest. */
#ifndef SM_COMPARE_H
#define SM_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

struct sm_engine;

void *sm_compare_thread(void *engine);
void sm_compare_at_rest(struct sm_engine *e);
void sm_compare_tables(struct sm_engine *e, uint64_t granule, bool rest);

#endif /* SM_COMPARE_H */
