/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking down what a context has. */
#ifndef SM_TEARDOWN_H
#define SM_TEARDOWN_H

#include <linux/types.h>

struct sm_ctx;

void sm_teardown_agent(struct sm_ctx *ctx, unsigned int i);
void sm_teardown_mirror(struct sm_ctx *ctx, u32 id);
void sm_teardown(struct sm_ctx *ctx);

#endif /* SM_TEARDOWN_H */
