/* SPDX-License-Identifier: GPL-2.0-only */
/* What a read, a write, or the report of the module accuses a mirror of. */
#ifndef SM_ORACLE_H
#define SM_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

struct sm_device;
struct sm_docket;
struct sm_mirror;

void sm_oracle_judge_read(struct sm_docket *docket, const struct sm_mirror *m,
			  const char *who, uint64_t va, uint64_t value,
			  uint64_t before, uint64_t after, uint64_t t_ns);
void sm_oracle_judge_write(struct sm_docket *docket, const struct sm_mirror *m,
			   const char *who, uint64_t va, uint64_t before,
			   uint64_t after, uint64_t t_ns);
void sm_oracle_take(struct sm_docket *docket, struct sm_device *d,
		    uint64_t *taken);

#endif /* SM_ORACLE_H */
